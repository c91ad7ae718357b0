"""Qwen3-VL's ``mobile_use`` tool; :mod:`tracer1.dialects.qwen3_vl` says how it is spelled.

``swipe`` is the finger's way, the opposite of ours: it is read as a scroll at its start, and a scroll without a point is
written from the centre of the screen. The ``Menu`` button shows the recent applications; ``Enter`` is the enter key.

Source: QwenLM/Qwen3-VL, cookbooks/mobile_agent.ipynb and cookbooks/utils/agent_function_call.py.
"""

from __future__ import annotations

from typing import Any

from tracer1.actions import Action
from tracer1.dialects.arguments import act, take
from tracer1.dialects.points import scroll_of, swipe_of
from tracer1.dialects.qwen3_vl import Said, read_place, read_shared, say_shared, tool_dialect, write_place

_BUTTONS = {
    "Back": Action("press_back"),
    "Home": Action("press_home"),
    "Menu": Action("press_recent"),
    "Enter": Action("key", {"key": "enter"}),
}


def _read(said: Said) -> Action:
    point = read_place(said.get("coordinate"))
    match said["action"]:
        case "click":
            return act("click", point=point)
        case "long_press":
            return act("long_press", point=point, seconds=said.get("time"))
        case "swipe":
            return scroll_of(point, read_place(said.get("coordinate2")))
        case "system_button":
            return _read_button(said.get("button"))
        case "key":
            return act("key", key=said.get("text"))
        case "open":
            return act("open_app", name=said.get("text"))
    return read_shared(said)


def _read_button(button: Any) -> Action:
    for name, action in _BUTTONS.items():
        if button == name:
            return action
    raise ValueError(f"button must be one of {', '.join(_BUTTONS)}")


def _say(action: Action) -> list[Said]:
    for button, pressed in _BUTTONS.items():
        if action == pressed:
            return [{"action": "system_button", "button": button}]
    match action.type:
        case "click":
            return [{"action": "click", "coordinate": write_place(take(action, "point")[0])}]
        case "long_press":
            point, seconds = take(action, "point", "seconds")
            return [{"action": "long_press", "coordinate": write_place(point), "time": seconds}]
        case "scroll":
            start, end = swipe_of(*take(action, "direction", "point"))
            return [{"action": "swipe", "coordinate": write_place(start), "coordinate2": write_place(end)}]
        case "key":
            return [{"action": "key", "text": take(action, "key")[0]}]
        case "open_app":
            return [{"action": "open", "text": take(action, "name")[0]}]
    return say_shared(action)


QWEN3_VL_MOBILE = tool_dialect("qwen3_vl_mobile", "mobile_use", _read, _say)
