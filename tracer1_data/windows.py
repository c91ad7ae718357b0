"""Cut a trajectory into training instances: at each step, the last K steps as history and the next T as reference.

A trajectory that ends with its task solved gets a final ``finish`` step, so that a planner learns where a task ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tracer1.actions import Action
from tracer1.coordinates import Box
from tracer1.plans import Plan, Step
from tracer1.trajectories import Observation, Trajectory

FINISH = Step(Action("finish"), "Done")


@dataclass(frozen=True, slots=True)
class TrainingInstance:
    """One decision: ``history`` (oldest first), what is on the screen, and the reference continuation of up to T steps."""

    trajectory: Trajectory
    position: int
    history: tuple[Step, ...]
    observation: Observation
    reference: Plan
    box: Box | None


def window(trajectory: Trajectory, horizon: int, history: int) -> Iterator[TrainingInstance]:
    """One instance for each recorded step. Raises ValueError for a horizon below 1 or a negative history."""
    if horizon < 1 or history < 0:
        raise ValueError(f"horizon must be at least 1 and history at least 0, got {horizon} and {history}")
    steps = [recorded.step for recorded in trajectory.steps]
    if trajectory.complete and steps and steps[-1].action.type != "finish":
        steps.append(FINISH)
    for position, recorded in enumerate(trajectory.steps):
        yield TrainingInstance(
            trajectory=trajectory,
            position=position,
            history=tuple(steps[max(0, position - history) : position]) if history else (),
            observation=recorded.observation,
            reference=Plan(tuple(steps[position : position + horizon])),
            box=recorded.box,
        )
