"""Write rows to Parquet shards of bounded size: the same rows give the same bytes, and memory holds one row group.

A shard is closed at the end of an episode once it is large enough, so that a run which is interrupted goes on behind the last
finished shard. A row group has at most 512 rows or about 32 MB, which both veRL (memory-mapped) and HF ``datasets`` read in
small bites. Pictures are compressed where that saves something: it does for uncompressed PNGs, and costs time for all others.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tracer1_data.arrays import to_table

ROWS_IN_GROUP = 512
BYTES_IN_GROUP = 32 << 20
SHARD_BYTES = 512 << 20
_SAVING = 0.1
_SAMPLE = 1 << 16


@dataclass(frozen=True, slots=True)
class Shard:
    """A finished file: its name, rows, bytes and SHA-256, as the manifest lists it."""

    file: str
    rows: int
    bytes: int
    sha256: str


class _HashingFile:
    """A file for pyarrow that also hashes what passes."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._hash = hashlib.sha256()
        self.size, self.closed, self._given_up = 0, False, False

    def write(self, data: Any) -> int:
        view = memoryview(data)
        if not self._given_up:
            self._hash.update(view)
            self._file.write(view)
        self.size += view.nbytes
        return view.nbytes

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        """Nothing is held back here."""

    def close(self) -> None:
        if not self.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self.closed = True

    def give_up(self) -> None:
        """Close the file as it is; what is written from now on is ignored."""
        self._given_up = True
        with contextlib.suppress(OSError):
            self._file.close()
        self.closed = True

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


class ShardWriter:
    """Writes one shard; on an error nothing is left. Use as a context; ``finish`` gives the :class:`Shard`."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._schema = path, schema
        self._partial = path.with_name(f".{path.name}.partial")
        self._file = _HashingFile(self._partial)
        self._writer: pq.ParquetWriter | None = None
        self._group: list[dict[str, Any]] = []
        self._pending, self.rows = 0, 0

    def write(self, row: dict[str, Any]) -> None:
        """Add a row. Raises OSError when the disk is full."""
        self._group.append(row)
        self._pending += sum(map(len, _pictures(row)))
        self.rows += 1
        if len(self._group) >= ROWS_IN_GROUP or self._pending >= BYTES_IN_GROUP:
            self._flush()

    @property
    def size(self) -> int:
        """Bytes written and waiting."""
        return self._file.size + self._pending

    def _flush(self) -> None:
        if self._writer is None:
            pictures = [picture for row in self._group for picture in _pictures(row)]
            self._writer = _open(self._file, self._schema, _can_be_compressed(pictures))
        if self._group:
            self._writer.write_table(to_table(self._group, self._schema), row_group_size=ROWS_IN_GROUP)
            self._group, self._pending = [], 0

    def finish(self) -> Shard:
        """Close the file and put it in its place."""
        self._flush()
        self._writer.close()
        self._file.close()
        self._partial.replace(self._path)
        return Shard(self._path.name, self.rows, self._file.size, self._file.digest)

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._file.closed:
            self._file.give_up()
            if self._writer:
                self._writer.close()
        self._partial.unlink(missing_ok=True)


def _pictures(row: dict[str, Any]) -> list[bytes]:
    """The pictures that the row holds itself."""
    return [one["bytes"] for one in row["images"] if isinstance(one, dict) and "bytes" in one]


def _open(file: _HashingFile, schema: pa.Schema, pictures: bool) -> pq.ParquetWriter:
    """A writer that compresses all but the ``pictures``, or these too."""
    columns = [name for name in _leaves(schema) if pictures or not name.startswith("images.")]
    return pq.ParquetWriter(
        file,
        schema,
        compression=dict.fromkeys(columns, "zstd"),
        compression_level=dict.fromkeys(columns, 1),
        use_dictionary=[name for name in ("data_source", "ability") if name in columns],  # values that repeat
    )


def _leaves(schema: pa.Schema) -> list[str]:
    """The names of a file's columns."""
    empty = io.BytesIO()
    pq.ParquetWriter(empty, schema).close()
    found = pq.ParquetFile(empty).schema
    return [found.column(number).path for number in range(len(found.names))]


def _can_be_compressed(pictures: Sequence[bytes]) -> bool:
    """Whether compression makes the pictures, each for itself, smaller by a tenth; their middles are looked at."""
    samples = [picture[len(picture) // 2 :][:_SAMPLE] for picture in pictures]
    smaller = sum(len(pa.compress(sample, "zstd", asbytes=True)) for sample in samples)
    return smaller <= (1 - _SAVING) * sum(map(len, samples))
