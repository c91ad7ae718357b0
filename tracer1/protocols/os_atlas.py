"""AndroidControl as OS-Atlas measures it: the step success rate of AndroidControl-High that later papers quote.

Source: OS-Copilot/OS-Atlas, ``eval/eval_scripts/android_control/evaluation_unify.py``.
"""

from __future__ import annotations

from tracer1.actions import Action
from tracer1.protocols.base import Protocol, Target, Verdict, verdict
from tracer1.protocols.places import near, reference_point
from tracer1.protocols.texts import same, spelled, token_f1, word

NAME = "os_atlas"
POINTERS = ("click", "long_press")
TEXTS = ("type", "open_app")
LEAST_F1 = 0.5  # to be exceeded


def judge(predicted: Action, target: Target) -> Verdict:
    """The verdict of OS-Atlas's script. Raises ValueError for a reference click or long press without a place."""
    reference = target.action
    goal = reference_point(target, NAME) if reference.type in POINTERS else None
    if word(predicted) != word(reference):
        return verdict(False, False, "another type")
    if goal is not None:
        hit = near(predicted.arguments.get("point"), goal)
        return verdict(True, hit, "point within 140 thousandths", hit)
    if reference.type in TEXTS:
        return verdict(True, _same_text(predicted, reference), "same text, or F1 of the second token > 0.5")
    return verdict(True, same(predicted, reference), "same action")


def _same_text(predicted: Action, reference: Action) -> bool:
    ours, theirs = spelled(predicted), spelled(reference)
    return ours == theirs or token_f1(ours.split()[1], theirs.split()[1]) > LEAST_F1


PROTOCOL = Protocol(
    name=NAME,
    source="OS-Copilot/OS-Atlas, eval/eval_scripts/android_control/evaluation_unify.py",
    rules={
        "all": "the type is equal",
        "click, long_press": "the point is at most 140 thousandths from the reference point; boxes are not looked at",
        "type, open_app": "the same text, or token-set F1 > 0.5 of the second token of the spelled actions",
        "scroll": "the same direction",
        "others": "the same action",
    },
    judge=judge,
    quirks=(
        "The distance is taken on the square 0-1000 grid, so on a tall phone it reaches further down than across.",
        "Only the second white-space token of `TYPE [new york]` is compared, `[new`: texts that share the first word count "
        "as the same, but `TYPE [new]` differs from `TYPE [new york]`, because its token is `[new]`.",
        "Grounding is judged only where the type is right; published grounding accuracy counts `click` alone.",
        "A reference with boxes and no point is taken to point at the centre of the first box (ours).",
    ),
)
