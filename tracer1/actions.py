"""The action space: one registry from which the prompt, the parser and the renderer take names and arguments.

Names follow the UI-TARS action space (desktop, mobile, web) plus ``call_tool``. A planner need not give a point: the
executor finds the place from the step instruction. When a planner does give one it is ``point=[x, y]`` in ``thousand``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

DIRECTIONS = ("up", "down", "left", "right")


@dataclass(frozen=True, slots=True)
class ActionType:
    """One operation: its arguments (name to Python type), which of them are required, and what the prompt says of it."""

    name: str
    says: str
    arguments: dict[str, type] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ("web", "desktop", "mobile")


_POINT = {"point": list}
REGISTRY: dict[str, ActionType] = {
    kind.name: kind
    for kind in (
        ActionType("click", "click the place that the instruction names", _POINT),
        ActionType("double_click", "double-click it", _POINT, platforms=("web", "desktop")),
        ActionType("right_click", "open its context menu", _POINT, platforms=("web", "desktop")),
        ActionType("hover", "move the pointer over it", _POINT, platforms=("web", "desktop")),
        ActionType("long_press", "press and hold it", _POINT, platforms=("mobile",)),
        ActionType("drag", "drag from one place to another", {"start": list, "end": list}),
        ActionType("type", "enter text at the focus", {"text": str}, ("text",)),
        ActionType("key", "press a key or a combination", {"key": str}, ("key",), ("web", "desktop")),
        ActionType(
            "scroll", "move the view: down shows what is below", {"direction": str, "point": list}, ("direction",)
        ),
        ActionType("open_app", "open an application", {"name": str}, ("name",), ("mobile", "desktop")),
        ActionType("press_back", "go back", platforms=("mobile",)),
        ActionType("press_home", "go to the home screen", platforms=("mobile",)),
        ActionType("wait", "let the screen settle"),
        ActionType("finish", "the task is done", {"answer": str}),
        ActionType("call_tool", "call a tool", {"name": str, "arguments": dict}, ("name",), ("tool",)),
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
    for key, value in arguments.items():
        if key not in kind.arguments:
            return f"{name} has no argument {key!r}; it takes {', '.join(kind.arguments) or 'none'}"
        if not isinstance(value, kind.arguments[key]):
            return f"{name}.{key} must be {kind.arguments[key].__name__}, got {type(value).__name__}"
        if kind.arguments[key] is list and not _is_point(value):
            return f"{name}.{key} must be [x, y] with 0 <= x, y <= 1000"
    for key in kind.required:
        if key not in arguments:
            return f"{name} needs the argument {key!r}"
    if name == "scroll" and arguments["direction"] not in DIRECTIONS:
        return f"scroll.direction must be one of {', '.join(DIRECTIONS)}, got {arguments['direction']!r}"
    return None


def _is_point(value: list[Any]) -> bool:
    if len(value) != 2:
        return False
    return all(isinstance(part, int | float) and not isinstance(part, bool) and 0 <= part <= 1000 for part in value)


def for_platform(platform: str) -> list[ActionType]:
    """The operations a platform knows (``web``, ``desktop``, ``mobile``, ``tool``). Raises ValueError if there are none."""
    kinds = [kind for kind in REGISTRY.values() if platform in kind.platforms or kind.name == "finish"]
    if len(kinds) < 2:
        raise ValueError(f"unknown platform {platform!r}: use web, desktop, mobile or tool")
    return kinds
