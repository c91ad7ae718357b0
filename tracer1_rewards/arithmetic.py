"""A score's arithmetic in words and numbers, line by line, so that it can be checked with a calculator; and each step's share.

Every line is ``what: terms``; six digits are shown, so the last one may differ.
"""

from __future__ import annotations

from collections.abc import Sequence

from tracer1_rewards.result import Reward
from tracer1_rewards.settings import Settings
from tracer1_rewards.steps import StepScore


def whole_plan(scores: Sequence[StepScore], reference: int, reward: Reward, settings: Settings) -> list[str]:
    """Stage 1; ``reference`` is the number of the reference's steps."""
    longer = max(len(scores), reference)
    discounts = [settings.discount**t for t in range(longer)]
    total = sum(discounts)
    alike = [f"{_n(one.weight * total)}×{_n(one.similarity)}" for one in scores if one.reference is not None]
    repeated = [_n(one.own_weight * total) for one in scores if one.repeated]
    gain = f"{_n(settings.alignment_weight)}×{_n(reward.alignment)}"
    loss = f"{_n(settings.repetition_weight)}×{_n(reward.repetition)}"
    return [
        f"sum of discounts: {' + '.join(map(_n, discounts))} = {_n(total)}",
        f"alignment: ({' + '.join(alike) or 0}) / {_n(total)} = {_n(reward.alignment)}",
        f"repetition: ({' + '.join(repeated) or 0}) / {_n(total)} = {_n(reward.repetition)}",
        f"each step adds: ({_n(settings.alignment_weight)}×weight×similarity, less {_n(settings.repetition_weight)}×"
        f"its discount / {_n(total)} where repeated) / (1 + {_n(settings.format_weight)})",
        f"score: ({gain} − {loss} + {_format(reward, settings)} = {_n(reward.score)}",
    ]


def first_step(reward: Reward, settings: Settings) -> list[str]:
    """Stage 2."""
    match = max(reward.grounding, reward.answer)
    return [
        f"match: the greater of grounding {_n(reward.grounding)} and answer {_n(reward.answer)} = {_n(match)}",
        f"score: ({_n(match)} + {_format(reward, settings)} = {_n(reward.score)}",
    ]


def whole_plan_adds(scores: Sequence[StepScore], settings: Settings) -> list[float]:
    """What each predicted step adds to the score of stage 1; the format share adds the rest."""
    return [one.reward(settings) / (1 + settings.format_weight) for one in scores]


def first_step_adds(reward: Reward, settings: Settings, steps: int) -> list[float]:
    """What each of the predicted steps adds to the score of stage 2: only the first is executed."""
    match = max(reward.grounding, reward.answer) / (1 + settings.format_weight)
    return [match if number == 0 else 0.0 for number in range(steps)]


def format_share(reward: Reward, settings: Settings) -> float:
    """What a cleanly readable plan adds to the score."""
    return settings.format_weight * reward.format / (1 + settings.format_weight)


def _format(reward: Reward, settings: Settings) -> str:
    weight = _n(settings.format_weight)
    return f"{weight}×{_n(reward.format)}) / (1 + {weight})"


def _n(number: float) -> str:
    return f"{number:.6g}"
