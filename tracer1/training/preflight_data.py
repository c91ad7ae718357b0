"""Checks one training Parquet file: readable, complete columns, as many ``<image>`` marks as images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from omegaconf import DictConfig

MARK = "<image>"
_SHOWN = 3


def find_data_problems(path: Path, data: DictConfig) -> Iterator[str]:
    """Problems of one file; ``data`` is veRL's ``data`` section (which names the columns)."""
    if not path.is_file():
        yield f"{path} does not exist: python -m tracer1_data prepare writes it"
        return
    try:
        file = pq.ParquetFile(path)
        missing = _needed(data) - set(file.schema_arrow.names)
        if missing:
            yield f"{path} lacks the column {', '.join(sorted(missing))}: python -m tracer1_data prepare writes it"
            return
        if file.metadata.num_rows == 0:
            yield f"{path} has no rows: prepare it again"
            return
        table = file.read(columns=[data.prompt_key, data.image_key])
    except (pa.ArrowInvalid, OSError) as error:
        yield f"{path} is no readable Parquet file ({str(error).splitlines()[0]}): prepare it again"
        return
    wrong = _rows_with_wrong_marks(table, data)
    if wrong:
        rows = ", ".join(map(str, wrong[:_SHOWN])) + (", ..." if len(wrong) > _SHOWN else "")
        yield f"{path}: {len(wrong)} rows (row {rows}) have not as many {MARK} marks as images: prepare it again"


def _needed(data: DictConfig) -> set[str]:
    return {data.prompt_key, data.image_key, data.reward_fn_key, "reward_model", "extra_info"}


def _rows_with_wrong_marks(table: pa.Table, data: DictConfig) -> list[int]:
    images = pc.fill_null(pc.list_value_length(table[data.image_key]), 0).to_pylist()
    prompts = table[data.prompt_key].to_pylist()
    marks = [sum(str(message["content"]).count(MARK) for message in prompt) for prompt in prompts]
    return [row for row, (count, marked) in enumerate(zip(images, marks, strict=True)) if count != marked]
