"""Long texts in parts: what a planner reads at once is bounded, and says how to read on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracer1.toolbox.bench import refused

MOST_CHARACTERS, LARGEST = 20_000, 10**9


def start_of(arguments: Mapping[str, Any]) -> int:
    """The argument ``start``. Raises NotDone for what is no place in a text."""
    start = arguments.get("start", 0)
    if not 0 <= start <= LARGEST or start != int(start):
        raise refused(f"start is a number of characters, got {start}")
    return int(start)


def part(shown: str, start: int, characters: int) -> str:
    """``shown`` begins at ``start`` of a text of so many ``characters``: with a line that says so when it is not all. Raises
    NotDone when there is nothing at ``start``."""
    if not characters:
        return "(there is no text in it)"
    if start >= characters:
        raise refused(f"the text has {characters} characters: there is nothing at start={start}")
    end = start + len(shown)
    if start == 0 and end == characters:
        return shown
    more = f"; call again with start={end} to read on" if end < characters else ""
    return f"{shown}\n\n[characters {start} to {end} of {characters}{more}]"
