"""What a dialect is: the way one model or dataset writes actions, read into and written from the language's own.

Reading is total in one sense: any text gives actions or a :class:`ValueError` that says what is wrong, nothing else is
raised, nothing is evaluated, and the time is linear. Points become ``thousand``, not rounded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tracer1.actions import Action
from tracer1.coordinates import Size


@dataclass(frozen=True, slots=True)
class Screen:
    """The screenshot's size, and the size to which the model's own preprocessing resizes it (where coordinates need it)."""

    image: Size
    resized: Size | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """``read`` gives the actions that a text holds, in order; ``write`` spells one action, or raises ValueError for one
    that the dialect cannot say. ``write`` is None where nothing of ours speaks it."""

    name: str
    source: str
    coordinates: str
    read: Callable[[str, Screen], tuple[Action, ...]]
    write: Callable[[Action, Screen], str] | None = None
