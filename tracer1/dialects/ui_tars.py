"""UI-TARS' actions: ``Thought: ...`` and ``Action: click(start_box='(500,500)')``, several separated by a blank line.

UI-TARS 1.0 writes ``start_box='<|box_start|>(x,y)<|box_end|>'`` in ``thousand`` (the box tokens may have been stripped);
1.5 writes ``point='<point>x y</point>'`` or ``start_box='(x,y)'`` in pixels of the smart-resized image. Four numbers are a
box and mean its centre. ``scroll(direction=)`` names the side to see more of, as ours does; the mobile
``scroll(start_box=, end_box=)`` is the finger's way, which is the opposite. The first is what is written. Text that ends in
a line break is submitted.

Sources: bytedance/UI-TARS README_v1.md, codes/ui_tars/prompt.py, codes/ui_tars/action_parser.py, data/training_example.json.
"""

from __future__ import annotations

import re
from typing import Any

from tracer1.actions import REGISTRY, Action
from tracer1.dialects.arguments import act, join_keys, split_keys, take
from tracer1.dialects.base import Dialect, Screen
from tracer1.dialects.calls import read_calls, write_call
from tracer1.dialects.points import THOUSAND, Grid, read_numbers, read_point, scroll_of, write_point

Vocabulary = dict[str, tuple[str, dict[str, str]]]  # an action's other name, and the other names of its arguments

_TOKENS = re.compile(r"<\|box_(?:start|end)\|>|</?(?:point|bbox)>|[()\[\]]")


def _vocabulary(point: str, start: str, end: str) -> Vocabulary:
    return {
        "click": ("click", {"point": point}),
        "double_click": ("left_double", {"point": point}),
        "right_click": ("right_single", {"point": point}),
        "long_press": ("long_press", {"point": point}),
        "drag": ("drag", {"start": start, "end": end}),
        "scroll": ("scroll", {"point": point, "direction": "direction"}),
        "key": ("hotkey", {"key": "key"}),
        "type": ("type", {"text": "content"}),
        "press_home": ("press_home", {}),
        "press_back": ("press_back", {}),
        "wait": ("wait", {}),
        "finish": ("finished", {"answer": "content"}),
    }


_FIRST = _vocabulary("start_box", "start_box", "end_box") | {
    "long_press": ("long_press", {"point": "start_box", "seconds": "time"}),
    "ask_user": ("call_user", {}),
}
_LATER = _vocabulary("point", "start_point", "end_point") | {"open_app": ("open_app", {"name": "app_name"})}
_SAME = {"point": "start_box", "start_point": "start_box", "end_point": "end_box"}
_READ: Vocabulary = {
    theirs: (ours, {_SAME.get(there, there): here for here, there in names.items()})
    for ours, (theirs, names) in (_LATER | _FIRST).items()
} | {
    "left_single": ("click", {"start_box": "point"}),
    "hover": ("hover", {"start_box": "point"}),
    "select": ("click", {"start_box": "point"}),  # opens a list or picks an item of it: a click, and no value is named
}


def _read(text: str, grid: Grid) -> tuple[Action, ...]:
    actions: list[Action] = []
    for call, arguments in read_calls(text):
        actions += _actions(call, {_SAME.get(name, name): value for name, value in arguments.items()}, grid)
    if not actions:
        raise ValueError("there is no action such as click(start_box='(500,500)')")
    return tuple(actions)


def _actions(call: str, given: dict[str, str], grid: Grid) -> list[Action]:
    if call == "scroll" and "end_box" in given:
        return [scroll_of(_point(given.get("start_box", ""), grid), _point(given["end_box"], grid))]
    if call == "select" and "end_box" in given:
        return _actions("drag", given, grid)
    if call == "type" and "start_box" in given:  # first a click on the text field
        text = {name: value for name, value in given.items() if name != "start_box"}
        return [*_actions("click", {"start_box": given["start_box"]}, grid), *_actions("type", text, grid)]
    if call not in _READ:
        raise ValueError(f"unknown action {call!r:.40}: use one of {', '.join(_READ)}")
    kind, names = _READ[call]
    for name in given:
        if name not in names:
            raise ValueError(f"{call} has no argument {name!r:.40}")
    for name, ours in names.items():
        if _is_place(kind, ours) and not given.get(name):
            raise ValueError(f"{call} needs {name}")
    return [act(kind, **{names[name]: _value(kind, names[name], text, grid) for name, text in given.items()})]


def _is_place(kind: str, argument: str) -> bool:
    """Whether the argument is a place that UI-TARS always says; a scroll may do without."""
    return REGISTRY[kind].arguments[argument] == "point" and kind != "scroll"


def _value(kind: str, name: str, text: str, grid: Grid) -> Any:
    """The value of our argument; None where the model left one empty that it may leave out."""
    if not text and name not in REGISTRY[kind].required:
        return None
    what = REGISTRY[kind].arguments[name]
    if what == "point":
        return _point(text, grid)
    if kind == "key":
        return join_keys(text.split())
    return float(text) if what == "number" else text


def _point(text: str, grid: Grid) -> list[float] | None:
    return read_point(read_numbers(_TOKENS.sub(" ", text)), grid)


def _write(action: Action, grid: Grid, vocabulary: Vocabulary, place: str) -> str:
    if action.type not in vocabulary:
        raise ValueError(f"UI-TARS cannot say {action.type}: it says {', '.join(vocabulary)}")
    call, names = vocabulary[action.type]
    written: dict[str, str] = {}
    for name, value in zip(names, take(action, *names), strict=True):
        if name in ("point", "start", "end") and (value is not None or _is_place(action.type, name)):
            written[names[name]] = place.format(*write_point(value, grid))
        elif value is not None:
            written[names[name]] = " ".join(split_keys(value)) if call == "hotkey" else str(value)
    return write_call(call, written)


def _resized(screen: Screen) -> Grid:
    if screen.resized is None:
        raise ValueError("UI-TARS-1.5 counts pixels of the smart-resized image: give its size as Screen(resized=...)")
    return screen.resized.width, screen.resized.height


UI_TARS = Dialect(
    name="ui_tars",
    source="bytedance/UI-TARS, README_v1.md",
    coordinates="thousand",
    read=lambda text, screen: _read(text, THOUSAND),
    write=lambda action, screen: _write(action, THOUSAND, _FIRST, "<|box_start|>({},{})<|box_end|>"),
)
UI_TARS_1_5 = Dialect(
    name="ui_tars_1_5",
    source="bytedance/UI-TARS, codes/ui_tars/prompt.py",
    coordinates="pixels of the smart-resized image",
    read=lambda text, screen: _read(text, _resized(screen)),
    write=lambda action, screen: _write(action, _resized(screen), _LATER, "<point>{} {}</point>"),
)
