"""GAIA's records: ``metadata.jsonl`` (as published in 2023) or ``metadata.parquet`` (since October 2025), and the attachments.

Either lies with the attachments in ``2023/validation`` or ``2023/test``; a path may name the dataset, the year or that folder.
Rows: ``task_id``, ``Question``, ``Level``, ``Final answer`` (``?`` in test), ``file_name`` (empty without an attachment). An
attachment is named in the task by its file name, so tools must be given the split's folder; a picture is also shown. What is
damaged is a :class:`~tracer1.trajectories.Fault` that names row and field.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracer1.actions import is_text
from tracer1.answers import ExpectedAnswer
from tracer1.trajectories import Fault, Observation

SPLITS = ("validation", "test")
LEVELS = ("1", "2", "3")
PICTURES = (".png", ".jpg", ".jpeg", ".webp")
_AGAIN = "download it again: huggingface-cli download --repo-type dataset gaia-benchmark/GAIA"


@dataclass(frozen=True, slots=True)
class Question:
    """One of GAIA's questions. ``expected`` is None where the answer is hidden."""

    task: str
    text: str
    level: str
    file: str
    observation: Observation
    expected: ExpectedAnswer | None

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that the question comes with."""
        return (self.file,) if self.file else ()


class _Broken(Exception):
    """What is wrong with a row: the field and the reason."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


def read_questions(path: Path, split: str) -> Iterator[Question | Fault]:
    """The questions in the file's order. Raises ValueError, naming the fix, for a path that does not hold the split."""
    folder = folder_of(path, split)
    for where, row in _rows(folder):
        try:
            yield _question(row, folder, hidden=split == "test")
        except _Broken as broken:
            yield Fault("broken question", where, broken.field, broken.reason, _AGAIN)


def folder_of(path: Path, split: str) -> Path:
    """The folder of a split's metadata and attachments: what tools must be given as their files."""
    itself = [] if path.name in SPLITS and path.name != split else [path]
    for folder in (path / "2023" / split, path / split, *itself):
        if any(folder.glob("metadata*.jsonl")) or any(folder.glob("metadata*.parquet")):
            return folder
    raise ValueError(f"{path} holds no metadata.jsonl or metadata.parquet of GAIA's {split} split: {_AGAIN}")


def _rows(folder: Path) -> Iterator[tuple[str, Any]]:
    """Each row and where it is. Of a whole file and one a level, the whole one is read."""
    if (lines := folder / "metadata.jsonl").exists():
        for number, line in enumerate(lines.read_bytes().split(b"\n"), 1):
            if line.strip():
                yield f"metadata.jsonl, line {number}", _object(line)
        return
    whole = folder / "metadata.parquet"
    for file in [whole] if whole.exists() else sorted(folder.glob("metadata.level?.parquet")):
        for number, row in enumerate(_table(file)):
            yield f"{file.name}, row {number}", row


def _object(line: bytes) -> Any:
    """None for what is no JSON in UTF-8."""
    try:
        return json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def _table(file: Path) -> list[dict[str, Any]]:
    import pyarrow
    import pyarrow.parquet

    wanted = {"task_id", "Question", "Level", "Final answer", "file_name"}
    try:
        known = set(pyarrow.parquet.read_schema(file).names)
        return pyarrow.parquet.read_table(file, columns=sorted(wanted & known)).to_pylist()
    except (OSError, pyarrow.ArrowException) as error:
        raise ValueError(f"{file} is damaged ({error}): {_AGAIN}") from error


def _question(row: Any, folder: Path, hidden: bool) -> Question:
    if not isinstance(row, dict):
        raise _Broken("line", "no JSON object")
    task, text, level = row.get("task_id"), row.get("Question"), str(row.get("Level"))
    if not isinstance(task, str) or not task:
        raise _Broken("task_id", "there is none")
    if not is_text(text) or not text.strip() or "<image>" in text:
        raise _Broken("Question", "no text, or one with a mark that stands for a picture")
    if level not in LEVELS:
        raise _Broken("Level", f"{level!r} is none of {', '.join(LEVELS)}")
    file = row.get("file_name") or ""
    expected = None if hidden else _expected(row.get("Final answer"))
    return Question(task, text.strip(), level, file, _observe(file, folder), expected)


def _expected(answer: Any) -> ExpectedAnswer:
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        answer = str(answer)
    if not isinstance(answer, str) or answer == "?":
        raise _Broken("Final answer", f"{answer!r} is no answer; only those of the test split are hidden")
    return ExpectedAnswer("gaia", answer)


def _observe(file: Any, folder: Path) -> Observation:
    """The attachment, where it is a picture. Raises _Broken when the attachment is not there."""
    from tracer1.executors.pictures import measure

    if file == "":
        return Observation(b"", None, platform="tool")
    if not isinstance(file, str) or not is_text(file) or "\0" in file or Path(file).name != file:
        raise _Broken("file_name", f"{file!r:.200} is no name of a file")
    path = folder / file
    if not path.is_file():
        raise _Broken("file_name", f"there is no {file} beside the metadata")
    if path.suffix.lower() not in PICTURES:
        return Observation(b"", None, platform="tool")
    try:
        picture = path.read_bytes()
        return Observation(picture, measure(picture), platform="tool", paths=(str(path.absolute()),))
    except OSError as error:
        raise _Broken("file_name", f"{file}: {error.strerror or 'it cannot be read'}") from error
    except ValueError as error:
        raise _Broken("file_name", f"{file}: {error}") from error
