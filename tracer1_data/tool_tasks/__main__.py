"""Make tasks that are solved by calling tools, with real small files, and demonstrations of them.

    python -m tracer1_data.tool_tasks --output data/tool_tasks --seed 1 --train 1000 --heldout 200
    python -m tracer1_data prepare tool_tasks --input data/tool_tasks --output data/tool_train
    python -m tracer1_data prepare tool_tasks --input data/tool_tasks --output data/tool_val --split heldout

A scripted demonstrator solves every task with the toolbox "local": it reads documents and pictures, searches, calculates and
runs Python in the sandbox. What it could not solve is left out, counted, and explained in faults.jsonl.

Exit codes: 0 all good; 1 settings, an output or a machine that do not fit; 3 more than 2 of 100 tasks were not solved (the
others are written); 4 the output cannot be written.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from tracer1.sandbox import SandboxUnavailable
from tracer1_data.tool_tasks.families import FAMILIES
from tracer1_data.tool_tasks.make import FAULTS, make
from tracer1_data.tool_tasks.names import SPLITS

MOST_FAULTS = 0.02
_HELP = (__doc__ or "").replace("\n\n    python", "\n\n\b\n    python")  # lines of commands stay lines
app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
console = Console(stderr=True)


@app.command(help=_HELP)
def main(
    output: Annotated[Path, typer.Option(help="Directory of the set. It appears when all is done.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same set.")] = 1,
    train: Annotated[int, typer.Option(min=0, help="Tasks to train on.")] = 1000,
    heldout: Annotated[int, typer.Option(min=0, help="Tasks with names that no training task has.")] = 200,
    families: Annotated[
        str, typer.Option(help=f"Separated by commas, from: {', '.join(FAMILIES)}.", show_default="all")
    ] = ",".join(FAMILIES),
) -> None:
    chosen = list(dict.fromkeys(name.strip() for name in families.split(",") if name.strip()))
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    try:
        with Progress(TextColumn("solving tasks"), *columns, console=console) as progress:
            bar = progress.add_task("", total=train + heldout)
            manifest = make(output, seed, train, heldout, chosen, lambda: progress.advance(bar))
    except ModuleNotFoundError as error:
        _fail(f"{error}: pip install 'tracer1[tools]'", 1)
    except (ValueError, SandboxUnavailable) as error:
        _fail(str(error), 1)
    except OSError as error:
        _fail(f"{output} cannot be written: {error}", 4)
    _report(manifest, output)
    faults = sum(manifest["faults"].values())
    if faults > MOST_FAULTS * (train + heldout):
        _fail(f"{faults} of {train + heldout} tasks were not solved: {output / FAULTS} says why", 3)


def _fail(reason: str, code: int) -> None:
    console.print(f"[red]{escape(reason)}", highlight=False, soft_wrap=True)
    raise typer.Exit(code)


def _report(manifest: dict[str, Any], output: Path) -> None:
    table = Table("family", *SPLITS, title=escape(str(output)))
    for family in manifest["families"]:
        table.add_row(family, *(str(manifest["counts"][split].get(family, 0)) for split in SPLITS))
    console.print(table)
    left_out = ", ".join(f"{number} {kind}" for kind, number in manifest["faults"].items())
    console.print(f"left out: {left_out or 'none'}; SHA-256 {manifest['sha256']}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    app()
