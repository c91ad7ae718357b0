"""Is one row right? Its fields fit together, its places are on the screen, and its own reference scores the maximum.

Every row is checked when it is made, and again by ``python -m tracer1_data validate``.
"""

from __future__ import annotations

from typing import Any

from tracer1.coordinates import Size
from tracer1.executors.base import POINTER_ACTIONS
from tracer1.files import picture_bytes
from tracer1.ground_truth import GroundTruth, load
from tracer1.plans import parse, render
from tracer1_data.pictures import decode, is_whole, size_of
from tracer1_rewards.settings import Settings
from tracer1_rewards.trajectory import score_plan

MARK = "<image>"
TRUTH = "reward_model.ground_truth"
AGAIN = "prepare it again"
_MEND = "mend the picture in the input, and prepare the set again"
_SETTINGS = Settings()
_REMEMBERED = 10_000
_perfect: set[tuple] = set()
_SLACK = 1.0  # pixels that a recorded box may stick out, by rounding


class BadRow(ValueError):
    """What is wrong with a row: the field, why, and what to do about it."""

    def __init__(self, field: str, reason: str, fix: str = AGAIN) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason, self.fix = field, reason, fix


def check(row: dict[str, Any]) -> GroundTruth:
    """One row's ground truth. Raises BadRow."""
    truth = read_truth(row["reward_model"]["ground_truth"])
    check_marks(sum(message["content"].count(MARK) for message in row["prompt"]), len(row["images"]))
    check_pictures(row["images"], truth.image)
    check_truth(truth, row["extra_info"]["reference"])
    return truth


def read_truth(text: str) -> GroundTruth:
    """The ground truth. Raises BadRow when it cannot be read."""
    try:
        return load(text)
    except (ValueError, AttributeError, RecursionError) as error:
        raise BadRow(TRUTH, str(error)) from error


def check_marks(marks: int, images: int) -> None:
    """Raises BadRow unless the prompt marks as many pictures as there are."""
    if marks != images:
        raise BadRow("prompt", f"{marks} {MARK} marks for {images} images")


def check_pictures(images: list[dict[str, Any]], expected: Size | None, whole: bool = False) -> None:
    """Raises BadRow unless each entry holds a picture, or names one, and the first has the ``expected`` size. Header and
    ending are looked at; ``whole`` decodes all that is between."""
    for number, entry in enumerate(images):
        which = f"number {number}: " if len(images) > 1 else ""
        try:
            data = picture_bytes(entry)
            size = Size(*decode(data).size) if whole else size_of(data)
        except ValueError as error:
            raise BadRow("images", f"{which}{error}", _MEND) from error
        if not is_whole(data):
            raise BadRow("images", f"{which}the picture is cut off", _MEND)
        if number == 0 and expected and size != expected:
            raise BadRow(
                "images",
                f"{size.width}x{size.height} pixels, ground_truth says {expected.width}x{expected.height}",
                "coordinates belong to the picture they were recorded on: put that one in",
            )


def check_truth(truth: GroundTruth, written: str) -> None:
    """Raises BadRow unless the places are on the screen, ``written`` is the reference, and the reference scores the
    maximum."""
    _check_place(truth)
    text = render(truth.reference)
    if written != text:
        raise BadRow("extra_info.reference", "it is not the ground truth's reference")
    _check_score(text, truth)


def _check_place(truth: GroundTruth) -> None:
    first, image, box = truth.reference.steps[0], truth.image, truth.box
    placed = box or truth.point or "point" in first.action.arguments
    if first.action.type in POINTER_ACTIONS and image and truth.elements and not placed:
        raise BadRow(TRUTH, "the first step points at something, but the row has no target box")
    if box and (
        min(box.left, box.top) < -_SLACK or box.right > image.width + _SLACK or box.bottom > image.height + _SLACK
    ):
        raise BadRow(
            TRUTH,
            f"box: {box.left:g}, {box.top:g}, {box.right:g}, {box.bottom:g} is not on the screen of "
            f"{image.width}x{image.height} pixels",
        )
    if truth.point and not (0 <= truth.point.x <= 1000 and 0 <= truth.point.y <= 1000):
        raise BadRow(TRUTH, f"point: {truth.point.x:g}, {truth.point.y:g} is not within 0 to 1000")


def _check_score(text: str, truth: GroundTruth) -> None:
    """The default settings speak for all others: a score is the maximum only when every step's operation and instruction
    agree fully, none repeats and the plan reads cleanly, whatever each of these weighs. What the score depends on is
    remembered: rows near the end of similar episodes have the same reference."""
    place = truth.box if "point" in truth.reference.steps[0].action.arguments else None
    rules = (text, truth.protocol, truth.horizon, truth.image, place)
    if rules in _perfect:
        return
    score = score_plan(parse(text), truth, _SETTINGS).score
    if abs(score - _SETTINGS.maximum) > 1e-9:
        raise BadRow(TRUTH, f"the reference scores {score:.4f} instead of {_SETTINGS.maximum:.4f}")
    if len(_perfect) >= _REMEMBERED:
        _perfect.clear()
    _perfect.add(rules)
