"""What a protocol is: a named, published way to decide that a predicted action is right.

Points of actions are ``thousand``, boxes are pixels of the screenshot; a protocol converts between them without rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tracer1.actions import Action
from tracer1.coordinates import Box, Size


@dataclass(frozen=True, slots=True)
class Target:
    """What a predicted action is compared with: the reference action, and the ``boxes`` in which a pointer may land.
    ``image`` is None where there was no screenshot; then nothing is judged by a place."""

    action: Action
    image: Size | None
    boxes: tuple[Box, ...] = ()

    def __post_init__(self) -> None:
        if any(box.space != "pixel" for box in self.boxes):
            raise ValueError("the boxes of a target are pixels of the screenshot: convert them")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The protocol's judgement. ``grounding`` is None where the protocol does not ask for a place.

    ``right`` is the published step success; ``score`` in [0, 1] is the same for all but graded protocols.
    """

    type_right: bool
    right: bool
    score: float
    grounding: bool | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Protocol:
    """A protocol and its card: where it is published, its rules in words, and quirks kept to stay comparable."""

    name: str
    source: str
    rules: dict[str, str]
    judge: Callable[[Action, Target], Verdict]
    quirks: tuple[str, ...] = ()


def verdict(type_right: bool, right: bool, rule: str, grounding: bool | None = None) -> Verdict:
    """A verdict that is either right or wrong; ``rule`` says in a few words what decided."""
    return Verdict(type_right, right, float(right), grounding, rule)


def pixels(point: list[float], image: Size) -> tuple[float, float]:
    """A ``thousand`` point in pixels of the screenshot, not rounded."""
    return point[0] / 1000 * image.width, point[1] / 1000 * image.height
