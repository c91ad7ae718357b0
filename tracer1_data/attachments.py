"""The pictures of a tool task: files that its record names by paths within the dataset. What is wrong with one is named."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from tracer1.actions import is_text
from tracer1.coordinates import Size
from tracer1.trajectories import Fault, Observation
from tracer1_data.pictures import BadPicture, size_of_whole


def observe(root: Path, names: Sequence[Any], where: str, field: str, fix: str) -> Observation | Fault:
    """What is seen in a task with these pictures, or why one of them cannot be used. The names are paths relative to ``root`` that
    stay within it; the first picture takes the screenshot's place, and without names there is none."""
    pictures: list[bytes] = []
    sizes: list[Size] = []
    for name in names:
        if not _is_inside(name):
            return Fault("missing image", where, field, f"{name!r:.200} is no path within the dataset", fix)
        try:
            pictures.append((root / name).read_bytes())
            sizes.append(size_of_whole(pictures[-1]))
        except OSError as error:
            return Fault("missing image", where, field, f"{name!r:.200}: {error.strerror}", fix)
        except BadPicture as error:
            return Fault("unreadable image", where, field, f"{name!r:.200}: {error}", fix)
    if not pictures:
        return Observation(b"", None)
    paths = tuple(os.path.abspath(root / name) for name in names)
    return Observation(pictures[0], sizes[0], attachments=tuple(pictures[1:]), paths=paths)


def _is_inside(name: Any) -> bool:
    """Whether it is a relative path that does not lead out of its folder."""
    path = PurePosixPath(name) if is_text(name) and "\0" not in name else PurePosixPath()
    return not path.is_absolute() and ".." not in path.parts and path != PurePosixPath()
