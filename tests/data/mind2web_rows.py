"""Files of Multimodal-Mind2Web for tests, in the dataset's exact form: a task of three steps on a tall page."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, ImageDraw

from tracer1.coordinates import Size
from tracer1.trajectories import Fault, Trajectory
from tracer1_data.sources.mind2web import parts, read

PAGE = Size(1280, 3000)
TARGET = (400, 1500, 200, 40)  # x, y, width, height
REPRS = ["[textbox]  To -> TYPE: Boston", "[combobox]  Class -> SELECT: First", "[button]  Search -> CLICK"]
OPERATIONS = [("TYPE", "Boston"), ("SELECT", "First"), ("CLICK", "")]
SCHEMA = pa.schema(  # the dataset card's features, as `datasets` stores them
    {
        "action_uid": pa.string(),
        "raw_html": pa.string(),
        "cleaned_html": pa.string(),
        "operation": pa.string(),
        "pos_candidates": pa.list_(pa.string()),
        "neg_candidates": pa.list_(pa.string()),
        "website": pa.string(),
        "domain": pa.string(),
        "subdomain": pa.string(),
        "annotation_id": pa.string(),
        "confirmed_task": pa.string(),
        "screenshot": pa.struct({"bytes": pa.binary(), "path": pa.string()}),
        "action_reprs": pa.list_(pa.string()),
        "target_action_index": pa.string(),
        "target_action_reprs": pa.string(),
    }
)


def screenshot(size: Size = PAGE, target: Sequence[float] = TARGET, kind: str = "PNG") -> bytes:
    """A page of grey bars with the target in red."""
    image = Image.new("RGB", (size.width, size.height), "white")
    draw = ImageDraw.Draw(image)
    for top in range(0, size.height, 100):
        draw.rectangle((0, top, size.width, top + 30), fill="#dddddd")
    x, y, width, height = target
    draw.rectangle((x, y, x + width - 1, y + height - 1), fill="#d02020")
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


PICTURE = screenshot()


def candidate(rect: str = "400,1500,200,40", original: bool = True) -> str:
    attributes = {"backend_node_id": "231", "bounding_box_rect": rect, "class": "x"}
    item = {"tag": "input", "attributes": json.dumps(attributes), "is_original_target": original}
    return json.dumps({**item, "is_top_level_target": original, "backend_node_id": "231"})


def row(task: str = "t1", step: int = 0, **changed: Any) -> dict[str, Any]:
    kind, value = OPERATIONS[step]
    given = {
        "action_uid": f"{task}-{step}",
        "raw_html": "<html>" * 50,
        "cleaned_html": "<html>",
        "operation": json.dumps({"original_op": kind, "value": value, "op": kind}),
        "pos_candidates": [candidate()],
        "neg_candidates": [candidate("0,0,1280,3000", False)] * 3,
        "website": "rail",
        "domain": "Travel",
        "subdomain": "Ground",
        "annotation_id": task,
        "confirmed_task": f"Find trains  to Boston\nfor {task}",
        "screenshot": {"bytes": PICTURE, "path": None},
        "action_reprs": REPRS,
        "target_action_index": str(step),
        "target_action_reprs": REPRS[step],
    }
    return {**given, **changed}


def write(folder: Path, rows: Sequence[dict[str, Any]], name: str = "train-00000-of-00001-abc", group: int = 4) -> Path:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), SCHEMA), folder / "data" / f"{name}.parquet", row_group_size=group)
    return folder


def task(name: str = "t1", **changed: Any) -> list[dict[str, Any]]:
    """Three rows, the second one changed."""
    return [row(name, step, **(changed if step == 1 else {})) for step in range(3)]


def everything(path: Path, split: str = "train") -> list[Trajectory | Fault]:
    return [record for part in parts(path, split) for record in read(part, split)]


def only(path: Path) -> Trajectory:
    (trajectory,) = everything(path)
    assert isinstance(trajectory, Trajectory)
    return trajectory
