"""Prepare rows for veRL and EasyR1 from recorded trajectories; validate, count, view and mix them; collect demonstrations.

Tool tasks, and demonstrations of them, are made by python -m tracer1_data.tool_tasks.

Exit codes: 0 all good; 1 input, settings or an output that do not fit; 3 more was rejected than allowed (the good rows are
written), or validate found problems; 4 the output cannot be written.
"""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from tracer1.resizing import RULES
from tracer1_data.collect import collect
from tracer1_data.commands import complain, told
from tracer1_data.convert import Job
from tracer1_data.counts.command import stats
from tracer1_data.manifest import REJECTED, why_too_much
from tracer1_data.mixing.command import mix
from tracer1_data.prepare import prepare
from tracer1_data.settings import RowSettings
from tracer1_data.shards import SHARD_BYTES
from tracer1_data.sources import SOURCES
from tracer1_data.validation.command import validate
from tracer1_data.viewing.command import view

app = typer.Typer(help=__doc__, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
console = Console()


class Style(str, Enum):
    """Prompt styles."""

    full = "full"
    compact = "compact"


class Images(str, Enum):
    """Where rows have their pictures."""

    inline = "inline"
    paths = "paths"


class Format(str, Enum):
    """Who reads the rows."""

    verl = "verl"
    easyr1 = "easyr1"


def prepare_command(
    source: Annotated[str, typer.Argument(help=f"{', '.join(SOURCES)}, or your own reader as file.py:NAME.")],
    input: Annotated[Path, typer.Option(help="The dataset, as it was downloaded: a file or a directory.")],
    output: Annotated[Path, typer.Option(help="Directory for the shards.")],
    split: Annotated[
        str, typer.Option(help="The dataset's own split; those that benchmarks score are refused.")
    ] = "train",
    horizon: Annotated[int, typer.Option(min=1, help="T: steps in a plan.")] = 8,
    history: Annotated[int, typer.Option(min=0, help="K: past steps in the prompt.")] = 4,
    style: Annotated[
        Style, typer.Option(help="full explains the format; compact suits a planner that knows it.")
    ] = Style.full,
    protocol: Annotated[
        str, typer.Option(help="By which a predicted step is compared with the reference.")
    ] = "tracer1",
    points: Annotated[
        bool, typer.Option(help="Keep points in the reference: the planner then grounds itself.")
    ] = False,
    model: Annotated[str, typer.Option(help=f"Whose image tokens are counted: {', '.join(RULES)}.")] = "qwen3_vl",
    max_pixels: Annotated[
        int, typer.Option(min=0, help="Scale larger pictures down to this area (0: never touch one).")
    ] = 0,
    images: Annotated[
        Images, typer.Option(help="inline: rows hold their pictures; paths: they name the dataset's own files.")
    ] = Images.inline,
    format: Annotated[Format, typer.Option(help="verl rows, or easyr1 rows.")] = Format.verl,
    workers: Annotated[int, typer.Option(min=1, help="Processes that read parts of the dataset.")] = os.cpu_count()
    or 1,
    shard_mb: Annotated[int, typer.Option(min=1, help="Size of a shard, in MiB.")] = SHARD_BYTES >> 20,
    max_rejected: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of rejected steps that is tolerated; 1 tolerates damaged files too."),
    ] = 0.01,
) -> None:
    """Cut trajectories into rows of K past and T future steps, check every row, and write Parquet shards and a manifest."""
    with told(console, output):
        settings = RowSettings(
            horizon=horizon, history=history, style=style.value, split=split, protocol=protocol, points=points,
            model=model, max_pixels=max_pixels, images=images.value,
        )  # fmt: skip
        job = Job(source, input, output, settings, format.value, shard_mb << 20)
        manifest = _with_progress(job, workers)
    _report(manifest, output)
    if why := why_too_much(manifest, max_rejected):
        complain(console, f"{why}: {output / REJECTED} says which and why. All good rows are written.")
        raise typer.Exit(3)


def _with_progress(job: Job, workers: int) -> dict[str, Any]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        source = escape(job.source)
        bar = progress.add_task(f"{source}: 0 rows", total=None)

        def advance(done: int, total: int, rows: int) -> None:
            progress.update(bar, completed=done, total=total, description=f"{source}: {rows:,} rows")

        return prepare(job, workers, advance)


def _report(manifest: dict[str, Any], output: Path) -> None:
    table = Table("what", "number", title=escape(str(output)))
    for name, number in manifest["counts"].items():
        table.add_row(escape(name), f"{number:,}")
    console.print(table)
    rows, size = (sum(shard[key] for shard in manifest["shards"]) for key in ("rows", "bytes"))
    console.print(
        f"{rows:,} rows, {size / 2**20:,.1f} MiB in {len(manifest['shards'])} shards → {output}", markup=False
    )


app.command("prepare")(prepare_command)
for command in (validate, stats, view, mix, collect):
    app.command()(command)

if __name__ == "__main__":
    app()
