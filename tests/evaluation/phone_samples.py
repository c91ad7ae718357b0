"""Steps on phones and their judgements, for the tests of AndroidControl and GUI-Odyssey."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.evaluation.harness.base import Benchmark, Judgement, Prediction, Sample
from tracer1.plans import Step
from tracer1.trajectories import Fault, Observation

PHONE, SQUARE = Size(1080, 2400), Size(1000, 1000)
FINISH, BACK, WAIT = Action("finish"), Action("press_back"), Action("wait")


def click(x: float, y: float, kind: str = "click") -> Action:
    return Action(kind, {"point": [x, y]})


def typed(text: str) -> Action:
    return Action("type", {"text": text})


def opened(name: str) -> Action:
    return Action("open_app", {"name": name})


def scrolled(direction: str) -> Action:
    return Action("scroll", {"direction": direction})


def step(reference: Action, box: Box | None = None, size: Size = SQUARE, **said: Any) -> Sample:
    """A step as a benchmark gives it; ``said`` replaces what a rule looks at."""
    known = {"id": "s", "group": "g", "position": 0, "instruction": "Do it"}
    return Sample(**{**known, "observation": Observation(b"", size), "platform": "mobile", **said},
                  future=(Step(reference, "Do it"),), box=box)  # fmt: skip


def answer(sample: Sample, action: Action | None) -> Prediction:
    return Prediction(sample.id, "unreadable" if action is None else "ok", action)


def marks(benchmark: Benchmark, protocol: str, action: Action | None, *about: Any, **said: Any) -> dict[str, Any]:
    sample = step(*about, **said)
    return dict(benchmark.judge(sample, answer(sample, action), protocol).marks)


def judged(benchmark: Benchmark, protocol: str, pairs: Iterable[tuple[Sample, Action | None]]) -> list[Judgement]:
    return [benchmark.judge(sample, answer(sample, action), protocol) for sample, action in pairs]


def numbers(
    benchmark: Benchmark, protocol: str, pairs: Iterable[tuple[Sample, Action | None]]
) -> dict[Any, tuple[float, int]]:
    """Each metric's value (to four digits) and its n, by its name, or by name and part."""
    found = benchmark.summarise(judged(benchmark, protocol, pairs), protocol)
    return {(one.name, one.part) if one.part else one.name: (round(one.value, 4), one.n) for one in found}


def read(benchmark: Benchmark, path: Path, split: str) -> tuple[list[Sample], list[Fault]]:
    found = list(benchmark.samples(path, split))
    return [one for one in found if isinstance(one, Sample)], [one for one in found if isinstance(one, Fault)]
