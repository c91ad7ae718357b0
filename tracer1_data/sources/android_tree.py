"""Android accessibility trees as AndroidControl stores them: what is visible and named, and what a tap hits.

The window with the greatest layer is in front. Traps, seen in the dataset's own trees: all fields are written, also zeros;
nodes that are scrolled away have boxes beside the screen, or with swapped edges.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tracer1.coordinates import Box, Size
from tracer1.trajectories import Element
from tracer1_data.sources.android_forest import read_forest

MOST_ELEMENTS = 200
LONGEST_NAME = 100
LARGEST_TARGET = 0.5
"""Share of the screen above which a node is a page and no target: our choice."""
_ROLES = {
    "AutoCompleteTextView": "combobox",
    "Button": "button",
    "CheckBox": "checkbox",
    "CheckedTextView": "checkbox",
    "EditText": "textbox",
    "Image": "img",
    "ImageButton": "button",
    "ImageView": "img",
    "ProgressBar": "progressbar",
    "RadioButton": "radio",
    "SeekBar": "slider",
    "Spinner": "combobox",
    "Switch": "switch",
    "TextView": "text",
    "ToggleButton": "switch",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A visible node: its element (the name may be empty), whether it takes taps, and its window (0 is in front)."""

    element: Element
    takes_taps: bool
    window: int


def read_nodes(forest: memoryview, screen: Size) -> list[Node]:
    """The visible nodes of a serialized forest, windows in front first, boxes clipped to the screen. Raises BadMessage."""
    windows = sorted(read_forest(forest).windows, key=lambda window: -window.layer)
    return [node for place, window in enumerate(windows) for node in _nodes(window.tree.nodes, screen, place)]


def _nodes(nodes: Any, screen: Size, window: int) -> Iterator[Node]:
    for node in nodes:
        if node.visible and (box := _box(node.bounds, screen)):
            editable = node.editable
            name, value = _name_and_value(node)
            role = "textbox" if editable else _role(node.class_name)
            element = Element(role, name, box, value=value, focused=node.focused)
            yield Node(element, node.clickable or node.long_clickable or editable, window)


@functools.lru_cache(1024)
def _role(class_name: bytes) -> str:
    return _ROLES.get(_text(class_name).rpartition(".")[2], "group")


def _name_and_value(node: Any) -> tuple[str, str]:
    text = _text(node.text)
    if node.editable:
        name = _text(node.description) or _text(node.hint)
        return (name, "" if node.password else text) if name else (text, "")
    return text or _text(node.description) or _text(node.hint) or _text(node.tooltip), ""


def _text(value: bytes) -> str:
    return " ".join(value[: 4 * LONGEST_NAME].decode("utf-8", "replace").split())[:LONGEST_NAME]


def _box(edges: Any, screen: Size) -> Box | None:
    left, top = max(0, edges.left), max(0, edges.top)
    right, bottom = min(screen.width, edges.right), min(screen.height, edges.bottom)
    return Box(left, top, right, bottom, "pixel") if left < right and top < bottom else None


def elements_of(nodes: list[Node]) -> tuple[Element, ...]:
    """What has a name, at most :data:`MOST_ELEMENTS`, in the order of the nodes."""
    return tuple(node.element for node in nodes if node.element.name)[:MOST_ELEMENTS]


def target_of(nodes: list[Node], x: float, y: float, screen: Size) -> Box | None:
    """The box (pixels) that a tap at ``x``, ``y`` had to hit: in the window in front, the smallest node there that takes
    taps, else the smallest; None when there is none, or it is a whole page."""
    largest = LARGEST_TARGET * screen.width * screen.height
    hit = [
        (node.window, not node.takes_taps, area, number)
        for number, node in enumerate(nodes)
        if node.element.box.left <= x < node.element.box.right
        and node.element.box.top <= y < node.element.box.bottom
        and (area := _area(node.element.box)) <= largest
    ]
    return nodes[min(hit)[-1]].element.box if hit else None


def _area(box: Box) -> float:
    return (box.right - box.left) * (box.bottom - box.top)
