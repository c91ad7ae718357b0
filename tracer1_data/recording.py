"""Recorded trajectories as Parquet: one row a step, screenshots lossless and small.

A screenshot is stored as an *uncompressed* palette PNG whose palette grows from row to row, so that equal pixels are
equal bytes; Parquet's zstd, with pages that hold many rows, then stores only what differs from one screenshot to the
next. Files are written beside their place and renamed, so a file that exists is whole.

    write(trajectories, Path("train.parquet"));  list(read(Path("train.parquet")))
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.files import written_whole
from tracer1.plans import Step
from tracer1.trajectories import Element, Observation, RecordedStep, Trajectory
from tracer1_data.palette import PaletteEncoder

VERSION = "1"
SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("episode", pa.string()),
        ("task", pa.string()),
        ("seed", pa.int64()),
        ("platform", pa.string()),
        ("instruction", pa.string()),
        ("complete", pa.bool_()),
        ("step", pa.int32()),
        ("steps", pa.int32()),
        ("action", pa.string()),
        ("step_instruction", pa.string()),
        ("box", pa.list_(pa.float32())),
        ("elements", pa.string()),
        ("screenshot", pa.binary()),
    ],
    metadata={"tracer1.recording": VERSION},
)
_ROWS_IN_GROUP = 2048
_PAGE_BYTES = 64 << 20


class UnreadableRecording(ValueError):
    """A recording is missing, damaged or incomplete; the message names the file and the fix."""


def write(trajectories: Iterable[Trajectory], path: Path) -> int:
    """Write trajectories to ``path`` and return the number of steps. On any failure ``path`` is left as it was."""
    rows, palette = 0, PaletteEncoder()
    options = {"compression": "zstd", "compression_level": 19, "use_dictionary": False}
    pages = {"data_page_size": _PAGE_BYTES, "write_batch_size": _ROWS_IN_GROUP}
    with written_whole(path) as partial, pq.ParquetWriter(partial, SCHEMA, **options, **pages) as writer:
        for group in _batches(trajectories, palette):
            writer.write_table(pa.Table.from_pylist(group, SCHEMA), row_group_size=_ROWS_IN_GROUP)
            rows += len(group)
    return rows


def _batches(trajectories: Iterable[Trajectory], palette: PaletteEncoder) -> Iterator[list[dict[str, Any]]]:
    """Rows in groups of whole episodes, about ``_ROWS_IN_GROUP`` each."""
    group: list[dict[str, Any]] = []
    for trajectory in trajectories:
        group.extend(_row(trajectory, index, palette) for index in range(len(trajectory.steps)))
        if len(group) > _ROWS_IN_GROUP - 64:
            yield group
            group = []
    if group:
        yield group


def _row(trajectory: Trajectory, index: int, palette: PaletteEncoder) -> dict[str, Any]:
    recorded = trajectory.steps[index]
    action = recorded.step.action
    return {
        "source": trajectory.source,
        "episode": trajectory.episode,
        "task": trajectory.task,
        "seed": trajectory.seed,
        "platform": trajectory.platform,
        "instruction": trajectory.instruction,
        "complete": trajectory.complete,
        "step": index,
        "steps": len(trajectory.steps),
        "action": _compact({"type": action.type, "arguments": action.arguments}),
        "step_instruction": recorded.step.instruction,
        "box": _edges(recorded.box) if recorded.box else None,
        "elements": _compact([_pack(element) for element in recorded.observation.elements]),
        "screenshot": palette.encode(recorded.observation.screenshot),
    }


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _edges(box: Box) -> list[float]:
    return [box.left, box.top, box.right, box.bottom]


def _pack(element: Element) -> dict[str, Any]:
    """An element without its empty fields."""
    fields = {key: value for key, value in asdict(element).items() if value and key != "box"}
    return {**fields, "box": _edges(element.box)}


def read(path: Path) -> Iterator[Trajectory]:
    """The trajectories of one file, in order. Raises UnreadableRecording."""
    try:
        with pq.ParquetFile(path) as file:
            _check(file, path)
            rows = (row for batch in file.iter_batches(batch_size=256) for row in batch.to_pylist())
            for episode, steps in groupby(rows, key=lambda row: row["episode"]):
                yield _trajectory(path, episode, list(steps))
    except (OSError, pa.ArrowInvalid) as error:
        reason = str(error).splitlines()[0]
        raise UnreadableRecording(f"{path} cannot be read ({reason}): restore it or collect it again") from error


def _check(file: pq.ParquetFile, path: Path) -> None:
    metadata = file.schema_arrow.metadata or {}
    missing = [name for name in SCHEMA.names if name not in file.schema_arrow.names]
    if missing or metadata.get(b"tracer1.recording") != VERSION.encode():
        raise UnreadableRecording(
            f"{path} is no recording of version {VERSION} (missing columns: {', '.join(missing) or 'none'}): "
            "write it with 'python -m tracer1_data collect'"
        )


def _trajectory(path: Path, episode: str, rows: list[dict[str, Any]]) -> Trajectory:
    first = rows[0]
    if [row["step"] for row in rows] != list(range(first["steps"])):
        raise UnreadableRecording(f"{path}: episode {episode} lacks some of its {first['steps']} steps: collect again")
    try:
        steps = tuple(_recorded(row) for row in rows)
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise UnreadableRecording(f"{path}: episode {episode} has an illegal step ({error}): collect again") from error
    names = ("source", "episode", "instruction", "platform", "task", "seed", "complete")
    return Trajectory(steps=steps, **{name: first[name] for name in names})


def _recorded(row: dict[str, Any]) -> RecordedStep:
    nodes = ({"name": "", **item, "box": Box(*item["box"], "pixel")} for item in json.loads(row["elements"]))
    elements = tuple(Element(**node) for node in nodes)
    with Image.open(io.BytesIO(row["screenshot"])) as image:
        size = Size(*image.size)
    observation = Observation(row["screenshot"], size, elements)
    box = Box(*(round(edge, 2) for edge in row["box"]), "pixel") if row["box"] else None
    return RecordedStep(observation, Step(Action(**json.loads(row["action"])), row["step_instruction"]), box)
