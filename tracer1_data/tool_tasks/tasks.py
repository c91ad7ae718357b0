"""What a task is: a question about small files, and the answer; and the list of the tasks of a set.

``asks`` says what the instruction says, in words that a program understands: file names, row names, units. The
demonstrator works from it and from what the tools return; the documents and the expected answer it never sees.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tracer1.answers import ExpectedAnswer
from tracer1_data.tool_tasks.documents import Document
from tracer1_data.tool_tasks.names import SPLITS, Split

FILES, PAGES, TASKS = "files", "pages", "tasks.jsonl"
_FIELDS = {
    "name": str, "split": str, "family": str, "instruction": str,
    "files": list, "pictures": list, "asks": dict, "expected": dict,
}  # fmt: skip


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


def load_tasks(folder: Path, split: Split) -> list[dict[str, Any]]:
    """The tasks of a split, in order: ``name``, ``family``, ``instruction``, ``files`` and ``pictures`` (relative to ``folder``),
    ``asks``, and ``expected`` with its ``rule`` and ``value``.

    Raises ValueError, naming file, row and field, when the list or a picture is missing or damaged.
    """
    if split not in SPLITS:
        raise ValueError(f"a set of tool tasks has no split {split!r}: use one of {', '.join(SPLITS)}")
    path = folder / TASKS
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read ({error}): {_MAKE}") from error
    records = [_record(line, f"{path}, row {row}") for row, line in enumerate(lines, 1)]
    chosen = [record for record in records if record["split"] == split]
    for name in (name for record in chosen for name in (*record["files"], *record["pictures"])):
        if not (folder / name).is_file():
            raise ValueError(f"{path}: there is no {folder / name}: {_MAKE}")
    return chosen


_MAKE = "make the set again with 'python -m tracer1_data.tool_tasks'"


def _record(line: str, where: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"{where}: no JSON ({error}): {_MAKE}") from error
    for field, kind in _FIELDS.items():
        if not isinstance(record, dict) or not isinstance(record.get(field), kind):
            raise ValueError(f"{where}: {field} is missing or no {kind.__name__}: {_MAKE}")
    for field in ("files", "pictures"):
        if not all(map(is_inside, record[field])):
            raise ValueError(f"{where}: {field} must be paths within the set, got {record[field]!r:.80}")
    try:
        ExpectedAnswer(**record["expected"])
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: expected: {error}") from error
    return record


def is_inside(name: object) -> bool:
    """Whether it is a relative path that does not lead out of its folder."""
    path = PurePosixPath(name) if isinstance(name, str) and "\0" not in name else PurePosixPath("/")
    return not path.is_absolute() and ".." not in path.parts and path != PurePosixPath()
