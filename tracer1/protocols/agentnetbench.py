"""AgentNetBench, OpenCUA's offline desktop benchmark: a graded score of each action.

Source: xlang-ai/OpenCUA, ``evaluation/agentnetbench/eval.py``.
"""

from __future__ import annotations

import math

from rapidfuzz.distance import Levenshtein

from tracer1.actions import Action
from tracer1.protocols.base import Protocol, Target, Verdict, verdict
from tracer1.protocols.places import inside, reference_point
from tracer1.protocols.texts import same

NAME = "agentnetbench"
CLICKS = ("click", "double_click", "triple_click", "right_click", "middle_click", "hover")
PLACES = {**dict.fromkeys(CLICKS, "point"), "drag": "end"}
RADIUS = 10 * 2**0.5  # thousandths; the published threshold is 0.01 * sqrt(2) of the screen
STEEPNESS = 120 / 1000  # per thousandth; 120 per screen
ENOUGH = 0.8  # the edit similarity that counts as the same text


def judge(predicted: Action, target: Target) -> Verdict:
    """AgentNetBench's score of one action; right at 1. Raises ValueError for a reference pointer without a place."""
    reference = target.action
    argument = PLACES.get(reference.type)
    goal = reference_point(target, NAME, argument) if argument else None
    if predicted.type != reference.type:
        return verdict(False, False, "another type")
    if argument and goal:
        score = _place_score(predicted.arguments.get(argument), goal, target)
        return Verdict(True, score == 1, score, score == 1, "point in a box, or exp(-120 (distance - 0.01 sqrt 2))")
    if reference.type == "type":
        score = _text_score(predicted.arguments["text"], reference.arguments["text"])
        return Verdict(True, score == 1, score, rule="edit similarity / 0.8")
    if reference.type == "key":
        return verdict(True, _keys(predicted) == _keys(reference), "same set of keys")
    if reference.type == "scroll":
        return verdict(True, True, "same type")
    return verdict(True, same(predicted, reference), "same action")


def _place_score(point: list[float] | None, goal: list[float], target: Target) -> float:
    """1 in a box; otherwise it falls with the distance, in thousandths of a square screen, from the reference point."""
    if point is None:
        return 0.0
    if inside(point, target):
        return 1.0
    return min(1.0, math.exp(-STEEPNESS * (math.dist(point, goal) - RADIUS)))


def _text_score(predicted: str, reference: str) -> float:
    similarity = Levenshtein.normalized_similarity(predicted.lower().strip(), reference.lower().strip())
    return 1.0 if similarity >= ENOUGH else similarity / ENOUGH


def _keys(action: Action) -> set[str]:
    """The lower-cased keys of ``Ctrl+C``; the key ``+`` itself is the empty text."""
    return {key.strip() for key in action.arguments["key"].lower().split("+")}


PROTOCOL = Protocol(
    name=NAME,
    source="xlang-ai/OpenCUA, evaluation/agentnetbench/eval.py",
    rules={
        "all": "0 when the type differs; a step is right when its score is 1",
        "click, double_click, triple_click, right_click, middle_click, hover, drag": "1 in a box, edges included; otherwise, "
        "with the distance d in relative coordinates, exp(-120 (d - 0.01 sqrt 2)), at most 1; of a drag the end is judged",
        "type": "edit similarity of the lower-cased, stripped texts: 1 from 0.8 on, below it similarity / 0.8",
        "key": "the same set of lower-cased keys",
        "scroll": "the type alone",
        "finish": "the same outcome, success where none is given",
        "others": "the same action",
    },
    judge=judge,
    quirks=(
        "The script means to take a tenth off where only one text ends with a new line, but it strips both texts first, so "
        "typing with and without Enter score the same.",
        "Published steps may hold several actions (moveTo and scroll), whose scores are averaged; here a step is one action.",
        "press and hotkey are two types there and one here; middle_click has no score there.",
        "A reference with boxes and no point is taken to point at the centre of the first box (ours).",
    ),
)
