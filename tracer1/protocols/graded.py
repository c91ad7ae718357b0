"""Our own protocol: the graded similarity that training rewards, so that what is measured is what was trained.

Source: this project, ``tracer1/matching.py``.
"""

from __future__ import annotations

from tracer1.actions import Action
from tracer1.matching import POINT_RADIUS, operation
from tracer1.protocols.base import Protocol, Target, Verdict
from tracer1.protocols.places import inside, near


def judge(predicted: Action, target: Target) -> Verdict:
    """The graded similarity as the score; right at 1 unless the predicted point misses the boxes. Every target is judged."""
    score = operation(predicted, target.action)
    same_type = predicted.type == target.action.type
    grounding = _grounding(predicted, target) if same_type else None
    return Verdict(same_type, score == 1 and grounding is not False, score, grounding, "graded similarity")


def _grounding(predicted: Action, target: Target) -> bool | None:
    """None where neither side gives a point, or where nothing is known of the place."""
    point, goal = predicted.arguments.get("point"), target.action.arguments.get("point")
    if point is None:
        return None if goal is None else False
    if target.boxes:
        return inside(point, target)
    return None if goal is None else near(point, goal, POINT_RADIUS)


PROTOCOL = Protocol(
    name="tracer1",
    source="this project, tracer1/matching.py",
    rules={
        "all": "0 when the type differs, otherwise one half and the mean agreement of the arguments for the other half; "
        "a step is right when its score is 1",
        "texts": "agree by their normalised edit similarity",
        "points": "agree within 140 thousandths; where the reference has no point, a predicted one leaves the score as it is",
        "boxes": "where the target has boxes and the prediction a point, the step is right only inside one, edges included",
    },
    judge=judge,
    quirks=(
        "A planner may leave the place to the executor: a click without a point is right where the reference has no point.",
        "Boxes decide grounding and success and leave the score as it is.",
    ),
)
