"""AndroidControl as GUI-R1's evaluation scores it: Type, GR and Step, of which Step does not look at the type.

Source: ritzz-ai/GUI-R1, ``guir1/eval/eval_omni.py``, and ``guir1/inference/inference_vllm_android.py`` for what it makes of an answer
that lacks something. (Its reward, another rule, is the protocol ``gui_r1``.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tracer1.actions import Action
from tracer1.evaluation.benchmarks.step_scripts.base import Marks, StepScript, of_each_part
from tracer1.evaluation.harness.base import Judgement, Metric, ProtocolCard, Sample
from tracer1.evaluation.harness.metrics import mean_mark
from tracer1.protocols import Target
from tracer1.protocols.gui_r1 import LEAST_F1, text_f1
from tracer1.protocols.places import RADIUS, reference_point
from tracer1.protocols.texts import word

STEP, TYPE, GROUNDING = "Step", "Type", "GR"
POINTERS = ("click", "long_press", "hover", "double_click", "right_click")
WORDED = {"open_app": "name", "type": "text", "scroll": "direction", "select": "value"}
NO_POINT = [0.0, 0.0]
NO_TEXT = "no input text"


def marks(sample: Sample, action: Action | None) -> Marks:
    """Type of every step; the place or the text, whatever the predicted type, of a step that has one."""
    reference = sample.reference
    kind = float(action is not None and word(action) == word(reference))
    if reference.type in POINTERS:
        hit = float(_hits(sample, action))
        return {STEP: hit, TYPE: kind, GROUNDING: hit}
    if reference.type in WORDED:
        return {STEP: float(text_f1(_text(action), _text(reference)) >= LEAST_F1), TYPE: kind, GROUNDING: None}
    return {STEP: None, TYPE: kind, GROUNDING: None}


def _hits(sample: Sample, action: Action | None) -> bool:
    goal = reference_point(Target(sample.reference, sample.observation.size), "gui_r1")
    said = action.arguments.get("point") if action else None
    return math.dist(NO_POINT if said is None else said, goal) < RADIUS


def _text(action: Action | None) -> str:
    return action.arguments[WORDED[action.type]] if action and action.type in WORDED else NO_TEXT


def numbers(judgements: Sequence[Judgement]) -> list[Metric]:
    """Over all steps, then over each sub-split; an episode counts to all of its sub-splits."""
    return [*_numbers(judgements), *of_each_part(judgements, _numbers)]


def _numbers(judgements: Sequence[Judgement]) -> list[Metric]:
    return [
        mean_mark(_counted(judgements, STEP), STEP, of="steps with a place or a text"),
        mean_mark(_counted(judgements, TYPE), TYPE, of="steps"),
        mean_mark(_counted(judgements, GROUNDING), GROUNDING, of="steps with a place"),
    ]


def _counted(judgements: Sequence[Judgement], mark: str) -> list[Judgement]:
    """Without the action types of which none is right; all where nothing is right at all."""
    hit = {one.kind for one in judgements if one.marks[mark]}
    return [one for one in judgements if one.kind in hit] if hit else list(judgements)


SCRIPT = StepScript(
    ProtocolCard(
        name="gui_r1",
        source="ritzz-ai/GUI-R1, guir1/eval/eval_omni.py and guir1/inference/inference_vllm_android.py",
        click="click and long press: the point is less than 0.14 away in relative coordinates, whatever the predicted type",
        text="type and open_app: F1 of the texts at least 0.5, square brackets and case aside, or one word within another, whatever "
        "the predicted type",
        scroll="its direction as a text",
        other="the type alone, and only in Type",
        excluded="back, home and wait from Step; its prompt offers no action that ends the task, which would count in Type alone",
        quirks=(
            "Step asks neither for the type nor for actions without a place or a text: it is no step success rate.",
            "GR counts every step with a place, not only those whose type is right.",
            "An answer without a point, of any type, points at (0, 0): it is right for a target in the upper left corner.",
            "An action without a text says `no input text`, which is right for the texts `no`, `input` and `text`.",
            "An action type of which nothing is right in a number drops out of that number. Where nothing is right at all the "
            "script divides by zero; here it is 0 of all.",
        ),
        measures={
            STEP: "(places right + texts right) / steps with a place or a text (ALL Step)",
            TYPE: "type right / all steps (ALL Type)",
            GROUNDING: "places right / steps with a place (ALL GR)",
        },
    ),
    marks,
    numbers,
)
