"""Predictions on Mind2Web and its numbers, for the tests of the benchmark."""

from __future__ import annotations

from collections.abc import Iterable

from tracer1.actions import Action
from tracer1.evaluation.benchmarks.mind2web.benchmark import BENCHMARK, ORIGINAL, SEECLICK
from tracer1.evaluation.harness.base import Judgement

INSIDE, OUTSIDE = [200, 220], [500, 500]
PROTOCOLS = (SEECLICK.name, ORIGINAL.name)


def click(point: list[float] | None = INSIDE) -> Action:
    return Action("click", {"point": point} if point else {})


def typed(text: str, point: list[float] | None = INSIDE) -> Action:
    return Action("type", {"text": text, **({"point": point} if point else {})})


def picked(value: str, point: list[float] | None = INSIDE) -> Action:
    return Action("select", {"value": value, **({"point": point} if point else {})})


def numbers(judgements: Iterable[Judgement], protocol: str = SEECLICK.name, part: str = "") -> dict[str, float]:
    metrics = BENCHMARK.summarise(list(judgements), protocol)
    assert metrics[0].name == BENCHMARK.headline and metrics[0].part == ""
    assert all(
        metric.low <= metric.value + 1e-9 and metric.value <= metric.high + 1e-9 for metric in metrics if metric.n
    )
    return {metric.name: metric.value for metric in metrics if metric.part == part}
