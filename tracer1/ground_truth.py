"""What a reward needs to know about one row, as one versioned JSON string (veRL and EasyR1 both pass exactly that).

It holds the reference continuation, the target box of its first step, the page tree that a frozen executor may look at,
the screenshot's size, and how the plan is to be compared.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from tracer1.actions import Action
from tracer1.answers import ExpectedAnswer
from tracer1.coordinates import Box, Point, Size
from tracer1.plans import Plan, Step
from tracer1.protocols import PROTOCOLS
from tracer1.trajectories import Element, Observation

VERSION = 1


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """The reference of one training row. ``box`` (screenshot pixels) is where the first step's pointer action must land,
    ``point`` (``thousand``) the same where the dataset knows no box; ``answer`` is what the first step's tool must answer,
    where that is known better than by the call itself. ``image`` is None where there is no screenshot; ``origin`` is that of
    :class:`tracer1.trajectories.Observation`."""

    reference: Plan
    image: Size | None
    horizon: int
    platform: str = "web"
    protocol: str = "tracer1"
    box: Box | None = None
    point: Point | None = None
    elements: tuple[Element, ...] = ()
    answer: ExpectedAnswer | None = None
    origin: str = ""

    def __post_init__(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise ValueError(f"unknown protocol {self.protocol!r}: use one of {', '.join(PROTOCOLS)}")
        if self.image is None and (self.box or self.point or self.protocol != "tracer1"):
            raise ValueError("without a screenshot there is no place, and only the protocol tracer1 can judge")
        if self.point is not None and self.point.space != "thousand":
            raise ValueError(f"the target point must be thousand, got {self.point.space}: convert it")
        if not self.reference.steps:
            raise ValueError("the reference has no step: a row needs at least one")
        if len(self.reference.steps) > self.horizon:
            raise ValueError(
                f"the reference has {len(self.reference.steps)} steps, more than the horizon {self.horizon}"
            )

    @property
    def observation(self) -> Observation:
        """What the executor sees, without the answer; the screenshot is not part of the row's ``ground_truth``."""
        return Observation(b"", self.image, self.elements, platform=self.platform, origin=self.origin)


def dump(truth: GroundTruth) -> str:
    """The JSON string of a ground truth."""
    return json.dumps(
        {
            "version": VERSION,
            "platform": truth.platform,
            "protocol": truth.protocol,
            "horizon": truth.horizon,
            "image": [truth.image.width, truth.image.height] if truth.image else None,
            "reference": [[s.action.type, s.action.arguments, s.instruction] for s in truth.reference.steps],
            "box": _edges(truth.box) if truth.box else None,
            "point": [truth.point.x, truth.point.y] if truth.point else None,
            "answer": [truth.answer.rule, truth.answer.value] if truth.answer else None,
            "origin": truth.origin,
            "elements": [[e.role, e.name, _edges(e.box), e.group, e.value, e.focused] for e in truth.elements],
        },
        ensure_ascii=False,
    )


def load(text: str) -> GroundTruth:
    """Read a ground truth. Raises ValueError that names the field and the fix."""
    try:
        data = json.loads(text)
        if data["version"] != VERSION:
            raise ValueError(
                f"ground_truth has version {data['version']}, this code reads {VERSION}: prepare the rows again"
            )
        return GroundTruth(
            reference=Plan(tuple(Step(Action(kind, arguments), says) for kind, arguments, says in data["reference"])),
            image=Size(*data["image"]) if data["image"] else None,
            horizon=data["horizon"],
            platform=data["platform"],
            protocol=data["protocol"],
            box=Box(*data["box"], space="pixel") if data["box"] else None,
            point=Point(*data["point"], space="thousand") if data.get("point") else None,
            answer=ExpectedAnswer(*data["answer"]) if data.get("answer") else None,
            origin=data.get("origin", ""),
            elements=tuple(
                Element(role, name, Box(*box, space="pixel"), group, value, focused)
                for role, name, box, group, value, focused in data["elements"]
            ),
        )
    except KeyError as error:
        raise ValueError(f"ground_truth lacks the field {error}: prepare the rows again") from error
    except (TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"ground_truth is not the JSON object that tracer1_data writes ({error})") from error


def _edges(box: Box) -> list[float]:
    return [box.left, box.top, box.right, box.bottom]
