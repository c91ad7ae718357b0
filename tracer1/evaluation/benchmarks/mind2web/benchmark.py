"""Multimodal-Mind2Web: the next operation on a website, and the element that it is done to, in three test splits.

``samples`` reads the Parquet files of osunlp/Multimodal-Mind2Web, or SeeClick's annotations with their screenshots
(:mod:`tracer1.evaluation.benchmarks.mind2web.seeclick_files`). Papers report a table of three splits, each with element accuracy,
operation F1 and step success; a single number is the unweighted mean of the splits' step success.

Traps: whoever predicts must say a place for typing and selecting, too, because the element decides there as well. The Parquet
screenshots are whole pages, and a viewport around the target is what is seen and scored: see the cards.

Sources: Deng et al., Mind2Web (arXiv 2306.06070); Zheng et al., SeeAct (arXiv 2401.01614), OSU-NLP-Group/SeeAct,
src/data_utils/evaluation_utils.py; Cheng et al., SeeClick (arXiv 2401.10935), njucckevin/SeeClick, agent_tasks/mind2web_test.py.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tracer1.actions import Action
from tracer1.evaluation.benchmarks.mind2web import seeclick_files as mind2web_seeclick
from tracer1.evaluation.harness.base import Judgement, Metric, Prediction, ProtocolCard, Sample
from tracer1.evaluation.harness.metrics import mean_mark, mean_of_groups, mean_of_metrics, whole_groups
from tracer1.evaluation.harness.recorded import samples_of
from tracer1.protocols import mind2web as seeclick
from tracer1.protocols.base import Target
from tracer1.protocols.places import inside
from tracer1.trajectories import Fault, Trajectory
from tracer1_data.sources.mind2web import SOURCE

Marks = Mapping[str, float | None]
TESTS = ("test_task", "test_website", "test_domain")
STEP, ELEMENT, F1 = MEASURES = ("step_success", "element_accuracy", "operation_f1")
OPERATIONS = ("click", "select", "type")
_WRONG: Marks = dict.fromkeys(MEASURES, 0.0)

_VIEWPORT = (
    "A screenshot of the Parquet files is a whole page, thousands of pixels high. Seen, pointed at and judged is a viewport of at "
    "most 1280x720 pixels (or the page, where it is smaller) that shows the target, at a place drawn from a hash of action_uid; "
    "of a target larger than that its top left part. A point is thousandths of the viewport, the box is clipped to it and in its "
    "pixels. SeeClick's own screenshots are seen whole. Do not mix numbers of the two inputs."
)
_LEFT_OUT = (
    "A step whose target has no box or was not rendered (-1,-1,-1,-1), and one without a screenshot, are left out and counted "
    "as faults; their operations stay in the history of later steps. A task of which nothing is left counts nowhere."
)
_NO_PLACE = "Without a point a prediction is wrong in all three measures, whatever it says: no element was chosen."
_MACRO = {
    "macro_step_success": "mean over tasks of the task's mean",
    "macro_element_accuracy": "the same of element accuracy",
    "macro_operation_f1": "the same of operation F1, all operations alike",
    "task_success": "share of tasks of which every scored step is a success",
}
SEECLICK = ProtocolCard(
    name=seeclick.NAME,
    source="njucckevin/SeeClick, agent_tasks/mind2web_test.py (the same rules in ShowUI and Aguvis); splits averaged as in UI-TARS",
    click="The point is in the target's box, edges included; HOVER and ENTER are clicks, and so are a predicted hover and click.",
    text="Operation F1: the sets of words of 'operation value' (value in lower case); a step asks for 1 and for the element.",
    scroll="Not in Mind2Web: operation F1 is 0; its point may still be in the element.",
    other="Step success is element and operation F1 = 1. Any other action has operation F1 0.",
    excluded=_LEFT_OUT,
    quirks=(
        _VIEWPORT,
        _NO_PLACE,
        *seeclick.PROTOCOL.quirks[:2],
        "The script puts the reference's value between quotation marks and reads it back as Python: a step whose value holds a "
        "quotation mark or a line break is not scored (its marks are empty), and a backslash is read as an escape.",
        "Where an operation does not occur, or no step of a task is scored, the script's means are NaN; here they are over what "
        "occurs. Its episode success counts such an empty task as solved; here it is left out.",
    ),
    measures={
        STEP: "share of steps; of all splits together: unweighted mean of the splits, the number in papers",
        ELEMENT: "share of steps with the point in the target's box",
        F1: "mean of the three means over the clicks, the selects and the types of the reference",
        **{f"{F1}_{kind}": f"mean over the steps that {kind}" for kind in OPERATIONS},
        f"{F1}_plain": "mean over steps, all operations alike",
        **_MACRO,
    },
)
ORIGINAL = ProtocolCard(
    name="seeact_mind2web",
    source="OSU-NLP-Group/SeeAct, src/data_utils/evaluation_utils.py (Mind2Web's own metrics), the element by its place",
    click="The point is in the target's box, edges included and not rounded. There a model chooses an element by its id.",
    text="Operation F1: the sets of words of 'OPERATION value', upper and lower case differ.",
    scroll="Not in Mind2Web: operation F1 is 0.",
    other="Step success is element and operation F1 = 1.",
    excluded=f"{_LEFT_OUT} There, a step without a positive candidate counts as 0 in all measures.",
    quirks=(
        _VIEWPORT,
        _NO_PLACE,
        "There every positive candidate is right, also an element that encloses the target; here only the box of the element "
        "that the annotator chose is known, which is stricter.",
        "There the candidates are the 50 that a ranking model left; a point can land anywhere.",
    ),
    measures={STEP: "share of steps", ELEMENT: "share of steps", F1: "mean over steps", **_MACRO},
)


class Mind2Web:
    """The three test splits; ``all`` has each as a part."""

    name = "mind2web"
    splits = ("all", *TESTS)
    protocols: Mapping[str, ProtocolCard] = {card.name: card for card in (SEECLICK, ORIGINAL)}
    headline = STEP

    def samples(self, path: Path, split: str) -> Iterator[Sample | Fault]:
        """The steps of each task in turn. Raises ValueError at once for an unknown split, or when a split's files are not there."""
        if split not in self.splits:
            raise ValueError(f"{self.name} has no split {split!r}: use one of {', '.join(self.splits)}")
        return _samples([(test, _open(path, test)) for test in (TESTS if split == "all" else (split,))])

    def judge(self, sample: Sample, prediction: Prediction, protocol: str) -> Judgement:
        """Three marks, or none where the script does not score the step. Raises ValueError for an unknown protocol."""
        if protocol not in _RULES:
            raise ValueError(f"{self.name} has no protocol {protocol!r}: use one of {', '.join(self.protocols)}")
        marks = _RULES[protocol](sample, prediction.action)
        return Judgement(sample.id, sample.group, sample.position, sample.reference.type, marks, sample.parts)

    def summarise(self, judgements: Sequence[Judgement], protocol: str) -> list[Metric]:
        """Every measure as the unweighted mean of the splits, then for each split."""
        parts = list(dict.fromkeys(part for one in judgements for part in one.parts))
        rows = [_of_part(judgements, part, protocol) for part in parts or [""]]
        means = [mean_of_metrics(column[0].name, column) for column in zip(*rows, strict=True)]
        return [*means, *(metric for row in rows if parts for metric in row)]


