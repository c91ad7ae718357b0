"""The page's accessibility tree as :class:`~tracer1.trajectories.Element` objects, and how a step names one of them.

Names follow the standard order (label, aria-label, text, placeholder, title, alt). Where a page gives none, a field is
named by the text beside it, an icon by its class (``trash``, ``star``), and a field with neither by its ordinal
(``2nd``). Only elements that are visible and would receive a click at their centre are listed; the task's own text is
left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from tracer1.coordinates import Box
from tracer1.trajectories import Element

SCRIPT = files(__package__).joinpath("accessibility.js").read_text(encoding="utf-8")
# How a role is called in a step instruction; quoted roles show content, whose name is copied exactly.
_QUOTED = {
    "checkbox": "checkbox",
    "radio": "radio button",
    "link": "link",
    "option": "option",
    "tab": "tab",
    "heading": "section",
}
_NAMED = {"textbox": "field", "slider": "slider", "combobox": "dropdown"}


def to_elements(nodes: Sequence[dict[str, Any]]) -> tuple[Element, ...]:
    """Elements from what the page script returns (boxes in screenshot pixels)."""
    return tuple(Element(**{**node, "box": Box(*node["box"], "pixel")}) for node in nodes)


def phrase(element: Element, elements: Sequence[Element] = ()) -> str:
    """How a step instruction names ``element``: ``the username field``, ``the checkbox "abc"``, ``the trash of Bob``.

    The group is added when another of ``elements`` would be called the same.
    """
    short = _short(element)
    if element.group and any(other is not element and _short(other) == short for other in elements):
        return f"{short} of {element.group}"
    return short


def _short(element: Element) -> str:
    ordinal = element.name[:-2].isdigit() and element.name[-2:] in ("st", "nd", "rd", "th")
    if element.role in _NAMED or (element.role in _QUOTED and ordinal):
        noun = _NAMED.get(element.role) or _QUOTED[element.role]
        return f"the {element.name.lower()} {noun}" if element.name else f"the {noun}"
    if element.role in _QUOTED:
        return f'the {_QUOTED[element.role]} "{element.name}"'
    if element.role == "gridcell":
        return f"day {element.name}"
    return f"the {element.name}" if element.role in ("image", "row") else element.name
