"""Asks an agent for the chosen samples of a split, a bounded number at a time, and judges the answers as they come.

Never more samples are held than are asked at a time. Results are in the split's order, whatever order the answers came in. A
sample without an answer is asked again in another reading of the split, a bounded number of times; then it counts as
unanswered, never as wrong. When nothing answers any more, the run stops and keeps what it has: samples that got no answer before
do not count for that, because some can never be sent (a prompt that is too long).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tracer1.evaluation.concurrency import together
from tracer1.evaluation.harness.base import Benchmark, Judgement, Prediction, Predictor, Sample
from tracer1.evaluation.harness.failures import Look, look_at, main_mark
from tracer1.evaluation.harness.index import Index
from tracer1.evaluation.harness.journal import Journal, sample_key
from tracer1.planner import PlannerError
from tracer1.trajectories import Fault

FINAL = ("ok", "unreadable", "refused")
Progress = Callable[[int, str], None]
"""How many samples are judged, and the running score in words."""


class NoAnswers(PlannerError):
    """So many samples in a row got no answer that a server must be down."""


@dataclass(frozen=True, slots=True)
class RunSettings:
    """``concurrency``: samples asked at a time; ``rounds``: times that a sample without an answer is asked; ``give_up``: so many
    in a row that get no answer when they are first asked end the run."""

    concurrency: int = 32
    rounds: int = 3
    give_up: int = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """Judgements by protocol in the split's order, what was seen of each sample, those without an answer, and those whose
    reference cannot be judged."""

    judgements: dict[str, list[Judgement]]
    looks: list[Look]
    unanswered: dict[str, Prediction]
    unjudged: list[Fault]


@dataclass(slots=True)
class Runner:
    """One run over the chosen samples. ``protocol`` is the one that the running score and the failures go by."""

    benchmark: Benchmark
    path: Path
    split: str
    index: Index
    predictor: Predictor
    journal: Journal
    protocol: str
    settings: RunSettings = field(default_factory=RunSettings)
    progress: Progress | None = None
    _judged: dict[str, tuple[dict[str, Judgement], Look]] = field(default_factory=dict)
    _unanswered: dict[str, Prediction] = field(default_factory=dict)
    _unjudged: list[Fault] = field(default_factory=list)
    _in_a_row: int = 0
    _sum: float = 0.0
    _marked: int = 0

    async def run(self) -> Outcome:
        """Ask and judge. Raises :class:`NoAnswers`, or ValueError when the data change meanwhile."""
        waiting = set(self.index.chosen)
        for _ in range(self.settings.rounds):
            await self._read_through(waiting)
            waiting = set(self._unanswered)
            if not waiting:
                break
        if waiting and not self._judged:
            raise self._no_answers(len(waiting))
        found = [self._judged[one] for one in self.index.chosen if one in self._judged]
        judgements = {name: [by[name] for by, _ in found] for name in self.benchmark.protocols}
        return Outcome(judgements, [look for _, look in found], self._unanswered, self._unjudged)

    async def _read_through(self, wanted: set[str]) -> None:
        stream = _Stream(self.benchmark.samples(self.path, self.split), wanted)
        try:
            await together(self._work(stream) for _ in range(min(self.settings.concurrency, len(wanted))))
        finally:
            stream.close()
        if stream.wanted:
            raise self._changed(min(stream.wanted), "is gone")

    async def _work(self, stream: _Stream) -> None:
        while (sample := await stream.next()) is not None:
            key = self.index.keys[sample.id]
            if sample_key(sample) != key:
                raise self._changed(sample.id, "is another")
            if self.journal.holds(sample.id, key):
                await self._judge(sample, self.journal.find(sample.id))
                continue
            prediction = await self.predictor.predict(sample)
            if prediction.status in FINAL:
                self.journal.add(key, prediction)
                await self._judge(sample, prediction)
                self._unanswered.pop(sample.id, None)
                self._in_a_row = 0
                continue
            self._in_a_row += sample.id not in self._unanswered
            self._unanswered[sample.id] = prediction
            if self._in_a_row >= self.settings.give_up:
                raise self._no_answers(self._in_a_row)

    async def _judge(self, sample: Sample, prediction: Prediction) -> None:
        try:
            judged = await asyncio.to_thread(self._by_protocol, sample, prediction)
        except ValueError as error:
            fix = "correct the record, or leave it out"
            self._unjudged.append(Fault("cannot be judged", sample.id, "reference", str(error), fix))
            return
        mark = main_mark(self.benchmark.headline, judged[self.protocol])
        self._judged[sample.id] = (judged, look_at(sample, prediction, judged[self.protocol], mark))
        if mark is not None:
            self._sum, self._marked = self._sum + mark, self._marked + 1
        if self.progress:
            self.progress(len(self._judged), f"{self._sum / self._marked:.1%} so far" if self._marked else "")

    def _by_protocol(self, sample: Sample, prediction: Prediction) -> dict[str, Judgement]:
        return {name: self.benchmark.judge(sample, prediction, name) for name in self.benchmark.protocols}

    def _changed(self, sample: str, how: str) -> ValueError:
        return ValueError(f"{self.path} changed while it was read: the sample {sample!r} {how}")

    def _no_answers(self, times: int) -> NoAnswers:
        last = next(reversed(self._unanswered.values()))
        return NoAnswers(
            f"{times} samples in a row got no answer (the last: {last.detail}). {len(self.journal)} predictions are kept in "
            f"{self.journal.path}: put the server right and give the same command again to go on"
        )


class _Stream:
    """The wanted samples, one at a time, read on a thread of their own so that reading does not hold up asking."""

    def __init__(self, samples: Iterator[Sample | Fault], wanted: set[str]) -> None:
        self.wanted = set(wanted)
        self._samples = samples
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="samples")
        self._gate = asyncio.Lock()

    async def next(self) -> Sample | None:
        """The next wanted sample, None after the last."""
        async with self._gate:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._read)

    def close(self) -> None:
        self._thread.shutdown(wait=True)
        if close := getattr(self._samples, "close", None):
            close()

    def _read(self) -> Sample | None:
        while self.wanted:
            sample = next(self._samples, None)
            if sample is None:
                return None
            if isinstance(sample, Sample) and sample.id in self.wanted:
                self.wanted.remove(sample.id)
                return sample
        return None
