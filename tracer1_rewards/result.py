"""The one result of both rewards: the same keys for every sample, every value a finite float.

``unscored`` marks a sample that could not be judged; that is not the same as a sample that scored zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(slots=True)
class Reward:
    """``score`` is what veRL optimises, ``overall`` the same number for EasyR1; then components in [0, 1], the number of
    steps read, and flags that are 0 or 1. ``from_…`` are what the components add to the score: they sum to it. ``steps`` is
    what each predicted step adds to the score, where that was asked."""

    score: float = 0.0
    overall: float = 0.0
    alignment: float = 0.0
    repetition: float = 0.0
    format: float = 0.0
    first_step: float = 0.0
    type_match: float = 0.0
    instruction: float = 0.0
    grounding: float = 0.0
    answer: float = 0.0
    plan_length: float = 0.0
    parse_failed: float = 0.0
    unscored: float = 0.0
    executor_failed: float = 0.0
    timed_out: float = 0.0
    from_alignment: float = 0.0
    from_repetition: float = 0.0
    from_execution: float = 0.0
    from_format: float = 0.0
    steps: list[float] = field(default_factory=list)

    def settle(self) -> None:
        """The score is what the components add."""
        self.score = self.from_alignment + self.from_repetition + self.from_execution + self.from_format

    def as_dict(self) -> dict[str, Any]:
        """A dictionary of finite floats, one for each of :data:`KEYS`; one that is not finite becomes 0 and the sample
        ``unscored``. Where steps are credited, ``step_rewards`` is a list besides."""
        values = {key: float(getattr(self, key)) for key in KEYS}
        if not all(math.isfinite(value) for value in values.values()):
            values = {key: value if math.isfinite(value) else 0.0 for key, value in values.items()} | {"unscored": 1.0}
        steps = {"step_rewards": self.steps} if self.steps else {}
        return values | {"overall": values["score"]} | steps


KEYS: tuple[str, ...] = tuple(one.name for one in fields(Reward) if one.name != "steps")
