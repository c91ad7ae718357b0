"""MiniWoB++: small web tasks played in Chromium with the plan-act loop, :func:`tracer1.loop.run_episode`.

Splits: ``heldout_seeds`` (the 14 training tasks), ``heldout_tasks`` (the 4 that nothing is trained on) and ``all`` (BrowserGym's 125
tasks), each with the same page seeds, 1000 to 1009 by default; recordings for training use other seeds. Nothing is downloaded: the
path is the folder of the ``miniwob`` package's pages. A sample is an episode, named as in BrowserGym, ``miniwob.login-user/1000``,
and its part is its task.

Sources: MiniWoB++ (arXiv 1802.08802; Farama-Foundation/miniwob-plusplus); ServiceNow/BrowserGym, browsergym/miniwob (names,
success). Trap: equal seeds here and in BrowserGym are not equal pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from tracer1.environments.miniwob.server import page_names
from tracer1.environments.miniwob.tasks import HELD_OUT, TRAIN
from tracer1.evaluation.harness.base import Judgement, Metric, Prediction, ProtocolCard, Sample
from tracer1.evaluation.harness.metrics import by_part, mean_mark, ratio
from tracer1.trajectories import Observation

NOT_IN_BROWSERGYM = ("button-delay", "chase-circle", "hover-shape", "moving-items", "simon-says")
SUCCESS, CALLS, SECONDS = "success", "model calls per executed action", "seconds per task"

CARD = ProtocolCard(
    name="miniwob",
    source="arXiv 1802.08802; Farama-Foundation/miniwob-plusplus; ServiceNow/BrowserGym, browsergym/miniwob",
    other=(
        "an episode succeeds when the page's raw reward, without its time discount, is above 0 at the end: when the page is done, "
        "the plan says finish, no step can be read, three steps in a row cannot be carried out, or max_steps are taken; commitment "
        "says how many steps of a plan are taken before the next plan (the paper takes one)"
    ),
    excluded=f"of all: {', '.join(NOT_IN_BROWSERGYM)}, pages that BrowserGym has no task for",
    quirks=(
        "The screenshot is the page's 160x210 pixels; BrowserGym shows 500x320, the page enlarged.",
        "Animations are off, and time never runs out.",
        "There is no drag: tasks that ask for one, such as drag-box and draw-line, are lost.",
        "The page's random numbers start from the seed itself; BrowserGym draws that number from its own seed.",
        "BrowserGym gives 10 steps and 5 seeds a task.",
    ),
    measures={
        SUCCESS: "episodes that succeed / episodes; also by task",
        CALLS: "plans asked for / actions carried out, of all episodes together",
        SECONDS: "wall-clock time of an episode, with as many at a time as `workers` says, on the machine named under made",
    },
)


class Played(NamedTuple):
    """What a sample is played with."""

    task: str
    seed: int


@dataclass(frozen=True)
class MiniWobPlusPlus:
    """The benchmark (:class:`tracer1.evaluation.harness.base.Benchmark`); ``seeds``: those of the pages."""

    seeds: range = range(1000, 1010)
    name = "miniwob"
    splits = ("heldout_seeds", "heldout_tasks", "all")
    headline = SUCCESS

    def with_seeds(self, text: str) -> MiniWobPlusPlus:
        """The benchmark with the seeds ``FIRST:END``, FIRST to END-1. Raises ValueError for another form."""
        first, _, end = text.partition(":")
        if not (first.isdecimal() and end.isdecimal() and int(first) < int(end)):
            raise ValueError(f"cannot read the page seeds {text!r}: write FIRST:END, e.g. 1000:1005")
        return replace(self, seeds=range(int(first), int(end)))

    @property
    def protocols(self) -> Mapping[str, ProtocolCard]:
        """The one protocol, with the seeds that are played."""
        seeds = f"page seeds {self.seeds.start} to {self.seeds.stop - 1}"
        return {CARD.name: replace(CARD, other=f"{CARD.other}; {seeds}")}

    def samples(self, path: Path, split: str) -> Iterator[Sample]:
        """A sample an episode, task by task; its goal is known when it is played."""
        for task in self._tasks(split):
            for seed in self.seeds:
                yield Sample(
                    id=f"miniwob.{task}/{seed}",
                    group=task,
                    position=0,
                    instruction=task,
                    observation=Observation(b"", None),
                    platform="web",
                    parts=(task,),
                    truth=Played(task, seed),
                )

    def judge(self, sample: Sample, prediction: Prediction, protocol: str) -> Judgement:
        """Success, and what the episode took. Raises ValueError for a prediction that was not played."""
        if prediction.played is None:
            raise ValueError(f"{sample.id} was not played: only a planner can be evaluated on {self.name}")
        played = dict(prediction.played)
        marks = {SUCCESS: float(played.pop("reward") > 0), **played, "seconds": prediction.seconds}
        return Judgement(sample.id, sample.group, sample.position, sample.truth.task, marks, sample.parts)

    def summarise(self, judgements: Sequence[Judgement], protocol: str) -> list[Metric]:
        """Success, model calls and seconds over all episodes; then success by task."""

        def success(task: str = "") -> Metric:
            return mean_mark(judgements, SUCCESS, part=task, of="episodes")

        marks = [one.marks for one in judgements]
        calls = ratio([(one["plans"], one["actions"]) for one in marks], CALLS, "calls", "episodes")
        seconds = ratio([(one["seconds"], 1) for one in marks], SECONDS, "s", "episodes")
        return [success(), calls, seconds, *by_part(judgements, success)]

    def _tasks(self, split: str) -> Sequence[str]:
        match split:
            case "heldout_seeds":
                return TRAIN
            case "heldout_tasks":
                return HELD_OUT
            case "all":
                return [name for name in page_names() if name not in NOT_IN_BROWSERGYM]
        raise ValueError(f"{self.name} has no split {split!r}: use one of {', '.join(self.splits)}")


BENCHMARK = MiniWobPlusPlus()
