"""Published numbers, each with where it stands and what is known of how it was made (``published.json``).

An entry has ``method``, ``benchmark``, ``metric`` and ``part`` as :mod:`tracer1.evaluation.benchmarks` calls them, ``value`` (0 to
1), ``source``; and, where the source says so, ``protocol``, ``split``, ``n`` and ``history`` – what is absent is not known, which
is itself a reason for care. ``note`` says what else to know before comparing.

Trap: numbers of one benchmark under different protocols differ by tens of points (AndroidControl: 14 % of the screen or inside
the element; all steps or those with a place).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tracer1.files import read_json

FILE = Path(__file__).with_name("published.json")


@dataclass(frozen=True, slots=True)
class Published:
    """One published number. Empty, or None, is what its source does not say."""

    method: str
    benchmark: str
    metric: str
    value: float
    source: str
    part: str = ""
    protocol: str = ""
    split: str = ""
    n: int | None = None
    history: str = ""
    note: str = ""


@cache
def published() -> tuple[Published, ...]:
    """All published numbers, in the file's order. Raises ValueError for an entry that is not as described."""
    try:
        return tuple(Published(**entry) for entry in read_json(FILE))
    except TypeError as error:
        raise ValueError(f"{FILE.name}: {error}") from error
