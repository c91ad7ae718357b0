"""Collects a step's rollouts quickly, measures them, and stops a run whose rewards cannot be trusted.

A ``trainer.v1.sampler.custom_sampler`` for veRL 0.9.1, which itself looks for finished rollouts every two seconds and
reports a reward's components only in validation. The training metrics that it adds are those of
:mod:`tracer1.training.measures`.
"""

from __future__ import annotations

from typing import Any

import transfer_queue as tq
from verl.trainer.ppo.v1.replay_buffer import ReplayBuffer

from tracer1.training import step_credit  # noqa: F401  (registers the advantage estimator in the trainer's process)
from tracer1.training.measures import Scores, check, measure


class PlanningReplayBuffer(ReplayBuffer):
    """veRL's buffer, polled often (``sampler_kwargs.poll_interval`` seconds) and measured."""

    def __init__(self, **settings: Any) -> None:
        options = settings["sampler_kwargs"] or {}
        settings.setdefault("poll_interval", float(options.get("poll_interval", 0.05)))
        super().__init__(**settings)
        self._limit = float(options.get("unscored_limit", 0.2))
        self._rollouts = int(options["rollouts_per_prompt"])

    def sample(self, global_steps: int, partition_id: str, batch_size: int) -> tuple[Any, dict[str, Any]]:
        batch, metrics = super().sample(global_steps=global_steps, partition_id=partition_id, batch_size=batch_size)
        if partition_id == "train":
            added = measure(*_read_rewards(batch), expected=batch_size * self._rollouts)
            check(added, self._limit)
            metrics.update(added)
        return batch, metrics


def _read_rewards(batch: Any) -> tuple[list[Scores], list[str]]:
    data = tq.kv_batch_get(keys=batch.keys, partition_id=batch.partition_id, select_fields=["extra_fields"])
    infos = [dict(fields.get("reward_extra_info", {})) for fields in data.pop("extra_fields").tolist()]
    return infos, [key.split("_")[0] for key in batch.keys]
