"""GUI-Odyssey's two measures of a step: its own Action Matching Score, and the step accuracy of OS-Atlas and UI-TARS.

Sources: OpenGVLab/GUI-Odyssey, ``src/eval_mm/GUIOdyssey_action_matching.py`` and ``evaluate_GUIOdyssey.py``;
OS-Copilot/OS-Atlas, ``eval/eval_scripts/odyssey/evaluation_unify.py``.
"""

from __future__ import annotations

from collections.abc import Callable

from rapidfuzz.distance import Levenshtein

from tracer1.actions import Action
from tracer1.protocols.base import Protocol, Target, Verdict, verdict
from tracer1.protocols.places import inside, near, reference_point
from tracer1.protocols.texts import same, spelled, token_f1, word

PlaceRule = Callable[[list[float] | None, list[float], Target], bool]
TextRule = Callable[[Action, Action], bool]

POINTERS = ("click", "long_press")
LEAST_SIMILARITY = 0.5  # ANLS: enough when reached
LEAST_F1 = 0.5  # to be exceeded


def judge_official(predicted: Action, target: Target) -> Verdict:
    """The Action Matching Score of one step. Raises ValueError for a reference click or long press without a place."""
    return _judge(predicted, target, "gui_odyssey_official", _in_box_or_near, _similar_text)


def judge_step(predicted: Action, target: Target) -> Verdict:
    """Whether OS-Atlas counts the step as right. Raises ValueError for a reference click or long press without a place."""
    return _judge(predicted, target, "gui_odyssey_step", _near, _shared_words)


def _judge(predicted: Action, target: Target, protocol: str, lands: PlaceRule, alike: TextRule) -> Verdict:
    reference = target.action
    goal = reference_point(target, protocol) if reference.type in POINTERS else None
    if word(predicted) != word(reference):
        return verdict(False, False, "another type")
    if goal is not None:
        hit = lands(predicted.arguments.get("point"), goal, target)
        return verdict(True, hit, "the place", hit)
    if reference.type == "type":
        return verdict(True, alike(predicted, reference), "the text")
    if reference.type == "scroll":
        return verdict(True, same(predicted, reference), "the direction")
    return verdict(True, True, "same type")


def _in_box_or_near(point: list[float] | None, goal: list[float], target: Target) -> bool:
    return inside(point, target) or near(point, goal)


def _near(point: list[float] | None, goal: list[float], target: Target) -> bool:
    return near(point, goal)


def _similar_text(predicted: Action, reference: Action) -> bool:
    ours, theirs = _read(predicted), _read(reference)
    return ours in theirs or theirs in ours or Levenshtein.normalized_similarity(ours, theirs) >= LEAST_SIMILARITY


def _shared_words(predicted: Action, reference: Action) -> bool:
    return token_f1(spelled(predicted), spelled(reference)) > LEAST_F1


def _read(action: Action) -> str:
    """The typed text as the script reads it from ``TYPE: text``, which it cuts at every colon."""
    return action.arguments["text"].split(":")[0].strip()


OFFICIAL = Protocol(
    name="gui_odyssey_official",
    source="OpenGVLab/GUI-Odyssey, src/eval_mm/GUIOdyssey_action_matching.py and evaluate_GUIOdyssey.py",
    rules={
        "all": "the type is equal; finish with failure (IMPOSSIBLE) is a type of its own",
        "click, long_press": "the point is in a box, edges included, or at most 140 thousandths from the reference point",
        "type": "one text contains the other, or 1 - Levenshtein / longer length >= 0.5; letter case counts",
        "scroll": "the same direction",
        "others": "the type alone",
    },
    judge=judge_official,
    quirks=(
        "The script cuts `TYPE: text` at its colons, so of a text only what stands before the first colon is compared; an "
        "empty text is contained in every other.",
        "Directions are those of the finger in the published files; equality does not notice.",
        "A reference with boxes and no point is taken to point at the centre of the first box (ours).",
    ),
)

STEP = Protocol(
    name="gui_odyssey_step",
    source="OS-Copilot/OS-Atlas, eval/eval_scripts/odyssey/evaluation_unify.py",
    rules={
        "all": "the type is equal; finish with failure (IMPOSSIBLE) is a type of its own",
        "click, long_press": "the point is at most 140 thousandths from the reference point; boxes are not looked at",
        "type": "token-set F1 > 0.5 over the spelled actions, `TYPE [text]`",
        "scroll": "the same direction",
        "others": "the type alone",
    },
    judge=judge_step,
    quirks=(
        "The F1 counts the word TYPE, which both share, and the brackets stick to the first and the last word: `TYPE [new]` "
        "against `TYPE [new york]` shares only TYPE.",
        "The script reads a click without coordinates as (0, 0); here it is wrong everywhere.",
        "Directions are those of the finger in the published files; equality does not notice.",
        "A reference with boxes and no point is taken to point at the centre of the first box (ours).",
    ),
)
