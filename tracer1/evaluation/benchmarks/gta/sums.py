"""Metrics that are made of sums over all queries – F1, shares whose parts are counted apart – and their 95 % intervals.

The interval is a percentile bootstrap that draws whole queries, seeded: the same counts give the same interval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tracer1.evaluation.harness.base import Judgement, Metric
from tracer1.evaluation.harness.metrics import RESAMPLES
from tracer1.evaluation.statistics import wilson

Formula = Callable[..., Any]
"""The metric from its sums, given as numbers or as arrays with one entry a resample."""


def of_sums(name: str, rows: Sequence[Sequence[float]], formula: Formula, of: str, n: int) -> Metric:
    """``formula`` of the columns' sums; ``rows`` has the addends of one query each. Without ``n`` there is no value."""
    import numpy

    if not n:
        return Metric(name, 0.0, 0, 0.0, 1.0, of)
    table = numpy.array(rows, dtype=float)
    value = float(formula(*table.sum(axis=0)))
    if len(table) < 2:
        return Metric(name, value, n, 0.0, max(1.0, value), of)
    random = numpy.random.default_rng(0)
    drawn = random.multinomial(len(table), [1 / len(table)] * len(table), size=RESAMPLES)
    low, high = numpy.quantile(formula(*(drawn @ table).T), (0.025, 0.975))
    return Metric(name, value, n, float(max(0.0, low)), float(high), of)


def share_of(name: str, rows: Sequence[Sequence[float]], of: str) -> Metric:
    """The sum of the first column through that of the second. All or nothing, and one yes or no a query, get Wilson's interval."""
    top, bottom = (sum(column) for column in zip(*rows, strict=True)) if rows else (0, 0)
    if top in (0, bottom) or all(row[0] in (0, 1) and row[1] == 1 for row in rows):
        rate = wilson(round(top), round(bottom))
        return Metric(name, rate.rate, rate.n, rate.low, rate.high, of)
    return of_sums(name, rows, share, of, round(bottom))


def share(top: Any, bottom: Any) -> Any:
    """``top / bottom``, and 0 where there is nothing to divide by."""
    import numpy

    return numpy.where(bottom > 0, top / numpy.maximum(bottom, 1e-9), 0.0)


def by_group(judgements: Iterable[Judgement], row: Callable[[Judgement], Sequence[float]]) -> list[list[float]]:
    """The addends of each query: the rows of its judgements, added up."""
    groups: dict[str, list[float]] = {}
    for one in judgements:
        addends = row(one)
        known = groups.setdefault(one.group, [0.0] * len(addends))
        groups[one.group] = [have + more for have, more in zip(known, addends, strict=True)]
    return list(groups.values())


def mark(judgement: Judgement, name: str) -> float:
    """A mark, and 0 where it does not apply."""
    return judgement.marks.get(name) or 0.0
