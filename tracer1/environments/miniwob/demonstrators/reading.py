"""Reading what a task asks: quoted texts, dates, ordinals."""

from __future__ import annotations

import re


def quoted(text: str) -> list[str]:
    """Everything between double quotes, in order."""
    return re.findall(r'"([^"]*)"', text)


def groups(pattern: str, text: str) -> tuple[str, ...]:
    """The groups of the first match. Raises ValueError when the task is worded differently."""
    match = re.search(pattern, text)
    if match is None:
        raise ValueError(f"the task {text!r} does not match {pattern!r}: the installed miniwob words it differently")
    return tuple(match.groups())


def date(text: str) -> tuple[int, int, int]:
    """Month, day, year of the first ``mm/dd/yyyy``."""
    month, day, year = map(int, groups(r"(\d+)/(\d+)/(\d+)", text))
    return month, day, year
