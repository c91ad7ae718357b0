"""AgentNetBench's score: predicted operations against one way to do a step.

An operation is one call of the code that OpenCUA's models write: ``pyautogui.moveTo(x=0.5, y=0.5)`` is a ``moveto`` with a place.
An action of ours is one or two of them: a scroll at a place is ``moveto`` and ``scroll``.

Source: xlang-ai/OpenCUA, evaluation/agentnetbench/eval.py, and agent/opencua.py for what is read from a response.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracer1.actions import Action
from tracer1.coordinates import Box, Point, Size
from tracer1.dialects.arguments import split_keys
from tracer1.protocols.agentnetbench import judge
from tracer1.protocols.base import Target

DIGITS = 12
"""Relative coordinates have four; ours are thousandths, and 653.8 / 1000 is a hair less than 0.6538, which may be an edge."""
CLICKS = {
    "click": "click",
    "double_click": "doubleclick",
    "triple_click": "tripleclick",
    "right_click": "rightclick",
    "hover": "moveto",
}
PLACED = (*CLICKS.values(), "dragto")
KEYS = ("press", "hotkey")
SCORED = (*PLACED, *KEYS, "write", "scroll")


@dataclass(frozen=True, slots=True)
class Operation:
    """One call: its type in lower case, and its ``value``: a place (``thousand``), a text, keys, an amount or a status. A
    reference's ``boxes`` are ``unit``."""

    type: str
    value: Any = None
    boxes: tuple[Box, ...] = ()


Way = tuple[Operation, ...]


def score(way: Way, predicted: Way) -> tuple[float, dict[str, float]]:
    """The score of predicted operations against one way to do the step, and that of each of the way's types."""
    if not way or not predicted:
        return 0.0, {}
    if way[0].type == "terminate":
        right = float(predicted[0].type == "terminate" and predicted[0].value == way[0].value)
        return right, {"terminate": right}
    if predicted[0].type not in {one.type for one in way}:
        return 0.0, {one.type: 0.0 for one in way}
    sums: dict[str, float] = {}
    for position, one in enumerate(way):
        ours = predicted[position] if position < len(predicted) else None
        if ours is None or ours.type != one.type:
            sums.setdefault(one.type, 0.0)
        elif one.type in SCORED:
            sums[one.type] = sums.get(one.type, 0.0) + _alike(one, ours)
    by_type = {kind: total / sum(one.type == kind for one in way) for kind, total in sums.items()}
    return (sum(by_type.values()) / len(by_type) if by_type else 0.0), by_type


def _alike(reference: Operation, ours: Operation) -> float:
    """The score of two operations of one type."""
    if reference.type in PLACED:
        x, y = (round(value / 1000, DIGITS) for value in ours.value)
        landed = any(box.contains(Point(x, y, "unit")) for box in reference.boxes)
        return 1.0 if landed else _compare("click", "point", reference, ours)
    if reference.type == "write":
        return _compare("type", "text", reference, ours)
    if reference.type in KEYS:
        return float({key.lower() for key in ours.value} == {key.lower() for key in reference.value})
    return 1.0


def _compare(kind: str, argument: str, reference: Operation, ours: Operation) -> float:
    """As the protocol scores an action with this argument, a place by its distance."""
    wanted = Target(Action(kind, {argument: reference.value}), Size(1, 1))
    return judge(Action(kind, {argument: ours.value}), wanted).score


def operations_of(action: Action) -> Way:
    """The operations of the action; none where it needs a place and has none, or where the evaluator knows no such operation."""
    said = action.arguments
    if kind := CLICKS.get(action.type):
        return _at(kind, said.get("point"))
    match action.type:
        case "drag":
            end = _at("dragto", said.get("end"))
            return (*_at("moveto", said.get("start")), *end) if end else ()
        case "scroll":
            turned = (Operation("scroll"),) if said["direction"] in ("up", "down") else ()
            return (*_at("moveto", said.get("point")), *turned)
        case "type":
            return (Operation("write", said["text"]),)
        case "key":
            keys = _keys(said["key"])
            return (Operation("press" if len(keys) == 1 else "hotkey", keys),) if keys else ()
        case "finish":
            return (Operation("terminate", said.get("outcome", "success")),)
    return ()


def _at(kind: str, point: list[float] | None) -> Way:
    return (Operation(kind, point),) if point else ()


def _keys(key: str) -> tuple[str, ...]:
    """The names of the keys; none for a text that names no key."""
    try:
        names = split_keys(key)
    except ValueError:
        return ()
    return tuple("ctrl" if name.lower() in ("cmd", "command") else name for name in names)
