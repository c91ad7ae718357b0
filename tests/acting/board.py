"""A small real environment: a form with two fields and a button, drawn with Pillow. Solved by bob in Name, then
Send.
"""

import io
import threading

from PIL import Image, ImageDraw

from tracer1.actions import Action
from tracer1.coordinates import Box, Point, Size
from tracer1.environments.base import Outcome
from tracer1.trajectories import Element, Observation

SIZE = Size(100, 60)
NAME, SEND = Box(10, 5, 90, 20, "pixel"), Box(10, 40, 50, 55, "pixel")


class Board:
    """``Send`` ends the episode with reward 1 when the field holds the asked name, else -1."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self.closed = False

    def reset(self, task: str, seed: int) -> str:
        if task != "form":
            raise ValueError(f"unknown task {task!r}")
        self.name, self.text, self.focused, self.end = f"bob{seed}", "", False, Outcome(False, 0.0)
        return f"Send {self.name}"

    def observe(self) -> Observation:
        assert threading.get_ident() == self._thread, "an environment is used from the thread that made it"
        image = Image.new("RGB", (SIZE.width, SIZE.height), "white")
        pen = ImageDraw.Draw(image)
        for box in (NAME, SEND):
            pen.rectangle((box.left, box.top, box.right, box.bottom), outline="black")
        pen.text((12, 6), self.text, fill="black")
        pen.text((14, 42), "Send", fill="black")
        output = io.BytesIO()
        image.save(output, "PNG")
        field = Element("textbox", "Name", NAME, value=self.text, focused=self.focused)
        return Observation(output.getvalue(), SIZE, (field, Element("button", "Send", SEND)))

    def perform(self, action: Action, point: Point | None = None) -> None:
        if action.type == "type" and self.focused:
            self.text += action.arguments["text"]
        elif action.type == "click" and point is not None:
            self.focused = NAME.contains(point)
            if SEND.contains(point):
                self.end = Outcome(True, 1.0 if self.text == self.name else -1.0)
        else:
            raise ValueError(f"cannot {action.type} now")

    def conclude(self, action: Action) -> None:
        self.concluded = action

    def outcome(self) -> Outcome:
        return self.end

    def close(self) -> None:
        self.closed = True


def ideal(task: str, done: list[str], _: int = 0) -> str:
    """The reference planner: the steps that remain."""
    name = task.removeprefix("Send ")
    steps = ["click(): Click the Name textbox", f'type(text="{name}"): Enter {name}', "click(): Click the Send button"]
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps[len(done) :], 1))
