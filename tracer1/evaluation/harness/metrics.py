"""From marks to metrics, each with its n and its 95 % interval.

Marks of 0 and 1 get Wilson's interval. Graded ones get a percentile bootstrap that draws whole groups (episodes), because the
steps of an episode are not independent; it is seeded, so the same marks give the same interval. The interval of an unweighted
mean of metrics is recovered from theirs (MOVER: Zou and Donner, Statistics in Medicine 27, 2008).

Trap: Wilson's interval over steps takes them as independent, as papers do; over episodes it is wider.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from tracer1.evaluation.harness.base import Judgement, Metric
from tracer1.evaluation.statistics import wilson

RESAMPLES = 2000
Values = Sequence[tuple[str, float]]
"""(group, value) of every unit that counts."""


def mean_mark(
    judgements: Iterable[Judgement], mark: str, name: str = "", part: str = "", of: str = "samples"
) -> Metric:
    """Mean of a mark over the samples to which it applies; of those of one ``part``, where it is named."""
    values = [
        (one.group, value)
        for one in judgements
        if (not part or part in one.parts) and (value := one.marks.get(mark)) is not None
    ]
    return mean_of(name or mark, values, of, part)


def mean_of_groups(
    judgements: Iterable[Judgement], mark: str, name: str, part: str = "", of: str = "episodes"
) -> Metric:
    """Macro average: the mean over groups of the group's mean."""
    groups = _by_group(judgements, mark, part)
    return mean_of(name, [(group, math.fsum(marks) / len(marks)) for group, marks in groups.items()], of, part)


def whole_groups(judgements: Iterable[Judgement], mark: str, name: str, part: str = "", of: str = "episodes") -> Metric:
    """Share of groups in which every mark is 1: the success of whole episodes."""
    groups = _by_group(judgements, mark, part)
    return mean_of(name, [(group, float(min(marks) == 1)) for group, marks in groups.items()], of, part)


def by_part(judgements: Sequence[Judgement], make: Callable[[str], Metric]) -> list[Metric]:
    """``make(part)`` for every part, in the order in which they appear."""
    return [make(part) for part in dict.fromkeys(part for one in judgements for part in one.parts)]


def mean_of_metrics(name: str, metrics: Sequence[Metric], part: str = "") -> Metric:
    """The unweighted mean of independent metrics, as papers average splits. ``n`` is the sum; those without n are left out."""
    known = [metric for metric in metrics if metric.n]
    if not known:
        return mean_of(name, [], part=part)
    value = math.fsum(metric.value for metric in known) / len(known)
    below = math.sqrt(math.fsum((metric.value - metric.low) ** 2 for metric in known)) / len(known)
    above = math.sqrt(math.fsum((metric.high - metric.value) ** 2 for metric in known)) / len(known)
    n = sum(metric.n for metric in known)
    return Metric(name, value, n, max(0.0, value - below), min(1.0, value + above), known[0].of, part)


def mean_of(name: str, values: Values, of: str = "samples", part: str = "") -> Metric:
    """The mean of values between 0 and 1 and its interval: Wilson's, or for graded values the bootstrap's."""
    numbers = [value for _, value in values]
    if set(numbers) <= {0, 1}:
        rate = wilson(round(sum(numbers)), len(numbers))
        return Metric(name, rate.rate, rate.n, rate.low, rate.high, of, part)
    low, high = bootstrap(values)
    return Metric(name, math.fsum(numbers) / len(numbers), len(numbers), low, high, of, part)


def ratio(pairs: Sequence[tuple[float, float]], name: str, unit: str, of: str = "episodes") -> Metric:
    """The sum of the first numbers over that of the second, a pair for each of what ``of`` says, in a ``unit``, and its bootstrap's
    interval. A single pair has none but its value; where the second numbers are all 0, ``n`` is."""
    above, below = (math.fsum(column) for column in zip(*pairs, strict=True)) if pairs else (0.0, 0.0)
    if not below:
        return Metric(name, 0.0, 0, 0.0, 0.0, of, unit=unit)
    low, high = _interval(pairs) if len(pairs) > 1 else (above / below,) * 2
    return Metric(name, above / below, len(pairs), low, high, of, unit=unit)


def bootstrap(values: Values, seed: int = 0) -> tuple[float, float]:
    """The 95 % percentile interval of the mean when whole groups are drawn; 0 to 1 where there are fewer than two groups."""
    totals: dict[str, list[float]] = {}
    for group, value in values:
        totals.setdefault(group, [0.0, 0.0])
        totals[group][0] += value
        totals[group][1] += 1
    if len(totals) < 2:
        return 0.0, 1.0
    low, high = _interval(list(totals.values()), seed)
    return max(0.0, low), min(1.0, high)


def _interval(pairs: Sequence[Sequence[float]], seed: int = 0) -> tuple[float, float]:
    """The percentile interval of sum / sum when pairs are drawn; draws in which the second sum is 0 are left out."""
    import numpy

    above, below = numpy.array(pairs, dtype=float).T
    random = numpy.random.default_rng(seed)
    found = []
    for _ in range(RESAMPLES):
        drawn = random.integers(len(above), size=len(above))
        if size := below[drawn].sum():
            found.append(above[drawn].sum() / size)
    low, high = numpy.quantile(found, (0.025, 0.975))
    return float(low), float(high)


def _by_group(judgements: Iterable[Judgement], mark: str, part: str) -> dict[str, list[float]]:
    groups: dict[str, list[float]] = {}
    for one in judgements:
        value = one.marks.get(mark)
        if value is not None and (not part or part in one.parts):
            groups.setdefault(one.group, []).append(value)
    return groups
