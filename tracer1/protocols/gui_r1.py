"""GUI-R1's accuracy reward for one step of a GUI agent.

Sources: ritzz-ai/GUI-R1, ``verl/utils/reward_score/r1gui.py`` (the rule) and ``guir1/eval/eval_omni.py`` (the distance).
"""

from __future__ import annotations

import math

from tracer1.actions import Action
from tracer1.protocols.base import Protocol, Target, Verdict, pixels, verdict
from tracer1.protocols.places import RADIUS, reference_point
from tracer1.protocols.texts import token_f1

NAME = "gui_r1"
TEXTS = {"type": "text", "select": "value", "scroll": "direction"}
LEAST_F1 = 0.5  # enough when reached


def judge(predicted: Action, target: Target) -> Verdict:
    """The accuracy reward of one step. Raises ValueError for a reference click without a place."""
    reference = target.action
    goal = reference_point(target, NAME) if reference.type == "click" else None
    if predicted.type != reference.type:
        return verdict(False, False, "another type")
    if goal is not None:
        hit = _lands(predicted.arguments.get("point"), goal, target)
        return verdict(True, hit, "point strictly in a box, or less than 14 % of the screen away", hit)
    if reference.type in TEXTS:
        argument = TEXTS[reference.type]
        f1 = text_f1(predicted.arguments[argument], reference.arguments[argument])
        return verdict(True, f1 >= LEAST_F1, "F1 of the texts >= 0.5")
    return verdict(True, True, "same type")


def text_f1(predicted: str, reference: str) -> float:
    """Token-set F1 in [0, 1] without square brackets; 1 when both are one word and one of them contains the other."""
    ours, theirs = (_tokens(text) for text in (predicted, reference))
    if len(ours) == len(theirs) == 1:
        (one,), (other,) = ours, theirs
        if one in other or other in one:
            return 1.0
    return token_f1(" ".join(ours), " ".join(theirs))


def _tokens(text: str) -> set[str]:
    return set(text.replace("[", "").replace("]", "").lower().split())


def _lands(point: list[float] | None, goal: list[float], target: Target) -> bool:
    if point is None:
        return False
    if not target.boxes:
        return math.dist(point, goal) < RADIUS
    x, y = pixels(point, target.image)
    return any(box.left < x < box.right and box.top < y < box.bottom for box in target.boxes)


PROTOCOL = Protocol(
    name=NAME,
    source="ritzz-ai/GUI-R1, verl/utils/reward_score/r1gui.py and guir1/eval/eval_omni.py",
    rules={
        "all": "the type is equal",
        "click": "with boxes, the point is inside one, edges excluded; without, less than 0.14 away in relative coordinates",
        "type, select, scroll": "token-set F1 >= 0.5 without square brackets, letter case ignored",
        "others": "the type alone, also of long_press and open_app",
    },
    judge=judge,
    quirks=(
        "Two texts of one word each are the same when one contains the other: `e` is right for `weather`.",
        "A text without a word is wrong even against itself.",
        "Where the reference is a point the reward asks for less than 140 pixels in the image as the model's processor "
        "resized it; a target does not know that size, so the relative 0.14 of the project's evaluation is used.",
        "The evaluation's own `Step` number ignores the type; the reward, and this protocol, do not.",
    ),
)
