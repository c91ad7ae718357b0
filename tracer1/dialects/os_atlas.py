"""OS-Atlas' actions: ``actions:`` and then one action a line, such as ``CLICK <point>[[x,y]]</point>``; ``thousand``.

``SCROLL [DOWN]`` is read as its words say, the direction of the view, as in the AndroidControl rows that OS-Atlas converts.
``COMPLETE`` is success and ``IMPOSSIBLE`` failure; ``finish`` without an outcome is written as ``COMPLETE``.

Source: OS-Copilot/OS-Atlas, eval/data (the prompts of ac_test.jsonl, gui_act_web_test.jsonl, gui_odyssey_test.jsonl).
"""

from __future__ import annotations

import re

from tracer1.actions import Action
from tracer1.dialects.arguments import act, take
from tracer1.dialects.base import Dialect, Screen
from tracer1.dialects.points import THOUSAND, read_numbers, read_point, write_point

_HEADING = re.compile(r"^actions?:", re.IGNORECASE | re.MULTILINE)
_ACTION = re.compile(r"([A-Z_]+)(?:[ ]?<point>\[\[([^<>\[\]]*)\]\]</point>|[ ]\[(.*)\])?", re.DOTALL)
_BARE = {
    "PRESS_BACK": Action("press_back"),
    "PRESS_HOME": Action("press_home"),
    "PRESS_RECENT": Action("press_recent"),
    "ENTER": Action("key", {"key": "enter"}),
    "WAIT": Action("wait"),
    "COMPLETE": Action("finish", {"outcome": "success"}),
    "IMPOSSIBLE": Action("finish", {"outcome": "failure"}),
}
_PLACED = {"CLICK": "click", "LONG_PRESS": "long_press"}
_WORDED = {"TYPE": ("type", "text"), "OPEN_APP": ("open_app", "name"), "SCROLL": ("scroll", "direction")}


def _read(text: str, screen: Screen) -> tuple[Action, ...]:
    heading = None if _is_action(text) else _HEADING.search(text)
    lines = text[heading.end() if heading else 0 :].split("\n")
    actions = tuple(_read_line(line.strip()) for line in lines if line.strip())
    if not actions:
        raise ValueError("there is no action such as CLICK <point>[[500,500]]</point>")
    return actions


def _is_action(text: str) -> bool:
    return _ACTION.fullmatch(text.split("\n", 1)[0].strip()) is not None


def _read_line(line: str) -> Action:
    found = _ACTION.fullmatch(line)
    if found is None:
        raise ValueError(f"not an action such as CLICK <point>[[500,500]]</point>: {line!r:.60}")
    name, place, words = found.groups()
    if name in _PLACED and place is not None:
        return act(_PLACED[name], point=read_point(read_numbers(place), THOUSAND))
    if name in _WORDED and words is not None:
        kind, argument = _WORDED[name]
        return act(kind, **{argument: words.lower() if name == "SCROLL" else words})
    if name in _BARE and place is None and words is None:
        return _BARE[name]
    raise ValueError(f"unknown action {line!r:.60}: use one of {', '.join([*_PLACED, *_WORDED, *_BARE])}")


def _write(action: Action, screen: Screen) -> str:
    if action == Action("finish"):
        return "COMPLETE"
    for name, bare in _BARE.items():
        if action == bare:
            return name
    for name, kind in _PLACED.items():
        if action.type == kind:
            x, y = write_point(take(action, "point")[0], THOUSAND)
            return f"{name} <point>[[{x},{y}]]</point>"
    for name, (kind, argument) in _WORDED.items():
        if action.type == kind:
            (words,) = take(action, argument)
            if "\n" in words:
                raise ValueError("OS-Atlas writes one action a line: the text must not hold a line break")
            return f"{name} [{words.upper() if name == 'SCROLL' else words}]"
    raise ValueError(f"OS-Atlas cannot say {action.type} with {', '.join(action.arguments) or 'no arguments'}")


OS_ATLAS = Dialect(
    name="os_atlas", source="OS-Copilot/OS-Atlas, eval/data", coordinates="thousand", read=_read, write=_write
)
