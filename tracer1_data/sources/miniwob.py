"""MiniWoB++ demonstrations recorded by ``python -m tracer1_data collect``: one Parquet file → trajectories."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tracer1.trajectories import Trajectory
from tracer1_data import recording


def read(path: Path) -> Iterator[Trajectory]:
    """Trajectories of a recording. Raises :class:`tracer1_data.recording.UnreadableRecording` naming file and fix."""
    yield from recording.read(path)
