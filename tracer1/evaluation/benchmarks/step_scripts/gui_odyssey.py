"""GUI-Odyssey as its authors score it: the Action Matching Score (AMS) and the success of whole episodes (SR).

Source: OpenGVLab/GUI-Odyssey, ``src/eval_mm/GUIOdyssey_action_matching.py`` (a step) and ``evaluate_GUIOdyssey.py`` (the counts).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tracer1.actions import Action
from tracer1.evaluation.benchmarks.step_scripts.base import Marks, StepScript
from tracer1.evaluation.harness.base import Judgement, Metric, ProtocolCard, Sample
from tracer1.evaluation.harness.metrics import mean_mark, mean_of, mean_of_metrics
from tracer1.protocols import Target, load_protocol

AMS, TYPE, TEXT, LAST = "AMS", "action_type", "text", "last step"
SUCCESS = "SR"
POINTERS = ("click", "long_press")
_PROTOCOL = load_protocol("gui_odyssey_official")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the script reads of a step besides its action: ``sam2_bbox`` (``thousand``; empty where the record has an empty one,
    None where it has none) and how many steps the episode has."""

    sam2_bbox: tuple[float, ...] | None
    step_length: int


def marks(sample: Sample, action: Action | None) -> Marks:
    """AMS and type of every step, the text of those that type, and whether the episode ends here. ``truth`` is :class:`Recorded`."""
    last = float(sample.position == sample.truth.step_length - 1)
    if action is None:
        return {AMS: 0.0, TYPE: 0.0, TEXT: None, LAST: last}
    reference = sample.reference
    found = _PROTOCOL.judge(action, Target(reference, sample.observation.size))
    right = found.right
    if found.type_right and reference.type in POINTERS:
        right = _lands(action.arguments.get("point"), sample.truth.sam2_bbox, right)
    text = float(right) if found.type_right and reference.type == "type" else None
    return {AMS: float(right), TYPE: float(found.type_right), TEXT: text, LAST: last}


def _lands(point: list[float] | None, box: tuple[float, ...] | None, near: bool) -> bool:
    if point is None or box is None:
        return near
    if len(box) != 4:
        return False
    left, top, right, bottom = box
    return near or (left <= point[0] <= right and top <= point[1] <= bottom)


def numbers(judgements: Sequence[Judgement]) -> list[Metric]:
    """AMS, SR, action_type and text; where samples have parts, AMS and SR are means over them, and come for each part too."""
    parts = list(dict.fromkeys(part for one in judgements for part in one.parts))
    every = [
        _over(judgements, parts, AMS, _ams),
        _over(judgements, parts, SUCCESS, _success),
        mean_mark(judgements, TYPE, of="steps"),
        mean_mark(judgements, TEXT, of="typing steps of the right type"),
    ]
    return every + [make(judgements, part) for part in parts for make in (_ams, _success)]


def _over(
    judgements: Sequence[Judgement], parts: list[str], name: str, make: Callable[[Sequence[Judgement], str], Metric]
) -> Metric:
    if not parts:
        return make(judgements, "")
    return mean_of_metrics(name, [make(judgements, part) for part in parts])


def _ams(judgements: Sequence[Judgement], part: str) -> Metric:
    return mean_mark(judgements, AMS, part=part, of="steps")


def _success(judgements: Sequence[Judgement], part: str) -> Metric:
    """Over the episodes of which every step was judged: as many as the position of the last one says."""
    episodes: dict[str, list[Judgement]] = {}
    for one in judgements:
        if not part or part in one.parts:
            episodes.setdefault(one.group, []).append(one)
    whole = [(name, steps) for name, steps in episodes.items() if _is_whole(steps)]
    return mean_of(
        SUCCESS, [(name, float(all(one.marks[AMS] for one in steps))) for name, steps in whole], "episodes", part
    )


def _is_whole(steps: Sequence[Judgement]) -> bool:
    last = max(steps, key=lambda one: one.position)
    return bool(last.marks[LAST]) and len(steps) == last.position + 1


SCRIPT = StepScript(
    ProtocolCard(
        name="gui_odyssey_official",
        source="OpenGVLab/GUI-Odyssey, src/eval_mm/GUIOdyssey_action_matching.py and evaluate_GUIOdyssey.py",
        click="click and long press: the point is in sam2_bbox, edges included, or at most 140 thousandths from the recorded one",
        text="one text contains the other, or 1 - Levenshtein / longer length is at least 0.5; case counts",
        scroll="the same direction",
        other="the type alone (back, home, recent, complete, impossible); an answer without an action is wrong",
        excluded="from SR the episodes of which not every step was judged; from nothing else",
        quirks=(
            "On the random split AMS and SR are unweighted means over the categories (six in the whole data; the script refuses "
            "any other number, here it is the mean over those that are there); on the others all steps and episodes count alike.",
            "Texts are cut at their first colon, and an empty text is contained in every other.",
            "A tap whose sam2_bbox is an empty list is wrong whatever is predicted, because the script fails on it. Without "
            "sam2_bbox (first release) the distance alone decides.",
            "A click without a place is wrong but of the right type.",
            "The script rounds to 0.01 % within each category and again over them; here nothing is rounded. At exactly 0.14 its "
            "floating-point numbers decide; here exactly 140 thousandths are right.",
        ),
        measures={
            AMS: "steps right / steps; random split: mean over categories",
            SUCCESS: "episodes with every step right / whole episodes; random split: mean over categories",
            TYPE: "type right / steps",
            TEXT: "texts right / typing steps whose type is right",
            LAST: "no number: marks the last step of an episode, by which whole episodes are known",
        },
    ),
    marks,
    numbers,
)
