"""What a served grounding model is asked, and how its answer becomes a place on the screenshot.

A :class:`Form` is one model's side of it: prompts, coordinates, the dialect of its answers. A :class:`Question` is one
screenshot and step in that form: what is sent, and the key under which the answer is kept.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tracer1.coordinates import Point, Size
from tracer1.dialects import Screen, load_dialect
from tracer1.executors.base import POINTER_ACTIONS
from tracer1.executors.options import ServedOptions
from tracer1.executors.pictures import data_url, measure, size_to_send
from tracer1.plans import Step
from tracer1.resizing import ResizeRule, smart_resize
from tracer1.trajectories import Observation

Message = dict[str, Any]
Prompt = Callable[[Step, bool], list[Message]]
"""Chat messages for a step, on a mobile screen or not, each a list of parts; :data:`PICTURE` stands for the screenshot."""
PICTURE: Message = {"type": "image_url"}


@dataclass(frozen=True, slots=True)
class Form:
    """``prompts`` by name, the first being the default; ``dialects`` for computers and for mobile screens; ``rule``: how the
    model's own preprocessing resizes; ``tidy``: what makes an answer readable in its dialect."""

    name: str
    prompts: Mapping[str, Prompt]
    dialects: tuple[str, str]
    rule: ResizeRule
    tidy: Callable[[str], str] = str.strip

    def prompt(self, name: str) -> Prompt:
        """A prompt by name; the default for an empty one. Raises ValueError, naming those that exist."""
        if name and name not in self.prompts:
            raise ValueError(f"{self.name} has no prompt {name!r}: use one of {', '.join(self.prompts)}")
        return self.prompts[name or next(iter(self.prompts))]


@dataclass(frozen=True, slots=True)
class Question:
    """One request without its picture, the picture, and what is needed to read the answer."""

    form: Form
    request: dict[str, Any]
    picture: bytes
    sent: Size | None
    screen: Screen
    mobile: bool

    def key(self) -> str:
        """A hash of everything that decides the answer: executor, model, prompt with the step, settings, picture."""
        size = [self.sent.width, self.sent.height] if self.sent else None
        asked = json.dumps([self.form.name, self.request, size], sort_keys=True)
        digest = hashlib.sha256(asked.encode())
        digest.update(hashlib.sha256(self.picture).digest())
        return digest.hexdigest()

    def body(self) -> bytes:
        """The request as JSON. Raises ValueError when the picture is damaged.

        The picture is put into the JSON, not written as JSON: escaping millions of letters that need none takes most of the
        time of a call.
        """
        mark = secrets.token_hex(16)
        picture = {"type": "image_url", "image_url": {"url": mark}}
        messages = [
            {"role": message["role"], "content": [picture if part is PICTURE else part for part in message["content"]]}
            for message in self.request["messages"]
        ]
        before, after = json.dumps({**self.request, "messages": messages}).encode().split(mark.encode())
        return b"".join((before, data_url(self.picture, self.sent), after))

    def place(self, answer: str, image: Size) -> Point:
        """Where the answer points, in pixels of the ``image``. Raises ValueError when it does not point.

        Only the first action counts. It may be any that points (asked for a double click, a model may answer with the click
        that finds the place: what is done there is the planner's to say), but one that types, scrolls or ends is none.
        """
        action = load_dialect(self.form.dialects[self.mobile]).read(self.form.tidy(answer), self.screen)[0]
        point = action.arguments.get("point") if action.type in POINTER_ACTIONS else None
        if point is None:
            raise ValueError(f"asked for a place, the model answers {action.type}")
        # Rounded, so that no edge of a box is missed by a float's error.
        x, y = round(point[0] * image.width / 1000, 4), round(point[1] * image.height / 1000, 4)
        return Point(x, y, "pixel")


def question(form: Form, options: ServedOptions, observation: Observation, step: Step) -> Question:
    """The question about one step. Raises ValueError when the screenshot is none, or none that the model takes."""
    image, mobile = measure(observation.screenshot), observation.platform == "mobile"
    rule = replace(form.rule, most=min(form.rule.most, options.max_pixels or form.rule.most))
    request = {
        "model": options.model,
        "messages": form.prompt(options.prompt)(step, mobile),
        "max_tokens": options.max_tokens,
        "temperature": 0.0,
        **options.extra_body,
    }
    screen = Screen(image, smart_resize(image, rule))
    return Question(form, request, observation.screenshot, size_to_send(image, rule), screen, mobile)


def asked(step: Step) -> str:
    """The step's instruction, with the kind of click where it is not a plain one."""
    plain = step.action.type == "click"
    return step.instruction if plain else f"{step.instruction} ({step.action.type.replace('_', ' ')})"
