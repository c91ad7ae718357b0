"""AgentNetBench: the next action at a desktop, each with a graded score, as OpenCUA's offline evaluator gives it.

``samples`` reads a directory of ``<task>.json`` files with their screenshots in ``images``. A step has one or several operations
(``ground_truth_actions``: moveTo and scroll, moveTo and dragTo, or one alone) and other ways that are right as well
(``alternative_options``). A predicted action is spelled as such operations, and the best of the ways counts.

Trap: operations are compared by position. Where the reference first moves the pointer, a scroll or a drag without a place scores 0,
and so does a scroll with a place where it does not: whoever predicts must say the place of a scroll, and both ends of a drag.

Source: xlang-ai/OpenCUA, evaluation/agentnetbench (README.md, run.py, eval.py); Wang et al., OpenCUA (arXiv 2508.09123).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tracer1.evaluation.benchmarks.agentnetbench.scoring import operations_of, score
from tracer1.evaluation.benchmarks.agentnetbench.tasks import read
from tracer1.evaluation.harness.base import Judgement, Metric, Prediction, ProtocolCard, Sample
from tracer1.evaluation.harness.metrics import mean_mark
from tracer1.trajectories import Fault

SCORE, RIGHT, ALTERNATIVE = ALL = ("average_score", "fully_right", "alternative_matches")

CARD = ProtocolCard(
    name="agentnetbench",
    source="xlang-ai/OpenCUA, evaluation/agentnetbench/run.py and eval.py",
    click="click, doubleClick, rightClick, tripleClick, moveTo and dragTo: 1 in one of the boxes, edges included; otherwise, with "
    "the distance d to the reference in relative coordinates, exp(-120 (d - 0.01 sqrt 2)), at most 1.",
    text="Edit similarity of the lower-cased, stripped texts: 1 from 0.8 on, below it similarity / 0.8. Enter after it is no matter.",
    scroll="The type alone, not its direction; a moveTo before it is scored as a place.",
    other="press and hotkey (two types): the same set of lower-cased keys. terminate: the same status. The first predicted type must "
    "be one of the reference's types, or the step scores 0; then operations are compared by position, another type there "
    "scores 0; a step's score is the mean over types of the mean over its operations of that type. Of the reference and "
    "its alternative options the best counts, the first of equals.",
    excluded="Nothing on purpose. A step without a screenshot or a reference is a fault, and not scored; there a missing screenshot "
    "makes the whole task one step that scores 0, and a step without a reference scores 0.",
    quirks=(
        "An action is read as the operations that its code has: a scroll at a place is moveTo and scroll, a drag moveTo and dragTo. "
        "A click without a place is none, as there, where nothing is read from it; a response without operations scores 0.",
        "In predicted keys cmd and command are read as ctrl, as OpenCUA's and Qwen2.5-VL's agents do; in references they are not.",
        "A response without operations, however it came about, is in the average score but not in the means by type.",
        "middleClick, hscroll and wait have no score, and no agent there reads them: predicted they are no operation, and a "
        "reference of one alone scores 0, or nothing beside others where it is matched.",
        "Both texts are stripped before a final line break is looked for, so it never costs the tenth that the script means to take.",
        "The agents there lose what their parsers do not know: a text ends at its first quotation mark, tripleClick is known to "
        "none, doubleClick and rightClick to some. Here an action is what it says.",
        "The report's coordinate, content and function actions are defined nowhere in the script; they are not computed.",
        "milestone is read by nothing. Where a step has several operations that no single action is, the reference has the first.",
    ),
    measures={
        SCORE: "mean score over steps, as published",
        RIGHT: "share of steps that score 1",
        ALTERNATIVE: "share of steps in which an alternative option scores higher than the reference",
        "score_<type>": "mean over the steps of which the way that counted has the type; not those without a predicted operation",
    },
)


class AgentNetBench:
    """OpenCUA's offline benchmark. It has one split."""

    name = "agentnetbench"
    splits = ("test",)
    protocols: Mapping[str, ProtocolCard] = {CARD.name: CARD}
    headline = SCORE

    def samples(self, path: Path, split: str) -> Iterator[Sample | Fault]:
        """The steps of each task, tasks by file name. Raises ValueError at once for an unknown split or a path without tasks."""
        if split not in self.splits:
            raise ValueError(f"{self.name} has no split {split!r}: use {self.splits[0]}")
        files = sorted(path.glob("*.json")) if path.is_dir() else [path] if path.suffix == ".json" else []
        if not files or not all(file.is_file() for file in files):
            raise ValueError(
                f"{path} holds no task: give the directory of AgentNetBench's JSON files, with images in it"
            )
        return read(files)

    def judge(self, sample: Sample, prediction: Prediction, protocol: str) -> Judgement:
        """The score of the best way, whether it is 1, whether an alternative won, and the way's score by type."""
        if protocol not in self.protocols:
            raise ValueError(f"{self.name} has no protocol {protocol!r}: use {CARD.name}")
        predicted = operations_of(prediction.action) if prediction.action else ()
        scores = [score(way, predicted) for way in sample.truth]
        best = max(range(len(scores)), key=lambda number: scores[number][0])
        total, by_type = scores[best]
        marks = {SCORE: total, RIGHT: float(total == 1), ALTERNATIVE: float(best > 0)}
        marks |= {f"score_{kind}": value for kind, value in by_type.items()}
        return Judgement(sample.id, sample.group, sample.position, sample.reference.type, marks, sample.parts)

    def summarise(self, judgements: Sequence[Judgement], protocol: str) -> list[Metric]:
        """The average score, and each type's that occurs, most frequent first."""
        kinds = sorted({mark for one in judgements for mark in one.marks} - set(ALL))
        by_type = [mean_mark(judgements, kind) for kind in kinds]
        by_type.sort(key=lambda metric: -metric.n)
        return [*(mean_mark(judgements, mark) for mark in ALL), *by_type]


BENCHMARK = AgentNetBench()
