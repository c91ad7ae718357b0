"""Supervised warm start: make a tiny planner and teach it the plan format on demonstrated plans.

    python -m tracer1.training.warm_start TRAIN.parquet HELDOUT.parquet OUT

Reinforcement learning sharpens what sampling reaches, so the planner must be right *sometimes*, not often. It therefore
learns from imperfect demonstrations: about ``--haste`` of the plans are one step ahead of the screen, as plans in scraped
trajectories are when a screenshot comes late. The same seed and rows give the same checkpoint on the same machine.
``OUT`` appears whole or not at all, with ``warm_start.json`` (settings, scores, token lengths) inside.
"""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from transformers import Qwen3VLForConditionalGeneration, Qwen3VLProcessor

from tracer1.training.cpu.patch_embedding import embed_patches
from tracer1.training.demonstrations import Batch, Demonstration, Example, by_length, collate, encode, read, with_haste
from tracer1.training.greedy import Exactness, measure, sample
from tracer1.training.tiny_planner import (
    Shape,
    corpus,
    count_parameters,
    make_config,
    make_model,
    make_processor,
    save,
    train_tokenizer,
)

_CORPUS_ROWS = 4000

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train. ``prompt_weight`` is the loss weight of the prompt's text beside 1 for the plan: task and history
    repeat names just as plans do, so learning to write them teaches copying."""

    seed: int = 0
    haste: float = 0.55
    steps: int = 420
    batch: int = 32
    rate: float = 1e-3
    check_every: int = 105
    prompt_weight: float = 0.3
    vocabulary: int = 768


def build(demonstrations: list[Demonstration], settings: Settings, shape: Shape) -> tuple[
    Qwen3VLForConditionalGeneration, Qwen3VLProcessor
]:  # fmt: skip
    """An untrained planner whose tokenizer fits these rows."""
    rows = random.Random(settings.seed).sample(demonstrations, min(_CORPUS_ROWS, len(demonstrations)))
    texts = corpus((row.messages for row in rows), (row.plan for row in rows))
    tokenizer = train_tokenizer(texts, settings.vocabulary)
    return make_model(make_config(tokenizer, shape), settings.seed), make_processor(tokenizer, shape)


def train(
    model: Qwen3VLForConditionalGeneration,
    processor: Qwen3VLProcessor,
    rows: list[Example],
    heldout: list[Example],
    settings: Settings,
    console: Console,
) -> Exactness:
    """Train in place; gives the last scores on the held-out examples."""
    model.model.visual.patch_embed.forward = partial(embed_patches, model.model.visual.patch_embed)
    optimizer = torch.optim.AdamW(_groups(model), lr=settings.rate, betas=(0.9, 0.98), fused=True)
    plan = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, settings.steps))
    with _bar(console) as bar:
        task = bar.add_task("warm start", total=settings.steps, loss=math.nan)
        for step, examples in enumerate(islice(_forever(rows, settings), settings.steps), 1):
            loss = _step(model, collate(examples, processor, model.model), settings.prompt_weight)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            plan.step()
            optimizer.zero_grad()
            if step % settings.check_every == 0:
                scores = measure(model, processor, heldout)
                bar.console.print(f"step {step}: loss {loss:.3f} nats a token; {_describe(scores)}", highlight=False)
            bar.update(task, advance=1, loss=loss)
    return measure(model, processor, heldout)


def _describe(scores: Exactness) -> str:
    return (
        f"first step of held-out rows right: greedy {scores.first_step:.1%}, "
        f"mean@8 {scores.first_step_mean_at_8:.1%}, pass@8 {scores.first_step_pass_at_8:.1%}"
    )


def _forever(rows: list[Example], settings: Settings) -> Iterator[list[Example]]:
    chance = random.Random(settings.seed)
    while True:
        yield from by_length(rows, settings.batch, chance)


def _groups(model: torch.nn.Module) -> list[dict[str, object]]:
    """Weight decay for matrices only."""
    matrices = [weight for weight in model.parameters() if weight.ndim > 1]
    others = [weight for weight in model.parameters() if weight.ndim <= 1]
    return [{"params": matrices, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}]


def _rate(step: int, steps: int, warm_up: int = 40) -> float:
    """Share of the learning rate: linear warm-up, then a cosine down to a tenth."""
    if step < warm_up:
        return (step + 1) / warm_up
    return 0.1 + 0.45 * (1 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up)))


def _step(model: Qwen3VLForConditionalGeneration, batch: Batch, prompt_weight: float) -> float:
    """Gradients of one batch; gives the plan's mean loss in nats a token."""
    hidden = model.model(**batch.inputs, use_cache=False).last_hidden_state[:, :-1]
    roles, targets = batch.roles[:, 1:], batch.inputs["input_ids"][:, 1:]
    learnt = roles > 0 if prompt_weight else roles == 2
    losses = torch.nn.functional.cross_entropy(model.lm_head(hidden[learnt]), targets[learnt], reduction="none")
    in_plan = roles[learnt] == 2
    loss = losses[in_plan].mean()
    total = loss + prompt_weight * losses[~in_plan].sum() / in_plan.sum()
    total.backward()
    return loss.item()


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("step {task.completed:.0f}/{task.total:.0f}"),
        TimeElapsedColumn(),
        TextColumn("loss {task.fields[loss]:.3f}"),
        console=console,
    )


