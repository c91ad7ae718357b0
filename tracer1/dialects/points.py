"""Places in the dialects: points on a foreign grid, the finger's way, and where the pointer is.

A foreign grid is given by its far edge, the largest legal x and y.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tracer1.actions import Action
from tracer1.coordinates import round_half_up

Grid = tuple[float, float]
THOUSAND: Grid = (1000, 1000)
OPPOSITE = {"up": "down", "down": "up", "left": "right", "right": "left"}
SWIPE = 300.0
"""How far a finger moves to scroll, in ``thousand``: our choice, for no source says it."""
SHORTEST_SWIPE = 10.0
"""A finger that moves less taps."""
_NUMBER = re.compile(r"-?\d{1,20}(?:\.\d{0,20})?", re.ASCII)


def read_numbers(text: str) -> list[float]:
    """Numbers between commas or spaces. Raises ValueError for anything else."""
    words = text.replace(",", " ").split()
    if not all(map(_NUMBER.fullmatch, words)):
        raise ValueError(f"expected numbers, got {text!r:.60}")
    return [float(word) for word in words]


def read_point(numbers: Any, grid: Grid) -> list[float] | None:
    """``[x, y]``, or the centre of ``[left, top, right, bottom]``, as ``thousand``; None, where no place is said, stays None.

    Raises ValueError that names the coordinate when one is no number or lies outside the grid.
    """
    if numbers is None:
        return None
    if not isinstance(numbers, list | tuple) or len(numbers) not in (2, 4):
        raise ValueError("a place is [x, y] or [left, top, right, bottom]")
    xs = [_scale(value, grid[0], "x") for value in numbers[0::2]]
    ys = [_scale(value, grid[1], "y") for value in numbers[1::2]]
    return [sum(xs) / len(xs), sum(ys) / len(ys)]


def _scale(value: Any, edge: float, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"the coordinate {name} must be a number, got {type(value).__name__}")
    if not 0 <= value <= edge:
        raise ValueError(f"the coordinate {name} = {value!r:.20} lies outside the image: 0 to {edge:g}")
    return value * 1000 / edge


def write_point(point: list[float] | None, grid: Grid) -> list[int]:
    """A ``thousand`` point on the grid, rounded to whole numbers. Raises ValueError when there is no point."""
    if point is None:
        raise ValueError("this dialect cannot say the action without a point: let an executor find it")
    return [round_half_up(value * edge / 1000) for value, edge in zip(point, grid, strict=True)]


def scroll_of(start: list[float] | None, end: list[float] | None) -> Action:
    """What a finger that moves from ``start`` to ``end`` (``thousand``) does: the view moves the opposite way.

    The longer axis decides, the vertical one when they are equal. Raises ValueError when the finger does not move.
    """
    if start is None or end is None or start == end:
        raise ValueError("a swipe needs a start and an end that differ")
    across, along = end[0] - start[0], end[1] - start[1]
    if abs(along) >= abs(across):
        return Action("scroll", {"direction": "down" if along < 0 else "up", "point": start})
    return Action("scroll", {"direction": "right" if across < 0 else "left", "point": start})


def swipe_of(direction: str, point: list[float] | None) -> tuple[list[float], list[float]]:
    """The finger's start and end (``thousand``) for a scroll: from ``point``, or the centre, as far as the image goes.

    Raises ValueError when the start lies so near the edge that the finger has no room.
    """
    start = [500.0, 500.0] if point is None else point
    axis = 0 if direction in ("left", "right") else 1
    end = list(start)
    moved = end[axis] + (SWIPE if direction in ("up", "left") else -SWIPE)
    end[axis] = min(1000.0, max(0.0, moved))
    if abs(end[axis] - start[axis]) < SHORTEST_SWIPE:
        raise ValueError(f"a swipe that scrolls {direction} has no room at {start}: start further inside")
    return start, end


def place_pointer(actions: Iterable[Action]) -> tuple[Action, ...]:
    """Join a pointer move with what follows it: a drag without ``start``, or a scroll without ``point``."""
    joined: list[Action] = []
    for action in actions:
        name = {"drag": "start", "scroll": "point"}.get(action.type)
        place = joined[-1].arguments.get("point") if joined and joined[-1].type == "hover" else None
        if name and place and name not in action.arguments:
            joined[-1] = Action(action.type, {name: place, **action.arguments})
        else:
            joined.append(action)
    return tuple(joined)
