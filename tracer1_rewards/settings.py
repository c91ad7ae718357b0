"""The knobs of both rewards, with the presets ``paper`` and ``full``.

The paper states the formula but not its weights; each default says why it is what it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any

from tracer1.protocols import PROTOCOLS
from tracer1_rewards.alignment import MODES

PRESETS: dict[str, dict[str, float]] = {
    "paper": {"instruction_weight": 0.0, "format_weight": 0.0},
    "full": {},
}


@dataclass(frozen=True, slots=True)
class Settings:
    """``discount`` γ: 1 over-fits uncertain far steps, 0.9 leaves the eighth step half its weight. ``repetition_weight``
    λ_rep: 0 invites reward hacking by repetition. ``instruction_weight``: share of a step's similarity that its instruction
    decides (an executor cannot act on noise). ``format_weight``: share of a cleanly readable plan in the score.

    ``protocol``: how operations are compared (:mod:`tracer1.protocols`); empty: as each row says. ``alignment``: which
    steps are compared (:mod:`tracer1_rewards.alignment`). ``step_credit``: report each step's own reward, for the advantage
    estimator ``tracer1_steps``. ``thinking``: the chat template opens a thought, which a response must close. ``executor``,
    ``executor_seconds`` and ``executor_options``: who carries out the first step in stage 2, how long that may take, and how
    it is reached (:func:`tracer1.executors.load_executor`)."""

    discount: float = 0.9
    alignment_weight: float = 1.0
    repetition_weight: float = 0.5
    instruction_weight: float = 0.5
    format_weight: float = 0.1
    protocol: str = ""
    alignment: str = "position"
    step_credit: bool = False
    thinking: bool = False
    executor: str = "accessibility"
    executor_seconds: float = 30.0
    executor_options: dict[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"{one.name} must be finite, got {value}")
        if not 0 < self.discount <= 1:
            raise ValueError(f"discount must be in (0, 1], got {self.discount}")
        if self.alignment_weight <= 0 or self.repetition_weight < 0 or self.format_weight < 0:
            raise ValueError("alignment_weight must be positive, repetition_weight and format_weight not negative")
        if not 0 <= self.instruction_weight <= 1:
            raise ValueError(f"instruction_weight is a share in [0, 1], got {self.instruction_weight}")
        if self.protocol and self.protocol not in PROTOCOLS:
            raise ValueError(f"unknown protocol {self.protocol!r}: use one of {', '.join(PROTOCOLS)}")
        if self.alignment not in MODES:
            raise ValueError(f"unknown alignment {self.alignment!r}: use one of {', '.join(MODES)}")
        if self.executor_seconds <= 0:
            raise ValueError(f"executor_seconds must be positive, got {self.executor_seconds}")
        if not isinstance(self.executor_options, dict):
            raise ValueError(f"executor_options holds names and values, got {self.executor_options!r:.60}")

    @property
    def maximum(self) -> float:
        """The score of the reference plan itself, and the most that any plan can score."""
        return (self.alignment_weight + self.format_weight) / (1 + self.format_weight)


def settings_from(values: dict[str, Any]) -> Settings:
    """Settings from configuration values, starting from ``preset`` (default ``full``). Raises ValueError for a typo."""
    values = dict(values)
    preset = values.pop("preset", "full")
    if preset not in PRESETS:
        raise ValueError(f"unknown preset {preset!r}: use one of {', '.join(PRESETS)}")
    known = {one.name for one in fields(Settings)}
    if unknown := values.keys() - known:
        raise ValueError(
            f"unknown reward setting {', '.join(sorted(unknown))}: use {', '.join(sorted(known | {'preset'}))}"
        )
    return Settings(**{**PRESETS[preset], **values})
