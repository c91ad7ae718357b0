"""How alike a predicted and a reference step are, graded between 0 and 1: ``sim`` of the paper's formula as we define it.

``operation`` is what the formula scores: 0 when the action type differs, otherwise a share for the type and the rest by
argument agreement. ``instruction_similarity`` compares the step instructions, because the executor works from them.
The published ways to decide that an action is right are in :mod:`tracer1.protocols`.
"""

from __future__ import annotations

import math
import re
from typing import Any

from rapidfuzz.distance import Indel

from tracer1.actions import Action
from tracer1.plans import Step

TYPE_SHARE = 0.5
POINT_RADIUS = 140.0  # in thousandths: the 14 % of the screen within which OS-Atlas counts a click as right
NOT_JUDGED = frozenset({"seconds", "amount"})  # how long and how far: no published protocol asks
IF_ASKED = frozenset({"point", "start", "end", "answer", "question"})  # compared only where the reference has them
MEANT = {"finish": {"outcome": "success"}}  # what an argument left out means


def operation(predicted: Action, reference: Action) -> float:
    """Similarity of two operations in [0, 1]; 0 for another type or another tool.

    Texts agree by their letters, keys by their parts, points within 14 % of the screen, all else when it is equal; an
    argument that only one side gives is a disagreement.
    """
    if predicted.type != reference.type:
        return 0.0
    if predicted.arguments == reference.arguments and reference.type != "call_tool":
        return 1.0
    given, wanted = _arguments(predicted), _arguments(reference)
    if reference.type == "call_tool":
        if given["name"] != wanted["name"]:
            return 0.0
        given, wanted = given.get("arguments", {}), wanted.get("arguments", {})
        agree, asked = _likeness, given.keys() | wanted.keys()
    else:
        agree, asked = _agreement, (wanted.keys() | given.keys() - IF_ASKED) - NOT_JUDGED
    if not asked:
        return 1.0
    both = sorted(given.keys() & wanted.keys() & asked)  # in one order, so that the sum is the same in every process
    return TYPE_SHARE + (1 - TYPE_SHARE) * sum(agree(key, given[key], wanted[key]) for key in both) / len(asked)


def instruction_similarity(predicted: str, reference: str) -> float:
    """Normalised edit similarity of two step instructions (insertions and deletions), letter case ignored, in [0, 1]."""
    return Indel.normalized_similarity(predicted.lower(), reference.lower())


def same_step(predicted: Step, reference: Step) -> bool:
    """The same operation and, letter case aside, the same instruction."""
    return operation(predicted.action, reference.action) == 1.0 and (
        predicted.instruction.lower() == reference.instruction.lower()
    )


def _arguments(action: Action) -> dict[str, Any]:
    return MEANT.get(action.type, {}) | action.arguments


def _agreement(name: str, predicted: Any, reference: Any) -> float:
    """Agreement of an argument that the registry knows."""
    if name == "key":
        return float(_keys(predicted) == _keys(reference))
    if name in ("point", "start", "end"):
        return float(math.dist(predicted, reference) <= POINT_RADIUS)
    if name in ("direction", "outcome"):
        return float(predicted == reference)
    return _likeness(name, predicted, reference)


def _likeness(_name: str, predicted: Any, reference: Any) -> float:
    """Agreement of any two JSON values; ``true`` is not 1."""
    if isinstance(reference, str) and isinstance(predicted, str):
        return Indel.normalized_similarity(" ".join(predicted.split()), " ".join(reference.split()))
    return float(predicted == reference and isinstance(predicted, bool) == isinstance(reference, bool))


def _keys(text: str) -> set[str]:
    """The parts of a key combination: ``Ctrl + C`` and ``ctrl+c`` are the same, and so are ``ctrl++`` and ``ctrl +``."""
    return set(re.findall(r"[^\s+]+|\+(?=\s*$)", text.lower()))
