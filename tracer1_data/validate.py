"""Check every row of a Parquet file: it can be read, its picture opens, and its own reference scores the maximum.

``python -m tracer1_data validate rows.parquet`` prints what is wrong with which row, and exits with 1 if anything is.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, UnidentifiedImageError

from tracer1.executors.accessibility import resolve
from tracer1.executors.base import POINTER_ACTIONS
from tracer1.ground_truth import GroundTruth, load
from tracer1.plans import parse, render
from tracer1_rewards.settings import Settings
from tracer1_rewards.trajectory import score_plan


@dataclass(slots=True)
class Findings:
    """What a validation saw. ``executed`` and ``pointer_steps`` say how often the accessibility executor, given the
    reference's first step, hits its box."""

    rows: int = 0
    problems: list[str] = field(default_factory=list)
    tasks: Counter[str] = field(default_factory=Counter)
    pointer_steps: int = 0
    executed: int = 0


def validate(rows: Iterable[dict[str, Any]], source: str) -> Findings:
    """Check rows; ``source`` names the file in messages. Never raises for a bad row: it is reported."""
    findings, seen = Findings(), set()
    for number, row in enumerate(rows):
        findings.rows += 1
        try:
            truth = check(row)
            index = row["extra_info"]["index"]
            if index in seen:
                raise ValueError(f"extra_info.index {index} occurs twice")
            seen.add(index)
        except ValueError as error:
            findings.problems.append(f"{source}, row {number}: {error}")
            continue
        findings.tasks[row["extra_info"]["task"]] += 1
        _execute(truth, findings)
    return findings


def check(row: dict[str, Any]) -> GroundTruth:
    """One row's ground truth. Raises ValueError that names the field."""
    truth = load(row["reward_model"]["ground_truth"])
    marks = sum(message["content"].count("<image>") for message in row["prompt"])
    if marks != len(row["images"]):
        raise ValueError(f"prompt has {marks} <image> marks for {len(row['images'])} images")
    for picture in row["images"]:
        _check_picture(picture["bytes"], truth)
    if row["extra_info"]["reference"] != render(truth.reference):
        raise ValueError("extra_info.reference is not the ground truth's reference")
    for settings in (Settings(), Settings(instruction_weight=0.0, format_weight=0.0)):
        reward = score_plan(parse(render(truth.reference)), truth, settings)
        if abs(reward.score - settings.maximum) > 1e-9:
            raise ValueError(f"the reference scores {reward.score:.4f} instead of {settings.maximum:.4f}")
    if truth.box is None and truth.reference.steps[0].action.type in POINTER_ACTIONS:
        raise ValueError("the first step points at something, but the row has no target box")
    return truth


def _check_picture(data: bytes, truth: GroundTruth) -> None:
    try:
        size = Image.open(io.BytesIO(data)).size
    except (UnidentifiedImageError, OSError) as error:
        raise ValueError(f"images: not a picture ({error})") from error
    if size != (truth.image.width, truth.image.height):
        raise ValueError(
            f"images: {size[0]}x{size[1]} pixels, ground_truth says {truth.image.width}x{truth.image.height}"
        )


def _execute(truth: GroundTruth, findings: Findings) -> None:
    step = truth.reference.steps[0]
    if step.action.type not in POINTER_ACTIONS or truth.box is None:
        return
    findings.pointer_steps += 1
    point = resolve(truth.observation, step).point
    findings.executed += point is not None and truth.box.contains(point)
