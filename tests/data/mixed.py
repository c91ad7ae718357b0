"""A small set with everything that rows can be: web with boxes, mobile with points, tools with no and with several pictures.

``write(directory)`` makes two shards of it. All numbers in the tests that use it follow from here.
"""

from __future__ import annotations

import functools
import io
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, ImageDraw

from tracer1.actions import Action
from tracer1.answers import ExpectedAnswer
from tracer1.coordinates import Box, Size
from tracer1.plans import Step
from tracer1.trajectories import Observation, RecordedStep, Trajectory
from tracer1_data.rows import SCHEMA, to_row
from tracer1_data.settings import RowSettings
from tracer1_data.windows import window

WEB, PHONE = Size(1280, 720), Size(1080, 2400)
BOXES = (Box(100, 60, 420, 110, "pixel"), Box(1000, 640, 1180, 700, "pixel"))
EVIL = "<script>alert(1)</script>"


@functools.cache
def picture(size: Size, box: Box | None = None, kind: str = "PNG") -> bytes:
    """A screen with bars, and a red rectangle exactly at ``box``."""
    image = Image.new("RGB", (size.width, size.height), "#f4f6f8")
    draw = ImageDraw.Draw(image)
    for top in range(0, size.height, 120):
        draw.rectangle((0, top, size.width, top + 40), fill="#dfe5ea")
    if box:
        draw.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), fill="#d02020")
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def web() -> Trajectory:
    """Two clicks with boxes and a solved task: three rows' worth of plan, two rows."""
    steps = tuple(
        RecordedStep(Observation(picture(WEB, box), WEB), Step(Action("click"), f"Click {name}"), box)
        for box, name in zip(BOXES, ("the search box", "Send"), strict=True)
    )
    return Trajectory("shop", "shop/1", f"Buy {EVIL} & go", "web", steps, task="buy")


def phone() -> Trajectory:
    """A tap where only the point is known, a scroll, a step back; unfinished, its instructions derived."""
    seen = Observation(picture(PHONE, kind="JPEG"), PHONE)
    tap = Step(Action("click", {"point": [250, 500]}), "Click at the left")
    scroll = Step(Action("scroll", {"direction": "down"}), "Scroll down")
    steps = tuple(RecordedStep(seen, step) for step in (tap, scroll, Step(Action("press_back"), "Go back")))
    return Trajectory(
        "phones", "phones/7", "Open the settings", "mobile", steps, task="settings", complete=False,
        instructions="derived",
    )  # fmt: skip


def tool(pictures: int, episode: str) -> Trajectory:
    """One tool call, with that many pictures attached; its output is known where there are pictures."""
    attached = tuple(picture(Size(320, 240)) for _ in range(pictures))
    call = Step(Action("call_tool", {"name": "search", "arguments": {"q": "tea"}}), "Search for tea")
    answer = ExpectedAnswer("text", "green") if pictures else None
    recorded = RecordedStep(Observation(b"", None, attachments=attached), call, output="green", answer=answer)
    return Trajectory("tools", episode, "Which tea is it?", "tool", (recorded,), complete=True)


@functools.cache
def rows() -> tuple[dict, ...]:
    """Seven rows: web 2, phone 3, tool without a picture 1, tool with three 1."""
    settings = RowSettings(horizon=3, history=2, style="compact", split="train")
    made = [*window(web(), 3, 2), *window(phone(), 3, 2), *window(tool(0, "t/0"), 3, 2), *window(tool(3, "t/3"), 3, 2)]
    return tuple(
        to_row(instance, index, replace(settings, points=instance.trajectory.platform == "mobile"))
        for index, instance in enumerate(made)
    )


def write(directory: Path, group: int = 2) -> Path:
    """The set as two shards with row groups of ``group`` rows: four rows and three."""
    directory.mkdir(parents=True, exist_ok=True)
    made = rows()
    for name, part in (("train-00000-000", made[:4]), ("train-00001-000", made[4:])):
        table = pa.Table.from_pylist(part, SCHEMA)
        pq.write_table(table, directory / f"{name}.parquet", row_group_size=group, use_dictionary=False)
    return directory
