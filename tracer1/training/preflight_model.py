"""Checks the planner's checkpoint: takes images, has a processor, and what vLLM needs of it on a CPU."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from omegaconf import DictConfig


def find_model_problems(config: DictConfig) -> Iterator[str]:
    """Problems of ``actor_rollout_ref.model.path`` (a folder, or a name on the model hub)."""
    from transformers import AutoConfig, AutoProcessor

    name = str(config.actor_rollout_ref.model.path)
    folder = Path(name).expanduser()
    key = "actor_rollout_ref.model.path"
    if not folder.is_dir() and (name.count("/") != 1 or name.startswith((".", "/", "~"))):
        yield f"{key}: the folder {folder} does not exist"
        return
    path = str(folder) if folder.is_dir() else name
    try:
        model = AutoConfig.from_pretrained(path)
        processor = AutoProcessor.from_pretrained(path)
    except (OSError, ValueError, KeyError) as error:
        yield f"{key}: {name} is no model that transformers can load ({_first_line(error)})"
        return
    if getattr(processor, "image_processor", None) is None or getattr(model, "image_token_id", None) is None:
        yield (
            f"{key}: {name} ({model.model_type}) takes no images; a planner needs a vision-language model with image "
            "tokens and a processor, such as Qwen3-VL"
        )
    elif config.trainer.device == "cpu":
        yield from (f"{key}: {name} {problem}" for problem in _cpu(model, processor.tokenizer))


def _cpu(model: Any, tokenizer: Any) -> Iterator[str]:
    text = model.get_text_config()
    if text.vocab_size != len(tokenizer):
        yield (
            f"has a vocabulary of {text.vocab_size} but its tokenizer has {len(tokenizer)} tokens: make them equal, or "
            "vLLM (which masks the difference) and the actor disagree about every probability"
        )
    if model.model_type == "qwen3_vl" and not text.architectures:
        yield 'needs text_config.architectures = ["Qwen3ForCausalLM"] in its config.json, which vLLM reads on a CPU'
    if text.head_dim % 32:
        yield f"has attention heads of size {text.head_dim}; vLLM on a CPU takes multiples of 32"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
