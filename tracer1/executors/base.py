"""What a frozen tool agent is: it takes what is on the screen and one step, and says what it would do.

An executor is asynchronous and deterministic, never sees the ground truth, and answers with a typed result instead of an
exception: ``ok``, ``refused`` (it looked and found nothing to do), ``failed`` (it could not be asked) or ``timed_out``.
"""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from tracer1.coordinates import Point
from tracer1.plans import Step
from tracer1.trajectories import Observation

ExecutionStatus = Literal["ok", "refused", "failed", "timed_out"]
POINTER_ACTIONS = frozenset(
    {"click", "double_click", "triple_click", "right_click", "middle_click", "hover", "long_press"}
)


@dataclass(frozen=True, slots=True)
class Execution:
    """What the executor would do: a ``point`` (screenshot pixels) for pointer actions, an ``answer`` for all others."""

    status: ExecutionStatus
    point: Point | None = None
    answer: str | None = None
    detail: str = ""


class Executor(Protocol):
    """A frozen tool agent."""

    name: str

    async def execute(self, observation: Observation, step: Step) -> Execution:
        """Resolve one step on one observation. Never raises for what the step says."""
        ...


@runtime_checkable
class EpisodicExecutor(Protocol):
    """An executor that can be had for one episode, in which its steps build on each other."""

    def episode(self) -> AbstractAsyncContextManager[Executor]:
        """The executor of one episode."""
        ...


@runtime_checkable
class ClosableExecutor(Protocol):
    """An executor that has processes of its own."""

    async def close(self) -> None:
        """End them. They also end with this process; the next call starts them again."""
        ...


def answer_of(step: Step) -> str:
    """What a non-pointer step enters: all that it says but where, how long and how far – the string an answer match compares."""
    said = {"outcome": "success"} | step.action.arguments if step.action.type == "finish" else step.action.arguments
    asked = sorted(name for name in said if name not in ("point", "seconds", "amount"))
    values = [said[name] if isinstance(said[name], str) else json.dumps(said[name], sort_keys=True) for name in asked]
    return f"{step.action.type}: {' '.join(' '.join(values).split())}" if asked else step.action.type
