"""What a task is: a question about small files, and the answer.

``asks`` says what the instruction says, in words that a program understands: file names, row names, units. The
demonstrator works from it and from what the tools return; the documents and the expected answer it never sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tracer1.answers import ExpectedAnswer
from tracer1_data.tool_tasks.documents import Document
from tracer1_data.tool_tasks.names import Split

FILES, PAGES, TASKS = "files", "pages", "tasks.jsonl"


@dataclass(frozen=True, slots=True)
class Task:
    """A task and what it is made of. ``name`` is unique in its set."""

    name: str
    split: Split
    family: str
    instruction: str
    documents: tuple[Document, ...]
    asks: Mapping[str, str | int]
    expected: ExpectedAnswer

    @property
    def files(self) -> tuple[str, ...]:
        """Its files and pages, relative to the set's folder and in the order of ``documents``."""
        return tuple(f"{PAGES if one.page else FILES}/{one.name}" for one in self.documents)

    @property
    def pictures(self) -> tuple[str, ...]:
        """Those of its files that are pictures, relative to the set's folder: the planner sees them."""
        return tuple(name for name in self.files if name.endswith(".png"))

    def to_record(self) -> dict[str, Any]:
        """The task as JSON values: a line of ``tasks.jsonl``."""
        return {
            "name": self.name,
            "split": self.split,
            "family": self.family,
            "instruction": self.instruction,
            "files": list(self.files),
            "pictures": list(self.pictures),
            "asks": dict(self.asks),
            "expected": asdict(self.expected),
        }