def lengths(examples: list[Example]) -> dict[str, int]:
    """Longest prompt and longest plan in tokens, image tokens and end of turn included."""
    return {
        "prompt_tokens": max(example.start for example in examples),
        "plan_tokens": max(len(example.ids) - example.start for example in examples),
    }


def write(
    out: Path, model: Qwen3VLForConditionalGeneration, processor: Qwen3VLProcessor, record: dict[str, object]
) -> None:
    """The checkpoint and its record, written beside ``out`` and then renamed."""
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        save(model, processor, partial)
        (partial / "warm_start.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(out, ignore_errors=True)
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@app.command()
def main(
    train_rows: Annotated[Path, typer.Argument(help="Parquet rows with reference plans, to learn from.")],
    heldout_rows: Annotated[Path, typer.Argument(help="Parquet rows of the same tasks with other seeds.")],
    out: Annotated[Path, typer.Argument(help="Directory of the checkpoint.")],
    seed: Annotated[int, typer.Option(help="For weights, order and held-out rows.")] = 0,
    haste: Annotated[float, typer.Option(help="Share (0-1) of the demonstrations that are one step ahead.")] = 0.55,
    steps: Annotated[int, typer.Option(help="Batches to learn from.")] = 420,
    batch: Annotated[int, typer.Option(help="Rows in a batch.")] = 32,
    rate: Annotated[float, typer.Option(help="Highest learning rate.")] = 1e-3,
    heldout: Annotated[int, typer.Option(help="Held-out rows to check on, drawn at random.")] = 192,
    check_every: Annotated[int, typer.Option(help="Batches between two checks.")] = 105,
    vocabulary: Annotated[int, typer.Option(help="Tokens of the tokenizer trained on the rows.")] = 768,
    layers: Annotated[int, typer.Option(help="Layers of the language model.")] = 2,
    hidden: Annotated[int, typer.Option(help="Width of the language model, a multiple of 64.")] = 256,
    prompt_weight: Annotated[float, typer.Option(help="Loss weight of the prompt's text (plan: 1).")] = 0.3,
    replace: Annotated[bool, typer.Option("--replace", help="Replace OUT if it exists.")] = False,
) -> None:
    """Make a tiny planner (Qwen3-VL architecture) and teach it demonstrated plans, some of them one step ahead."""
    console = Console()
    if out.exists() and not replace:
        raise typer.BadParameter(f"{out} exists: add --replace or name another directory", param_hint="OUT")
    settings = Settings(seed, haste, steps, batch, rate, check_every, prompt_weight, vocabulary)
    shape = Shape(hidden=hidden, heads=hidden // 32, key_value_heads=hidden // 64, inner=3 * hidden, layers=layers)
    began = time.monotonic()
    demonstrations, others = read(train_rows), read(heldout_rows)
    model, processor = build(demonstrations, settings, shape)
    rows = encode(with_haste(demonstrations, haste, seed), processor)
    checks = encode(others, processor)
    longest = lengths(rows + checks)
    random.Random(seed).shuffle(checks)
    console.print(
        f"{len(rows)} rows, {count_parameters(model):,} parameters, {len(processor.tokenizer)} tokens; "
        f"the longest prompt has {longest['prompt_tokens']} tokens, the longest plan {longest['plan_tokens']}"
    )
    scores = train(model, processor, rows, checks[:heldout], settings, console)
    written = sample(model, processor, checks[:32], seed)
    record = {
        "settings": asdict(settings), "shape": asdict(shape), "rows": len(rows), "longest": longest,
        "exactness": asdict(scores), "sampled": asdict(written), "seconds": round(time.monotonic() - began, 1),
    }  # fmt: skip
    write(out, model, processor, record)
    console.print_json(json.dumps(record))


if __name__ == "__main__":
    app()
