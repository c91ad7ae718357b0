"""The Parquet files of Multimodal-Mind2Web: which rows are a task's, and these rows, streamed.

Only the columns that are used are read: never ``raw_html``, ``cleaned_html`` and ``neg_candidates``, which are most of the data.
Rows come in small batches, but Parquet cannot be read below a page, and writers put a row group's pictures into one page: memory
is about twice the screenshots of one row group (100 rows, as Hugging Face writes datasets with pictures).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tracer1.trajectories import Fault
from tracer1_data.sources.records import UNREADABLE

INDEX = ["annotation_id", "target_action_index"]
TEXTS = ["annotation_id", "action_uid", "website", "confirmed_task", "target_action_reprs"]
LISTS = ["pos_candidates", "action_reprs"]
COLUMNS = [*TEXTS, *LISTS, "target_action_index", "operation", "screenshot"]
FIX = "download the file again"
_BATCH, _BUFFER = 8, 1 << 20
_DAMAGED = (OSError, pa.ArrowException)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a row lies: the file's number, its row group, the row in the group and in the file; and which step of which task
    it is (-1 when its index is no number)."""

    file: int
    group: int
    row: int
    number: int
    task: bytes
    step: int


@dataclass(frozen=True, slots=True)
class Found:
    """A row as it was read, or why it could not be."""

    step: int
    where: str
    row: dict[str, Any] | Fault


def find_files(path: Path, split: str) -> tuple[Path, ...]:
    """The split's files in a directory or in its ``data``. Raises ValueError when there is none."""
    if path.is_dir():
        files = sorted(path.glob(f"{split}-*.parquet")) or sorted((path / "data").glob(f"{split}-*.parquet"))
    else:
        files = [path] if path.is_file() and path.name.startswith(f"{split}-") else []
    if not files:
        raise ValueError(f"{path} has no {split}-*.parquet: download osunlp/Multimodal-Mind2Web from Hugging Face")
    return tuple(files)


def index(files: Sequence[Path]) -> dict[bytes, list[Place]]:
    """Each task's rows, tasks in the order in which they begin. Ids are taken as bytes, so that one which is not UTF-8 costs
    its own task only. Raises ValueError, naming the file and the fix."""
    tasks: dict[bytes, list[Place]] = defaultdict(list)
    for number, path in enumerate(files):
        first = 0
        try:
            with pq.ParquetFile(path) as file:
                _check(path, file.schema_arrow)
                for group in range(file.num_row_groups):
                    ids, steps = map(_as_bytes, file.read_row_group(group, INDEX).select(INDEX).itercolumns())
                    for row, (task, step) in enumerate(zip(ids, steps, strict=True)):
                        tasks[task].append(Place(number, group, row, first + row, task, _whole_number(step)))
                    first += len(ids)
        except _DAMAGED as error:
            raise ValueError(f"{path} cannot be read ({error}): {FIX}") from error
    return dict(tasks)


def _check(path: Path, schema: pa.Schema) -> None:
    if missing := set(COLUMNS) - set(schema.names):
        raise ValueError(f"{path} lacks {', '.join(sorted(missing))}: it is not Multimodal-Mind2Web")
    texts = all(pa.types.is_string(kind) or pa.types.is_large_string(kind) for kind in _types(schema, TEXTS))
    lists = all(pa.types.is_list(kind) or pa.types.is_large_list(kind) for kind in _types(schema, LISTS))
    (picture,) = _types(schema, ["screenshot"])
    if not (texts and lists and pa.types.is_struct(picture) and picture.get_field_index("bytes") >= 0):
        raise ValueError(f"{path} has columns of other types than Multimodal-Mind2Web: download it from Hugging Face")


def _types(schema: pa.Schema, names: Sequence[str]) -> list[pa.DataType]:
    return [schema.field(name).type for name in names]


def _as_bytes(column: pa.ChunkedArray) -> list[bytes]:
    return [value or b"" for value in column.cast(pa.string()).cast(pa.binary()).to_pylist()]


def _whole_number(text: bytes) -> int:
    return int(text) if text.isdigit() and len(text) < 9 else -1


def read_rows(path: Path, group: int, places: Sequence[Place]) -> Iterator[tuple[bytes, Found]]:
    """The task and the row of each of these places of one row group, in their order. A damaged row is a fault, and so are all
    rows behind damaged pages."""
    waiting = list(reversed(places))
    reason = "the row group ends early"
    first = 0
    try:
        with pq.ParquetFile(path, buffer_size=_BUFFER) as file:
            for batch in file.iter_batches(_BATCH, [group], COLUMNS, use_threads=False):
                while waiting and waiting[-1].row < first + len(batch):
                    place = waiting.pop()
                    yield place.task, _row(path, place, batch.slice(place.row - first, 1))
                first += len(batch)
                if not waiting:
                    return
    except _DAMAGED as error:
        reason = str(error)
    for place in reversed(waiting):
        where = _where(path, place)
        yield place.task, Found(place.step, where, Fault(UNREADABLE, where, "file", reason, FIX))


def _row(path: Path, place: Place, row: pa.RecordBatch) -> Found:
    where = _where(path, place)
    try:
        return Found(place.step, where, row.to_pylist()[0])
    except UnicodeDecodeError as error:
        return Found(place.step, where, Fault("not UTF-8", where, "row", error.reason, FIX))


def _where(path: Path, place: Place) -> str:
    return f"{path.name}, row {place.number}"
