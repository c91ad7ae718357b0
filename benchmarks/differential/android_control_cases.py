"""Random steps of AndroidControl with answers, and the report of numbers, for the comparison with the published scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from phone_steps import ANDROID_CONTROL, close, some_action, some_answer

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.evaluation.benchmarks.android_control.benchmark import BENCHMARK
from tracer1.evaluation.harness.base import Prediction, Sample
from tracer1.plans import Step
from tracer1.trajectories import Observation

SIZES = (Size(1080, 2400), Size(1000, 1000), Size(1080, 1920), Size(1840, 2208), Size(2400, 1080))
ANSWERS = (*ANDROID_CONTROL, "press_recent", "complete", "enter")


@dataclass(frozen=True, slots=True)
class Case:
    """A step, where it was pointed at in pixels, and an answer."""

    sample: Sample
    pixel: tuple[int, int] | None
    answer: Action | None

    @property
    def prediction(self) -> Prediction:
        return Prediction(self.sample.id, "ok" if self.answer else "unreadable", self.answer)

    @property
    def sides(self) -> tuple[int, int]:
        return self.sample.observation.size.width, self.sample.observation.size.height

    def marks(self, protocol: str) -> dict[str, float | None]:
        return dict(BENCHMARK.judge(self.sample, self.prediction, protocol).marks)

    def __str__(self) -> str:
        size = self.sample.observation.size
        return f"{self.sample.reference} box {self.sample.box} on {size.width}x{size.height}; answered {self.answer}"


def some_case(random: Random, number: int, subsplits: dict[str, list[int]]) -> Case:
    """Episodes have five steps and belong to one sub-split or more."""
    size, reference, pixel = random.choice(SIZES), some_action(random, ANDROID_CONTROL), None
    if point := reference.arguments.get("point"):
        pixel = (round(point[0] * size.width / 1000), round(point[1] * size.height / 1000))
        point = [pixel[0] * 1000 / size.width, pixel[1] * 1000 / size.height]
        reference = Action(reference.type, {"point": point})
    parts = tuple(name for name, episodes in subsplits.items() if number // 5 in episodes)
    sample = Sample(
        f"episode_{number // 5}_screenshot_{number % 5}", str(number // 5), number % 5, "Do it", Observation(b"", size),
        "mobile", future=(Step(reference, "Do it"),), box=_some_box(random, size, pixel, reference), parts=parts,
    )  # fmt: skip
    return Case(sample, pixel, some_answer(random, reference, ANSWERS))


def _some_box(random: Random, size: Size, pixel: tuple[int, int] | None, reference: Action) -> Box | None:
    if random.random() < 0.3 or reference.type not in ("click", "long_press", "open_app"):
        return None
    x, y = pixel or (size.width // 2, size.height // 2)
    across, down = random.randint(1, 200), random.randint(1, 200)
    edges = max(0, x - across), max(0, y - down), min(size.width, x + across), min(size.height, y + down)
    return Box(*edges, "pixel")


def metrics_of(cases: Sequence[Case], protocol: str) -> dict[tuple[str, str], float]:
    judged = [BENCHMARK.judge(case.sample, case.prediction, protocol) for case in cases]
    return {(metric.name, metric.part): metric.value for metric in BENCHMARK.summarise(judged, protocol)}


def report_numbers(name: str, ours: dict[str, float], theirs: dict[str, float]) -> bool:
    same = all(close(ours[key], theirs[key]) for key in ours)
    for key in ours:
        print(f"  {name}, {key}: ours {ours[key]:.6f}, theirs {theirs[key]:.6f}")
    print(f"{name}, numbers: {'the same' if same else 'DIFFERENT'}")
    return same
