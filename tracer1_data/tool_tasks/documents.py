"""Small documents of a few facts, in the formats that people send: the same document gives the same bytes.

    Document("maren_prices.csv", "prices", ("name", "price"), (("Tolin", 34), ("Roven", 71))).encode()

The ending decides the format. In ``csv`` and ``xlsx`` the facts are a table, in all others lines such as ``Tolin: 34``.
The bytes depend on the versions of the libraries that write them.
"""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Callable
from dataclasses import dataclass

from tracer1_data.tool_tasks import office, pictures

Row = tuple[str, int | str]


@dataclass(frozen=True, slots=True)
class Document:
    """A title, and a table of two columns. ``name`` is the file's; ``page`` says that it is on the web, to be searched for."""

    name: str
    title: str
    columns: tuple[str, str]
    rows: tuple[Row, ...]
    page: bool = False

    @property
    def lines(self) -> list[str]:
        """The facts as text, one a line."""
        return [f"{name}: {value}" for name, value in self.rows]

    @property
    def table(self) -> list[tuple[str, int | str]]:
        """The facts as a table, with its header."""
        return [self.columns, *self.rows]

    def encode(self) -> bytes:
        """The file. Raises ValueError for an ending that is none of :data:`KINDS`."""
        kind = self.name.rpartition(".")[2]
        if kind not in KINDS:
            raise ValueError(f"{self.name}: no document is written as {kind!r}; use {', '.join(KINDS)}")
        return KINDS[kind](self)


def _csv(document: Document) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(document.table)
    return text.getvalue().encode()


def _txt(document: Document) -> bytes:
    return "\n".join([document.title, *document.lines, ""]).encode()


def _html(document: Document) -> bytes:
    title, facts = html.escape(document.title), "\n".join(f"<p>{html.escape(line)}</p>" for line in document.lines)
    page = f'<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n{facts}\n'
    return f"<!DOCTYPE html>\n{page}</body>\n</html>\n".encode()


KINDS: dict[str, Callable[[Document], bytes]] = {
    "csv": _csv,
    "txt": _txt,
    "html": _html,
    "xlsx": lambda document: office.xlsx(document.title, document.table),
    "docx": lambda document: office.docx(document.title, document.lines),
    "pptx": lambda document: office.pptx(document.title, document.lines),
    "pdf": lambda document: office.pdf(document.title, document.lines),
    "png": lambda document: pictures.png(document.title, document.lines),
}
