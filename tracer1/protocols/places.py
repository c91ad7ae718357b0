"""Where a pointer landed: distances on the ``thousand`` grid and boxes in pixels, for the protocols that ask for a place."""

from __future__ import annotations

import math

from tracer1.coordinates import Point
from tracer1.protocols.base import Target, pixels

RADIUS = 140.0  # thousandths: the 14 % of the screen of OS-Atlas, GUI-Odyssey and GUI-R1


def reference_point(target: Target, protocol: str, argument: str = "point") -> list[float]:
    """Where the reference points, in ``thousand``: its own point, or else the centre of the target's first box.

    Raises ValueError when the target has neither, because no prediction can then be judged by a place.
    """
    point = target.action.arguments.get(argument)
    if point is not None:
        return point
    if not target.boxes:
        raise ValueError(
            f"{protocol} cannot judge a {target.action.type} without a place: "
            f"give the reference its {argument}, or give the target boxes"
        )
    centre = target.boxes[0].centre
    return [centre.x / target.image.width * 1000, centre.y / target.image.height * 1000]


def near(point: list[float] | None, goal: list[float], radius: float = RADIUS) -> bool:
    """True within ``radius`` thousandths of ``goal``, both ``thousand``, as if the screen were square. No point is far."""
    return point is not None and math.dist(point, goal) <= radius


def inside(point: list[float] | None, target: Target) -> bool:
    """True when a ``thousand`` point lies in one of the target's boxes, edges included. No point is outside."""
    if point is None:
        return False
    landed = Point(*pixels(point, target.image), "pixel")
    return any(box.contains(landed) for box in target.boxes)
