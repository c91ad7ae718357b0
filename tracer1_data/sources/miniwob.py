"""MiniWoB++ demonstrations recorded by ``python -m tracer1_data collect``: one Parquet file → trajectories.

Source: this project (``examples/miniwob``); pages by Farama-Foundation/miniwob-plusplus, MIT.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from tracer1.trajectories import Fault, Trajectory
from tracer1_data import recording
from tracer1_data.sources.base import Part, Source
from tracer1_data.sources.records import UNREADABLE


def parts(path: Path, split: str) -> Sequence[Part]:
    """One part: a recording, or that of the split in a directory. Raises ValueError when there is none."""
    file = path / f"{split}.parquet" if path.is_dir() else path
    if not file.is_file():
        raise ValueError(f"there is no {file}: python -m tracer1_data collect writes recordings")
    return [Part(file.stem, (file,), file.parent, weight=file.stat().st_size)]


def read(part: Part, split: str) -> Iterator[Trajectory | Fault]:
    """Trajectories of a recording; where it cannot be read on, a fault ends them."""
    file, count = part.files[0], 0
    try:
        for trajectory in recording.read(file):
            yield trajectory
            count += 1
    except recording.UnreadableRecording as error:
        yield Fault(UNREADABLE, file.name, "file", f"{error}; {count} episodes could be read", "collect it again")


SOURCE = Source(
    name="miniwob",
    what="MiniWoB++ in Chromium, our own demonstrations",
    url="https://github.com/Farama-Foundation/miniwob-plusplus",
    licence="MIT",
    splits=("train", "heldout_seeds", "heldout_tasks"),
    reserved=(),
    parts=parts,
    read=read,
)
