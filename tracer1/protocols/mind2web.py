"""Multimodal-Mind2Web as SeeClick measures it for models that point: element accuracy, operation F1, step success.

Source: njucckevin/SeeClick, ``agent_tasks/mind2web_test.py`` (the same rule in ShowUI and Aguvis).
"""

from __future__ import annotations

from tracer1.actions import Action
from tracer1.coordinates import Box, Point, Size
from tracer1.protocols.base import Protocol, Target, Verdict, verdict
from tracer1.protocols.texts import same, token_f1

NAME = "seeclick_mind2web"
POINTERS = ("click", "hover", "select")
CLICK, SELECT, TYPE = "4", "2", "3"  # how SeeClick spells the operations
DECIMALS = 3  # to which SeeClick rounds the edges of the box, in unit


def judge(predicted: Action, target: Target) -> Verdict:
    """Step success of SeeClick's script. Raises ValueError for a reference click, hover or select without boxes."""
    reference = target.action
    if reference.type in POINTERS and not target.boxes:
        raise ValueError(f"{NAME} cannot judge a {reference.type} without boxes: give the target the element's box")
    f1 = operation_f1(predicted, reference)
    grounding = _grounding(predicted, target)
    right = f1 == 1 and grounding is not False
    return verdict(_kind(predicted) == _kind(reference), right, f"operation F1 {f1:.3f}", grounding)


def operation_f1(predicted: Action, reference: Action) -> float:
    """Token-set F1 of operation and lower-cased value in [0, 1]; outside Mind2Web's operations 1 for the same action."""
    ours, theirs = _operation(predicted), _operation(reference)
    if ours is None or theirs is None:
        return float(same(predicted, reference))
    return token_f1(ours, theirs)


def _operation(action: Action) -> str | None:
    """The string that SeeClick compares, such as ``3 new york``; None for an action that Mind2Web does not have."""
    if action.type == "type":
        return f"{TYPE} {action.arguments['text']}"
    if action.type == "select":
        return f"{SELECT} {action.arguments['value']}"
    enter = action.type == "key" and action.arguments["key"].lower() == "enter"
    return CLICK if enter or action.type in ("click", "hover") else None


def _kind(action: Action) -> str:
    operation = _operation(action)
    return operation.split()[0] if operation else action.type


def _grounding(predicted: Action, target: Target) -> bool | None:
    asked = (*POINTERS, "type") if target.boxes else POINTERS
    if predicted.type not in asked and target.action.type not in asked:
        return None
    point = predicted.arguments.get("point")
    if point is None:
        return False
    landed = Point(point[0] / 1000, point[1] / 1000, "unit")
    return any(_rounded(box, target.image).contains(landed) for box in target.boxes)


def _rounded(box: Box, image: Size) -> Box:
    left, right = (round(edge / image.width, DECIMALS) for edge in (box.left, box.right))
    top, bottom = (round(edge / image.height, DECIMALS) for edge in (box.top, box.bottom))
    return Box(left, top, right, bottom, "unit")


PROTOCOL = Protocol(
    name=NAME,
    source="njucckevin/SeeClick, agent_tasks/mind2web_test.py",
    rules={
        "click, hover, key enter": "one and the same operation; the point is in a box of the target, edges included",
        "select": "as click, and the operation F1 is 1: operation and value are the same set of lower-cased words",
        "type": "as select; where the target has no box, the operation F1 alone decides",
        "others": "not in Mind2Web: the same action",
    },
    judge=judge,
    quirks=(
        "Edges of a box are rounded to three decimals of the page, which on a tall page are several pixels.",
        "Operations are spelled 4 (click), 2 (select) and 3 (type), and repeated words count once: typing `3` equals typing "
        "nothing, and selecting `3` equals typing `2`.",
        "SeeClick skips steps without a box; here such a click, hover or select is refused.",
    ),
)
