"""How many steps of one plan are carried out before the planner looks again (beyond the paper, which takes one).

A number k takes up to k steps of a plan. ``adaptive`` goes on while the screen does what the plan expects: the step before
changed something, and the executor finds what the next step names.
"""

from __future__ import annotations

from typing import Literal

from tracer1.plans import Plan
from tracer1.trajectories import Observation

Commitment = int | Literal["adaptive"]


def read_commitment(text: str) -> Commitment:
    """``"adaptive"`` or a number of at least 1. Raises ValueError for anything else."""
    if text == "adaptive":
        return "adaptive"
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"cannot read the commitment {text!r}: write a number of steps, at least 1, or adaptive")
    return int(text)


def goes_on(commitment: Commitment, plan: Plan, position: int, before: Observation, now: Observation) -> bool:
    """Whether step ``position`` of ``plan`` may be carried out without planning again; ``before`` and ``now``: what was seen
    before and after the step before it. What a tool answers cannot be foreseen, so after a call the plan is made anew."""
    if position >= len(plan.steps) or plan.steps[position - 1].action.type == "call_tool":
        return False
    if commitment == "adaptive":
        return (now.screenshot, now.elements) != (before.screenshot, before.elements)
    return position < commitment
