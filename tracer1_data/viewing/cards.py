"""What a person needs to see of a row: the pictures with the target's place on them, the task, the history, the plan."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Any

from PIL import Image

from tracer1.coordinates import Box, Point, Size
from tracer1.files import picture_bytes
from tracer1.ground_truth import GroundTruth, load
from tracer1.plans import Step, render_step
from tracer1_data.pictures import decode

ALONE, BESIDE_OTHERS = Size(900, 700), Size(430, 430)
"""The room for a picture, in CSS pixels: a single one, and one of several."""
SMALL = 350
"""A single picture of up to this many pixels is shown twice as large."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on a picture, in percent of its width and height; a point has no ``width``."""

    kind: str
    says: str
    left: float
    top: float
    width: float | None = None
    height: float | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture for the page: a ``data:`` address, or ``problem`` where it cannot be shown; ``shown`` in CSS pixels."""

    caption: str
    source: str = ""
    shown: Size | None = None
    marks: tuple[Mark, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One row. ``number`` counts from 0 in the set; ``task`` and ``history`` are taken out of the prompt."""

    number: int
    where: str
    info: dict[str, Any]
    source: str
    task: str
    history: tuple[str, ...]
    plan: tuple[tuple[str, str], ...]
    pictures: tuple[Picture, ...]
    prompt: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    problem: str = ""

    @property
    def searched(self) -> str:
        """The text that the filter box looks at."""
        info = self.info
        words = [self.task, self.source, info["task"], info["episode"], info["platform"], info["stage2"]]
        return " ".join([*map(str, words), *(part for step in self.plan for part in step)]).casefold()


def make_card(row: dict[str, Any], number: int, where: str) -> Card:
    """A card of a row as Parquet has it; a damaged ground truth or picture is named on the card."""
    truth, problem = None, ""
    try:
        truth = load(row["reward_model"]["ground_truth"])
    except ValueError as error:
        problem = f"The ground truth cannot be read: {error}"
    task, history = read_prompt(row["prompt"])
    return Card(
        number=number,
        where=where,
        info=row["extra_info"],
        source=row["extra_info"]["source"] or row["data_source"],
        task=task,
        history=history,
        plan=tuple(map(_spelled, truth.reference.steps)) if truth else (),
        pictures=_pictures(row["images"], truth),
        prompt=tuple((message["role"], message["content"]) for message in row["prompt"]),
        facts=_facts(row["extra_info"], truth),
        problem=problem,
    )


def read_prompt(messages: list[dict[str, str]]) -> tuple[str, tuple[str, ...]]:
    """Task and history as :func:`tracer1.prompts.build` puts them; of another prompt, its text and no history."""
    text = messages[-1]["content"].replace("<image>", "") if messages else ""
    head, found, past = text.removesuffix("\nPlan:").rpartition("\nDone:\n")
    if not (found and head.startswith("Task: ")):
        return text, ()
    lines = [line.removeprefix("- ") for line in past.split("\n")]
    return head.removeprefix("Task: "), () if lines == ["none"] else tuple(lines)


def _spelled(step: Step) -> tuple[str, str]:
    return render_step(step).removesuffix(f": {step.instruction}"), step.instruction


def _facts(info: dict[str, Any], truth: GroundTruth | None) -> tuple[tuple[str, str], ...]:
    names = ("episode", "position", "split", "platform", "task", "seed", "index", "instructions")
    facts = [(name, info[name]) for name in names] + [("image tokens", f"{info['n_image_tokens'] or 0:,}")]
    if truth:
        facts += [("horizon", truth.horizon), ("protocol", truth.protocol), ("page elements", len(truth.elements))]
        if truth.answer:
            facts.append(("expected answer", f"{truth.answer.value} (rule {truth.answer.rule})"))
    unknown = ("seed", 0), ("page elements", 0)
    return tuple(
        (name, str(value)) for name, value in facts if value not in (None, "") and (name, value) not in unknown
    )


def _pictures(images: list[dict[str, Any]], truth: GroundTruth | None) -> tuple[Picture, ...]:
    """The first picture is the screenshot where the ground truth knows its size; the others are attachments."""
    shown = []
    for number, entry in enumerate(images):
        screen = truth if truth and truth.image and number == 0 else None
        name = "Screenshot" if screen else f"Picture {number + 1} of {len(images)}"
        try:
            shown.append(_picture(name, decode(picture_bytes(entry)), screen, alone=len(images) == 1))
        except ValueError as error:
            shown.append(Picture(name, problem=str(error)))
    return tuple(shown)


def _picture(name: str, image: Image.Image, screen: GroundTruth | None, alone: bool) -> Picture:
    room = ALONE if alone else BESIDE_OTHERS
    scale = min(1.0, room.width / image.width, room.height / image.height)
    small = Size(*(max(1, round(side * scale)) for side in image.size))
    larger = 2 if alone and max(image.size) <= SMALL else 1
    buffer = io.BytesIO()
    image.convert("RGB").resize((small.width, small.height), Image.Resampling.LANCZOS).save(buffer, "WEBP", quality=85)
    shown = larger if larger > 1 else scale
    return Picture(
        caption=f"{name}, {image.width}×{image.height}" + (f", shown at {shown:.0%}" if shown != 1 else ""),
        source=f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}",
        shown=Size(small.width * larger, small.height * larger),
        marks=marks_of(screen) if screen else (),
    )


def marks_of(truth: GroundTruth) -> tuple[Mark, ...]:
    """The target's box and point, and the points that the reference's first step itself gives."""
    size, marks = truth.image, []
    if size is None:
        return ()
    if truth.box:
        marks.append(_box(truth.box, size))
    if truth.point:
        marks.append(_point("target point", truth.point))
    for name, value in truth.reference.steps[0].action.arguments.items():
        if name in ("point", "start", "end") and (point := Point(*value, "thousand")) != truth.point:
            marks.append(_point(f"{name} of step 1", point))
    return tuple(marks)


def _box(box: Box, size: Size) -> Mark:
    says = f"target box: {box.left:g}, {box.top:g} to {box.right:g}, {box.bottom:g}"
    across, down = 100 / size.width, 100 / size.height
    return Mark(
        "box", says, box.left * across, box.top * down, (box.right - box.left) * across, (box.bottom - box.top) * down
    )


def _point(name: str, point: Point) -> Mark:
    return Mark("point", f"{name}: {point.x:g}, {point.y:g} of 1000", point.x / 10, point.y / 10)
