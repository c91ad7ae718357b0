"""One reader per dataset: each yields :class:`tracer1.trajectories.Trajectory`. ``SOURCES`` names them."""

from __future__ import annotations

from tracer1_data.sources import miniwob
from tracer1_data.sources.base import Part, Source, check_split, load_source

SOURCES: dict[str, Source] = {source.name: source for source in (miniwob.SOURCE,)}

__all__ = ["SOURCES", "Part", "Source", "check_split", "load_source"]
