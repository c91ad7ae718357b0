"""Files that are written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Gives a path beside ``path``; the file written there takes its place only when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write ``text``: a reader, or a restart, sees the old content or the new, never half of it."""
    with written_whole(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path: Path, data: Any) -> None:
    """Write ``data`` as indented JSON in one step. Raises ValueError for NaN or infinity."""
    write_text(path, json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read JSON. Raises ValueError that names the file when it is missing, damaged, or not in UTF-8."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ValueError(f"there is no {path}") from error
    except (ValueError, RecursionError) as error:  # ValueError: JSONDecodeError or UnicodeDecodeError
        raise ValueError(f"{path} is damaged ({error}): delete it and make it again") from error


def shards_of(path: Path) -> list[Path]:
    """The Parquet files that ``path`` stands for: itself, or those of a directory in order. Raises ValueError when none."""
    if not path.is_dir():
        return [path]
    if not (shards := sorted(path.glob("*.parquet"))):
        raise ValueError(f"{path} holds no Parquet file: python -m tracer1_data prepare writes some")
    return shards


def picture_bytes(entry: Mapping[str, Any]) -> bytes:
    """The encoded picture of an entry of a row's ``images``: its ``bytes`` (``b""`` for null), or the content of the file that
    its ``image`` names. Raises ValueError that names a file which cannot be read, KeyError when there is neither."""
    path = entry.get("image")
    if not isinstance(path, str):
        return entry["bytes"] or b""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise ValueError(
            f"the row's picture {path}: {reason}; it must be where it was when the rows were made"
        ) from error
