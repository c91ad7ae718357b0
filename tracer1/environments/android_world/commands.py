"""What AndroidWorld's phone is told to do: ``JSONAction`` fields, with its meanings and not ours where they differ.

Places are whole pixels of the logical screen. ``scroll`` names the direction of the view, as ours does, and moves the whole
screen wherever it starts (``swipe`` is its opposite for up and down, but the same for left and right, so it is never said).
``input_text`` clicks its place first, and always presses enter afterwards, so one line break at the end of a text is left out;
without text it does nothing at all, so that is refused. What is not ASCII AndroidWorld itself leaves out or spells plainly.
``wait`` is one second, said as often as it takes. An answer must be given before the end: one that comes with ``finish`` is
said first. Nobody answers questions, so ``ask_user`` ends the task as infeasible. There is no drag, no key but enter, back and
home, and no second button.

Sources: google-research/android_world, android_world/env/json_action.py, env/actuation.py, env/adb_utils.py, env/interface.py.
"""

from __future__ import annotations

from typing import Any

from tracer1.actions import Action
from tracer1.coordinates import Size, round_half_up
from tracer1.environments.plan_act import pixel

JsonAction = dict[str, Any]
LONGEST_WAIT = 30
_PLACED = {"click": "click", "double_click": "double_tap", "long_press": "long_press"}
_BUTTONS = {"press_back": "navigate_back", "press_home": "navigate_home"}
_KEYS = {
    **dict.fromkeys(("enter", "return"), "keyboard_enter"),
    **dict.fromkeys(("back", "escape", "esc"), "navigate_back"),
    "home": "navigate_home",
}


def commands(action: Action, screen: Size) -> list[JsonAction]:
    """The fields of one ``JSONAction`` after the other; places are ``thousand`` of the logical ``screen``. Raises ValueError
    when it cannot be done."""
    said = action.arguments
    if any(isinstance(value, str) and "\0" in value for value in said.values()):
        raise ValueError("adb takes no text with a NUL in it")
    if action.type in _PLACED:
        return [{"action_type": _PLACED[action.type], **_at(action, screen)}]
    if action.type in _BUTTONS:
        return [{"action_type": _BUTTONS[action.type]}]
    match action.type:
        case "type":
            return [_type(action, screen)]
        case "key" if said["key"].lower() in _KEYS:
            return [{"action_type": _KEYS[said["key"].lower()]}]
        case "scroll":
            return [{"action_type": "scroll", "direction": said["direction"]}]
        case "open_app":
            return [_open(said["name"])]
        case "wait":
            return [{"action_type": "wait"}] * max(1, min(LONGEST_WAIT, round_half_up(said.get("seconds", 1))))
        case "answer":
            return [_answer(said["text"])]
        case "ask_user":
            return [_status("infeasible")]
        case "finish":
            told = [_answer(said["answer"])] if said.get("answer") else []
            return [*told, _status("infeasible" if said.get("outcome") == "failure" else "complete")]
    raise ValueError(f"AndroidWorld's phone cannot do {action.type} {' '.join(map(str, said.values()))}".rstrip())


def _type(action: Action, screen: Size) -> JsonAction:
    text = action.arguments["text"].replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    if text:
        place = _at(action, screen) if "point" in action.arguments else {}
        return {"action_type": "input_text", "text": text, **place}
    if action.arguments["text"]:
        return {"action_type": "keyboard_enter"}
    raise ValueError("there is no text to type")


def _open(name: str) -> JsonAction:
    """Without a name AndroidWorld raises, and its runner would play the episode again instead of scoring it."""
    if not name.strip():
        raise ValueError("open_app needs the application's name")
    return {"action_type": "open_app", "app_name": name}


def _answer(text: str) -> JsonAction:
    return {"action_type": "answer", "text": text}


def _status(goal: str) -> JsonAction:
    return {"action_type": "status", "goal_status": goal}


def _at(action: Action, screen: Size) -> JsonAction:
    point = action.arguments.get("point")
    if point is None:
        raise ValueError(f"{action.type} needs a point: nobody has found it")
    return {"x": pixel(point[0], screen.width), "y": pixel(point[1], screen.height)}
