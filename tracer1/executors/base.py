"""What a frozen tool agent is: it takes what is on the screen and one step, and says what it would do.

An executor is asynchronous and deterministic, never sees the ground truth, and answers with a typed result instead of an
exception: ``ok``, ``refused`` (it looked and found nothing to do), ``failed`` (it could not be asked) or ``timed_out``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from tracer1.coordinates import Point
from tracer1.plans import Step
from tracer1.trajectories import Observation

ExecutionStatus = Literal["ok", "refused", "failed", "timed_out"]
POINTER_ACTIONS = frozenset({"click", "double_click", "right_click", "hover", "long_press"})


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


def answer_of(step: Step) -> str:
    """What a non-pointer step enters: the text, the key, the direction, the tool call – the string an answer match compares."""
    arguments = step.action.arguments
    if step.action.type in ("type", "key", "scroll", "open_app", "finish"):
        value = next((arguments[key] for key in ("text", "key", "direction", "name", "answer") if key in arguments), "")
        return f"{step.action.type}: {' '.join(str(value).split())}"
    return step.action.type
