"""Training instances as veRL rows: data_source, prompt, images, ability, reward_model, extra_info.

``images`` are ``{bytes}``, or ``{image}``, an absolute path, in sets prepared with ``--images paths``; all rows of a set are alike.
``extra_info.reference`` is the reference plan as text: what a supervised warm start learns to write. ``extra_info.stage2`` is
empty when the first step can be executed and judged, and says why not otherwise; stage 2 trains on the former only.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tracer1 import prompts
from tracer1.actions import REGISTRY, Action
from tracer1.coordinates import Point
from tracer1.executors.base import POINTER_ACTIONS
from tracer1.files import shards_of, written_whole
from tracer1.ground_truth import GroundTruth, dump
from tracer1.plans import Plan, Step, render
from tracer1.resizing import image_tokens
from tracer1.trajectories import Observation, RecordedStep
from tracer1_data.arrays import INLINE, PATHS
from tracer1_data.pictures import shrink, size_of
from tracer1_data.settings import Images, RowSettings
from tracer1_data.windows import TrainingInstance

SCHEMA = pa.schema(
    {
        "data_source": pa.string(),
        "prompt": pa.list_(pa.struct({"role": pa.string(), "content": pa.string()})),
        "images": INLINE,
        "ability": pa.string(),
        "reward_model": pa.struct({"style": pa.string(), "ground_truth": pa.string()}),
        "extra_info": pa.struct(
            {
                "index": pa.int64(),
                "split": pa.string(),
                "source": pa.string(),
                "platform": pa.string(),
                "task": pa.string(),
                "episode": pa.string(),
                "seed": pa.int64(),
                "position": pa.int64(),
                "reference": pa.string(),
                "instructions": pa.string(),
                "stage2": pa.string(),
                "n_image_tokens": pa.int64(),
            }
        ),
    }
)
_OF_A_TRAJECTORY = ("source", "platform", "task", "episode", "seed", "instructions")
SCHEMA_OF_PATHS = SCHEMA.set(SCHEMA.get_field_index("images"), pa.field("images", PATHS))


def to_row(instance: TrainingInstance, index: int, settings: RowSettings) -> dict[str, Any]:
    """One veRL row. ``index`` is unique in its set. Raises ValueError when the instance cannot be a row."""
    trajectory = instance.trajectory
    recorded = shrink(instance.recorded, settings.max_pixels) if settings.max_pixels else instance.recorded
    keep = (lambda step: step) if settings.points else without_points
    reference = Plan(tuple(map(keep, instance.reference.steps)))
    truth = _truth(instance, reference, recorded, settings)
    pictures = recorded.observation.pictures
    return {
        "data_source": f"tracer1/{trajectory.source}",
        "prompt": prompts.build(
            trajectory.instruction,
            tuple(map(keep, instance.history)),
            settings.horizon,
            trajectory.platform,
            settings.style,
            instance.outputs,
            len(pictures),
            _tools(trajectory.toolbox),
        ),
        "images": _images(recorded.observation, settings.images),
        "ability": "tool" if trajectory.platform == "tool" else "gui",
        "reward_model": {"style": "rule", "ground_truth": dump(truth)},
        "extra_info": {
            "index": index,
            "split": settings.split,
            **{name: getattr(trajectory, name) for name in _OF_A_TRAJECTORY},
            "position": instance.position,
            "reference": render(reference),
            "stage2": why_not_executed(truth),
            "n_image_tokens": sum(image_tokens(size_of(picture), settings.rule) for picture in pictures),
        },
    }


def _truth(instance: TrainingInstance, reference: Plan, recorded: RecordedStep, settings: RowSettings) -> GroundTruth:
    seen = recorded.observation
    return GroundTruth(
        reference=reference,
        image=seen.size,
        horizon=settings.horizon,
        platform=instance.trajectory.platform,
        protocol=settings.protocol if seen.size else "tracer1",
        box=recorded.box,
        point=_target(recorded.step.action) if recorded.box is None and seen.size else None,
        elements=seen.elements,
        answer=recorded.answer,
        origin=_origin(instance),
    )


def _origin(instance: TrainingInstance) -> str:
    """Where the state can be had again, for the executor ``browser``: of a live environment's recordings."""
    trajectory = instance.trajectory
    return f"miniwob/{trajectory.task}/{trajectory.seed}#{instance.position}" if trajectory.source == "miniwob" else ""


@lru_cache(maxsize=16)
def _tools(toolbox: str) -> tuple[str, ...]:
    """What the prompt says of the tools. Raises ValueError for an unknown toolbox."""
    from tracer1.toolbox.specs import specs_of

    return tuple(spec.line for spec in specs_of(toolbox)) if toolbox else ()


def _images(seen: Observation, how: Images) -> list[dict[str, Any]]:
    if how == "inline":
        return [{"bytes": picture} for picture in seen.pictures]
    if len(seen.paths) != len(seen.pictures):
        raise ValueError(f"images: {len(seen.pictures)} pictures, {len(seen.paths)} of them files: use --images inline")
    return [{"image": path} for path in seen.paths]


def without_points(step: Step) -> Step:
    """The step without its places, which the executor finds."""
    kinds = REGISTRY[step.action.type].arguments
    said = {name: value for name, value in step.action.arguments.items() if kinds[name] != "point"}
    return Step(Action(step.action.type, said), step.instruction)


def _target(action: Action) -> Point | None:
    point = action.arguments.get("point")
    return Point(*point, "thousand") if action.type in POINTER_ACTIONS and point else None


def why_not_executed(truth: GroundTruth) -> str:
    """Why stage 2 cannot judge the first step; empty when it can."""
    kind = truth.reference.steps[0].action.type
    if kind in POINTER_ACTIONS:
        if truth.image is None:
            return "no screenshot to point at"
        return "" if truth.box or truth.point else "the target's place is not recorded"
    if kind == "drag":
        return "a drag has two places, an executor gives one"
    if kind == "call_tool" and truth.answer is None:
        return "the tool's answer cannot be judged"
    return ""


def write_rows(rows: list[dict[str, Any]], path: Path) -> None:
    """Write rows as one Parquet file, whole or not at all. Small row groups, so that a loader reads what it needs."""
    named = any("image" in picture for row in rows for picture in row["images"] or ())
    with written_whole(path) as partial:
        table = pa.Table.from_pylist(rows, SCHEMA_OF_PATHS if named else SCHEMA)
        pq.write_table(table, partial, compression="zstd", row_group_size=256)


def read_rows(path: Path, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """Rows of a Parquet file or of a directory of shards, one at a time; ``columns`` may name leaves such as
    ``extra_info.index``. Raises ValueError, naming the file and the fix, when one cannot be read."""
    for shard in shards_of(path):
        file = open_shard(shard)
        for batch in file.iter_batches(batch_size=64, columns=columns or SCHEMA.names):
            yield from batch.to_pylist()


def open_shard(path: Path) -> pq.ParquetFile:
    """One Parquet file of rows. Raises ValueError, naming the file and the fix, when it cannot be read."""
    fix = "Prepare it with python -m tracer1_data prepare"
    try:
        table = pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise ValueError(f"{path}: not a readable Parquet file ({error}). {fix}") from error
    if missing := set(SCHEMA.names) - set(table.schema_arrow.names):
        raise ValueError(f"{path}: lacks the column {', '.join(sorted(missing))}. {fix}")
    return table
