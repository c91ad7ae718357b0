"""One reader per dataset: each yields :class:`tracer1.trajectories.Trajectory`. ``SOURCES`` names them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from tracer1.trajectories import Trajectory
from tracer1_data.sources import miniwob

SOURCES: dict[str, Callable[[Path], Iterator[Trajectory]]] = {"miniwob": miniwob.read}
