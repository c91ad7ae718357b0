"""Stands for trusted tool functions that read files nobody vouches for."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

BALLAST = bytearray(64 << 20)  # makes the worker large


def greet(name: str) -> dict[str, str]:
    """Something harmless."""
    return {"hello": name}


def unpack(path: str) -> int:
    """Extract a zip archive, archives inside it too."""
    with zipfile.ZipFile(path) as archive:
        archive.extractall("/tmp")
    for inner in Path("/tmp").glob("*.zip"):
        unpack(str(inner))
    return len(list(Path("/tmp").iterdir()))


def read_member(path: str) -> int:
    """Read a zip archive's first member into memory."""
    with zipfile.ZipFile(path) as archive:
        return len(archive.read(archive.namelist()[0]))


def unpickle(path: str) -> object:
    """What nobody should do."""
    return pickle.loads(Path(path).read_bytes())
