"""AndroidControl as InfiGUI-R1 scores it, after Qwen2.5-VL: clicks by boxes and 4 % of the longer side.

Source: Reallm-Labs/InfiGUI-R1, ``eval/android_control/evaluate_android_control.py`` (a step) and ``android_control.py`` (the counts).
"""

from __future__ import annotations

from collections.abc import Sequence

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.evaluation.benchmarks.step_scripts.base import Marks, StepScript, of_each_part
from tracer1.evaluation.harness.base import Judgement, Metric, ProtocolCard, Sample
from tracer1.evaluation.harness.metrics import mean_mark
from tracer1.evaluation.statistics import wilson
from tracer1.protocols import Target, Verdict, load_protocol
from tracer1.resizing import ResizeRule, smart_resize

EXACT, TYPE, CLICK, ICON = "exact match", "type match", "click match", "icon click"
RULE = ResizeRule(28, 4 * 28 * 28, 6400 * 28 * 28)
POINTERS = ("click", "long_press")
BUTTONS = ("press_back", "press_home", "press_recent")
JUDGED = (*POINTERS, *BUTTONS, "open_app", "scroll", "type", "wait")
_ENTER = Action("key", {"key": "enter"})
_PROTOCOL = load_protocol("infigui_r1")


def marks(sample: Sample, action: Action | None) -> Marks:
    """Exact match and type match of every step; whether a click was right, and a click in place of opening an app."""
    reference = sample.reference
    if action is None or reference.type not in JUDGED or _lacks_place(sample, action):
        return {EXACT: 0.0, TYPE: 0.0, CLICK: None, ICON: None}
    found = _judge(sample, action)
    clicked = float(found.right and action.type == "click")
    return {
        EXACT: float(found.right),
        TYPE: float(found.type_right),
        CLICK: clicked if reference.type == "click" else None,
        ICON: clicked if reference.type == "open_app" else None,
    }


def _judge(sample: Sample, action: Action) -> Verdict:
    if action == _ENTER and sample.reference.type in BUTTONS:
        return Verdict(True, False, 0.0, rule="enter is a system button there")
    image = smart_resize(sample.observation.size, RULE)
    boxes = () if sample.box is None else (_scaled(sample.box, sample.observation.size, image),)
    return _PROTOCOL.judge(action, Target(sample.reference, image, boxes))


def _scaled(box: Box, old: Size, new: Size) -> Box:
    across, down = new.width / old.width, new.height / old.height
    return Box(box.left * across, box.top * down, box.right * across, box.bottom * down, "pixel")


def _lacks_place(sample: Sample, action: Action) -> bool:
    """Whether the script fails on the step for want of coordinates."""
    if action.type not in POINTERS or "point" in action.arguments:
        return False
    return action.type == sample.reference.type or (
        sample.reference.type == "open_app" and action.type == "click" and sample.box is not None
    )


def numbers(judgements: Sequence[Judgement]) -> list[Metric]:
    """Over all steps, then over each sub-split; an episode counts to all of its sub-splits."""
    return [*_numbers(judgements), *of_each_part(judgements, _numbers)]


def _numbers(judgements: Sequence[Judgement]) -> list[Metric]:
    return [mean_mark(judgements, EXACT, of="steps"), mean_mark(judgements, TYPE, of="steps"), _clicks(judgements)]


def _clicks(judgements: Sequence[Judgement]) -> Metric:
    clicks = sum(one.marks[CLICK] is not None for one in judgements)
    right = sum(one.marks[name] or 0 for one in judgements for name in (CLICK, ICON))
    rate = wilson(min(int(right), clicks), clicks)
    return Metric(CLICK, rate.rate, clicks, rate.low, rate.high, "clicks")


SCRIPT = StepScript(
    ProtocolCard(
        name="infigui_r1",
        source="Reallm-Labs/InfiGUI-R1, eval/android_control/evaluate_android_control.py and android_control.py",
        click="click and long press: the point is in the target's box with sides 1.2 times as long, or at most 0.04 of the longer "
        "side away from the recorded point, in pixels of the resized image",
        text="type and open_app: one lower-cased, stripped text contains the other; open_app also by a click on the icon's box",
        scroll="the same direction",
        other="wait: the type; back, home, recent: the same button, the type being right for any button, enter included",
        excluded="nothing of the 8,444 recorded actions (high_all, low_all); the screenshot after the last action is no step, and a "
        "step that ends the task could not be judged: it counts as an error",
        quirks=(
            "An error (no action in the answer, a click without a place) is wrong in type and step and does not count among the "
            "clicks, so it cannot lower click match.",
            "A click that opens an app by its icon adds to the right clicks but not to the clicks; click match is cut off at 1.",
            "An empty text is contained in every other.",
            "There the boxes come from prepared data (Reallm-Labs/android_control_test); here a target is the smallest visible node "
            "that takes taps, an app to open has no box, and OS-Atlas' rows have none at all (ours).",
        ),
        measures={
            EXACT: "type and arguments right / all steps, errors included (extact_match_acc)",
            TYPE: "type right / all steps, errors included (type_match_acc)",
            CLICK: "right clicks / recorded clicks without errors (click_match_acc)",
        },
    ),
    marks,
    numbers,
)
