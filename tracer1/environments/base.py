"""What every live environment offers. The plan-act loop and the demonstrators know no more than this.

Points and boxes are in ``pixel`` space of the screenshot. An environment is used from the thread that made it.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

from tracer1.actions import Action
from tracer1.coordinates import Point
from tracer1.trajectories import Observation


class Outcome(NamedTuple):
    """Whether the episode is over, and its reward (-1 to 1; 0 while it runs)."""

    done: bool
    reward: float


@runtime_checkable
class Environment(Protocol):
    """An episodic environment with a screen, a pointer and a keyboard."""

    def reset(self, task: str, seed: int) -> str:
        """Start an episode and return its instruction. Raises ValueError for an unknown task."""
        ...

    def observe(self) -> Observation:
        """The screen as it is now, once it has settled."""
        ...

    def perform(self, action: Action, point: Point | None = None) -> None:
        """Carry out one action; pointer actions need ``point`` in pixels. Raises ValueError if it cannot be done."""
        ...

    def conclude(self, action: Action) -> None:
        """The agent says ``finish``, perhaps with an answer or that it failed; no action follows."""
        ...

    def outcome(self) -> Outcome:
        """Whether the episode is over, and with which reward."""
        ...

    def close(self) -> None:
        """Free everything the environment holds. Safe to call twice."""
        ...
