"""BrowserGym's calls, as AgentTrek's agent writes them, → steps; the element is named from the accessibility tree.

A call is Python, ``click('a51')``, and is read as data, never run. ``scroll(dx, dy)`` turns the wheel by pixels: a positive dy
shows what is below, as in the language. ``send_msg_to_user`` ends a task when nothing follows, and is an ``answer`` otherwise.
What the language cannot say (``goto``, ``go_back``, tabs, ``focus``, ``clear``, uploads, clicks with modifier keys) is left out
as the format's own.

Source: ServiceNow/BrowserGym, browsergym/core, action/functions.py and action/highlevel.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from tracer1.actions import Action
from tracer1.dialects import arguments
from tracer1.dialects.objects import read_literal, read_statements
from tracer1.plans import Step
from tracer1.trajectories import Fault
from tracer1_data.derive import instruction_of
from tracer1_data.sources.agenttrek_turns import FIX, Turn
from tracer1_data.sources.records import Unusable

_SIGNATURES = {
    "click": ("bid", "button", "modifiers"),
    "dblclick": ("bid", "button", "modifiers"),
    "hover": ("bid",),
    "fill": ("bid", "value", "enable_autocomplete_menu"),
    "select_option": ("bid", "options"),
    "press": ("bid", "key_comb"),
    "drag_and_drop": ("from_bid", "to_bid"),
    "scroll": ("delta_x", "delta_y"),
    "keyboard_press": ("key",),
    "keyboard_type": ("text",),
    "keyboard_insert_text": ("text",),
    "send_msg_to_user": ("text",),
    "report_infeasible": ("reason",),
    "noop": ("wait_ms",),
}
_OPTIONAL = frozenset({"button", "modifiers", "enable_autocomplete_menu", "wait_ms"})
_UNSAID = re.compile(
    r"goto|go_back|go_forward|new_tab|tab_\w+|focus|clear|upload_file|check|uncheck|keyboard_(?:down|up)|mouse_\w+|scroll_at"
)
_CLICKS = {
    ("click", "left"): "click",
    ("click", "right"): "right_click",
    ("click", "middle"): "middle_click",
    ("dblclick", "left"): "double_click",
}
_LONGEST_WAIT = 3_600_000


def read_action(turn: Turn, last: bool) -> Iterator[Step | Fault]:
    """Each call of the turn's action as a step, or why it is none. ``last`` says that nothing follows it."""
    try:
        statements = read_statements(turn.action)
        if not statements:
            raise ValueError("it holds no call")
    except ValueError as error:
        yield Fault("unknown action", turn.where, "action", str(error), FIX)
        return
    for number, statement in enumerate(statements):
        try:
            yield _step(statement, turn, last and number == len(statements) - 1)
        except Unusable as unusable:
            yield unusable.at(turn.where, FIX)
        except ValueError as error:
            yield Fault("unknown action", turn.where, "action", str(error), FIX)


def _step(statement: ast.stmt, turn: Turn, last: bool) -> Step:
    name, said = _call(statement)
    elements = [_named(said[key], turn) for key in ("bid", "from_bid", "to_bid") if key in said]
    action = _action(name, said, last)
    return Step(action, instruction_of(action, *elements))


def _unsaid(reason: str) -> Unusable:
    """For a call that BrowserGym knows and the language does not."""
    return Unusable("unknown action", "action", reason, expected=True)


def _named(bid: Any, turn: Turn) -> tuple[str, str]:
    if element := turn.element(bid):
        return element
    raise Unusable("target not on the page", "action", f"the accessibility tree has no element {bid!r:.40}")


def _call(statement: ast.stmt) -> tuple[str, dict[str, Any]]:
    match statement:
        case ast.Expr(ast.Call(ast.Name(name), values, keywords)):
            names = _SIGNATURES.get(name)
        case _:
            raise ValueError("it is no call such as click('a51')")
    if _UNSAID.fullmatch(name):
        raise _unsaid(f"the language has no {name}")
    if names is None or len(values) > len(names) or not all(keyword.arg in names for keyword in keywords):
        raise ValueError(f"{name!r:.40} is no call, or takes no such arguments: known are {', '.join(_SIGNATURES)}")
    said = dict(zip(names, map(read_literal, values), strict=False))
    said |= {keyword.arg: read_literal(keyword.value) for keyword in keywords if keyword.arg}
    if missing := [key for key in names if key not in said and key not in _OPTIONAL]:
        raise ValueError(f"{name} needs {', '.join(missing)}")
    return name, said


def _action(name: str, said: dict[str, Any], last: bool) -> Action:
    match name:
        case "click" | "dblclick":
            return Action(_click(name, said))
        case "hover":
            return Action("hover")
        case "drag_and_drop":
            return Action("drag")
        case "fill":
            return Action("type", {"text": said["value"]})
        case "keyboard_type" | "keyboard_insert_text":
            return Action("type", {"text": said["text"]})
        case "select_option":
            return Action("select", {"value": _option(said["options"])})
        case "press" | "keyboard_press":
            return Action("key", {"key": _key(said.get("key_comb", said.get("key")))})
        case "scroll":
            return Action("scroll", _wheel(said["delta_x"], said["delta_y"]))
        case "noop":
            return Action("wait", _pause(said.get("wait_ms")))
        case "send_msg_to_user":
            return Action("finish", {"answer": said["text"]}) if last else Action("answer", {"text": said["text"]})
    if not last:  # report_infeasible
        raise ValueError(f"{name} ends the task, but steps follow")
    return Action("finish", {"outcome": "failure", "answer": said["reason"]})


def _click(name: str, said: dict[str, Any]) -> str:
    kind = (name, str(said.get("button", "left")))
    if said.get("modifiers") or kind not in _CLICKS:
        raise _unsaid("the language has no such click")
    return _CLICKS[kind]


def _option(options: Any) -> Any:
    if not isinstance(options, list):
        return options
    if len(options) != 1:
        raise _unsaid(f"the language selects one option, not {len(options)}")
    return options[0]


def _key(combination: Any) -> str:
    if not isinstance(combination, str):
        raise ValueError("a key is a name such as Enter")
    return arguments.join_keys(arguments.split_keys(combination.replace("ControlOrMeta", "Control")))


def _wheel(across: Any, down: Any) -> dict[str, Any]:
    """The longer way decides, the vertical one when they are equal."""
    if not all(isinstance(way, int | float) for way in (across, down)):
        raise ValueError("a scroll is by two numbers")
    if abs(down) >= abs(across):
        return arguments.turn(down, "down", "up")
    return arguments.turn(across, "right", "left")


def _pause(milliseconds: Any) -> dict[str, float]:
    if milliseconds is None:
        return {}
    if not isinstance(milliseconds, int | float) or not 0 <= milliseconds <= _LONGEST_WAIT:
        raise ValueError(f"noop waits for 0 to {_LONGEST_WAIT} milliseconds")
    return {"seconds": milliseconds / 1000}
