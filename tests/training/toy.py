"""A task that a tiny planner learns in seconds: three named buttons, click two in the given order."""

from __future__ import annotations

import io
import random
from pathlib import Path

from PIL import Image, ImageDraw

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.plans import Step
from tracer1.trajectories import Element, Observation, RecordedStep, Trajectory
from tracer1_data.rows import to_row, write_rows
from tracer1_data.settings import RowSettings
from tracer1_data.windows import window

NAMES = ("alpha", "beta", "gamma", "delta", "kappa", "lambda", "sigma", "omega")
SIZE = Size(160, 210)
HORIZON, HISTORY = 4, 2


def episode(seed: int) -> Trajectory:
    """Two clicks on the buttons that the instruction names."""
    names = random.Random(seed).sample(NAMES, 3)
    image = Image.new("RGB", (SIZE.width, SIZE.height), "white")
    draw, elements = ImageDraw.Draw(image), []
    for place, name in enumerate(names):
        box = Box(10, 60 + 45 * place, 110, 95 + 45 * place, "pixel")
        draw.rectangle((box.left, box.top, box.right, box.bottom), outline="black")
        draw.text((20, box.top + 10), name, fill="black")
        elements.append(Element("button", name, box))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    observation = Observation(buffer.getvalue(), SIZE, tuple(elements))
    steps = tuple(
        RecordedStep(observation, Step(Action("click"), f"Click the {element.name} button"), element.box)
        for element in elements[:2]
    )
    says = f"Click the {names[0]} button, then the {names[1]} button"
    return Trajectory("toy", f"toy-{seed}", says, "web", steps, task="toy", seed=seed)


def write(path: Path, seeds: range) -> Path:
    """The rows of these seeds' episodes as a Parquet file, two rows an episode."""
    instances = [instance for seed in seeds for instance in window(episode(seed), HORIZON, HISTORY)]
    settings = RowSettings(horizon=HORIZON, history=HISTORY, style="compact")
    write_rows([to_row(instance, n, settings) for n, instance in enumerate(instances)], path)
    return path
