"""Stage 2: the first predicted step is executed by a frozen agent, and its output is compared with the ground truth.

A pointer step is right when the executor's point lies in the target box of the same operation (where the dataset knows only a
point: within 140 thousandths of it, the 14 % of OS-Atlas, GUI-Odyssey and GUI-R1); a tool call when the tool's
answer is the expected one (:mod:`tracer1.answers`); any other step when what would be entered equals the reference's (white
space squeezed). The score is that match, with the format share mixed in.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace

from tracer1.coordinates import Point
from tracer1.executors.base import POINTER_ACTIONS, Execution, Executor, answer_of
from tracer1.ground_truth import GroundTruth
from tracer1.plans import ParsedPlan, Step
from tracer1.protocols.places import RADIUS
from tracer1_rewards.result import Reward
from tracer1_rewards.settings import Settings
from tracer1_rewards.steps import score_steps
from tracer1_rewards.trajectory import components


async def score_first_step(
    parsed: ParsedPlan, truth: GroundTruth, settings: Settings, executor: Executor, screenshot: bytes = b""
) -> Reward:
    """Stage-2 reward of one parsed response, in [0, 1]. An executor that fails or is late leaves the sample ``unscored``."""
    reward = components(parsed, truth, score_steps(parsed.plan.steps, truth, settings))
    if parsed.plan.steps:
        step, seen = parsed.plan.steps[0], replace(truth.observation, screenshot=screenshot)
        try:
            execution = await asyncio.wait_for(executor.execute(seen, step), settings.executor_seconds)
        except (TimeoutError, asyncio.TimeoutError):  # two classes before Python 3.11
            execution = Execution("timed_out")
        judge(reward, step, execution, truth)
    reward.from_execution = max(reward.grounding, reward.answer) / (1 + settings.format_weight)
    reward.from_format = settings.format_weight * reward.format / (1 + settings.format_weight)
    reward.settle()
    if settings.step_credit and parsed.plan.steps:
        reward.steps = [reward.from_execution] + [0.0] * (len(parsed.plan.steps) - 1)
    return reward


def judge(reward: Reward, step: Step, execution: Execution, truth: GroundTruth) -> None:
    """Fill in ``grounding`` or ``answer``, or the flags that say why neither could be judged."""
    wanted = truth.reference.steps[0]
    if step.action.type != wanted.action.type:
        return  # wrong, whatever its execution comes to: a call that fails on purpose must not leave it unscored
    reward.executor_failed = float(execution.status == "failed")
    reward.timed_out = float(execution.status == "timed_out")
    reward.unscored = max(reward.executor_failed, reward.timed_out)
    if execution.status != "ok":
        return
    if truth.answer is not None:
        reward.answer = float(truth.answer.matches(execution.answer or ""))
    elif wanted.action.type in POINTER_ACTIONS:
        if truth.box is None and truth.point is None:
            reward.unscored = 1.0
        elif execution.point is not None:
            reward.grounding = float(_hits(execution.point, truth))
    else:
        reward.answer = float(execution.answer == answer_of(wanted))


def _hits(point: Point, truth: GroundTruth) -> bool:
    """Whether a point (screenshot pixels) is where the reference was executed."""
    if truth.box is not None:
        return truth.box.contains(point)
    place = (point.x / truth.image.width * 1000, point.y / truth.image.height * 1000)
    return math.dist(place, (truth.point.x, truth.point.y)) <= RADIUS
