"""GUI-Odyssey's steps: a JSON object with the step's ``action`` and ``info``, in ``thousand``; only read.

``info`` of a click may hold its point twice; the first counts. ``SCROLL`` is the finger's way from the first point of ``info``
to the second, the opposite of ours. ``COMPLETE`` is success, ``INCOMPLETE`` (``IMPOSSIBLE`` after the dataset's own conversion)
failure.

Source: OpenGVLab/GUI-Odyssey, introduction.md and data/format_converter.py.
"""

from __future__ import annotations

from typing import Any

from tracer1.actions import Action
from tracer1.dialects.arguments import act
from tracer1.dialects.base import Dialect, Screen
from tracer1.dialects.objects import read_object
from tracer1.dialects.points import THOUSAND, read_point, scroll_of


def _read(text: str, screen: Screen) -> tuple[Action, ...]:
    step = read_object(text)
    return (_action(step.get("action"), step.get("info")),)


def _action(name: Any, info: Any) -> Action:
    match name, info:
        case "CLICK", "KEY_HOME":
            return act("press_home")
        case "CLICK", "KEY_BACK":
            return act("press_back")
        case "CLICK", "KEY_APPSELECT":
            return act("press_recent")
        case "CLICK", [point, *_]:
            return act("click", point=_place(point))
        case "LONG_PRESS", [point, *_]:
            return act("long_press", point=_place(point))
        case "SCROLL", [start, end]:
            return scroll_of(_place(start), _place(end))
        case (("TEXT" | "TYPE"), _):
            return act("type", text=info)
        case "COMPLETE", _:
            return act("finish", outcome="success")
        case (("INCOMPLETE" | "IMPOSSIBLE"), _):
            return act("finish", outcome="failure")
    raise ValueError(
        "a step is CLICK, LONG_PRESS, SCROLL, TEXT, COMPLETE or INCOMPLETE; info is [[x, y]], [[x1, y1], [x2, y2]], "
        "KEY_HOME, KEY_BACK, KEY_APPSELECT or the text"
    )


def _place(numbers: Any) -> list[float] | None:
    return read_point([] if numbers is None else numbers, THOUSAND)


GUI_ODYSSEY = Dialect(
    name="gui_odyssey",
    source="OpenGVLab/GUI-Odyssey, data/format_converter.py",
    coordinates="thousand",
    read=_read,
)
