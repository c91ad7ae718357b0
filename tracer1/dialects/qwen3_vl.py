"""What Qwen3-VL's two tools share: ``<tool_call>{"name": .., "arguments": {"action": ..}}</tool_call>`` and its grid.

Coordinates are a grid from 0 to 999: the cookbook says that the screen is 999x999, and both it and OSWorld's agent divide by
999, so 999 is the far edge. 1000, which OSWorld's prompt lets the model write, is taken for the far edge too. ``finish``
without an outcome is written as ``success``.

Sources: QwenLM/Qwen3-VL, cookbooks/utils/agent_function_call.py and cookbooks/mobile_agent.ipynb; OSWorld,
mm_agents/qwen3vl_agent.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from tracer1.actions import Action
from tracer1.dialects.arguments import act, take
from tracer1.dialects.base import Dialect, Screen
from tracer1.dialects.objects import find_object, read_object
from tracer1.dialects.points import Grid, place_pointer, read_point, write_point

_GRID: Grid = (999, 999)
_OPEN = re.compile(r"<tool_call>\s*")
Said = dict[str, Any]
"""The arguments of one tool call, ``action`` included."""


def tool_dialect(name: str, tool: str, read: Callable[[Said], Action], say: Callable[[Action], list[Said]]) -> Dialect:
    """A dialect of one tool: ``read`` takes the arguments of a call, ``say`` gives those of the calls to make."""

    def read_text(text: str, screen: Screen) -> tuple[Action, ...]:
        actions = [read(_arguments(call, tool)) for call in _calls(text)]
        if not actions:
            raise ValueError("there is no <tool_call>")
        return place_pointer(actions)

    def write(action: Action, screen: Screen) -> str:
        return "\n".join(_write_call(tool, said) for said in say(action))

    source = "QwenLM/Qwen3-VL, cookbooks/utils/agent_function_call.py"
    return Dialect(name=name, source=source, coordinates="a grid from 0 to 999", read=read_text, write=write)


def read_place(numbers: Any) -> list[float] | None:
    """A place of the grid as ``thousand``; None stays None. Raises ValueError when it is no place."""
    if isinstance(numbers, list):
        numbers = [999 if number == 1000 else number for number in numbers]
    return read_point(numbers, _GRID)


def write_place(point: list[float] | None) -> list[int]:
    """A ``thousand`` point on the grid. Raises ValueError when there is no point."""
    return write_point(point, _GRID)


def read_shared(said: Said) -> Action:
    """The actions that both tools have. Raises ValueError for any other."""
    match said["action"]:
        case "type" | "answer" as name:
            return act(name, text=said.get("text"))
        case "wait":
            return act("wait", seconds=said.get("time"))
        case "terminate":
            return act("finish", outcome=said.get("status"))
    raise ValueError(f"unknown action {said['action']!r:.40}")


def say_shared(action: Action) -> list[Said]:
    """The actions that both tools have. Raises ValueError for any other."""
    match action.type:
        case "type" | "answer":
            return [{"action": action.type, "text": take(action, "text")[0]}]
        case "wait":
            return [{"action": "wait", "time": take(action, "seconds")[0]}]
        case "finish":
            return [{"action": "terminate", "status": take(action, "outcome")[0] or "success"}]
    raise ValueError(f"this tool cannot say {action.type}")


def _calls(text: str) -> Iterator[Said]:
    """The objects between the tags that follow the thought, or the one object that the text is."""
    start = text.lstrip()[:11]
    if start.startswith("{"):
        yield read_object(text)
        return
    position = 0 if start == "<tool_call>" else max(0, text.find("</think>"))
    while opened := _OPEN.search(text, position):
        call, position = find_object(text, opened.end())
        yield call


def _arguments(call: Said, tool: str) -> Said:
    arguments = call.get("arguments")
    if call.get("name") != tool or not isinstance(arguments, dict) or not isinstance(arguments.get("action"), str):
        raise ValueError(f'a tool call is {{"name": "{tool}", "arguments": {{"action": "...", ...}}}}')
    return arguments


def _write_call(tool: str, said: Said) -> str:
    arguments = {name: value for name, value in said.items() if value is not None}
    return f"<tool_call>\n{json.dumps({'name': tool, 'arguments': arguments}, ensure_ascii=False)}\n</tool_call>"
