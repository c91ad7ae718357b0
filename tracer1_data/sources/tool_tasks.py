"""Demonstrations made by ``python -m tracer1_data.tool_tasks``: JSON lines and files → trajectories.

Source: this project (:mod:`tracer1_data.tool_tasks`). Every step has what its tool returned; the calls can be repeated with the
toolbox ``local`` on the set's ``files``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from tracer1.trajectories import Fault, Trajectory
from tracer1_data.sources import json_list
from tracer1_data.sources.base import Part, Source
from tracer1_data.tool_tasks.records import from_record

BYTES_IN_A_PART = 1 << 20


def parts(path: Path, split: str) -> Sequence[Part]:
    """Ranges of about 1 MiB (some 1,000 episodes); ``path`` is the set's directory. Raises ValueError when it holds no recording."""
    file = path / f"{split}.jsonl"
    if not file.is_file():
        raise ValueError(f"there is no {file}: python -m tracer1_data.tool_tasks makes sets of tool tasks")
    return json_list.parts_of([file], BYTES_IN_A_PART)


def read(part: Part, split: str) -> Iterator[Trajectory | Fault]:
    """One trajectory a record, or the fault that stands for it."""
    file = part.files[0]
    for position, record in json_list.iterate(file, part.start, part.stop):
        if isinstance(record, Fault):
            yield record
        else:
            yield from_record(record, part.root, f"{file.name}, byte {position}")


SOURCE = Source(
    name="tool_tasks",
    what="tool use over small files, our own demonstrations",
    url="",
    licence="Apache-2.0",
    splits=("train", "heldout"),
    reserved=(),
    parts=parts,
    read=read,
    files=True,
)
