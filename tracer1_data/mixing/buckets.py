"""A shuffle on the disk: rows are scattered over files by the place where they are to stand, and each file is read in order.

A file holds the rows of a range of places as Arrow record batches of one row, which can be read one by one. Memory: a batch
of rows, and 8 bytes a row for the places.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tracer1_data.directory import damaged, open_rows
from tracer1_data.mixing.choose import Chosen

BUCKET_BYTES = 256 << 20  # what an operating system can keep in its cache while the bucket is read back and forth
MOST_BUCKETS = 128  # open files
_BATCH = 32


@dataclass(frozen=True, slots=True)
class Bucket:
    """A file of rows, and the place of each."""

    path: Path
    places: array = field(default_factory=lambda: array("q"))


def scatter(sources: Sequence[Chosen], work: Path, advance: Callable[[int], None]) -> list[Bucket]:
    """Write the chosen rows into buckets, which lie in the order of places; ``advance`` is told of the rows done.

    Raises ValueError when an input is damaged, OSError when a bucket cannot be written.
    """
    total, done = sum(len(source.taken) for source in sources), 0
    number = int(np.clip(-(-_bytes(sources) // BUCKET_BYTES), 1, MOST_BUCKETS))
    buckets = [Bucket(work / f"bucket-{n:03d}.arrow") for n in range(number)]
    with ExitStack() as stack:
        files = [stack.enter_context(pa.OSFile(str(bucket.path), "wb")) for bucket in buckets]
        writers = [stack.enter_context(pa.ipc.new_file(file, sources[0].schema)) for file in files]
        for batch, places in _chosen(sources):
            for row, place in enumerate(places.tolist()):
                bucket = place * number // total
                writers[bucket].write_batch(batch.slice(row, 1))
                buckets[bucket].places.append(place)
            done += len(places)
            advance(done)
    return buckets


def _bytes(sources: Sequence[Chosen]) -> int:
    """About how large the chosen rows are: pictures are compressed already."""
    sizes = (sum(file.stat().st_size for file in source.files) for source in sources)
    return sum(size * len(source.taken) // max(1, source.rows) for size, source in zip(sizes, sources, strict=True))


def _chosen(sources: Sequence[Chosen]) -> Iterator[tuple[pa.RecordBatch, np.ndarray]]:
    """The chosen rows of all sources in the order of the inputs, with their places; row groups without one are not read."""
    for source in sources:
        start = 0
        for file in source.files:
            opened = open_rows(file)
            for group in range(opened.num_row_groups):
                end = start + opened.metadata.row_group(group).num_rows
                if np.searchsorted(source.taken, start) < np.searchsorted(source.taken, end):
                    try:
                        batches = opened.iter_batches(_BATCH, [group], source.schema.names)
                        yield from _taken(batches, source, start)
                    except (OSError, pa.ArrowException) as error:
                        raise damaged(file, error) from error
                start = end


def _taken(
    batches: Iterator[pa.RecordBatch], source: Chosen, start: int
) -> Iterator[tuple[pa.RecordBatch, np.ndarray]]:
    for batch in batches:
        first, last = np.searchsorted(source.taken, (start, start + batch.num_rows))
        if first < last:
            rows = batch.take(pa.array(source.taken[first:last] - start))
            yield _as_rows(rows, source.schema), source.places[first:last]
        start += batch.num_rows


def _as_rows(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch with the schema's order of columns and names of list items."""
    if batch.schema.equals(schema):
        return batch
    (same,) = pa.Table.from_batches([batch]).select(schema.names).cast(schema).to_batches()
    return same


def in_order(buckets: Sequence[Bucket]) -> Iterator[dict[str, Any]]:
    """The rows by place, which becomes their index; each bucket is removed when it has been read."""
    for bucket in buckets:
        if bucket.places:
            with pa.OSFile(str(bucket.path), "rb") as file:
                reader = pa.ipc.open_file(file)
                for number in np.argsort(bucket.places).tolist():
                    (row,) = reader.get_batch(number).to_pylist()
                    row["extra_info"]["index"] = bucket.places[number]
                    yield row
        bucket.path.unlink()
