"""AndroidControl as OS-Atlas scores it: the type accuracy, grounding accuracy and step success that later papers quote.

Source: OS-Copilot/OS-Atlas, ``eval/eval_scripts/android_control/evaluation_unify.py``, and the rows that it reads,
``eval/data/ac_test.jsonl``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from tracer1.actions import Action
from tracer1.evaluation.benchmarks.step_scripts.base import Marks, StepScript, of_each_part
from tracer1.evaluation.harness.base import Judgement, Metric, ProtocolCard, Sample
from tracer1.evaluation.harness.metrics import mean_mark
from tracer1.protocols import Target, load_protocol

SUCCESS, TYPE, GROUNDING = "step success", "type accuracy", "grounding accuracy"
_PROTOCOL = load_protocol("os_atlas")
_NOISE = 1e-9
"""What the way from pixels to thousandths may lose of a whole number."""


def marks(sample: Sample, action: Action | None) -> Marks:
    """Step success, the type, and the place of a click whose type is right."""
    if action is None:
        return {SUCCESS: 0.0, TYPE: 0.0, GROUNDING: None}
    reference = _cut(sample.reference)
    found = _PROTOCOL.judge(action, Target(reference, sample.observation.size))
    asked = reference.type == "click" and found.type_right
    return {
        SUCCESS: float(found.right),
        TYPE: float(found.type_right),
        GROUNDING: float(found.right) if asked else None,
    }


def _cut(reference: Action) -> Action:
    """The reference as OS-Atlas' rows have it: whole thousandths, cut and not rounded."""
    if (point := reference.arguments.get("point")) is None:
        return reference
    return Action(reference.type, reference.arguments | {"point": [math.floor(value + _NOISE) for value in point]})


def numbers(judgements: Sequence[Judgement]) -> list[Metric]:
    """Over all steps, then over each sub-split; an episode counts to the first of its sub-splits alone."""
    once = [replace(one, parts=one.parts[:1]) for one in judgements]
    return [*_numbers(once), *of_each_part(once, _numbers)]


def _numbers(judgements: Sequence[Judgement]) -> list[Metric]:
    return [
        mean_mark(judgements, SUCCESS, of="steps"),
        mean_mark(judgements, TYPE, of="steps"),
        mean_mark(judgements, GROUNDING, of="clicks of the right type"),
    ]


SCRIPT = StepScript(
    ProtocolCard(
        name="os_atlas",
        source="OS-Copilot/OS-Atlas, eval/eval_scripts/android_control/evaluation_unify.py",
        click="click and long press: the point is at most 140 thousandths from the recorded one; boxes are not looked at",
        text="type and open_app: the same text, or F1 above 0.5 of the second white-space token of the spelled actions",
        scroll="the same direction",
        other="the same action; an answer without an action is wrong, and so is a click without a place",
        excluded="what eval/data/ac_idx.txt does not list: 736 of the 8,444 recorded actions of the test split, and every last "
        "screenshot (the list has no COMPLETE; a step that ends the task would be judged like any other)",
        quirks=(
            "The distance is taken on the square 0-1000 grid, so on a tall phone it reaches further down than across.",
            "Only the second token of `TYPE [new york]` is compared, `[new`; so F1 is 0 or 1, `TYPE [new delhi]` is right, "
            "`TYPE [new]` is not, and `TYPE [New York]` is.",
            "The recorded point is cut to whole thousandths, as in OS-Atlas' rows: 1027 of 1080 pixels are 950, not 951.",
            "Of its sub-splits, which overlap, an episode counts to the first in test_subsplits.json alone.",
            "The script breaks off at an empty answer after `actions:`; here it is wrong. How it cuts a response into an action "
            "(it strips the letters of <|im_end|>) is not reproduced: predictions are actions here.",
        ),
        measures={
            SUCCESS: "type and arguments right / all steps (Acc)",
            TYPE: "type right / all steps (type_match acc)",
            GROUNDING: "clicks right / clicks whose type is right (grounding acc); long presses do not count",
        },
    ),
    marks,
    numbers,
)
