"""Cut a trajectory into training instances: at each step, the last K steps as history and the next T as reference.

A trajectory that ends with its task solved gets a final ``finish`` step, so that a planner learns where a task ends. A gap
whose step is known stands in history and reference like any other. References end before a gap that must not be taught or is
unknown, and no window whose history would hold an unknown one is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tracer1.actions import Action
from tracer1.coordinates import Box
from tracer1.plans import Plan, Step
from tracer1.trajectories import Fault, Gap, Observation, RecordedStep, Trajectory

FINISH = Step(Action("finish"), "Done")


@dataclass(frozen=True, slots=True)
class TrainingInstance:
    """One decision: ``history`` (oldest first) and the ``outputs`` that came back, what is on the screen, and the reference
    continuation of up to T steps."""

    trajectory: Trajectory
    position: int
    history: tuple[Step, ...]
    outputs: tuple[str, ...]
    recorded: RecordedStep
    reference: Plan

    @property
    def observation(self) -> Observation:
        """What is seen before the first step."""
        return self.recorded.observation

    @property
    def box(self) -> Box | None:
        """Where the first step's pointer action must land, in screenshot pixels."""
        return self.recorded.box


def window(trajectory: Trajectory, horizon: int, history: int) -> Iterator[TrainingInstance | Fault]:
    """One instance for each recorded step, or why there is none. Raises ValueError for a horizon below 1 or a negative
    history."""
    if horizon < 1 or history < 0:
        raise ValueError(f"horizon must be at least 1 and history at least 0, got {horizon} and {history}")
    steps = [recorded.step for recorded in trajectory.steps]
    taught = [recorded.step if getattr(recorded, "taught", True) else None for recorded in trajectory.steps]
    if trajectory.complete and steps and (steps[-1] is None or steps[-1].action.type != "finish"):
        taught.append(FINISH)
    for position, recorded in enumerate(trajectory.steps):
        past = range(max(0, position - history), position)
        if isinstance(recorded, Gap):
            yield recorded.fault
        elif unknown := [n for n in past if steps[n] is None]:
            yield _forgotten(trajectory, position, unknown[-1])
        else:
            yield TrainingInstance(
                trajectory=trajectory,
                position=position,
                history=tuple(steps[n] for n in past),
                outputs=tuple(trajectory.steps[n].output for n in past),
                recorded=recorded,
                reference=Plan(tuple(_up_to_a_gap(taught[position : position + horizon]))),
            )


def _up_to_a_gap(steps: list[Step | None]) -> list[Step]:
    return steps[: steps.index(None)] if None in steps else steps


def _forgotten(trajectory: Trajectory, position: int, unknown: int) -> Fault:
    cause = trajectory.steps[unknown].fault
    return Fault(
        kind="unknown history",
        where=f"{trajectory.episode}, step {position}",
        field="steps",
        reason=f"its history would hold step {unknown}, which is unknown: {cause.kind}",
        fix="mend that step, which is reported too",
        expected=cause.expected,
    )
