"""What a benchmark is: samples to predict, a judgement of each prediction, and metrics over the judgements.

``samples`` gives one :class:`Sample` a decision (a step of a recorded episode) or a task (a question to be answered with
tools); the runner (:mod:`tracer1.evaluation.harness.runner`) has each predicted once; ``judge`` compares it under a named
protocol; ``summarise`` makes the published numbers. Predictions that were kept can be judged again without a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from tracer1.actions import Action
from tracer1.coordinates import Box
from tracer1.plans import Step
from tracer1.trajectories import Fault, Observation

PredictionStatus = Literal["ok", "unreadable", "refused", "failed", "timed_out"]
"""``ok``: an action; ``unreadable``: the response holds none; ``refused``: the executor found no place for it. These three are
final and scored. ``failed`` and ``timed_out``: a server gave no answer; the sample is asked again, and never scored as wrong."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One thing to predict. ``id`` is unique in the split and stable; ``group`` the episode or task it belongs to;
    ``position`` its index there; ``parts`` the sub-splits that it counts to. ``history`` holds all steps before it, oldest
    first, ``outputs`` what came back from each. ``future`` is the recorded continuation, this step first (empty where there is
    none); ``box`` the target of its pointer action in screenshot pixels; ``truth`` whatever else the judge needs."""

    id: str
    group: str
    position: int
    instruction: str
    observation: Observation
    platform: str
    history: tuple[Step, ...] = ()
    outputs: tuple[str, ...] = ()
    future: tuple[Step, ...] = ()
    box: Box | None = None
    parts: tuple[str, ...] = ()
    truth: Any = None

    @property
    def reference(self) -> Action | None:
        """What was done here."""
        return self.future[0].action if self.future else None


@dataclass(frozen=True, slots=True)
class Prediction:
    """What an agent would do on one sample. ``action`` is the first step's, with the place that the executor found as its ``point``
    (``thousand``); for tasks that are played to the end, ``answer`` is the final answer and ``calls`` the tool calls made, as
    ``{name, arguments, status, output}``; ``played`` is how an episode in an environment went: its ``reward``, the number of
    ``plans`` asked for, the number of ``actions`` carried out. ``text`` is what the planner wrote, ``plan`` the steps read from it."""

    sample: str
    status: PredictionStatus
    action: Action | None = None
    text: str = ""
    plan: tuple[Step, ...] = ()
    answer: str | None = None
    calls: tuple[Mapping[str, Any], ...] = ()
    detail: str = ""
    seconds: float = 0.0
    played: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one prediction is worth. ``marks`` go by the measure's name: 0 to 1, or None where the measure does not apply to this
    sample; what an episode took (plans, actions, seconds) stands beside them as it is. ``kind`` is what failures are sorted by (the
    reference's action type, the level of a question)."""

    sample: str
    group: str
    position: int
    kind: str
    marks: Mapping[str, float | None]
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """A published number: ``value`` between 0 and 1 over ``n`` (of what ``of`` says), with its 95 % interval. ``part`` is the
    sub-split, empty for all. With ``n`` 0 there is no value, whatever ``value`` holds. What is no share (seconds, calls) has a
    ``unit``, and may be any number from 0 on. :mod:`tracer1.evaluation.harness.metrics` makes them."""

    name: str
    value: float
    n: int
    low: float
    high: float
    of: str = "samples"
    part: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ProtocolCard:
    """How a protocol scores, for the card beside every score: what counts as right for a click, a text, a scroll; what the
    denominators are; what is left out and why; quirks of the published script that are reproduced; where it is published."""

    name: str
    source: str
    click: str = ""
    text: str = ""
    scroll: str = ""
    other: str = ""
    excluded: str = ""
    quirks: tuple[str, ...] = ()
    measures: Mapping[str, str] = field(default_factory=dict)


class Benchmark(Protocol):
    """A published benchmark."""

    name: str
    splits: tuple[str, ...]
    """The first is the one that papers report."""
    protocols: Mapping[str, ProtocolCard]
    """By name; the first is the one that papers report, the others are computed beside it."""
    headline: str
    """The metric that stands in papers' tables."""

    def samples(self, path: Path, split: str) -> Iterator[Sample | Fault]:
        """Stream a split in a fixed order, one episode in memory at a time. A damaged sample is a :class:`Fault`; what the
        protocol leaves out on purpose is a Fault with ``expected=True``. Raises ValueError, naming the fix, for a path that
        does not hold it."""
        ...

    def judge(self, sample: Sample, prediction: Prediction, protocol: str) -> Judgement:
        """The worth of a final prediction (``ok``, ``unreadable`` or ``refused``) under a protocol."""
        ...

    def summarise(self, judgements: Sequence[Judgement], protocol: str) -> list[Metric]:
        """The numbers that the protocol publishes; the headline first."""
        ...


@runtime_checkable
class SubmittedBenchmark(Protocol):
    """A benchmark of which some answers are hidden: its leaderboard takes a file."""

    def write_submission(self, path: Path, predictions: Iterable[Prediction]) -> None:
        """Write that file."""
        ...


class PlayedBenchmark(Protocol):
    """A published benchmark that a foreign runner plays; it leaves results in files, which are read and summarised here."""

    name: str
    splits: tuple[str, ...]
    protocols: Mapping[str, ProtocolCard]
    headline: str

    def results(self, path: Path, split: str) -> Iterator[Judgement | Fault]:
        """Stream the judgements that a runner left in a directory, in a fixed order. What was not played, or has no result, is
        a :class:`Fault`. Raises ValueError, naming the fix, for a path that holds none."""
        ...

    def summarise(self, judgements: Sequence[Judgement], protocol: str) -> list[Metric]:
        """The numbers that the protocol publishes; the headline first."""
        ...


class Predictor(Protocol):
    """An agent, as the runner asks it: many samples at a time. ``identity`` (JSON) is all that decides its predictions."""

    identity: Mapping[str, Any]

    async def predict(self, sample: Sample) -> Prediction:
        """One sample's prediction. Never raises for what a model says or a server does."""
        ...
