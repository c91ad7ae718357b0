"""What goes wrong, and where: by kind of action, by the step's index in its episode, by the position in the plan.

A planned step *agrees* with the recorded continuation when its action has the same type and its other arguments are alike by
at least a half (:func:`tracer1.matching.operation`, places left out: the executor finds those). Beyond the first step the plan
is compared with what was recorded, not executed. Steps that repeat one another in a plan, more often than in the recording, are
a loop.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from tracer1.actions import Action
from tracer1.evaluation.harness.base import Judgement, Prediction, PredictionStatus, Sample
from tracer1.evaluation.statistics import wilson
from tracer1.matching import TYPE_SHARE, operation
from tracer1.plans import Step

AGREES = TYPE_SHARE + (1 - TYPE_SHARE) / 2
PLACES = ("point", "start", "end")
LOOP = 3
MOST_INDICES = 15


@dataclass(frozen=True, slots=True)
class Look:
    """One judged sample, as the failures are counted. ``mark`` is the one behind the headline; ``agreed``: whether each planned
    step agrees with the recorded one; ``planned`` and ``recorded`` count steps; ``loop``: the plan repeats itself."""

    sample: str
    group: str
    position: int
    kind: str
    mark: float | None
    status: PredictionStatus
    detail: str
    agreed: tuple[bool, ...]
    planned: int
    recorded: int
    loop: bool

    @property
    def first_wrong(self) -> str:
        """Where the plan leaves the recording: the number of the step, ``too short``, ``too long``, or ``never``."""
        if False in self.agreed:
            return f"step {self.agreed.index(False) + 1}"
        return "never" if self.planned == self.recorded else "too short" if self.planned < self.recorded else "too long"


def main_mark(headline: str, judgement: Judgement) -> float | None:
    """The mark behind the headline: the one of its name, or else the first."""
    return judgement.marks.get(headline, next(iter(judgement.marks.values()), None))


def look_at(sample: Sample, prediction: Prediction, judgement: Judgement, mark: float | None) -> Look:
    """What is kept of a judged sample."""
    plan, future = prediction.plan, sample.future
    agreed = tuple(agrees(planned.action, recorded.action) for planned, recorded in zip(plan, future, strict=False))
    loop = longest_run(plan) >= LOOP and longest_run(plan) > longest_run(future)
    return Look(
        sample.id, sample.group, sample.position, judgement.kind, mark, prediction.status, prediction.detail, agreed,
        len(plan), len(future), loop,
    )  # fmt: skip


def agrees(planned: Action, recorded: Action) -> bool:
    """Whether a planned action is, its place aside, the recorded one."""
    return operation(_placeless(planned), _placeless(recorded)) >= AGREES


def longest_run(steps: Iterable[Step]) -> int:
    """How many equal steps follow one another at most."""
    return max((sum(1 for _ in run) for _, run in groupby(steps)), default=0)


def count_failures(looks: Sequence[Look], horizon: int) -> dict[str, Any]:
    """The content of ``failures.json``: shares with their Wilson intervals. A sample fails when its mark is below 1. How a plan
    compares beyond ``horizon`` steps is not asked."""
    judged = [look for look in looks if look.mark is not None]
    with_plan = [look for look in looks if look.planned and look.recorded]
    positions = range(max((len(look.agreed) for look in with_plan), default=0))
    return {
        "samples": len(looks),
        "failed": sum(look.mark < 1 for look in judged),
        "by_kind": _shares((look.kind, look.mark == 1) for look in judged),
        "by_index": _shares((min(look.position, MOST_INDICES), look.mark == 1) for look in judged),
        "by_plan_position": {
            str(n + 1): _share([look.agreed[n] for look in with_plan if len(look.agreed) > n]) for n in positions
        },
        "first_wrong": dict(Counter(_within(look, horizon) for look in with_plan).most_common()),
        "status": dict(Counter(look.status for look in looks)),
        "unreadable": dict(Counter(_reason(look) for look in looks if look.status != "ok").most_common(10)),
        "loops": {"plans": len(with_plan), "looping": sum(look.loop for look in with_plan)},
    }


def worst_groups(looks: Sequence[Look], most: int, steps: int) -> list[list[Look]]:
    """The groups with the lowest mean mark, those with more failures first: of each, its first failed samples."""
    groups: dict[str, list[Look]] = defaultdict(list)
    for look in looks:
        if look.mark is not None:
            groups[look.group].append(look)
    failed = {name: [look for look in found if look.mark < 1] for name, found in groups.items()}

    def badness(name: str) -> tuple[float, int]:
        return sum(look.mark for look in groups[name]) / len(groups[name]), -len(failed[name])

    return [failed[name][:steps] for name in sorted(groups, key=badness)[:most] if failed[name]]


def _placeless(action: Action) -> Action:
    return Action(action.type, {name: value for name, value in action.arguments.items() if name not in PLACES})


def _within(look: Look, horizon: int) -> str:
    """Where the plan goes wrong; one that is as long as plans may be is not too short."""
    where = look.first_wrong
    return "never" if where == "too short" and look.planned >= horizon else where


def short(text: str, most: int) -> str:
    """The beginning of a text that a model wrote, fit to be stored: halves of letters are replaced."""
    said = text if len(text) <= most else f"{text[:most]} …"
    return said.encode("utf-8", "replace").decode("utf-8")


def _reason(look: Look) -> str:
    return short(f"{look.status}: {look.detail}", 100)


def _shares(pairs: Iterable[tuple[Hashable, bool]]) -> dict[str, dict[str, float]]:
    found: dict[Any, list[bool]] = defaultdict(list)
    for name, right in pairs:
        found[name].append(right)
    return {str(name): _share(found[name]) for name in sorted(found)}


def _share(right: Sequence[bool]) -> dict[str, float]:
    rate = wilson(sum(right), len(right))
    return {"n": rate.n, "value": rate.rate, "low": rate.low, "high": rate.high}
