"""GUI-Odyssey as OS-Atlas scores it, and UI-TARS after it: the step accuracy that later papers quote as SR.

Source: OS-Copilot/OS-Atlas, ``eval/eval_scripts/odyssey/evaluation_unify.py``.
"""

from __future__ import annotations

from collections.abc import Sequence

from tracer1.actions import Action
from tracer1.evaluation.benchmarks.step_scripts.base import Marks, StepScript, of_each_part
from tracer1.evaluation.harness.base import Judgement, Metric, ProtocolCard, Sample
from tracer1.evaluation.harness.metrics import mean_mark
from tracer1.protocols import Target, load_protocol

SUCCESS, TYPE, GROUNDING = "Step Acc", "Type Acc", "Grounding Acc"
POINTERS = ("click", "long_press")
NO_PLACE = {"point": [0, 0]}
_PROTOCOL = load_protocol("gui_odyssey_step")


def marks(sample: Sample, action: Action | None) -> Marks:
    """Step and type of every step; of a click or long press of the right type, whether it counts as a click that is right."""
    if action is None:
        return {SUCCESS: 0.0, TYPE: 0.0, GROUNDING: None}
    reference = sample.reference
    if action.type in POINTERS:
        action = Action(action.type, NO_PLACE | action.arguments)
    found = _PROTOCOL.judge(action, Target(reference, sample.observation.size))
    asked = found.type_right and reference.type in POINTERS
    hit = float(found.right and reference.type == "click")
    return {SUCCESS: float(found.right), TYPE: float(found.type_right), GROUNDING: hit if asked else None}


def numbers(judgements: Sequence[Judgement]) -> list[Metric]:
    """Over all steps, then over each part."""
    return [*_numbers(judgements), *of_each_part(judgements, _numbers)]


def _numbers(judgements: Sequence[Judgement]) -> list[Metric]:
    return [
        mean_mark(judgements, SUCCESS, of="steps"),
        mean_mark(judgements, TYPE, of="steps"),
        mean_mark(judgements, GROUNDING, of="clicks and long presses of the right type"),
    ]


SCRIPT = StepScript(
    ProtocolCard(
        name="gui_odyssey_step",
        source="OS-Copilot/OS-Atlas, eval/eval_scripts/odyssey/evaluation_unify.py",
        click="click and long press: the point is at most 140 thousandths from the recorded one; boxes are not looked at",
        text="F1 above 0.5 over the white-space tokens of the spelled actions, `TYPE [text]`",
        scroll="the same direction",
        other="the type alone; an answer without an action is wrong",
        excluded="nothing",
        quirks=(
            "The F1 counts the word TYPE, which both share, and the brackets stick to the first and the last word: `TYPE [a]` "
            "against `TYPE [b]` has 0.5 and is wrong, `TYPE [a b]` against `TYPE [a c]` has 0.67 and is right.",
            "Grounding divides the clicks that are right by the clicks and long presses whose type is right: a long press can "
            "only lower it.",
            "A click without a place is one at (0, 0): right for a target in the upper left corner.",
            "The published script reads its references from the file of the predictions; each prediction has to stand beside its "
            "reference there.",
        ),
        measures={
            SUCCESS: "steps right / steps (Step Acc, Action Match Score; the SR of OS-Atlas' and UI-TARS' tables)",
            TYPE: "type right / steps (Type Acc)",
            GROUNDING: "clicks right / clicks and long presses whose type is right (Grounding Acc)",
        },
    ),
    marks,
    numbers,
)
