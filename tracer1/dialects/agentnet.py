"""AgentNet's code strings: PyAutoGUI with relative coordinates, ``pyautogui.click(x=0.5, y=0.25)``.

Coordinates go from 0 to 1 with four decimals; a pair with a number above 1 is pixels of the screenshot. Keys of a combination
are a list, ``hotkey(keys=['ctrl', 'c'])``; ``computer`` has the triple click, the wait and the end of the task. The rest is said
in :mod:`tracer1.dialects.pyautogui_code`.

Source: xlang-ai/OpenCUA, data/data-process/src/schema/action.py and data/cot-generate/gen_cot_example.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from tracer1.dialects.base import Dialect, Screen
from tracer1.dialects.points import read_point
from tracer1.dialects.pyautogui_code import read_code, write_code


def _relative(point: list[float]) -> str:
    return f"x={round(point[0] / 1000, 4)}, y={round(point[1] / 1000, 4)}"


def _read_place(numbers: list[Any], screen: Screen) -> list[float] | None:
    in_pixels = any(isinstance(number, int | float) and number > 1 for number in numbers)
    return read_point(numbers, (screen.image.width, screen.image.height) if in_pixels else (1, 1))


AGENTNET = Dialect(
    name="agentnet",
    source="xlang-ai/OpenCUA, data/data-process/src/schema/action.py",
    coordinates="relative, 0 to 1; pixels of the screenshot when above 1",
    read=lambda text, screen: read_code(text, partial(_read_place, screen=screen)),
    write=lambda action, screen: write_code(action, _relative),
)
