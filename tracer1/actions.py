"""The action space: one registry from which the prompt, the parser, the renderer and the documentation take everything.

It covers the desktop, mobile and web actions of UI-TARS, Qwen3-VL's ``computer_use`` and ``mobile_use``, and tool calls.
A planner need not give a point: the executor finds the place from the step instruction. Every point is ``[x, y]`` in
``thousand``. ``tracer1/LANGUAGE.md`` has the table of all actions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

DIRECTIONS = ("up", "down", "left", "right")
OUTCOMES = ("success", "failure")
EVERYWHERE = ("web", "desktop", "mobile")
POINTER = ("web", "desktop")
PLACEHOLDERS = ("<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>")
THOUGHT = ("<think>", "</think>")
LARGEST = 1_000_000
DEEPEST = 10
_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Kind:
    """What values an argument takes: how a prompt shows one, what is asked of it in words, and the check."""

    shown: str
    asks: str
    accepts: Callable[[Any], bool]


def _is_number(value: Any, largest: float = LARGEST) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= largest


def is_text(value: Any) -> bool:
    """A string that can be stored and stand in a plan: no half of a surrogate pair, no token for a picture or a thought."""
    if not isinstance(value, str) or _HALF.search(value):
        return False
    return "<" not in value or not any(token in value for token in (*PLACEHOLDERS, *THOUGHT))


def _is_point(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and _is_number(value[0], 1000) and _is_number(value[1], 1000)


def _is_json(value: Any, depth: int = 0) -> bool:
    """What JSON can write and read back unchanged, at most ten levels deep."""
    if isinstance(value, dict | list) and depth < DEEPEST:
        parts = [*value, *value.values()] if isinstance(value, dict) else value
        return all(_is_json(part, depth + 1) for part in parts)
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, int) or is_text(value)


KINDS: dict[str, Kind] = {
    "text": Kind('"..."', "text", is_text),
    "point": Kind("[x, y]", "[x, y] with 0 <= x, y <= 1000", _is_point),
    "number": Kind("1", f"a number between 0 and {LARGEST:,}", _is_number),
    "direction": Kind('"down"', f"one of {', '.join(DIRECTIONS)}", lambda value: value in DIRECTIONS),
    "outcome": Kind('"success"', f"one of {', '.join(OUTCOMES)}", lambda value: value in OUTCOMES),
    "object": Kind("{...}", "a JSON object", lambda value: isinstance(value, dict) and _is_json(value)),
}


@dataclass(frozen=True, slots=True)
class ActionType:
    """One operation: what the prompt says of it, its arguments (name to :data:`KINDS`), which are required, and where."""

    name: str
    says: str
    arguments: dict[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    platforms: tuple[str, ...] = EVERYWHERE

    @property
    def signature(self) -> str:
        """``scroll(direction="down", point=[x, y] (optional))``: how a prompt shows the action."""
        shown = (
            f"{name}={KINDS[kind].shown}{'' if name in self.required else ' (optional)'}"
            for name, kind in self.arguments.items()
        )
        return f"{self.name}({', '.join(shown)})"


_AT = {"point": "point"}
REGISTRY: dict[str, ActionType] = {
    kind.name: kind
    for kind in (
        ActionType("click", "click the place that the instruction names", _AT),
        ActionType("double_click", "double-click it", _AT),
        ActionType("triple_click", "triple-click it, which selects a line", _AT, platforms=POINTER),
        ActionType("right_click", "open its context menu", _AT, platforms=POINTER),
        ActionType("middle_click", "click it with the middle button", _AT, platforms=POINTER),
        ActionType("hover", "move the pointer over it", _AT, platforms=POINTER),
        ActionType("long_press", "press and hold it", {"point": "point", "seconds": "number"}, platforms=("mobile",)),
        ActionType("drag", "drag from one place to another", {"start": "point", "end": "point"}),
        ActionType("select", "choose an option of a list", {"value": "text", "point": "point"}, ("value",), ("web",)),
        ActionType("type", "enter text at the focus", {"text": "text", "point": "point"}, ("text",)),
        ActionType("key", "press a key or a combination such as ctrl+c", {"key": "text"}, ("key",)),
        ActionType(
            "scroll",
            "move the view: down shows what is below",
            {"direction": "direction", "point": "point", "amount": "number"},
            ("direction",),
        ),
        ActionType("open_app", "open an application", {"name": "text"}, ("name",), ("mobile", "desktop")),
        ActionType("press_back", "go back", platforms=("mobile",)),
        ActionType("press_home", "go to the home screen", platforms=("mobile",)),
        ActionType("press_recent", "show the recent applications", platforms=("mobile",)),
        ActionType("wait", "let the screen settle", {"seconds": "number"}),
        ActionType("answer", "tell the user the answer to a question", {"text": "text"}, ("text",)),
        ActionType("ask_user", "hand over to the user", {"question": "text"}),
        ActionType("finish", "the task is done", {"answer": "text", "outcome": "outcome"}),
        ActionType("call_tool", "call a tool", {"name": "text", "arguments": "object"}, ("name",), ("tool",)),
    )
}


@dataclass(frozen=True, slots=True)
class Action:
    """One operation and its arguments. Raises ValueError for an unknown type, argument, or a value of the wrong kind."""

    type: str
    arguments: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problem = find_problem(self.type, self.arguments)
        if problem:
            raise ValueError(problem)


def find_problem(name: str, arguments: dict[str, Any]) -> str | None:
    """What is wrong with this operation, in one sentence, or None when it is legal."""
    kind = REGISTRY.get(name)
    if kind is None:
        return f"unknown action {name!r}: use one of {', '.join(REGISTRY)}"
    if not isinstance(arguments, dict):
        return f"the arguments of {name} must be an object, got {type(arguments).__name__}"
    for key, value in arguments.items():
        if key not in kind.arguments:
            return f"{name} has no argument {key!r}; it takes {', '.join(kind.arguments) or 'none'}"
        wanted = KINDS[kind.arguments[key]]
        if not wanted.accepts(value):
            return f"{name}.{key} must be {wanted.asks}, got {_shown(value)}"
    for key in kind.required:
        if key not in arguments:
            return f"{name} needs the argument {key!r}"
    return None


def _shown(value: Any) -> str:
    return f"{value!r:.60}" if isinstance(value, str | int | float) else type(value).__name__


def for_platform(platform: str) -> list[ActionType]:
    """The operations a platform knows (``web``, ``desktop``, ``mobile``, ``tool``). Raises ValueError if there are none."""
    kinds = [kind for kind in REGISTRY.values() if platform in kind.platforms or kind.name == "finish"]
    if len(kinds) < 2:
        raise ValueError(f"unknown platform {platform!r}: use web, desktop, mobile or tool")
    return kinds


def document() -> str:
    """The registry as a Markdown table."""
    rows = [f"| `{kind.signature}` | {kind.says} | {', '.join(kind.platforms)} |" for kind in REGISTRY.values()]
    return "\n".join(["| action | what it does | platforms |", "|---|---|---|", *rows]) + "\n"
