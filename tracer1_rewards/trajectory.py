"""Stage 1: the whole plan against the reference continuation, nothing executed (paper, anticipatory trajectory optimisation).

R = Σₜ γᵗ (λ_align·sim(âₜ, aₜ*) − λ_rep·rep(â₁:ₜ)) / Σₜ γᵗ, over the longer of plan and reference: a step too many or too few
has similarity 0, so that neither padding nor stopping short pays. A format share is mixed in (``format_weight``).
"""

from __future__ import annotations

from collections.abc import Sequence

from tracer1.ground_truth import GroundTruth
from tracer1.matching import same_step
from tracer1.plans import ParsedPlan
from tracer1_rewards.result import Reward
from tracer1_rewards.settings import Settings
from tracer1_rewards.steps import StepScore, score_steps


def score_plan(parsed: ParsedPlan, truth: GroundTruth, settings: Settings) -> Reward:
    """Stage-1 reward of one parsed response, between ``-λ_rep`` and ``settings.maximum``."""
    steps = score_steps(parsed.plan.steps, truth, settings)
    reward = components(parsed, truth, steps)
    reward.from_alignment = settings.alignment_weight * reward.alignment / (1 + settings.format_weight)
    reward.from_repetition = -settings.repetition_weight * reward.repetition / (1 + settings.format_weight)
    reward.from_format = settings.format_weight * reward.format / (1 + settings.format_weight)
    reward.settle()
    if settings.step_credit:
        reward.steps = [step.reward(settings) / (1 + settings.format_weight) for step in steps]
    return reward


def components(parsed: ParsedPlan, truth: GroundTruth, steps: Sequence[StepScore]) -> Reward:
    """Everything that can be said of a plan without executing it; the score is left at 0."""
    predicted, reference = parsed.plan.steps, truth.reference.steps
    length = max(len(predicted), len(reference))
    return Reward(
        alignment=sum(step.weight * step.similarity for step in steps),
        repetition=sum(step.own_weight for step in steps if step.repeated),
        format=float(parsed.status == "ok" and len(predicted) <= truth.horizon),
        first_step=float(bool(predicted) and same_step(predicted[0], reference[0])),
        type_match=sum(step.operation > 0 for step in steps) / length,
        instruction=sum(step.instruction for step in steps) / length,
        plan_length=float(len(predicted)),
        parse_failed=float(not predicted),
    )
