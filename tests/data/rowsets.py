"""Sets of rows for the tests of validate and mix: episodes of clicks, and directories of shards with a manifest."""

from __future__ import annotations

import functools
import io
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.files import write_json
from tracer1.plans import Step
from tracer1.trajectories import Element, Observation, RecordedStep, Trajectory
from tracer1_data.rows import SCHEMA, to_row
from tracer1_data.settings import RowSettings
from tracer1_data.shards import Shard, ShardWriter
from tracer1_data.windows import window

SIZE = Size(64, 48)
BOX = Box(10, 5, 18, 20, "pixel")
Row = dict[str, Any]


@functools.cache
def picture(shade: int = 0, size: Size = SIZE) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (size.width, size.height), (shade % 256, 40, 30)).save(buffer, "PNG")
    return buffer.getvalue()


def episode(source: str, name: str, length: int, platform: str = "web") -> Trajectory:
    """``length`` clicks, all on the same box, and the task solved; with ``tool``: calls without screenshot or output."""
    steps = tuple(_recorded(name, number, platform) for number in range(length))
    return Trajectory(source, name, f"Do {name}", platform, steps, task="t")


def _recorded(name: str, number: int, platform: str) -> RecordedStep:
    if platform == "tool":
        call = Action("call_tool", {"name": "look", "arguments": {"n": number}})
        return RecordedStep(Observation(b"", None), Step(call, f"Look at {name}"))
    elements = (Element("button", f"square {number}", BOX), Element("button", "other", Box(30, 5, 40, 20, "pixel")))
    seen = Observation(picture(len(name) + number), SIZE, elements)
    return RecordedStep(seen, Step(Action("click"), f"Click square {number}"), BOX)


def rows(source: str, episodes: int, length: int = 2, platform: str = "web", horizon: int = 4) -> list[Row]:
    """``episodes`` x ``length`` rows, whose references have 2 to ``length + 1`` steps (the last is finish)."""
    settings = RowSettings(horizon=horizon, history=2, style="compact")
    made = (episode(source, f"{source}-{n}", length, platform) for n in range(episodes))
    found = [instance for trajectory in made for instance in window(trajectory, horizon, 2)]
    return [to_row(instance, index, settings) for index, instance in enumerate(found)]


def save(directory: Path, *shards: list[Row], licence: str = "MIT") -> Path:
    """A directory as prepare leaves it: one file for each list of rows, and a manifest."""
    directory.mkdir(parents=True)
    written: list[Shard] = []
    for number, content in enumerate(shards):
        with ShardWriter(directory / f"train-{number:05d}-000.parquet", SCHEMA) as writer:
            for row in content:
                writer.write(row)
            written.append(writer.finish())
    write_json(directory / "manifest.json", {"licence": licence, "shards": [asdict(shard) for shard in written]})
    return directory
