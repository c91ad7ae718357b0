"""Demonstrated plans as training batches: veRL Parquet rows (prompt, pictures, reference plan) → tensors.

A row's ``prompt`` and ``images`` become the input exactly as veRL and vLLM build it (chat template, one ``<|image_pad|>`` for
every image token, M-RoPE positions); ``extra_info.reference`` becomes the target. Batches hold rows of similar length.
"""

from __future__ import annotations

import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from PIL import Image
from transformers import Qwen3VLProcessor
from transformers.models.qwen3_vl.modeling_qwen3_vl import Qwen3VLModel

from tracer1.actions import Action
from tracer1.files import picture_bytes, shards_of
from tracer1.plans import Plan, Step, parse, render
from tracer1.training.tiny_planner import IMAGE

_COLUMNS = ("prompt", "images", "extra_info")


@dataclass(frozen=True, slots=True)
class Demonstration:
    """One row: chat messages, the encoded pictures (none in most tool tasks), and the plan to write."""

    messages: list[dict[str, str]]
    pictures: tuple[bytes, ...]
    plan: str


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids of prompt and plan (with the end-of-turn token), where the plan begins, and the pictures (C, H, W each)."""

    ids: list[int]
    start: int
    pixels: tuple[torch.Tensor, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Right-padded model input; ``roles`` marks each token: 0 not to be learnt, 1 text of the prompt, 2 plan."""

    inputs: dict[str, torch.Tensor]
    roles: torch.Tensor


def read(path: Path) -> list[Demonstration]:
    """Rows of a Parquet file, or of a directory of shards. Raises ValueError, naming file and row, when one has no
    reference."""
    table = pa.concat_tables([pq.read_table(shard) for shard in shards_of(path)])
    missing = [name for name in _COLUMNS if name not in table.column_names]
    if missing:
        raise ValueError(f"{path}: no column {', '.join(missing)}; make it with 'python -m tracer1_data prepare'")
    demonstrations = []
    for number, row in enumerate(table.select(list(_COLUMNS)).to_pylist()):
        plan = row["extra_info"].get("reference")
        if not plan:
            raise ValueError(f"{path}, row {number}: extra_info.reference is empty; prepare the rows again")
        demonstrations.append(Demonstration(row["prompt"], tuple(map(picture_bytes, row["images"])), plan))
    return demonstrations


def hasten(plan: str) -> str:
    """The plan of someone who is one step ahead: without its first step; a plan of one step becomes ``finish``."""
    steps = parse(plan).plan.steps[1:]
    return render(Plan(steps or (Step(Action("finish"), "Done"),)))


def with_haste(demonstrations: Sequence[Demonstration], share: float, seed: int) -> list[Demonstration]:
    """The demonstrations, of which about ``share`` (0-1), drawn at random, are hasty (:func:`hasten`)."""
    chance = random.Random(seed)
    return [replace(one, plan=hasten(one.plan)) if chance.random() < share else one for one in demonstrations]


def chat_parts(messages: Sequence[dict[str, str]]) -> list[dict[str, object]]:
    """Messages with ``<image>`` marks as the chat template wants them: content as a list of text and image parts."""
    chat: list[dict[str, object]] = []
    for message in messages:
        texts = message["content"].split("<image>")
        parts: list[dict[str, str]] = [{"type": "text", "text": texts[0]}] if texts[0] else []
        for text in texts[1:]:
            parts.append({"type": "image"})
            parts.extend([{"type": "text", "text": text}] if text else [])
        chat.append({"role": message["role"], "content": parts})
    return chat


def encode(demonstrations: Sequence[Demonstration], processor: Qwen3VLProcessor) -> list[Example]:
    """Tokens and decoded pictures of the rows."""
    tokenizer = processor.tokenizer
    examples = []
    for row in demonstrations:
        pixels = tuple(map(_decoded, row.pictures))
        chat = tokenizer.apply_chat_template(chat_parts(row.messages), tokenize=False, add_generation_prompt=True)
        prompt = tokenizer.encode(_with_tokens(chat, pixels, processor), add_special_tokens=False)
        plan = tokenizer.encode(row.plan, add_special_tokens=False)
        examples.append(Example([*prompt, *plan, tokenizer.eos_token_id], len(prompt), pixels))
    return examples


def _decoded(picture: bytes) -> torch.Tensor:
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return pixels.view(image.height, image.width, 3).permute(2, 0, 1)


def _with_tokens(chat: str, pictures: Sequence[torch.Tensor], processor: Qwen3VLProcessor) -> str:
    """The chat with one mark for every token of each picture."""
    image_processor = processor.image_processor
    first, *others = chat.split(IMAGE)
    for pixels, text in zip(pictures, others, strict=True):
        grid = _grid(image_processor, pixels.shape[1], pixels.shape[2])
        first += IMAGE * (grid[1] * grid[2] // image_processor.merge_size**2) + text
    return first


def _grid(image_processor: object, height: int, width: int) -> tuple[int, int, int]:
    from transformers.models.qwen2_vl.image_processing_qwen2_vl import smart_resize

    tall, wide = smart_resize(
        height,
        width,
        factor=image_processor.patch_size * image_processor.merge_size,
        min_pixels=image_processor.size["shortest_edge"],
        max_pixels=image_processor.size["longest_edge"],
    )
    return 1, tall // image_processor.patch_size, wide // image_processor.patch_size


def by_length(examples: Sequence[Example], size: int, chance: random.Random, pool: int = 16) -> Iterator[list[Example]]:
    """One epoch in random order, in batches of similar length (sorted within pools of ``pool`` batches)."""
    order = list(range(len(examples)))
    chance.shuffle(order)
    for start in range(0, len(order), size * pool):
        part = sorted(order[start : start + size * pool], key=lambda index: len(examples[index].ids))
        batches = [part[first : first + size] for first in range(0, len(part), size)]
        chance.shuffle(batches)
        for batch in batches:
            yield [examples[index] for index in batch]


def collate(examples: Sequence[Example], processor: Qwen3VLProcessor, model: Qwen3VLModel, left: bool = False) -> Batch:
    """Pad the examples to one length (at the end, or on the ``left`` for generation) and add pictures and positions.

    Padding at the end needs no attention mask: attention is causal, so no real token sees it.
    """
    length = max(len(example.ids) for example in examples)
    padding, image = processor.tokenizer.pad_token_id, processor.image_token_id
    ids = torch.full((len(examples), length), padding)
    roles = torch.zeros_like(ids)
    for row, example in enumerate(examples):
        first = length - len(example.ids) if left else 0
        text = len(example.ids) - example.ids[::-1].index(image) + 1 if example.pixels else 0
        ids[row, first : first + len(example.ids)] = torch.tensor(example.ids)
        roles[row, first + text : first + example.start] = 1
        roles[row, first + example.start : first + len(example.ids)] = 2
    pixels = [one for example in examples for one in example.pixels]
    pictures = processor.image_processor(images=pixels, return_tensors="pt") if pixels else {}
    positions, _ = model.get_rope_index(ids, (ids == image).int(), image_grid_thw=pictures.get("image_grid_thw"))
    inputs = {"input_ids": ids, "position_ids": positions, **pictures}
    return Batch(inputs, roles)
