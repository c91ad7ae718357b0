"""Training instances as veRL rows in Parquet: data_source, prompt, images, ability, reward_model, extra_info.

``extra_info.reference`` is the reference plan as text: what a supervised warm start learns to write.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tracer1 import prompts
from tracer1.files import written_whole
from tracer1.ground_truth import GroundTruth, dump
from tracer1.plans import render
from tracer1_data.windows import TrainingInstance

SCHEMA = pa.schema(
    {
        "data_source": pa.string(),
        "prompt": pa.list_(pa.struct({"role": pa.string(), "content": pa.string()})),
        "images": pa.list_(pa.struct({"bytes": pa.binary()})),
        "ability": pa.string(),
        "reward_model": pa.struct({"style": pa.string(), "ground_truth": pa.string()}),
        "extra_info": pa.struct(
            {
                "index": pa.int64(),
                "split": pa.string(),
                "task": pa.string(),
                "episode": pa.string(),
                "seed": pa.int64(),
                "position": pa.int64(),
                "reference": pa.string(),
            }
        ),
    }
)


def to_row(instance: TrainingInstance, index: int, split: str, horizon: int, style: prompts.Style) -> dict[str, Any]:
    """One veRL row. ``index`` is unique in its file. Raises ValueError when the instance cannot be a row."""
    trajectory, observation = instance.trajectory, instance.observation
    truth = GroundTruth(
        reference=instance.reference,
        image=observation.size,
        horizon=horizon,
        platform=trajectory.platform,
        box=instance.box,
        elements=observation.elements,
    )
    return {
        "data_source": f"tracer1/{trajectory.source}",
        "prompt": prompts.build(trajectory.instruction, instance.history, horizon, trajectory.platform, style),
        "images": [{"bytes": observation.screenshot}],
        "ability": "gui",
        "reward_model": {"style": "rule", "ground_truth": dump(truth)},
        "extra_info": {
            "index": index,
            "split": split,
            "task": trajectory.task,
            "episode": trajectory.episode,
            "seed": trajectory.seed,
            "position": instance.position,
            "reference": render(instance.reference),
        },
    }


def write_rows(rows: list[dict[str, Any]], path: Path) -> None:
    """Write rows as one Parquet file, whole or not at all. Small row groups, so that a loader reads what it needs."""
    with written_whole(path) as partial:
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), partial, compression="zstd", row_group_size=256)


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a Parquet file, one at a time. Raises ValueError, naming the file and the fix, when it cannot be read."""
    try:
        table = pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise ValueError(
            f"{path}: not a readable Parquet file ({error}). Prepare it with python -m tracer1_data prepare"
        ) from error
    if missing := set(SCHEMA.names) - set(table.schema_arrow.names):
        raise ValueError(
            f"{path}: lacks the column {', '.join(sorted(missing))}. Prepare it with python -m tracer1_data prepare"
        )
    for batch in table.iter_batches(batch_size=256, columns=SCHEMA.names):
        yield from batch.to_pylist()
