"""What OSWorld's desktop runs: PyAutoGUI code in whole pixels of the screen, and the words ``WAIT``, ``DONE`` and ``FAIL``.

It differs from AgentNet's code (:mod:`tracer1.dialects.agentnet`) in that real PyAutoGUI must run it: keys of a
combination are separate arguments, and a triple click is PyAutoGUI's own. Coordinates are always pixels. What an agent sends
to OSWorld's runner, with all that PyAutoGUI does to text, is :mod:`tracer1.environments.osworld.commands`.

Source: OSWorld, desktop_env/desktop_env.py.
"""

from __future__ import annotations

from functools import partial

from tracer1.actions import Action
from tracer1.dialects.arguments import split_keys, take
from tracer1.dialects.base import Dialect, Screen
from tracer1.dialects.points import Grid, read_point, write_point
from tracer1.dialects.pyautogui_code import read_code, write_code

_WORDS = {
    "WAIT": Action("wait"),
    "DONE": Action("finish", {"outcome": "success"}),
    "FAIL": Action("finish", {"outcome": "failure"}),
}


def _grid(screen: Screen) -> Grid:
    return screen.image.width, screen.image.height


def _read(text: str, screen: Screen) -> tuple[Action, ...]:
    word = _WORDS.get(text.strip())
    return (word,) if word else read_code(text, partial(read_point, grid=_grid(screen)))


def _write(action: Action, screen: Screen) -> str:
    for word, meant in _WORDS.items():
        if action == meant:
            return word
    match action.type:
        case "finish":
            take(action)
            return "DONE"
        case "wait":
            (seconds,) = take(action, "seconds")
            return f"time.sleep({seconds!r})"
        case "key":
            return f"pyautogui.hotkey({', '.join(map(repr, split_keys(take(action, 'key')[0])))})"
        case "triple_click":
            (point,) = take(action, "point")
            return f"pyautogui.tripleClick({_at(point, _grid(screen)) if point else ''})"
    return write_code(action, partial(_at, grid=_grid(screen)))


def _at(point: list[float], grid: Grid) -> str:
    x, y = write_point(point, grid)
    return f"x={x}, y={y}"


OSWORLD = Dialect(
    name="osworld",
    source="OSWorld, desktop_env/desktop_env.py",
    coordinates="pixels of the screenshot",
    read=_read,
    write=_write,
)
