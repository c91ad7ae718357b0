"""AndroidControl as InfiGUI-R1 measures it, after Qwen2.5-VL: clicks by candidate boxes, much stricter than 14 %.

Source: Reallm-Labs/InfiGUI-R1, ``eval/android_control/evaluate_android_control.py``.
"""

from __future__ import annotations

import math

from tracer1.actions import Action
from tracer1.coordinates import Box, Point
from tracer1.protocols.base import Protocol, Target, Verdict, pixels, verdict
from tracer1.protocols.places import reference_point
from tracer1.protocols.texts import same

NAME = "infigui_r1"
POINTERS = ("click", "long_press")
TEXTS = {"type": "text", "open_app": "name"}
BUTTONS = ("press_back", "press_home", "press_recent")
ENLARGED = 1.2  # times the width and height of a candidate box
RADIUS = 0.04  # of the longer side of the image


def judge(predicted: Action, target: Target) -> Verdict:
    """The verdict of InfiGUI-R1's script. Raises ValueError for a reference click or long press without a place."""
    reference = target.action
    goal = reference_point(target, NAME) if reference.type in POINTERS else None
    if reference.type == "open_app" and predicted.type == "click" and target.boxes:
        hit = _lands(predicted, reference_point(target, NAME), target)
        return verdict(True, hit, "point at the icon of the application", hit)
    if reference.type in BUTTONS and predicted.type in BUTTONS:
        return verdict(True, predicted.type == reference.type, "same button")
    if predicted.type != reference.type:
        return verdict(False, False, "another type")
    if goal is not None:
        hit = _lands(predicted, goal, target)
        return verdict(True, hit, "point in an enlarged box, or within 4 % of the longer side", hit)
    if reference.type in TEXTS:
        return verdict(True, _contained(predicted, reference), "one text in the other")
    return verdict(True, same(predicted, reference), "same action")


def _contained(predicted: Action, reference: Action) -> bool:
    ours, theirs = (action.arguments[TEXTS[action.type]].lower().strip() for action in (predicted, reference))
    return ours in theirs or theirs in ours


def _lands(predicted: Action, goal: list[float], target: Target) -> bool:
    point = predicted.arguments.get("point")
    if point is None:
        return False
    landed = Point(*pixels(point, target.image), "pixel")
    if any(_enlarged(box).contains(landed) for box in target.boxes):
        return True
    longer = max(target.image.width, target.image.height)
    return math.dist((landed.x, landed.y), pixels(goal, target.image)) <= RADIUS * longer


def _enlarged(box: Box) -> Box:
    across, down = ((ENLARGED - 1) / 2 * side for side in (box.right - box.left, box.bottom - box.top))
    return Box(box.left - across, box.top - down, box.right + across, box.bottom + down, box.space)


PROTOCOL = Protocol(
    name=NAME,
    source="Reallm-Labs/InfiGUI-R1, eval/android_control/evaluate_android_control.py",
    rules={
        "click, long_press": "the point is in a box whose sides are 1.2 times as long, or at most 0.04 max(width, height) pixels "
        "from the reference point",
        "type, open_app": "one lower-cased, stripped text contains the other",
        "open_app, answered by a click": "the click is right for the icon's boxes, by the rule of click; the type counts as right",
        "press_back, press_home, press_recent": "the same button; the type counts as right for any of the three",
        "scroll": "the same direction",
        "wait": "the type alone",
        "others": "not judged there: the same action",
    },
    judge=judge,
    quirks=(
        "An empty text is contained in every other.",
        "There pixels are those of the resized image; the threshold follows its longer side, so only rounding differs.",
        "There a scroll is a swipe of the finger, read off its two points; equality of direction does not notice.",
        "A reference with boxes and no point is taken to point at the centre of the first box, as the script does for an icon.",
    ),
)
