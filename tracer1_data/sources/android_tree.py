"""Android accessibility trees as AndroidControl stores them: what is visible and named, and what a tap hits.

Source: google-deepmind/android_env, android_env/proto/a11y: AndroidAccessibilityForest.windows = 1; a window's layer = 4 (the
greatest is in front) and tree = 11; a tree's nodes = 1; the fields of a node are below. Traps, seen in the dataset's own
trees: all fields are written, also zeros; nodes that are scrolled away have boxes beside the screen, or with swapped edges.
"""

from __future__ import annotations

from dataclasses import dataclass

from tracer1.coordinates import Box, Size
from tracer1.trajectories import Element
from tracer1_data.sources.wire import BYTES, VARINT, BadMessage, fields, signed, write_field

MOST_ELEMENTS = 200
LONGEST_NAME = 100
LARGEST_TARGET = 0.5
"""Share of the screen above which a node is a page and no target: our choice."""
_WINDOWS, _LAYER, _TREE, _NODES = 1, 4, 11, 1
_BOUNDS, _CLASS, _DESCRIPTION, _HINT, _TEXT, _TOOLTIP = 2, 3, 4, 5, 7, 31
_CLICKABLE, _EDITABLE, _FOCUSED, _LONG_CLICKABLE, _PASSWORD, _VISIBLE = 14, 15, 18, 19, 20, 23
_SHOWN = write_field(_VISIBLE, 1)
"""Without these bytes a node is not visible: most are not, and need not be read."""
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
    windows = [_window(value) for number, kind, value in fields(forest) if (number, kind) == (_WINDOWS, BYTES)]
    windows.sort(key=lambda window: -window[0])
    found = (_node(data, screen, place) for place, (_, nodes) in enumerate(windows) for data in nodes)
    return [node for node in found if node is not None]


def _window(data: memoryview) -> tuple[int, list[bytes]]:
    layer, nodes = 0, []
    for number, kind, value in fields(data):
        if number == _LAYER and kind == VARINT:
            layer = signed(value, 32)
        elif number == _TREE and kind == BYTES:
            nodes = [bytes(node) for key, wire, node in fields(value) if (key, wire) == (_NODES, BYTES)]
    return layer, nodes


def _node(data: bytes, screen: Size, window: int) -> Node | None:
    if _SHOWN not in data:
        return None
    said = {number: value for number, _, value in fields(data)}
    if not said.get(_VISIBLE) or (box := _box(said.get(_BOUNDS, b""), screen)) is None:
        return None
    name, value = _name_and_value(said)
    role = "textbox" if said.get(_EDITABLE) else _ROLES.get(_text(said, _CLASS).rpartition(".")[2], "group")
    element = Element(role, name, box, value=value, focused=bool(said.get(_FOCUSED)))
    return Node(element, any(map(said.get, (_CLICKABLE, _LONG_CLICKABLE, _EDITABLE))), window)


def _name_and_value(said: dict[int, int | bytes]) -> tuple[str, str]:
    text = _text(said, _TEXT)
    if said.get(_EDITABLE):
        name = _text(said, _DESCRIPTION) or _text(said, _HINT)
        return (name, "" if said.get(_PASSWORD) else text) if name else (text, "")
    return text or _text(said, _DESCRIPTION) or _text(said, _HINT) or _text(said, _TOOLTIP), ""


def _text(said: dict[int, int | bytes], field: int) -> str:
    value = said.get(field, b"")
    if not isinstance(value, bytes):
        raise BadMessage(f"field {field} of a node is no text")
    return " ".join(value[: 4 * LONGEST_NAME].decode("utf-8", "replace").split())[:LONGEST_NAME]


def _box(data: int | bytes, screen: Size) -> Box | None:
    if not isinstance(data, bytes):
        raise BadMessage("the bounds of a node are no message")
    edges = {number: signed(value, 32) for number, kind, value in fields(data) if kind == VARINT}
    left, top, right, bottom = (edges.get(number, 0) for number in (1, 2, 3, 4))
    left, top, right, bottom = max(0, left), max(0, top), min(screen.width, right), min(screen.height, bottom)
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
