"""What tasks are made with: tables and pages with drawn names and numbers, and a choice of wordings."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tracer1.answers import ExpectedAnswer
from tracer1_data.tool_tasks.documents import Document
from tracer1_data.tool_tasks.names import Names

THEMES = {
    "prices": "price", "weights": "weight", "heights": "height", "scores": "score",
    "rents": "rent", "wages": "wage", "lengths": "length", "times": "time",
}  # fmt: skip
"""What a table may be about, and its column of numbers."""
_COLUMNS = THEMES | {"orders": "count"}
PLACES = ("museum", "tower", "bridge", "library", "theatre", "harbour")
TEXTS = ("csv", "xlsx", "pdf", "pptx", "docx", "txt", "html")
"""Kinds of documents that inspect_file_as_text reads."""
SMALLEST, LARGEST = 12, 240


class Fact(NamedTuple):
    """One row of a table."""

    file: str
    column: str
    row: str
    value: int


class Draft(NamedTuple):
    """A task without its name: see :class:`tracer1_data.tool_tasks.tasks.Task`."""

    instruction: str
    documents: tuple[Document, ...]
    asks: dict[str, str | int]
    expected: ExpectedAnswer


def number(value: int) -> ExpectedAnswer:
    """A number: 5, 5.0 and 5,0 aside, GAIA's rule."""
    return ExpectedAnswer("gaia", str(value))


class Workshop:
    """Makes the documents of one task. ``chance`` decides everything that ``names`` does not."""

    def __init__(self, chance: random.Random, names: Names) -> None:
        self.chance, self.names = chance, names

    def table(
        self,
        theme: str = "",
        kinds: Sequence[str] = TEXTS,
        values: Sequence[int] = (),
        rows: Sequence[str] = (),
        size: int = 0,
    ) -> tuple[Document, list[Fact]]:
        """A table of ``size`` rows (3 or 4), and its facts in another order than the rows. ``rows`` and ``values`` are those
        of the first facts; the others are drawn, all different."""
        theme = theme or self.chance.choice(list(THEMES))
        size = size or self.chance.randint(3, 4)
        names = [*rows, *(name for name in self.names.rows(self.chance, size + len(rows)) if name not in rows)][:size]
        drawn = self.chance.sample(range(SMALLEST, LARGEST), size + len(values))
        numbers = [*values, *(value for value in drawn if value not in values)][:size]
        file = f"{self.names.stem(self.chance, theme)}.{self.chance.choice(list(kinds))}"
        facts = [Fact(file, _COLUMNS[theme], *pair) for pair in zip(names, numbers, strict=True)]
        shuffled = self.chance.sample(facts, size)
        return Document(
            file, theme, ("name", _COLUMNS[theme]), tuple((fact.row, fact.value) for fact in shuffled)
        ), facts

    def note(self, file: str) -> Document:
        """A note that names a file."""
        stem = self.names.stem(self.chance, "note")
        return Document(f"{stem}.txt", "note", ("name", "value"), (("file", file),))

    def page(self, what: str, names: str) -> Document:
        """A web page about a place that says no more than that its ``what`` is a file."""
        stem = self.names.stem(self.chance, self.chance.choice(PLACES))
        return _page(stem, {what: names})

    def guide(self) -> tuple[Document, dict[str, int]]:
        """A web page of facts, and the facts."""
        stem = self.names.stem(self.chance, "guide")
        facts = {"opened": self.chance.randint(1801, 2009), "rooms": self.chance.randint(SMALLEST, LARGEST)}
        return _page(stem, facts), facts

    def say(self, *wordings: str) -> str:
        """One of the wordings."""
        return self.chance.choice(wordings)


def _page(stem: str, facts: Mapping[str, int | str]) -> Document:
    title = stem.replace("_", " ").capitalize()
    return Document(f"{stem}.html", title, ("name", "value"), tuple(facts.items()), page=True)