def _of_part(judgements: Sequence[Judgement], part: str, protocol: str) -> list[Metric]:
    """The measures of one split, in the card's order."""
    plain = mean_mark(judgements, F1, part=part)
    kinds = [
        mean_mark((one for one in judgements if one.kind == kind), F1, f"{F1}_{kind}", part) for kind in OPERATIONS
    ]
    by_kind = [mean_of_metrics(F1, kinds, part), *kinds, replace(plain, name=f"{F1}_plain")]
    return [
        mean_mark(judgements, STEP, part=part),
        mean_mark(judgements, ELEMENT, part=part),
        *(by_kind if protocol == SEECLICK.name else [plain]),
        *(mean_of_groups(judgements, mark, f"macro_{mark}", part, "tasks") for mark in MEASURES),
        whole_groups(judgements, STEP, "task_success", part, "tasks"),
    ]


def _open(path: Path, split: str) -> Iterator[Trajectory | Fault]:
    """The tasks of one split, from whichever of the two formats lies there."""
    if file := mind2web_seeclick.find(path, split):
        return mind2web_seeclick.read(file)
    parts = SOURCE.parts(path, split)
    return (record for part in parts for record in SOURCE.read(part, split))


def _samples(tests: Iterable[tuple[str, Iterator[Trajectory | Fault]]]) -> Iterator[Sample | Fault]:
    where: dict[str, str] = {}
    for split, tasks in tests:
        for task in tasks:
            if isinstance(task, Fault):
                yield task
            elif task.episode in where:
                reason = f"a task of {where[task.episode]} is called so, too"
                yield Fault("duplicate", f"{split}, {task.episode}", "annotation_id", reason, "remove one of the two")
            else:
                where[task.episode] = split
                yield from samples_of(task, (split,))


def _by_point(sample: Sample, action: Action | None) -> Marks:
    """As SeeClick scores."""
    reference = _as_spelled(sample.reference)
    if reference is None:
        return dict.fromkeys(MEASURES)
    if action is None or action.arguments.get("point") is None:
        return _WRONG
    verdict = seeclick.judge(action, Target(reference, sample.observation.size, (sample.box,)))
    return _marks(bool(verdict.grounding), seeclick.operation_f1(action, reference))


def _as_spelled(reference: Action) -> Action | None:
    """The reference with its value as SeeClick's script reads it back; None where it cannot, and skips the step."""
    name = {"type": "text", "select": "value"}.get(reference.type)
    if name is None:
        return reference
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes that Python does not know
            value = ast.literal_eval(f'{{"value": "{reference.arguments[name]}"}}')["value"]
        return replace(reference, arguments={**reference.arguments, name: value})
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _by_element(sample: Sample, action: Action | None) -> Marks:
    """As Mind2Web scores, the chosen element taken from the place."""
    point = action.arguments.get("point") if action else None
    if action is None or point is None:
        return _WRONG
    on_target = inside(point, Target(sample.reference, sample.observation.size, (sample.box,)))
    return _marks(on_target, _word_f1(_words(action), _words(sample.reference)))


def _marks(on_target: bool, f1: float) -> Marks:
    return {STEP: float(on_target and f1 == 1), ELEMENT: float(on_target), F1: f1}


def _words(action: Action) -> set[str]:
    """The words of ``TYPE New York``; none for what Mind2Web does not have."""
    match action.type:
        case "click" | "hover":
            return {"CLICK"}
        case "type":
            return {"TYPE", *action.arguments["text"].split()}
        case "select":
            return {"SELECT", *action.arguments["value"].split()}
    return set()


def _word_f1(ours: set[str], theirs: set[str]) -> float:
    return 2 * len(ours & theirs) / (len(ours) + len(theirs))


_RULES: dict[str, Callable[[Sample, Action | None], Marks]] = {SEECLICK.name: _by_point, ORIGINAL.name: _by_element}

BENCHMARK = Mind2Web()
