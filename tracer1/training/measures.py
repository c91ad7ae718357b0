"""What a training step says about its rollouts, and when a run must not go on.

- ``reward/<key>`` for each key of the reward's result: its mean over the step's rollouts;
- ``groups/zero_variance``: share of prompts whose rollouts all have the same score, from which GRPO learns nothing;
- ``groups/first_step_best``: share of prompts with at least one right first step (pass@n);
- ``share/<component>``: how much of what GRPO learns from comes from that component: the share of the score's variance
  within the groups. Together they are 1; a ``share/format`` near 1 means that only the format is being learnt;
- ``groups/rows_lost``: share of rollouts that never arrived.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

Scores = Mapping[str, float]
_PART = "from_"


class RunStopped(RuntimeError):
    """The run must not go on: the message says why and what to do."""


def measure(infos: Sequence[Scores], groups: Sequence[str], expected: int) -> dict[str, float]:
    """Metrics of one step from each rollout's reward result and the id of the prompt it belongs to.

    ``expected`` is the number of rollouts that were asked for. Values that are no numbers are left out.
    """
    columns: dict[str, list[float]] = defaultdict(list)
    grouped: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for info, group in zip(infos, groups, strict=True):
        for key, value in info.items():
            if isinstance(value, int | float | np.number):
                columns[key].append(float(value))
                grouped[key][group].append(float(value))
    metrics = {f"reward/{key}": float(np.mean(values)) for key, values in sorted(columns.items())}
    if "score" in grouped:
        metrics["groups/zero_variance"] = float(np.mean([np.ptp(v) < 1e-9 for v in grouped["score"].values()]))
    if "first_step" in grouped:
        metrics["groups/first_step_best"] = float(np.mean([max(v) for v in grouped["first_step"].values()]))
    metrics |= _shares(grouped)
    metrics["groups/rows_lost"] = 1 - len(infos) / expected if expected else 0.0
    return metrics


def _shares(grouped: Mapping[str, Mapping[str, Sequence[float]]]) -> dict[str, float]:
    """The covariance of each ``from_…`` part with the score within groups, over the score's variance within groups."""
    parts = [key for key in grouped if key.startswith(_PART)]
    scores = grouped.get("score", {})
    spread = sum(float(np.var(values)) * len(values) for values in scores.values())
    if spread < 1e-12:
        return {}
    return {
        f"share/{key.removeprefix(_PART)}": sum(
            float(np.dot(grouped[key][group] - np.mean(grouped[key][group]), values - np.mean(values)))
            for group, values in scores.items()
        )
        / spread
        for key in parts
    }


def check(metrics: Mapping[str, float], limit: float) -> None:
    """Raise :class:`RunStopped` when more than ``limit`` (a share) of the rollouts has no trustworthy reward."""
    unscored, lost = metrics.get("reward/unscored", 0.0), metrics.get("groups/rows_lost", 0.0)
    if unscored > limit:
        raise RunStopped(
            f"{unscored:.0%} of this step's rollouts could not be scored (limit {limit:.0%}): look for "
            "'executor_failed' and 'timed_out' in the metrics, check that the executor is reachable, or raise "
            "trainer.v1.sampler.sampler_kwargs.unscored_limit"
        )
    if lost > limit:
        raise RunStopped(
            f"{lost:.0%} of this step's rollouts were lost (limit {limit:.0%}): the log says why above; a prompt "
            "longer than data.max_prompt_length is the usual cause"
        )
