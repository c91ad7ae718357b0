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

from tracer1.files import write_text
from tracer1_data import pages
from tracer1_data.commands import told
from tracer1_data.directory import open_with_info, reading, shards
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


def find(files: Sequence[Path], source: str = "", task: str = "") -> Sequence[int]:
    """The numbers (from 0, over all shards) of the rows of this source and task; of all rows where neither is named.

    Raises ValueError, naming the file, when one cannot be read.
    """
    if not (source or task):
        return range(_size(files))
    found, number = [], 0
    for shard in files:
        file = open_with_info(shard)
        with reading(shard):
            for batch in file.iter_batches(columns=["extra_info.source", "extra_info.task"]):
                for info in batch["extra_info"].to_pylist():
                    if info["source"] == (source or info["source"]) and info["task"] == (task or info["task"]):
                        found.append(number)
                    number += 1
    return found


def _size(files: Sequence[Path]) -> int:
    return sum(open_with_info(shard).metadata.num_rows for shard in files)


def read_chosen(files: Sequence[Path], chosen: Sequence[int]) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """The rows of these numbers, ascending: the number, where the row is, the row. Raises ValueError, naming the file, when
    one cannot be read."""
    wanted, before = set(chosen), 0
    for shard in files:
        file, start = open_with_info(shard), before
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
    files = shards(path)
    chosen = choose(find(files, source, task), rows, start, seed)
    if not chosen:
        wish = [f"{name} {value}" for name, value in (("source", source), ("task", task), ("start", start)) if value]
        raise ValueError(f"{path} has no row" + (f" of {', '.join(wish)}" if wish else ""))
    return [make_card(row, number, where) for number, where, row in read_chosen(files, chosen)], _size(files)


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
    with told(Console(stderr=True), output):
        pages.need("jinja2")
        shown, total = cards(path, rows, start, seed, source, task)
        page = pages.render("tracer1_data.viewing", title=path.resolve().name, cards=shown, total=total)
        write_text(output, page)
    Console().print(f"{len(shown)} of {total:,} rows → {output}", highlight=False, markup=False, soft_wrap=True)
