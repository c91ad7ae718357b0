"""One reader per dataset: each yields :class:`tracer1.trajectories.Trajectory`. ``SOURCES`` names them."""

from __future__ import annotations

from tracer1_data.sources import (
    agentnet,
    agenttrek,
    android_control,
    gui_odyssey,
    mind2web,
    miniwob,
    mm_traj,
    tool_tasks,
)
from tracer1_data.sources.base import Part, Source, check_split, load_source

_ALL = (
    agentnet.SOURCE,
    android_control.SOURCE,
    gui_odyssey.SOURCE,
    mind2web.SOURCE,
    agenttrek.SOURCE,
    mm_traj.SOURCE,
    miniwob.SOURCE,
    tool_tasks.SOURCE,
)
SOURCES: dict[str, Source] = {source.name: source for source in _ALL}

__all__ = ["SOURCES", "Part", "Source", "check_split", "load_source"]
