"""Coordinates that carry their space: a number without a space is refused.

Spaces: ``pixel`` (of an image of known size), ``unit`` (0-1), ``thousand`` (0-1000, what a planner reads and writes) and
``resized`` (pixels of the smart-resized image that UI-TARS-1.5 sees). The far edge (``width``, ``1.0``, ``1000``) is legal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

Space = Literal["pixel", "unit", "thousand", "resized"]
SPACES: tuple[str, ...] = get_args(Space)


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height of an image in pixels."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width <= 0 or self.height <= 0:
            raise ValueError(f"image size must be positive, got {self.width}x{self.height}")


@dataclass(frozen=True, slots=True)
class Point:
    """A position with its coordinate space. Raises ValueError for an unknown space or a number that is not finite."""

    x: float
    y: float
    space: Space

    def __post_init__(self) -> None:
        check_space(self.space)
        if not (math.isfinite(self.x) and math.isfinite(self.y)):
            raise ValueError(f"coordinates must be finite, got ({self.x}, {self.y})")

    def to(self, space: Space, image: Size, resized: Size | None = None) -> Point:
        """The same position in another space. ``resized`` is the smart-resized size, needed only for that space."""
        if space == self.space:
            return self
        unit_x, unit_y = self.x / extent(self.space, image, resized)[0], self.y / extent(self.space, image, resized)[1]
        width, height = extent(space, image, resized)
        if space == "thousand":
            return Point(round_half_up(unit_x * width), round_half_up(unit_y * height), space)
        return Point(unit_x * width, unit_y * height, space)


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned rectangle, edges included, with its coordinate space."""

    left: float
    top: float
    right: float
    bottom: float
    space: Space

    def __post_init__(self) -> None:
        check_space(self.space)
        if not all(map(math.isfinite, (self.left, self.top, self.right, self.bottom))):
            raise ValueError("a box needs four finite numbers")
        if self.right < self.left or self.bottom < self.top:
            raise ValueError(f"box edges are swapped: {self.left, self.top, self.right, self.bottom}")

    @property
    def centre(self) -> Point:
        return Point((self.left + self.right) / 2, (self.top + self.bottom) / 2, self.space)

    def contains(self, point: Point) -> bool:
        """True when the point lies inside or on the edge. Raises ValueError when the spaces differ."""
        if point.space != self.space:
            raise ValueError(f"cannot compare a {point.space} point with a {self.space} box: convert one of them")
        return self.left <= point.x <= self.right and self.top <= point.y <= self.bottom


def check_space(space: str) -> None:
    """Raise ValueError when ``space`` is not one of :data:`SPACES`."""
    if space not in SPACES:
        raise ValueError(f"unknown coordinate space {space!r}: use one of {', '.join(SPACES)}")


def extent(space: Space, image: Size, resized: Size | None = None) -> tuple[float, float]:
    """Largest legal x and y of a space for an image."""
    if space == "unit":
        return 1.0, 1.0
    if space == "thousand":
        return 1000.0, 1000.0
    if space == "resized":
        if resized is None:
            raise ValueError("space 'resized' needs the smart-resized size of the image")
        return float(resized.width), float(resized.height)
    return float(image.width), float(image.height)


def round_half_up(value: float) -> int:
    """Round half away from zero towards +inf, the same on every platform (Python's ``round`` goes to even)."""
    return math.floor(value + 0.5)
