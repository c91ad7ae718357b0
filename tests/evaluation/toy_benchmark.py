"""A benchmark of coloured screens for tests, and the real command line with it: ``python toy_benchmark.py evaluate toy ...``.

The data are a JSON file: ``episodes``, ``steps`` of each, ``broken`` ids that are damaged, ``skipped`` ones that are left out,
``twice`` an id that comes twice. Every episode is "Press N times": a click into a box on each screen, then ``finish``.
:func:`answer` plans it, wrong at every third step of an odd episode.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import typer
from PIL import Image

from tracer1.actions import Action
from tracer1.commands.benchmarks import compare, evaluate
from tracer1.coordinates import Box, Point, Size
from tracer1.evaluation.harness import registry
from tracer1.evaluation.harness.base import Judgement, Metric, Prediction, ProtocolCard, Sample
from tracer1.evaluation.harness.metrics import by_part, mean_mark, whole_groups
from tracer1.plans import Plan, Step, render
from tracer1.trajectories import Fault, Observation

sys.path.insert(0, str(Path(__file__).parents[1] / "acting"))
from planner_server import planner_server

__all__ = ["planner_server"]

SIZE = Size(40, 20)
BOX = Box(10, 5, 20, 10, "pixel")
INSIDE, OUTSIDE = [375, 375], [900, 900]


class Toy:
    """Clicks and finishes."""

    name = "toy"
    splits = ("test", "other")
    protocols: Mapping[str, ProtocolCard] = {
        "strict": ProtocolCard(
            "strict", "tests", click="the point is in the box", measures={"right": "share", "episodes": "share"}
        ),
        "loose": ProtocolCard("loose", "tests", click="the type", measures={"right": "share"}),
    }
    headline = "right"

    def samples(self, path: Path, split: str) -> Iterator[Sample | Fault]:
        data = json.loads(path.read_text())
        for episode in range(data["episodes"]):
            for position in range(data["steps"]):
                sample = make_sample(episode, position, data["steps"])
                if sample.id in data.get("broken", ()):
                    yield Fault("broken picture", sample.id, "screenshot", "it is cut off", "download it again")
                elif sample.id in data.get("skipped", ()):
                    yield Fault("not scored", sample.id, "action", "the protocol leaves it out", "none", expected=True)
                else:
                    yield sample
                    if sample.id == data.get("twice"):
                        yield sample

    def judge(self, sample: Sample, prediction: Prediction, protocol: str) -> Judgement:
        if sample.truth == "nonsense":
            raise ValueError("the reference has no place")
        action, wanted = prediction.action, sample.reference
        right = prediction.status == "ok" and action.type == wanted.type
        if right and wanted.type == "click" and protocol == "strict":
            point = action.arguments.get("point")
            right = point is not None and BOX.contains(Point(point[0] / 25, point[1] / 50, "pixel"))
        return Judgement(sample.id, sample.group, sample.position, wanted.type, {"right": float(right)}, sample.parts)

    def summarise(self, judgements: Sequence[Judgement], protocol: str) -> list[Metric]:
        found = [mean_mark(judgements, "right"), whole_groups(judgements, "right", "episodes")]
        return found + by_part(judgements, lambda part: mean_mark(judgements, "right", part=part))


class PlayedToy(Toy):
    """Judgements that somebody left in lines of ``task score``."""

    name = "played_toy"

    def results(self, path: Path, split: str) -> Iterator[Judgement | Fault]:
        for line in (path / "scores.txt").read_text().splitlines():
            task, score = line.split()
            if score == "-":
                yield Fault("not played", task, "result", "there is none", "play it")
            else:
                yield Judgement(task, task, 0, "task", {"right": float(score)})


BENCHMARK, PLAYED = Toy(), PlayedToy()


def make_sample(episode: int, position: int, steps: int, truth: object = None) -> Sample:
    plan = reference(steps)
    screen = Observation(picture(episode, position), SIZE, platform="web")
    return Sample(
        id=f"e{episode}/{position}",
        group=f"e{episode}",
        position=position,
        instruction=f"Episode {episode}: press {steps - 1} times",
        observation=screen,
        platform="web",
        history=plan[:position],
        future=plan[position:],
        box=BOX if position < steps - 1 else None,
        parts=("even" if episode % 2 == 0 else "odd",),
        truth=truth,
    )


def reference(steps: int) -> tuple[Step, ...]:
    clicks = [Step(Action("click"), f"Press the button, time {number + 1}") for number in range(steps - 1)]
    return (*clicks, Step(Action("finish"), "Done"))


def picture(episode: int, position: int) -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (SIZE.width, SIZE.height), (episode % 256, position * 9 % 256, 90)).save(output, "PNG")
    return output.getvalue()


def answer(task: str, done: list[str], number: int) -> str:
    """A plan for the rest of the episode; of an odd episode every third step points elsewhere. ``done`` must be the whole history."""
    episode, steps = int(task.split()[1].rstrip(":")), int(task.split()[-2]) + 1
    at = len(done)
    wrong = episode % 2 == 1 and at % 3 == 2
    first = {"point": OUTSIDE if wrong else INSIDE}
    rest = [Step(Action(step.action.type, first if step.action.type == "click" else {}), step.instruction)
            for step in reference(steps)[at:]]  # fmt: skip
    return render(Plan(tuple(rest)))


def write_data(path: Path, episodes: int, steps: int, **more: object) -> Path:
    path.write_text(json.dumps({"episodes": episodes, "steps": steps, **more}))
    return path


APP = typer.Typer(pretty_exceptions_enable=False)
APP.command()(evaluate)
APP.command()(compare)
ENTRIES = {
    "toy": registry.Entry("toy_benchmark:BENCHMARK", "steps", "a JSON file"),
    "played_toy": registry.Entry("toy_benchmark:PLAYED", "played", "a folder"),
}

if __name__ == "__main__":
    registry.BENCHMARKS.update(ENTRIES)
    APP()
