"""A set of rows on disk: its shards, whether they are what the manifest lists, and whether their columns are the right ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tracer1.files import read_json, shards_of
from tracer1_data.check import AGAIN
from tracer1_data.manifest import NAME
from tracer1_data.rows import SCHEMA, SCHEMA_OF_PATHS, open_shard

COPY_AGAIN = "copy it again, or make it again"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong: the file, the row within it (from 0; None: the whole file), the field, why, and what to do about it."""

    file: str
    row: int | None
    field: str
    reason: str
    fix: str

    def __str__(self) -> str:
        row = "" if self.row is None else f", row {self.row}"
        return f"{self.file}{row}: {self.field}: {self.reason} ({self.fix})"


def read_manifest(path: Path) -> dict[str, Any] | None:
    """The manifest of a directory; None for a file, or where there is none. Raises ValueError when it is damaged."""
    if not path.is_dir() or not (path / NAME).exists():
        return None
    manifest = read_json(path / NAME)
    keys = {"file", "rows", "bytes", "sha256"}
    shards = manifest.get("shards") if isinstance(manifest, dict) else None
    if not isinstance(shards, list) or not all(isinstance(one, dict) and keys <= one.keys() for one in shards):
        raise ValueError(f"{path / NAME} is no manifest that tracer1_data writes: {AGAIN}")
    return manifest


def find_strays(path: Path) -> Iterator[Problem]:
    """Compare a directory with its manifest: what is missing, of another size, unfinished, or not listed. Nothing is read
    but the manifest."""
    if not path.is_dir():
        return
    try:
        manifest = read_manifest(path)
    except ValueError as error:
        yield Problem(str(path / NAME), None, "manifest", str(error), AGAIN)
        return
    if (path / ".work").exists() and manifest is None:
        yield Problem(str(path), None, "manifest", "the set is unfinished", "call the command that makes it again")
    for partial in sorted(path.glob(".*.partial")):
        yield Problem(str(partial), None, "file", "it is half written", "remove it when no command is at work on it")
    if manifest is not None:
        yield from _unlike(path, manifest["shards"])


def _unlike(path: Path, listed: list[dict[str, Any]]) -> Iterator[Problem]:
    for shard in listed:
        file = path / shard["file"]
        if not file.is_file():
            yield Problem(str(file), None, "file", "the manifest lists it, but it is not there", COPY_AGAIN)
        elif (size := file.stat().st_size) != shard["bytes"]:
            yield Problem(str(file), None, "file", f"{size} bytes, the manifest says {shard['bytes']}", COPY_AGAIN)
    for file in sorted(set(path.glob("*.parquet")) - {path / shard["file"] for shard in listed}):
        yield Problem(str(file), None, "file", "the manifest does not list it", "remove it: it is not of this set")


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """What goes wrong within, as a ValueError that names the file."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise damaged(file, error) from error
    except ValueError as error:
        raise ValueError(f"{file}, {error}: {AGAIN}") from error


def damaged(file: Path, error: Exception) -> ValueError:
    """The error that a file's data cannot be read."""
    return ValueError(f"{file} is damaged ({in_a_line(error)}): python -m tracer1_data validate says where")


def in_a_line(error: Exception) -> str:
    """What an error says, without line breaks."""
    return " ".join(str(error).split())


def digest(file: Path) -> str:
    """The SHA-256 of a file."""
    found = hashlib.sha256()
    with file.open("rb") as data:
        while piece := data.read(1 << 20):
            found.update(piece)
    return found.hexdigest()


def shards(path: Path) -> list[Path]:
    """The Parquet files of a set. Raises ValueError when there is nothing."""
    if not path.exists():
        raise ValueError(f"there is no {path}: python -m tracer1_data prepare makes sets of rows")
    if (path / "parquet").is_dir():
        raise ValueError(f"{path} holds rows for EasyR1: name the set that was prepared with --format verl")
    return shards_of(path)


def open_with_info(file: Path) -> pq.ParquetFile:
    """A shard whose ``extra_info`` has all fields, whatever else it has: it can be counted and shown. Raises ValueError that
    names those that are missing."""
    opened = open_shard(file)
    there = opened.schema_arrow.field("extra_info").type
    names = {field.name for field in there} if pa.types.is_struct(there) else set()
    if missing := {field.name for field in SCHEMA.field("extra_info").type} - names:
        raise ValueError(f"{file}: extra_info lacks {', '.join(sorted(missing))}: {AGAIN}")
    return opened


def open_rows(file: Path) -> pq.ParquetFile:
    """A shard with exactly the columns of :func:`schema_of`. Raises ValueError that names those that differ."""
    opened = open_shard(file)
    found, wanted = _leaves(opened.schema_arrow), _leaves(schema_of(opened))
    differ = [
        f"{name} is {found[name]} instead of {kind}" if name in found else f"{name} is missing"
        for name, kind in wanted.items()
        if found.get(name) != kind
    ]
    differ += [f"{name} is unknown" for name in found.keys() - wanted.keys()]
    if differ:
        raise ValueError(f"{file}: {', '.join(sorted(differ))}. These are not the columns of this version: {AGAIN}")
    return opened


def schema_of(file: pq.ParquetFile) -> pa.Schema:
    """The columns of rows that hold their pictures, or of such as name them."""
    return SCHEMA_OF_PATHS if "images.image" in _leaves(file.schema_arrow) else SCHEMA


def _leaves(kind: pa.DataType | pa.Schema, name: str = "") -> dict[str, pa.DataType]:
    """The types of the leaf columns by their dotted names; lists add nothing to a name."""
    if isinstance(kind, pa.DataType) and pa.types.is_list(kind):
        return _leaves(kind.value_type, name)
    if isinstance(kind, pa.Schema) or pa.types.is_struct(kind):
        leaves = (_leaves(field.type, f"{name}.{field.name}".lstrip(".")) for field in kind)
        return {path: leaf for one in leaves for path, leaf in one.items()}
    return {name: kind}
