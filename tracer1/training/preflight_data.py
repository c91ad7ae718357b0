"""Checks training data before Ray starts: readable, complete columns, as many ``<image>`` marks as images.

A directory with a manifest was checked row by row when it was prepared: then only its shards are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from omegaconf import DictConfig

from tracer1.files import read_json, shards_of

MARK = "<image>"
_SHOWN = 3


def find_data_problems(path: Path, data: DictConfig) -> Iterator[str]:
    """Problems of a file or a directory; ``data`` is veRL's ``data`` section (which names the columns)."""
    if not path.is_dir():
        yield from _file_problems(path, data, rows=True)
        return
    manifest = path / "manifest.json"
    try:
        listed = read_json(manifest)["shards"] if manifest.exists() else []
        shards = shards_of(path)
    except ValueError as error:
        yield str(error)
        return
    for shard in listed:
        file = path / shard["file"]
        if not file.is_file() or file.stat().st_size != shard["bytes"]:
            yield f"{file} is not as {manifest} lists it: copy it again, or prepare it again"
            return
    for shard in shards:
        yield from _file_problems(shard, data, rows=not listed)


def _file_problems(path: Path, data: DictConfig, rows: bool) -> Iterator[str]:
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
        wrong = _rows_with_wrong_marks(file, data) if rows else []
    except (pa.ArrowInvalid, OSError) as error:
        yield f"{path} is no readable Parquet file ({str(error).splitlines()[0]}): prepare it again"
        return
    if wrong:
        shown = ", ".join(map(str, wrong[:_SHOWN])) + (", ..." if len(wrong) > _SHOWN else "")
        yield f"{path}: {len(wrong)} rows (row {shown}) have not as many {MARK} marks as images: prepare it again"


def _needed(data: DictConfig) -> set[str]:
    return {data.prompt_key, data.image_key, data.reward_fn_key, "reward_model", "extra_info"}


def _rows_with_wrong_marks(file: pq.ParquetFile, data: DictConfig) -> list[int]:
    images: list[int] = []
    marks: list[int] = []
    for batch in file.iter_batches(batch_size=64, columns=[data.prompt_key, data.image_key]):
        images += pc.fill_null(pc.list_value_length(batch[data.image_key]), 0).to_pylist()
        prompts = batch[data.prompt_key].to_pylist()
        marks += [sum(str(message["content"]).count(MARK) for message in prompt) for prompt in prompts]
    return [row for row, (count, marked) in enumerate(zip(images, marks, strict=True)) if count != marked]
