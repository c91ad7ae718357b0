"""The rows of a training Parquet file, for veRL's ``data.custom_cls``.

veRL loads this module in the trainer and in every agent-loop worker, which registers TraceR1's agent loop there.
"""

from __future__ import annotations

from typing import Any

from verl.utils.dataset.rl_dataset import RLHFDataset

from tracer1.training import agent_loop


class PlanningDataset(RLHFDataset):
    """veRL's dataset, with every row answered by :class:`tracer1.training.agent_loop.PlannerAgentLoop`."""

    def __getitem__(self, item: int) -> dict[str, Any]:
        row: dict[str, Any] = super().__getitem__(item)
        row.setdefault("agent_name", agent_loop.NAME)
        return row
