"""Screenshots that lie as files in a dataset's folders: found by name, read untouched, and what is wrong with one is named.

A picture is looked for in each folder by its name alone, and then anywhere below the folders: datasets come as flat folders, as
folders per episode, or with a folder more than announced. The folders are searched through only when a name is not found at
once. Nothing outside of them is ever read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tracer1.trajectories import Fault, Observation
from tracer1_data.pictures import BadPicture, size_of_whole

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


class ImageFiles:
    """The pictures of a dataset. Earlier folders come first; ``fix`` says how missing pictures are got."""

    def __init__(self, folders: tuple[Path, ...], fix: str) -> None:
        self._folders, self._fix = folders, fix
        self._index: dict[str, str] | None = None

    def observe(self, name: Any, where: str, field: str) -> Observation | Fault:
        """The picture of that name (folders in it are ignored), or why it cannot be used."""
        base = name.replace("\\", "/").rpartition("/")[2] if isinstance(name, str) else ""
        if not base:
            return Fault("missing image", where, field, "no picture is named", self._fix)
        path = self._find(base)
        if path is None:
            return Fault("missing image", where, field, f"there is no {base!r:.80}", self._fix)
        try:
            with open(path, "rb") as file:
                data = file.read()
            return Observation(data, size_of_whole(data), paths=(os.path.abspath(path),))
        except OSError as error:
            reason = error.strerror or "it cannot be read"
        except BadPicture as error:
            reason = str(error)
        return Fault("unreadable image", where, field, f"{base!r:.80}: {reason}", "download or unzip it again")

    def _find(self, base: str) -> str | None:
        for folder in self._folders:
            if os.path.isfile(path := os.path.join(folder, base)):
                return path
        if self._index is None:
            self._index = {}
            for folder in self._folders:
                _add(str(folder), self._index)
        return self._index.get(base)


def _add(folder: str, index: dict[str, str]) -> None:
    """All pictures below a folder, in a fixed order; of two with one name the first stays."""
    for place, inner, names in os.walk(folder):
        inner.sort()
        for name in sorted(names):
            if name.lower().endswith(SUFFIXES):
                index.setdefault(name, os.path.join(place, name))
