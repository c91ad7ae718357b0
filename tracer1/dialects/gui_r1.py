"""GUI-R1's answers: ``<think>..</think><answer>[{'action': 'click', 'point': [x, y], 'input_text': '..'}]</answer>``.

Points are pixels of the image that the model saw: ``Screen.resized``, or the screenshot where that is None. Actions that
need no place carry a negative point, and those that need no text carry ``no input text``: neither is read. ``scroll`` names
its direction, that of the view, in ``input_text``. ``complete`` is success and ``impossible`` failure; ``close/delete`` is
no action of ours and refused. Quotes may be single (Python) or double (JSON).

Source: ritzz-ai/GUI-R1, guir1/inference/*.py and verl/utils/reward_score/r1gui.py.
"""

from __future__ import annotations

import ast
from typing import Any

from tracer1.actions import Action
from tracer1.dialects.arguments import act
from tracer1.dialects.base import Dialect, Screen
from tracer1.dialects.objects import read_literal, read_statements
from tracer1.dialects.points import Grid, read_point

_PLACED = {
    "click": "click",
    "long_press": "long_press",
    "moveto": "hover",
    "doubleclick": "double_click",
    "rightclick": "right_click",
}
_WORDED = {"type": "text", "open_app": "name", "scroll": "direction", "select": "value"}
_BARE = {
    "press_back": Action("press_back"),
    "press_home": Action("press_home"),
    "enter": Action("key", {"key": "enter"}),
    "wait": Action("wait"),
    "press_recent": Action("press_recent"),
    "press_pgdn": Action("key", {"key": "pagedown"}),
    "complete": Action("finish", {"outcome": "success"}),
    "impossible": Action("finish", {"outcome": "failure"}),
}


def _read(text: str, screen: Screen) -> tuple[Action, ...]:
    _, opened, rest = text.rpartition("<answer>")
    statements = read_statements((rest.partition("</answer>")[0] if opened else text).strip())
    if len(statements) != 1 or not isinstance(statements[0], ast.Expr):
        raise ValueError("an answer is one list of actions")
    answer = read_literal(statements[0].value)
    if not isinstance(answer, list) or not answer or not all(isinstance(said, dict) for said in answer):
        raise ValueError("an answer is a list of {'action': .., 'point': [x, y], 'input_text': ..}")
    size = screen.resized or screen.image
    return tuple(_action(said, (size.width, size.height)) for said in answer)


def _action(said: dict[Any, Any], grid: Grid) -> Action:
    name, point, words = said.get("action"), said.get("point"), said.get("input_text")
    if name not in (*_PLACED, *_WORDED, *_BARE):
        raise ValueError(f"unknown action: use one of {', '.join([*_PLACED, *_WORDED, *_BARE])}")
    if name in _PLACED:
        return act(_PLACED[name], point=read_point([] if point is None else point, grid))
    if name in _BARE:
        return _BARE[name]
    place = read_point(point, grid) if name in ("scroll", "select") and not _is_absent(point) else None
    return act(name, **{_WORDED[name]: None if words == "no input text" else words}, point=place)


def _is_absent(point: Any) -> bool:
    return isinstance(point, list) and all(isinstance(value, int | float) and value < 0 for value in point)


GUI_R1 = Dialect(
    name="gui_r1",
    source="ritzz-ai/GUI-R1, guir1/inference",
    coordinates="pixels of the resized image",
    read=_read,
)
