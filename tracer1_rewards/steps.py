"""What each predicted step is worth: with which reference step it is compared, how alike they are, whether it repeats.

Both rewards, the credit of single steps and ``explain`` are made from these scores; nothing is computed twice.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

from tracer1.actions import Action
from tracer1.ground_truth import GroundTruth
from tracer1.matching import TYPE_SHARE, instruction_similarity, operation
from tracer1.plans import Step
from tracer1.protocols import Protocol, Target, load_protocol
from tracer1_rewards.alignment import candidates, choose
from tracer1_rewards.settings import Settings

Alike = tuple[float, float, float]  # similarity of the operations, of the instructions, of the steps
NOTHING: Alike = (0.0, 0.0, 0.0)


@dataclass(slots=True)
class StepScore:
    """One predicted step. ``reference`` is the number (from 0) of the step it is compared with, or None.

    ``weight`` and ``own_weight`` are the discounts of the comparison and of the step itself, as shares of the plan's sum.
    """

    reference: int | None
    operation: float
    instruction: float
    similarity: float
    repeated: bool
    weight: float
    own_weight: float

    def reward(self, settings: Settings) -> float:
        """rₜ with its discount: what the step adds to R."""
        gain = settings.alignment_weight * self.weight * self.similarity
        return gain - settings.repetition_weight * self.own_weight * self.repeated


def score_steps(predicted: tuple[Step, ...], truth: GroundTruth, settings: Settings) -> list[StepScore]:
    """A score for each predicted step. Weights are discounts divided by their sum over the longer of plan and reference.

    A step beyond the horizon is compared with nothing.
    """
    reference, discount, mode = truth.reference.steps, settings.discount, settings.alignment
    protocol = load_protocol(settings.protocol or truth.protocol)
    rows, columns = min(len(predicted), truth.horizon), len(reference)
    compared = {
        (i, j): _compare(predicted[i], truth, j, protocol, settings) for i, j in candidates(rows, columns, mode)
    }
    partner = choose(rows, columns, lambda at: compared[at][2], discount, mode)
    total = sum(discount**t for t in range(max(len(predicted), columns)))
    scores = []
    for i, repeated in enumerate(repeats(predicted, reference)):
        j = partner.get(i)
        alike, late = (NOTHING, i) if j is None else (compared[i, j], max(i, j))
        scores.append(StepScore(j, *alike, repeated, discount**late / total, discount**i / total))
    return scores


def _compare(step: Step, truth: GroundTruth, number: int, protocol: Protocol, settings: Settings) -> Alike:
    """sim(â, a*): the operation's similarity, of which ``instruction_weight`` depends on the instruction's."""
    weight = settings.instruction_weight
    says = instruction_similarity(step.instruction, truth.reference.steps[number].instruction)
    of = _operation(step.action, truth, number, protocol)
    return of, says, of * (1 - weight + weight * says)


def _operation(predicted: Action, truth: GroundTruth, number: int, protocol: Protocol) -> float:
    """How alike the operations are: a share for the type, the rest by the protocol.

    Protocols that ask for a place cannot judge a reference that has no point (its planner leaves places to the executor);
    then our own similarity decides.
    """
    reference = truth.reference.steps[number].action
    if protocol.name == "tracer1" or reference.type == "call_tool":
        return operation(predicted, reference)
    boxes = (truth.box,) if truth.box and number == 0 and "point" in reference.arguments else ()
    try:
        verdict = protocol.judge(predicted, Target(reference, truth.image, boxes))
    except ValueError:
        return operation(predicted, reference)
    return TYPE_SHARE + (1 - TYPE_SHARE) * verdict.score if verdict.type_right or verdict.score else 0.0


def repeats(predicted: tuple[Step, ...], reference: tuple[Step, ...]) -> list[bool]:
    """rep(â₁:ₜ): for each step, whether it occurs more often up to here than the reference repeats it altogether."""
    identities = list(map(_identity, predicted))
    if len(set(identities)) == len(identities):
        return [False] * len(identities)
    allowed = Counter(map(_identity, reference))
    seen: Counter[tuple[str, str, str]] = Counter()
    flags = []
    for identity in identities:
        seen[identity] += 1
        flags.append(seen[identity] > max(1, allowed[identity]))
    return flags


def _identity(step: Step) -> tuple[str, str, str]:
    arguments = step.action.arguments
    written = json.dumps(arguments, sort_keys=True) if len(arguments) > 1 else repr(arguments)
    return step.action.type, written, step.instruction.lower()
