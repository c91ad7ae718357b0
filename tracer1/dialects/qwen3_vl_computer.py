"""Qwen3-VL's ``computer_use`` tool; :mod:`tracer1.dialects.qwen3_vl` says how it is spelled.

A wheel's ``pixels`` are positive for up (``scroll``) and, as in pyautogui, for right (``hscroll``): the direction of the
view, as ours. A drag begins, and a wheel turns, where the pointer is; so a drag from a place, or a scroll at one, is written
as a ``mouse_move`` and a second call, and read back as one action.

Source: QwenLM/Qwen3-VL, cookbooks/utils/agent_function_call.py.
"""

from __future__ import annotations

from tracer1.actions import Action
from tracer1.dialects.arguments import act, join_keys, split_keys, take, turn, turns
from tracer1.dialects.qwen3_vl import Said, read_place, read_shared, say_shared, tool_dialect, write_place

_POINTED = {
    "click": "left_click",
    "double_click": "double_click",
    "triple_click": "triple_click",
    "right_click": "right_click",
    "middle_click": "middle_click",
    "hover": "mouse_move",
}
_CLICKS = {theirs: ours for ours, theirs in _POINTED.items()}


def _read(said: Said) -> Action:
    name, point = said["action"], read_place(said.get("coordinate"))
    if name in _CLICKS:
        return act(_CLICKS[name], point=point)
    match name:
        case "left_click_drag":
            return act("drag", start=read_place(said.get("start_coordinate")), end=point)
        case "scroll":
            return act("scroll", point=point, **turn(said.get("pixels"), "up", "down"))
        case "hscroll":
            return act("scroll", point=point, **turn(said.get("pixels"), "right", "left"))
        case "key":
            return act("key", key=join_keys(said.get("keys")))
    return read_shared(said)


def _say(action: Action) -> list[Said]:
    if action.type in _POINTED:
        (point,) = take(action, "point")
        return [{"action": _POINTED[action.type], "coordinate": write_place(point)}]
    match action.type:
        case "drag":
            start, end = take(action, "start", "end")
            return [*_move(start), {"action": "left_click_drag", "coordinate": write_place(end)}]
        case "scroll":
            direction, point, amount = take(action, "direction", "point", "amount")
            name = "scroll" if direction in ("up", "down") else "hscroll"
            return [*_move(point), {"action": name, "pixels": turns(direction, amount)}]
        case "key":
            return [{"action": "key", "keys": split_keys(take(action, "key")[0])}]
    return say_shared(action)


def _move(point: list[float] | None) -> list[Said]:
    return [] if point is None else [{"action": "mouse_move", "coordinate": write_place(point)}]


QWEN3_VL_COMPUTER = tool_dialect("qwen3_vl_computer", "computer_use", _read, _say)
