"""Is one row right? Its fields fit together, its places are on the screen, and its own reference scores the maximum.

Every row is checked when it is made, and again by ``python -m tracer1_data validate``.
"""

from __future__ import annotations

from typing import Any

from tracer1.coordinates import Size
from tracer1.executors.base import POINTER_ACTIONS
from tracer1.ground_truth import GroundTruth, load
from tracer1.plans import parse, render
from tracer1_data.pictures import is_whole, size_of
from tracer1_rewards.settings import Settings
from tracer1_rewards.trajectory import score_plan

_SETTINGS = (Settings(), Settings(instruction_weight=0.0, format_weight=0.0))
_SLACK = 1.0  # pixels that a recorded box may stick out, by rounding


def check(row: dict[str, Any], pictures: bool = True) -> GroundTruth:
    """One row's ground truth. ``pictures`` off looks at everything but the bytes of the images. Raises ValueError that names
    the field."""
    truth = load(row["reward_model"]["ground_truth"])
    marks = sum(message["content"].count("<image>") for message in row["prompt"])
    if marks != len(row["images"]):
        raise ValueError(f"prompt has {marks} <image> marks for {len(row['images'])} images")
    if pictures:
        _check_pictures([picture["bytes"] for picture in row["images"]], truth.image)
    _check_place(truth)
    _check_reference(row["extra_info"]["reference"], truth)
    return truth


def _check_pictures(pictures: list[bytes], expected: Size | None) -> None:
    for number, data in enumerate(pictures):
        size = size_of(data)
        if not is_whole(data):
            raise ValueError("images: the picture is cut off")
        if number == 0 and expected and size != expected:
            raise ValueError(
                f"images: {size.width}x{size.height} pixels, ground_truth says {expected.width}x{expected.height}"
            )


def _check_place(truth: GroundTruth) -> None:
    first, image, box = truth.reference.steps[0], truth.image, truth.box
    if first.action.type in POINTER_ACTIONS and image and not (box or truth.point or "point" in first.action.arguments):
        if truth.elements:
            raise ValueError("the first step points at something, but the row has no target box")
    if box and (
        min(box.left, box.top) < -_SLACK or box.right > image.width + _SLACK or box.bottom > image.height + _SLACK
    ):
        raise ValueError(
            f"box: {box.left:g}, {box.top:g}, {box.right:g}, {box.bottom:g} is not on the screen of "
            f"{image.width}x{image.height} pixels"
        )
    if truth.point and not (0 <= truth.point.x <= 1000 and 0 <= truth.point.y <= 1000):
        raise ValueError(f"point: {truth.point.x:g}, {truth.point.y:g} is not within 0 to 1000")


def _check_reference(written: str, truth: GroundTruth) -> None:
    text = render(truth.reference)
    if written != text:
        raise ValueError("extra_info.reference is not the ground truth's reference")
    parsed = parse(text)
    for settings in _SETTINGS:
        reward = score_plan(parsed, truth, settings)
        if abs(reward.score - settings.maximum) > 1e-9:
            raise ValueError(f"the reference scores {reward.score:.4f} instead of {settings.maximum:.4f}")
