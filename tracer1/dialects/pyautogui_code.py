"""PyAutoGUI code, ``pyautogui.click(x=.., y=..)``, a line per call: what AgentNet's and OSWorld's share.

A positive ``scroll`` moves the view up, a positive ``hscroll`` right. ``moveTo`` before ``dragTo`` or ``scroll`` is its place,
and ``press(keys=['enter'])`` after ``write`` is a line break at the end of the text; they are written so again. A scroll
without an amount is written as 5, ``finish`` without an outcome as ``success``.

Sources: xlang-ai/OpenCUA, data/data-process/src/schema/action.py, data/cot-generate/gen_cot_example; PyAutoGUI's documentation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer1.actions import Action
from tracer1.dialects.arguments import act, join_keys, split_keys, take, turn, turns
from tracer1.dialects.code_calls import read_code_calls
from tracer1.dialects.points import place_pointer

Place = Callable[[Any], "list[float] | None"]

_CLICKS = {
    "doubleClick": "double_click",
    "tripleClick": "triple_click",
    "triple_click": "triple_click",
    "rightClick": "right_click",
    "middleClick": "middle_click",
    "moveTo": "hover",
}
_BUTTONS = {
    (1, "left"): "click",
    (2, "left"): "double_click",
    (3, "left"): "triple_click",
    (1, "right"): "right_click",
    (1, "middle"): "middle_click",
}
_CALLS = {
    "click": "pyautogui.click",
    "double_click": "pyautogui.doubleClick",
    "triple_click": "computer.tripleClick",
    "right_click": "pyautogui.rightClick",
    "middle_click": "pyautogui.middleClick",
    "hover": "pyautogui.moveTo",
}
_MOST_PRESSES = 100


def read_code(code: str, place: Place) -> tuple[Action, ...]:
    """The actions of a piece of code; ``place`` turns ``[x, y]`` into ``thousand``. Raises ValueError when it is no such."""
    calls = read_code_calls(code)
    actions = _submit(place_pointer(action for name, given in calls for action in _actions(name, given, place)))
    if not actions:
        raise ValueError("there is no call such as pyautogui.click(x=0.5, y=0.5)")
    return actions


def _actions(name: str, given: dict[str, Any], place: Place) -> list[Action]:
    has_place = given.get("x") is not None or given.get("y") is not None
    point = place([given.get("x"), given.get("y")]) if has_place else None
    if name in _CLICKS:
        return [act(_CLICKS[name], point=point)]
    match name:
        case "click":
            return [act(_button(given.get("clicks", 1), given.get("button", "left")), point=point)]
        case "dragTo":
            return [act("drag", end=point)]
        case "scroll":
            return [act("scroll", point=point, **turn(given.get("clicks"), "up", "down"))]
        case "hscroll":
            return [act("scroll", point=point, **turn(given.get("clicks"), "right", "left"))]
        case "write" | "typewrite":
            return [act("type", text=given.get("message"))]
        case "press":
            return _presses(given.get("keys"), given.get("presses", 1))
        case "hotkey":
            return [act("key", key=join_keys(given.get("keys")))]
        case "wait" | "sleep":
            return [act("wait", seconds=given.get("seconds"))]
    return [act("finish", outcome=given.get("status"))]


def _button(clicks: Any, button: Any) -> str:
    for (times, name), kind in _BUTTONS.items():
        if clicks == times and button == name:
            return kind
    raise ValueError("a click is one, two or three with the left button, or one with the right or the middle button")


def _presses(keys: Any, presses: Any) -> list[Action]:
    names = [keys] if isinstance(keys, str) else keys
    if not isinstance(names, list | tuple) or not isinstance(presses, int) or not 0 < presses <= _MOST_PRESSES:
        raise ValueError(f"press takes names of keys, and presses from 1 to {_MOST_PRESSES}")
    return [act("key", key=join_keys([name])) for _ in range(presses) for name in names]


def _submit(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    """Enter that follows text ends the text with a line break."""
    joined: list[Action] = []
    for action in actions:
        if action == Action("key", {"key": "enter"}) and joined and joined[-1].type == "type":
            joined[-1] = Action("type", {"text": joined[-1].arguments["text"] + "\n"})
        else:
            joined.append(action)
    return tuple(joined)


def write_code(action: Action, at: Callable[[list[float]], str]) -> str:
    """The code of one action; ``at`` spells a point as ``x=.., y=..``. Raises ValueError for one that has no code."""
    if action.type in _CALLS:
        (point,) = take(action, "point")
        return f"{_CALLS[action.type]}({at(point) if point else ''})"
    match action.type:
        case "drag":
            start, end = take(action, "start", "end")
            if end is None:
                raise ValueError("pyautogui needs the end of a drag: let an executor find it")
            return f"{_move(start, at)}pyautogui.dragTo({at(end)}, button='left')"
        case "scroll":
            direction, point, amount = take(action, "direction", "point", "amount")
            name = "scroll" if direction in ("up", "down") else "hscroll"
            return f"{_move(point, at)}pyautogui.{name}({turns(direction, amount)!r})"
        case "type":
            (text,) = take(action, "text")
            enter = "\npyautogui.press(keys=['enter'])" if text.endswith("\n") else ""
            return f"pyautogui.write(message={text.removesuffix(chr(10))!r}){enter}"
        case "key":
            names = split_keys(take(action, "key")[0])
            return f"pyautogui.{'press' if len(names) == 1 else 'hotkey'}(keys={names!r})"
        case "wait":
            (seconds,) = take(action, "seconds")
            return f"computer.wait({'' if seconds is None else repr(seconds)})"
        case "finish":
            return f"computer.terminate(status={take(action, 'outcome')[0] or 'success'!r})"
    raise ValueError(f"pyautogui cannot say {action.type}")


def _move(point: list[float] | None, at: Callable[[list[float]], str]) -> str:
    return "" if point is None else f"pyautogui.moveTo({at(point)})\n"
