"""The tiny planner: a complete Qwen3-VL checkpoint of a few million parameters, made from a config and a corpus.

It is a real ``Qwen3VLForConditionalGeneration`` with its own tokenizer, image processor and chat template (the special
tokens and chat format of Qwen3-VL), so everything that loads Qwen3-VL loads it: transformers, vLLM, veRL. Weights are
random until ``python -m tracer1.training.warm_start`` trains them.

The tokenizer is made for copying: a word that is rare in the corpus (a name, a password) never merges with the space,
quote or line break beside it, so the same string has the same tokens in a task, in the history and in a plan. Frequent
wording, on the contrary, does merge across words (``1. click(): Click the`` can be one token), which keeps plans short.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2VLImageProcessor,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    Qwen3VLProcessor,
    Qwen3VLVideoProcessor,
)

from tracer1.training.induction import start_with_induction

END_OF_TURN, PADDING = "<|im_end|>", "<|endoftext|>"
VISION_START, VISION_END, IMAGE, VIDEO = "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"
SPECIAL_TOKENS = (
    PADDING, "<|im_start|>", END_OF_TURN, "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>", "<|box_end|>",
    "<|quad_start|>", "<|quad_end|>", VISION_START, VISION_END, "<|vision_pad|>", IMAGE, VIDEO,
)  # fmt: skip
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif part['type'] == 'video' %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
PATCH, MERGE = 16, 2
CONTEXT = 4096


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the planner. Head size 32 is the smallest that vLLM's CPU attention supports."""

    hidden: int = 256
    layers: int = 2
    heads: int = 8
    key_value_heads: int = 4
    inner: int = 768
    vision_hidden: int = 64
    vision_layers: int = 1
    vision_heads: int = 2
    image_tokens: int = 24
    """Largest number of tokens for a screenshot, of 32 x 32 pixels each: larger screenshots are scaled down."""


def frequent_words(texts: Sequence[str], share: float = 0.02) -> list[str]:
    """Words that at least this share of the texts contain, longest first (the order in which a pattern must try them)."""
    counts = Counter(word for text in texts for word in set(re.findall(r"[A-Za-z]+", text)))
    words = (word for word, count in counts.items() if count >= share * len(texts))
    return sorted(words, key=lambda word: (-len(word), word))


def train_tokenizer(texts: Sequence[str], vocabulary: int = 640) -> PreTrainedTokenizerFast:
    """Byte-level BPE of about ``vocabulary`` tokens, special tokens included; any text can be written with it."""
    words = "|".join(frequent_words(texts)) or "(?!)"
    number = r"(?:[0-9]+\. (?=[a-z_]+\())?"
    wording = rf"\n?{number}(?:(?:{words})(?![A-Za-z0-9])|[^A-Za-z0-9\n])+"
    pattern = Regex(rf"{wording}|\n|[A-Za-z]+|[0-9]")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(pattern, "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END_OF_TURN,
        pad_token=PADDING,
        additional_special_tokens=list(SPECIAL_TOKENS[1:]),
        model_max_length=CONTEXT,
        chat_template=CHAT_TEMPLATE,
    )


def make_processor(tokenizer: PreTrainedTokenizerFast, shape: Shape = Shape()) -> Qwen3VLProcessor:
    """Qwen3-VL's processor around the tokenizer: pictures become patches of 16 pixels, four of them one token."""
    side = PATCH * MERGE
    image = Qwen2VLImageProcessor(
        patch_size=PATCH,
        merge_size=MERGE,
        temporal_patch_size=2,
        min_pixels=side**2,
        max_pixels=shape.image_tokens * side**2,
        image_mean=[0.5, 0.5, 0.5],
        image_std=[0.5, 0.5, 0.5],
    )
    video = Qwen3VLVideoProcessor(patch_size=PATCH, merge_size=MERGE, temporal_patch_size=2)
    return Qwen3VLProcessor(
        image_processor=image, tokenizer=tokenizer, video_processor=video, chat_template=CHAT_TEMPLATE
    )


def make_config(tokenizer: PreTrainedTokenizerFast, shape: Shape = Shape()) -> Qwen3VLConfig:
    """The model's config. The vocabulary is exactly the tokenizer's: veRL masks a padded tail in vLLM only."""
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in SPECIAL_TOKENS}
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": shape.hidden,
        "intermediate_size": shape.inner,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.key_value_heads,
        "head_dim": 32,
        "max_position_embeddings": CONTEXT,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 10000.0,
            "mrope_section": [6, 5, 5],
            "mrope_interleaved": True,
        },
        "bos_token_id": ids[PADDING],
        "eos_token_id": ids[END_OF_TURN],
        "pad_token_id": ids[PADDING],
        "tie_word_embeddings": False,
        # vLLM on CPU reads the architecture of the text part alone.
        "architectures": ["Qwen3ForCausalLM"],
    }
    vision = {
        "depth": shape.vision_layers,
        "hidden_size": shape.vision_hidden,
        "intermediate_size": 2 * shape.vision_hidden,
        "num_heads": shape.vision_heads,
        "patch_size": PATCH,
        "spatial_merge_size": MERGE,
        "temporal_patch_size": 2,
        "out_hidden_size": shape.hidden,
        "deepstack_visual_indexes": [0],
        "num_position_embeddings": 64,
    }
    return Qwen3VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=ids[IMAGE],
        video_token_id=ids[VIDEO],
        vision_start_token_id=ids[VISION_START],
        vision_end_token_id=ids[VISION_END],
        tie_word_embeddings=False,
    )


def make_model(config: Qwen3VLConfig, seed: int = 0) -> Qwen3VLForConditionalGeneration:
    """Random weights, except that the first two layers can already copy (see :mod:`tracer1.training.induction`)."""
    torch.manual_seed(seed)
    model = Qwen3VLForConditionalGeneration(config)
    text = config.text_config
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim > 1:
                torch.nn.init.normal_(weight, std=weight.shape[1] ** -0.5)
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                weight.mul_((2 * text.num_hidden_layers) ** -0.5)
    attentions = [layer.self_attn for layer in model.model.language_model.layers]
    start_with_induction(model.get_input_embeddings(), model.lm_head, attentions, text.rope_parameters["rope_theta"])
    model.generation_config.eos_token_id = text.eos_token_id
    model.generation_config.pad_token_id = text.pad_token_id
    return model


def save(model: Qwen3VLForConditionalGeneration, processor: Qwen3VLProcessor, directory: Path) -> None:
    """Write a Hugging Face checkpoint: weights (float32), configs, tokenizer, processor, chat template."""
    model.to(torch.float32).save_pretrained(directory)
    processor.save_pretrained(directory)


def count_parameters(model: torch.nn.Module) -> int:
    """Number of trainable numbers in the model."""
    return sum(weight.numel() for weight in model.parameters())


def corpus(messages: Iterable[Sequence[dict[str, str]]], plans: Iterable[str]) -> list[str]:
    """Texts for :func:`train_tokenizer`: every prompt (without the picture's mark) followed by its plan, apart."""
    prompts = ("\n".join(part["content"] for part in chat).replace("<image>", "") for chat in messages)
    return [text for pair in zip(prompts, plans, strict=True) for text in pair]
