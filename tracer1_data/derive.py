"""A step instruction for an action that was recorded without one: one short English sentence.

A place is said in words (``at the top left of the screen``), never in numbers: the executor finds it, and a planner that
learns the sentence learns no coordinates. Whoever uses this marks the trajectory ``instructions="derived"``.
"""

from __future__ import annotations

from typing import Any

from tracer1.actions import Action

LONGEST_TEXT = 60
"""Characters of a typed text that are repeated; the action itself has all of it."""
_POINTED = {
    "click": "Click",
    "double_click": "Double-click",
    "triple_click": "Triple-click",
    "right_click": "Right-click",
    "middle_click": "Middle-click",
    "long_press": "Press and hold",
}
_SIMPLE = {
    "press_back": "Go back",
    "press_home": "Go to the home screen",
    "press_recent": "Show the recent applications",
    "wait": "Wait",
    "ask_user": "Ask the user",
}


def instruction_of(action: Action) -> str:
    """The instruction: one non-empty line with single spaces, the same for the same action."""
    given = action.arguments
    if action.type in _POINTED:
        return f"{_POINTED[action.type]}{_at(given.get('point'))}"
    match action.type:
        case "hover":
            return f"Move the pointer{_from_to(None, given.get('point'))}"
        case "drag":
            return f"Drag{_from_to(given.get('start'), given.get('end'))}"
        case "type":
            return _typed(given["text"])
        case "select":
            return f'Select "{_short(given["value"])}"'
        case "key":
            return f"Press {_short(given['key']) or 'space'}"
        case "scroll":
            return f"Scroll {given['direction']}"
        case "open_app":
            return f'Open "{_short(given["name"])}"'
        case "answer":
            return f'Answer "{_short(given["text"])}"'
        case "finish":
            return "Stop: the task cannot be done" if given.get("outcome") == "failure" else "Done"
        case "call_tool":
            return f'Call "{_short(given["name"])}"'
    return _SIMPLE[action.type]


def place_of(point: list[float]) -> str:
    """Where on the screen a ``thousand`` point lies, by thirds: ``top left``, ``left``, ``middle``, …"""
    column, row = (min(2, int(value * 3 / 1000)) for value in point)
    return " ".join(filter(None, (("top", "", "bottom")[row], ("left", "", "right")[column]))) or "middle"


def _at(point: Any) -> str:
    return f" at the {place_of(point)} of the screen" if point else ""


def _from_to(start: Any, end: Any) -> str:
    begins = f" from the {place_of(start)}" if start else ""
    ends = f" to the {place_of(end)}" if end else ""
    return f"{begins}{ends} of the screen" if begins or ends else ""


def _typed(text: str) -> str:
    said = f'Type "{_short(text)}"' if text.strip() else ""
    if text.endswith("\n"):
        return f"{said} and press Enter" if said else "Press Enter"
    return said or "Type spaces"


def _short(text: str) -> str:
    said = " ".join(text.split())
    return said if len(said) <= LONGEST_TEXT else f"{said[:LONGEST_TEXT].rstrip()} …"
