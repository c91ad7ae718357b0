"""How much tools may leave in an output folder: models make files by the million, and a full disk ends more than their training.

A process that has looked at the folder may write a sixteenth of what is free before it looks again, so the bound
holds, but for the last file of each, for up to 16 processes that share a folder; and looking at many files is rare.
"""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

MOST_KEPT = 16 << 30
_SHARE, _BLOCK = 16, 4096
_lock = threading.Lock()
_left: dict[tuple[Path, int], int] = {}


def claim(folder: Path, size: int, most: int) -> None:
    """Room for one more file of ``size`` bytes in a folder whose files may have ``most`` bytes together (in whole blocks of 4 KiB).
    Raises OSError when there is none."""
    size = _blocks(size)
    with _lock:
        if _left.get((folder, most), 0) < size:
            free = most - _held(folder)
            if free < size:
                raise OSError(
                    errno.EDQUOT,
                    f"{folder} would hold more than {most:,} bytes: remove what tools left there, or raise output_bytes",
                )
            _left[folder, most] = max(size, free // _SHARE)
        _left[folder, most] -= size


def _held(folder: Path) -> int:
    held = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    held += _blocks(entry.stat(follow_symlinks=False).st_size)
                except FileNotFoundError:  # removed meanwhile
                    continue
    except FileNotFoundError:
        return 0
    return held


def _blocks(size: int) -> int:
    return max(1, -(-size // _BLOCK)) * _BLOCK
