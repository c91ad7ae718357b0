"""Tables of counts for the terminal, and with plots as a page that needs nothing from outside."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table as RichTable
from rich.text import Text

from tracer1.files import write_text
from tracer1_data.counts.tables import Table
from tracer1_data.pages import render


def show(console: Console, found: Sequence[Table]) -> None:
    """Print tables, small ones beside each other."""
    line: list[RichTable] = []
    for table in map(_rich, found):
        if line and _width(console, [*line, table]) > console.width:
            console.print(_beside(line))
            line = []
        line.append(table)
    console.print(_beside(line))


def _beside(line: Sequence[RichTable]) -> RichTable:
    grid = RichTable.grid(padding=(0, 2, 1, 0))
    grid.add_row(*line)
    return grid


def _width(console: Console, line: Sequence[RichTable]) -> int:
    return sum(Measurement.get(console, console.options, table).maximum + 2 for table in line)


def _rich(table: Table) -> RichTable:
    drawn = RichTable(title=Text(table.title, "bold"), caption=Text(table.note, "dim"), box=box.SIMPLE_HEAD)
    drawn.title_justify = drawn.caption_justify = "left"
    for number, name in enumerate(table.header):
        text = number == 0 or name == "why"
        drawn.add_column(Text(name), justify="left" if text else "right", overflow="fold", max_width=60)
    for row in table.rows:
        drawn.add_row(*map(Text, row))
    return drawn


def write_page(path: Path, found: Sequence[Table], png: bytes, names: Sequence[str]) -> None:
    """Write the page: the first two tables, the plots, all other tables."""
    picture = base64.b64encode(png).decode("ascii")
    write_text(path, render("tracer1_data.counts", tables=found, picture=picture, names=names))
