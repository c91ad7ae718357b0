"""``python -m tracer1_data view``: some rows of a prepared set as a page for people, in one file.

Rows are chosen by number first; only the row groups that hold them are read, a few rows at a time.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import pyarrow.parquet as pq
import typer
from rich.console import Console
from rich.markup import escape

from tracer1.files import shards_of, write_text
from tracer1_data.counts.counting import open_counted, reading
from tracer1_data.rows import SCHEMA
from tracer1_data.viewing.cards import Card, make_card

_BATCH = 16


def choose(candidates: Sequence[int], wanted: int, start: int | None = None, seed: int | None = None) -> list[int]:
    """``wanted`` of the row numbers, in order: spread evenly, or those that follow ``start``, or at random by ``seed``."""
    wanted = min(wanted, len(candidates))
    if start is not None:
        return [number for number in candidates if number >= start][:wanted]
    if seed is not None:
        return sorted(random.Random(seed).sample(candidates, wanted))
    return [candidates[(2 * n + 1) * len(candidates) // (2 * wanted)] for n in range(wanted)]


def find(shards: Sequence[Path], source: str = "", task: str = "") -> Sequence[int]:
    """The numbers (from 0, over all shards) of the rows of this source and task; of all rows where neither is named.

    Raises ValueError, naming the file, when one cannot be read.
    """
    if not (source or task):
        return range(_size(shards))
    found, number = [], 0
    for shard in shards:
        file = open_counted(shard)
        with reading(shard):
            for batch in file.iter_batches(columns=["extra_info.source", "extra_info.task"]):
                for info in batch["extra_info"].to_pylist():
                    if info["source"] == (source or info["source"]) and info["task"] == (task or info["task"]):
                        found.append(number)
                    number += 1
    return found


def _size(shards: Sequence[Path]) -> int:
    return sum(open_counted(shard).metadata.num_rows for shard in shards)


def read_chosen(shards: Sequence[Path], chosen: Sequence[int]) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """The rows of these numbers, ascending: the number, where the row is, the row. Raises ValueError, naming the file, when
    one cannot be read."""
    wanted, before = set(chosen), 0
    for shard in shards:
        file, start = open_counted(shard), before
        with reading(shard):
            for group in range(file.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                if here := wanted.intersection(range(before, before + rows)):
                    for number, row in _rows(file, group, before, here):
                        yield number, f"{shard.name}, row {number - start}", row
                before += rows


def _rows(file: pq.ParquetFile, group: int, first: int, wanted: set[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Some rows of a row group, which begins at ``first``; it is not read beyond the last of them."""
    for batch in file.iter_batches(batch_size=_BATCH, row_groups=[group], columns=SCHEMA.names):
        for place in range(batch.num_rows):
            if first + place in wanted:
                yield first + place, batch.slice(place, 1).to_pylist()[0]
        first += batch.num_rows
        if first > max(wanted):
            return


def cards(
    path: Path, rows: int = 20, start: int | None = None, seed: int | None = None, source: str = "", task: str = ""
) -> tuple[list[Card], int]:
    """The cards of the chosen rows, and how many rows the set has. Raises ValueError when there is none, or a file cannot
    be read."""
    if start is not None and seed is not None:
        raise ValueError("--start and --seed choose rows in two ways: give one of them")
    shards = shards_of(path)
    chosen = choose(find(shards, source, task), rows, start, seed)
    if not chosen:
        wish = [f"{name} {value}" for name, value in (("source", source), ("task", task), ("start", start)) if value]
        raise ValueError(f"{path} has no row" + (f" of {', '.join(wish)}" if wish else ""))
    return [make_card(row, number, where) for number, where, row in read_chosen(shards, chosen)], _size(shards)


def render(title: str, shown: Sequence[Card], total: int) -> str:
    """The page. Everything of the data is escaped. Raises ValueError when jinja2 is not installed."""
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ModuleNotFoundError as error:
        raise ValueError(f"pages need {error.name}: pip install 'tracer1[report]'") from error
    environment = Environment(
        loader=PackageLoader("tracer1_data.viewing", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(title=title, cards=shown, total=total)


def view(
    path: Annotated[Path, typer.Argument(metavar="ROWS", help="A prepared set: a directory of shards, or one file.")],
    output: Annotated[Path, typer.Option(help="The page to write.")],
    rows: Annotated[int, typer.Option(min=1, help="How many rows; spread evenly over the set.")] = 20,
    start: Annotated[int | None, typer.Option(min=0, help="Show the rows from this number on instead.")] = None,
    seed: Annotated[int | None, typer.Option(help="Choose the rows at random instead.")] = None,
    source: Annotated[str, typer.Option(help="Only rows of this source.")] = "",
    task: Annotated[str, typer.Option(help="Only rows of this task.")] = "",
) -> None:
    """Write a page that shows rows: the screenshot with its target, the task, the history, the reference plan."""
    console = Console(stderr=True)
    try:
        shown, total = cards(path, rows, start, seed, source, task)
        write_text(output, render(path.resolve().name, shown, total))
    except ValueError as error:
        console.print(f"[red]{escape(str(error))}", highlight=False)
        raise typer.Exit(1) from error
    except OSError as error:
        console.print(f"[red]{escape(str(output))} cannot be written: {escape(str(error))}", highlight=False)
        raise typer.Exit(4) from error
    Console().print(f"{len(shown)} of {total:,} rows → {output}", highlight=False, markup=False, soft_wrap=True)
