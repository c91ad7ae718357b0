"""How often a planner's plans equal the reference: greedy, and when sampled at temperature 1.

    python -m tracer1.training.greedy CHECKPOINT ROWS.parquet

No text is generated for it. A greedy plan equals the reference exactly when every reference token is the most probable one
given those before it, and a sampled plan equals it with the product of their probabilities, so one forward pass gives the
exact expectation of mean@8 and pass@8. :func:`sample` does generate, and says how many plans can be read.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from transformers import AutoModelForImageTextToText, AutoProcessor, Qwen3VLForConditionalGeneration, Qwen3VLProcessor

from tracer1.plans import parse, render_step
from tracer1.training.demonstrations import Example, collate, encode, read

GROUP = 8


@dataclass(frozen=True, slots=True)
class Exactness:
    """Shares of rows (0-1) whose plan, or first step, equals the reference word for word."""

    first_step: float
    whole_plan: float
    first_step_mean_at_8: float
    first_step_pass_at_8: float
    whole_plan_mean_at_8: float
    whole_plan_pass_at_8: float


@dataclass(frozen=True, slots=True)
class Sampled:
    """Shares (0-1) of plans written at temperature 1: readable, right first step, rows right at least once in 8."""

    readable: float
    first_step_mean_at_8: float
    first_step_pass_at_8: float
    longest: int
    """Longest response in tokens."""


def measure(
    model: Qwen3VLForConditionalGeneration, processor: Qwen3VLProcessor, examples: Sequence[Example], batch: int = 64
) -> Exactness:
    """Exactness over the examples by teacher forcing."""
    ends = _line_ends(processor)
    rows = [row for part in _parts(examples, batch) for row in _force(model, processor, part, ends)]
    greedy_first, greedy_plan, first, plan = torch.tensor(rows, dtype=torch.float64).T
    return Exactness(
        first_step=greedy_first.mean().item(),
        whole_plan=greedy_plan.mean().item(),
        first_step_mean_at_8=first.mean().item(),
        first_step_pass_at_8=(1 - (1 - first) ** GROUP).mean().item(),
        whole_plan_mean_at_8=plan.mean().item(),
        whole_plan_pass_at_8=(1 - (1 - plan) ** GROUP).mean().item(),
    )


def _parts(examples: Sequence[Example], size: int) -> Iterator[Sequence[Example]]:
    ordered = sorted(examples, key=lambda example: len(example.ids))
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def _line_ends(processor: Qwen3VLProcessor) -> torch.Tensor:
    """True for the tokens that end a step: those that begin with a line break, and the end of the turn."""
    tokenizer = processor.tokenizer
    ends = [tokenizer.decode([token]).startswith("\n") for token in range(len(tokenizer))]
    ends[tokenizer.eos_token_id] = True
    return torch.tensor(ends)


@torch.no_grad()
def _force(
    model: Qwen3VLForConditionalGeneration, processor: Qwen3VLProcessor, examples: Sequence[Example], ends: torch.Tensor
) -> list[tuple[float, float, float, float]]:
    """For each example: greedy first step right, greedy plan right, probability of the first step, of the plan."""
    batch = collate(examples, processor, model.model)
    hidden = model.model(**batch.inputs, use_cache=False).last_hidden_state
    results = []
    for row, example in enumerate(examples):
        targets = torch.tensor(example.ids[example.start :])
        chances = model.lm_head(hidden[row, example.start - 1 : len(example.ids) - 1]).float().softmax(-1)
        right = chances.argmax(-1) == targets
        chance = chances.gather(1, targets[:, None])[:, 0]
        stop = int(ends[targets].nonzero()[0])
        first_right = bool(right[:stop].all()) and bool(ends[chances[stop].argmax()])
        first = chance[:stop].prod() * chances[stop][ends].sum()
        results.append((float(first_right), float(right.all()), first.item(), chance.prod().item()))
    return results


@torch.no_grad()
def sample(
    model: Qwen3VLForConditionalGeneration,
    processor: Qwen3VLProcessor,
    examples: Sequence[Example],
    seed: int = 0,
    most: int = 96,
    batch: int = 16,
) -> Sampled:
    """Write ``8`` plans of at most ``most`` tokens for each example at temperature 1, and read them."""
    torch.manual_seed(seed)
    readable, right, longest = [], [], 0
    for part in _parts(examples, batch):
        written = _generate(model, processor, part, most)
        for row, example in enumerate(part):
            truth = _first(_text(processor, example.ids[example.start :]))
            texts = [_text(processor, ids) for ids in written[row * GROUP : (row + 1) * GROUP]]
            readable += [parse(text).status == "ok" for text in texts]
            right.append([_first(text) == truth for text in texts])
            longest = max(longest, *(len(ids) for ids in written[row * GROUP : (row + 1) * GROUP]))
    hits = torch.tensor(right, dtype=torch.float64)
    return Sampled(sum(readable) / len(readable), hits.mean().item(), hits.amax(1).mean().item(), longest)


def _generate(
    model: Qwen3VLForConditionalGeneration, processor: Qwen3VLProcessor, examples: Sequence[Example], most: int
) -> list[list[int]]:
    """Sampled token ids, end of turn included, eight for each example in turn."""
    prompts = [Example(one.ids[: one.start], one.start, one.pixels) for one in examples]
    batch = collate(prompts, processor, model.model, left=True)
    ids = batch.inputs["input_ids"]
    pictures = {name: batch.inputs[name] for name in ("pixel_values", "image_grid_thw") if name in batch.inputs}
    output = model.generate(
        input_ids=ids,
        attention_mask=(ids != processor.tokenizer.pad_token_id).long(),
        mm_token_type_ids=(ids == processor.image_token_id).int(),
        do_sample=True, temperature=1.0, top_k=0, top_p=1.0, num_return_sequences=GROUP, max_new_tokens=most,
        **pictures,
    )  # fmt: skip
    written = []
    for row in output[:, ids.shape[1] :].tolist():
        end = row.index(processor.tokenizer.eos_token_id) + 1 if processor.tokenizer.eos_token_id in row else len(row)
        written.append(row[:end])
    return written


def _text(processor: Qwen3VLProcessor, ids: Sequence[int]) -> str:
    return processor.tokenizer.decode(ids, skip_special_tokens=True)


def _first(text: str) -> str | None:
    steps = parse(text).plan.steps
    return render_step(steps[0]) if steps else None


def main(
    checkpoint: Annotated[Path, typer.Argument(help="Directory of the planner.")],
    rows: Annotated[Path, typer.Argument(help="Parquet rows with reference plans.")],
    most: Annotated[int, typer.Option(help="Rows to take, drawn at random.")] = 256,
    sampled: Annotated[int, typer.Option(help="Rows for which plans are generated too (0: none).")] = 64,
    seed: Annotated[int, typer.Option(help="For drawing and sampling.")] = 0,
) -> None:
    """Print how often a planner's first step and plan equal the reference, greedy and sampled."""
    torch.set_grad_enabled(False)
    processor = AutoProcessor.from_pretrained(checkpoint)
    model = AutoModelForImageTextToText.from_pretrained(checkpoint, dtype=torch.float32).eval()
    demonstrations = read(rows)
    random.Random(seed).shuffle(demonstrations)
    examples = encode(demonstrations[:most], processor)
    console = Console()
    console.print(f"{len(examples)} rows, expected by teacher forcing:", asdict(measure(model, processor, examples)))
    if sampled:
        console.print(f"{sampled} rows x 8 plans written:", asdict(sample(model, processor, examples[:sampled], seed)))


if __name__ == "__main__":
    typer.run(main)
