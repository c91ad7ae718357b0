"""How alike a predicted and a reference step are: the ``tracer1`` protocol, graded between 0 and 1.

``operation`` is what the paper's formula scores: 0 when the action type differs, otherwise a share for the type and the
rest by argument agreement. ``instruction_similarity`` compares the step instructions, because the executor works from them.
"""

from __future__ import annotations

from typing import Any

from rapidfuzz.distance import Indel

from tracer1.actions import Action
from tracer1.plans import Step

TYPE_SHARE = 0.5
POINT_RADIUS = 140.0  # in thousandths: the 14 % of the screen within which OS-Atlas counts a click as right


def operation(predicted: Action, reference: Action) -> float:
    """Similarity of two operations in [0, 1]; arguments that only one side gives count as disagreement."""
    if predicted.type != reference.type:
        return 0.0
    keys = reference.arguments.keys() | (predicted.arguments.keys() - {"point"})
    if not keys:
        return 1.0
    agreement = sum(_argument(predicted.arguments.get(key), reference.arguments.get(key)) for key in keys) / len(keys)
    return TYPE_SHARE + (1 - TYPE_SHARE) * agreement


def instruction_similarity(predicted: str, reference: str) -> float:
    """Normalised edit similarity of two step instructions (insertions and deletions), letter case ignored, in [0, 1]."""
    return Indel.normalized_similarity(predicted.lower(), reference.lower())


def same_step(predicted: Step, reference: Step) -> bool:
    """The same operation and, letter case aside, the same instruction."""
    return operation(predicted.action, reference.action) == 1.0 and (
        predicted.instruction.lower() == reference.instruction.lower()
    )


def _argument(predicted: Any, reference: Any) -> float:
    if predicted is None or reference is None:
        return 0.0
    if isinstance(reference, str) and isinstance(predicted, str):
        return Indel.normalized_similarity(_squeeze(predicted), _squeeze(reference))
    if isinstance(reference, list) and isinstance(predicted, list):
        distance = sum((a - b) ** 2 for a, b in zip(predicted, reference, strict=True)) ** 0.5
        return float(distance <= POINT_RADIUS)
    return float(predicted == reference)


def _squeeze(text: str) -> str:
    return " ".join(text.split())
