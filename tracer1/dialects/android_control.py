"""AndroidControl's actions, one JSON object in pixels of the screenshot, and AndroidWorld's, which are nearly the same.

``scroll`` names the direction of the view, as ours does; AndroidWorld's ``swipe`` is its opposite, the finger's way, and is
only read. ``input_text`` with a place, and the older ``type``, first click there; ``type`` presses enter afterwards.
``finish`` without an outcome is written as ``complete``.

Sources: google-research/google-research, android_control/README.md; google-research/android_world,
android_world/env/json_action.py and android_world/env/actuation.py.
"""

from __future__ import annotations

import json
from typing import Any

from tracer1.actions import Action
from tracer1.dialects.arguments import act, take
from tracer1.dialects.base import Dialect, Screen
from tracer1.dialects.objects import read_object
from tracer1.dialects.points import OPPOSITE, Grid, read_point, write_point

_PLACED = {"click": "click", "double_tap": "double_click", "long_press": "long_press"}
_BARE = {
    "navigate_home": Action("press_home"),
    "navigate_back": Action("press_back"),
    "keyboard_enter": Action("key", {"key": "enter"}),
    "wait": Action("wait"),
}
_OUTCOMES = {"complete": "success", "infeasible": "failure"}
_GOALS = {ours: theirs for theirs, ours in _OUTCOMES.items()}


def _grid(screen: Screen) -> Grid:
    return screen.image.width, screen.image.height


def _read(text: str, screen: Screen) -> tuple[Action, ...]:
    said = read_object(text)
    if said.get("index") is not None:
        raise ValueError("an index means an element of a list that is not here: give x and y")
    point = _place(said, _grid(screen))
    match said.get("action_type"):
        case "click" | "double_tap" | "long_press" as kind:
            if point is None:
                raise ValueError(f"{kind} needs x and y")
            return (act(_PLACED[kind], point=point),)
        case "input_text":
            return (*_focus(point), act("type", text=said.get("text")))
        case "type":
            return (*_focus(point), act("type", text=f"{act('type', text=said.get('text')).arguments['text']}\n"))
        case "scroll":
            return (act("scroll", direction=said.get("direction"), point=point),)
        case "swipe":
            return (act("scroll", direction=_turned(said.get("direction")), point=point),)
        case "open_app":
            return (act("open_app", name=said.get("app_name")),)
        case "answer":
            return (act("answer", text=said.get("text")),)
        case "status":
            return (act("finish", outcome=_outcome(said.get("goal_status"))),)
        case "navigate_home" | "navigate_back" | "keyboard_enter" | "wait" as kind:
            return (_BARE[kind],)
    raise ValueError("unknown action_type: use one of those in AndroidControl or AndroidWorld")


def _place(said: dict[str, Any], grid: Grid) -> list[float] | None:
    if said.get("x") is None and said.get("y") is None:
        return None
    return read_point([said.get("x"), said.get("y")], grid)


def _focus(point: list[float] | None) -> list[Action]:
    return [] if point is None else [Action("click", {"point": point})]


def _turned(direction: Any) -> str:
    if not isinstance(direction, str) or direction not in OPPOSITE:
        raise ValueError(f"direction must be one of {', '.join(OPPOSITE)}")
    return OPPOSITE[direction]


def _outcome(status: Any) -> str:
    if not isinstance(status, str) or status not in _OUTCOMES:
        raise ValueError(f"goal_status must be one of {', '.join(_OUTCOMES)}")
    return _OUTCOMES[status]


def _write(action: Action, screen: Screen) -> str:
    return json.dumps(_say(action, _grid(screen)), ensure_ascii=False)


def _say(action: Action, grid: Grid) -> dict[str, Any]:
    for name, bare in _BARE.items():
        if action == bare:
            return {"action_type": name}
    for name, kind in _PLACED.items():
        if action.type == kind:
            return {"action_type": name, **_at(take(action, "point")[0], grid)}
    match action.type:
        case "type":
            return {"action_type": "input_text", "text": take(action, "text")[0]}
        case "scroll":
            direction, point = take(action, "direction", "point")
            return {"action_type": "scroll", "direction": direction, **(_at(point, grid) if point else {})}
        case "open_app":
            return {"action_type": "open_app", "app_name": take(action, "name")[0]}
        case "answer":
            return {"action_type": "answer", "text": take(action, "text")[0]}
        case "finish":
            return {"action_type": "status", "goal_status": _GOALS[take(action, "outcome")[0] or "success"]}
    raise ValueError(f"AndroidControl cannot say {action.type} with {', '.join(action.arguments) or 'no arguments'}")


def _at(point: list[float] | None, grid: Grid) -> dict[str, int]:
    return dict(zip("xy", write_point(point, grid), strict=True))


ANDROID_CONTROL = Dialect(
    name="android_control",
    source="google-research/google-research, android_control/README.md",
    coordinates="pixels of the screenshot",
    read=_read,
    write=_write,
)
