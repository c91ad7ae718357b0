"""``python -m tracer1_data``: collect demonstrations, prepare rows for veRL and EasyR1, validate, count, view and mix them.

Exit codes: 0 all good; 1 input, settings or an output that do not fit; 3 more was rejected than allowed (the good rows are
written); 4 the output cannot be written.
"""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from tracer1_data.collect import collect
from tracer1_data.convert import Job
from tracer1_data.counts.command import stats
from tracer1_data.manifest import REJECTED, rejected
from tracer1_data.mixing.command import mix
from tracer1_data.prepare import prepare
from tracer1_data.settings import RowSettings
from tracer1_data.sources import SOURCES
from tracer1_data.validation.command import validate
from tracer1_data.viewing.command import view

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
for command in (collect, validate, stats, view, mix):
    app.command()(command)
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


@app.command("prepare")
def prepare_command(
    source: Annotated[str, typer.Argument(help=f"{', '.join(SOURCES)}, or your own reader as file.py:NAME.")],
    input: Annotated[Path, typer.Option(help="The dataset, as it was downloaded: a file or a directory.")],
    output: Annotated[Path, typer.Option(help="Directory for the shards.")],
    split: Annotated[
        str, typer.Option(help="The dataset's own split; those that benchmarks score are refused.")
    ] = "train",
    horizon: Annotated[int, typer.Option(help="T: steps in a plan.")] = 8,
    history: Annotated[int, typer.Option(help="K: past steps in the prompt.")] = 4,
    style: Annotated[
        Style, typer.Option(help="full explains the format; compact suits a planner that knows it.")
    ] = Style.full,
    protocol: Annotated[
        str, typer.Option(help="By which a predicted step is compared with the reference.")
    ] = "tracer1",
    points: Annotated[
        bool, typer.Option(help="Keep points in the reference: the planner then grounds itself.")
    ] = False,
    model: Annotated[str, typer.Option(help="Whose image tokens are counted: qwen3_vl, qwen2_5_vl, …")] = "qwen3_vl",
    max_pixels: Annotated[int, typer.Option(help="Scale larger pictures down to this area (0: never touch one).")] = 0,
    images: Annotated[
        Images, typer.Option(help="inline: rows hold their pictures; paths: they name the dataset's own files.")
    ] = Images.inline,
    format: Annotated[Format, typer.Option(help="verl rows, or easyr1 rows.")] = Format.verl,
    workers: Annotated[int, typer.Option(help="Processes that read parts of the dataset.")] = os.cpu_count() or 1,
    shard_mb: Annotated[int, typer.Option(help="Size of a shard, in MiB.")] = 512,
    max_rejected: Annotated[float, typer.Option(help="Share (0-1) of rejected steps that is tolerated.")] = 0.01,
) -> None:
    """Cut trajectories into rows of K past and T future steps, check every row, and write Parquet shards and a manifest."""
    try:
        settings = RowSettings(
            horizon=horizon, history=history, style=style.value, split=split, protocol=protocol, points=points,
            model=model, max_pixels=max_pixels, images=images.value,
        )  # fmt: skip
        job = Job(source, input, output, settings, format.value, shard_mb << 20)
        manifest = _with_progress(job, workers)
    except ValueError as error:
        console.print(f"[red]{error}", highlight=False)
        raise typer.Exit(1) from error
    except OSError as error:
        console.print(
            f"[red]{output} cannot be written: {error}. Make room and call again: it goes on", highlight=False
        )
        raise typer.Exit(4) from error
    _report(manifest, output)
    bad, steps = rejected(manifest), max(1, manifest["counts"].get("steps", 0))
    if bad > max_rejected * steps:
        console.print(
            f"[red]{bad} records or steps of {steps} were rejected, more than --max-rejected {max_rejected:g} allows: "
            f"{output / REJECTED} says which and why. All good rows are written.",
            highlight=False,
        )
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
        bar = progress.add_task(f"{job.source}: 0 rows", total=None)

        def advance(done: int, total: int, rows: int) -> None:
            progress.update(bar, completed=done, total=total, description=f"{job.source}: {rows:,} rows")

        return prepare(job, workers, advance)


def _report(manifest: dict[str, Any], output: Path) -> None:
    table = Table("what", "number", title=str(output))
    for name, number in manifest["counts"].items():
        table.add_row(name, f"{number:,}")
    console.print(table)
    rows, size = (sum(shard[key] for shard in manifest["shards"]) for key in ("rows", "bytes"))
    console.print(f"{rows:,} rows, {size / 2**20:,.1f} MiB in {len(manifest['shards'])} shards → {output}")


if __name__ == "__main__":
    app()
