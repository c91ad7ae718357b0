"""Stage 1: the whole plan against the reference continuation, nothing executed (paper, anticipatory trajectory optimisation).

R = Σₜ γᵗ (λ_align·sim(âₜ, aₜ*) − λ_rep·rep(â₁:ₜ)) / Σₜ γᵗ, over the longer of plan and reference: a step too many or too few
has similarity 0, so that neither padding nor stopping short pays. A format share is mixed in (``format_weight``).
"""

from __future__ import annotations

import json
from collections import Counter

from tracer1.ground_truth import GroundTruth
from tracer1.matching import instruction_similarity, operation, same_step
from tracer1.plans import ParsedPlan, Step
from tracer1_rewards.result import Reward
from tracer1_rewards.settings import Settings


def score_plan(parsed: ParsedPlan, truth: GroundTruth, settings: Settings) -> Reward:
    """Stage-1 reward of one parsed response, between ``-λ_rep`` and ``settings.maximum``."""
    reward = components(parsed, truth, settings)
    gain = settings.alignment_weight * reward.alignment - settings.repetition_weight * reward.repetition
    reward.score = (gain + settings.format_weight * reward.format) / (1 + settings.format_weight)
    return reward


def components(parsed: ParsedPlan, truth: GroundTruth, settings: Settings) -> Reward:
    """Everything that can be said of a plan without executing it; the score is left at 0."""
    predicted, reference = parsed.plan.steps, truth.reference.steps
    length = max(len(predicted), len(reference))
    discounts = [settings.discount**t for t in range(length)]
    repeated = repeats(predicted, reference)
    pairs = list(zip(predicted, reference, strict=False))
    alignment = sum(g * similarity(a, b, settings) for g, (a, b) in zip(discounts, pairs, strict=False))
    repetition = sum(g for g, again in zip(discounts, repeated, strict=False) if again)
    return Reward(
        alignment=alignment / sum(discounts),
        repetition=repetition / sum(discounts),
        format=float(parsed.status == "ok" and len(predicted) <= truth.horizon),
        first_step=float(bool(pairs) and same_step(*pairs[0])),
        type_match=sum(a.action.type == b.action.type for a, b in pairs) / length,
        instruction=sum(instruction_similarity(a.instruction, b.instruction) for a, b in pairs) / length,
        plan_length=float(len(predicted)),
        parse_failed=float(not predicted),
    )


def similarity(predicted: Step, reference: Step, settings: Settings) -> float:
    """sim(â, a*): the operation's similarity, of which ``instruction_weight`` depends on the instruction's."""
    weight = settings.instruction_weight
    likeness = instruction_similarity(predicted.instruction, reference.instruction) if weight else 0.0
    return operation(predicted.action, reference.action) * (1 - weight + weight * likeness)


def repeats(predicted: tuple[Step, ...], reference: tuple[Step, ...]) -> list[bool]:
    """rep(â₁:ₜ): for each step, whether it occurs more often up to here than the reference repeats it altogether."""
    allowed = Counter(map(_identity, reference))
    seen: Counter[tuple[str, str, str]] = Counter()
    flags = []
    for step in predicted:
        identity = _identity(step)
        seen[identity] += 1
        flags.append(seen[identity] > max(1, allowed[identity]))
    return flags


def _identity(step: Step) -> tuple[str, str, str]:
    arguments = json.dumps(step.action.arguments, sort_keys=True)
    return step.action.type, arguments, step.instruction.lower()
