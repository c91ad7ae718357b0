"""``python -m tracer1_data stats``: what prepared sets hold, which lengths to set for them, what memory a step takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tracer1.files import written_whole
from tracer1_data.commands import counting_bar, told
from tracer1_data.counts import page, tables
from tracer1_data.counts.budget import Load, budget
from tracer1_data.counts.counting import Counts, count, merge
from tracer1_data.directory import open_with_info, shards
from tracer1_data.lengths import Estimate, Lengths, Tokenizer
from tracer1_data.pages import need


def count_all(paths: Sequence[Path], lengths: Lengths, console: Console) -> list[Counts]:
    """Count each set, with a bar on ``console``. Raises ValueError, naming the file, when one cannot be read."""
    rows = sum(open_with_info(shard).metadata.num_rows for path in paths for shard in shards(path))
    sets = []
    with counting_bar(console) as progress:
        bar = progress.add_task("counting rows", total=rows)
        for path, name in zip(paths, _names(paths), strict=True):
            sets.append(count(path, lengths, name, lambda number: progress.advance(bar, number)))
    return sets


def _names(paths: Sequence[Path]) -> list[str]:
    """The last part of each path, where that tells them apart."""
    short = [path.resolve().name for path in paths]
    return short if len(set(short)) == len(short) else [str(path) for path in paths]


def stats(
    rows: Annotated[list[Path], typer.Argument(help="Prepared sets: directories of shards, or Parquet files.")],
    html: Annotated[Path | None, typer.Option(help="Write a page: tables and plots in one file.")] = None,
    png: Annotated[Path | None, typer.Option(help="Write the plots.")] = None,
    tokenizer: Annotated[
        Path | None, typer.Option(help="Directory of the planner's tokenizer; without it text tokens are estimated.")
    ] = None,
    response_tokens: Annotated[
        int, typer.Option(min=0, help="Response that is planned, thought and plan (0: the longest reference plan).")
    ] = 0,
    train_batch: Annotated[int, typer.Option(min=1, help="data.train_batch_size: prompts a training step.")] = 128,
    rollouts: Annotated[int, typer.Option(min=1, help="actor_rollout_ref.rollout.n: rollouts a prompt.")] = 8,
    gpus: Annotated[int, typer.Option(min=1, help="GPUs that generate, of all nodes.")] = 8,
) -> None:
    """Count rows, episodes, actions, plan lengths and tokens; say which lengths to set and what memory a step takes."""
    console, errors = Console(), Console(stderr=True)
    with told(errors, html or png or "the output"):
        if html or png:
            need("jinja2", "matplotlib")
        lengths = Tokenizer(tokenizer) if tokenizer else Estimate()
        sets = count_all(rows, lengths, errors)
        load = Load(train_batch, rollouts, gpus, response_tokens)
        written = _report(sets, load, lengths.says, html, png, console)
    for path in written:
        console.print(f"→ {path}", highlight=False, markup=False, soft_wrap=True)


def _report(
    sets: Sequence[Counts], load: Load, says: str, html: Path | None, png: Path | None, console: Console
) -> list[Path]:
    total = merge(sets)
    if not total.rows:
        raise ValueError("there is no row in it: python -m tracer1_data prepare writes some")
    total.name = total.name if len(sets) > 1 else sets[0].name
    found = budget(total, load)
    overview, *others = tables.tables(sets, total)
    advice = tables.advice(total, found, load, says)
    page.show(console, [overview, *others, advice])
    if html or png:
        from tracer1_data.counts.plot import draw

        picture = draw(total, found)
        if png:
            with written_whole(png) as partial:
                partial.write_bytes(picture)
        if html:
            page.write_page(html, [advice, overview, *others], picture, [one.name for one in sets])
    return [path for path in (png, html) if path]
