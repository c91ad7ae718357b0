"""A temporary folder that goes with its process, even with one that is killed (Ray kills its workers): the next one removes it.

Who uses a folder holds a lock on it (flock(2)), which the kernel takes from a process that is gone.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

PREFIX = "tracer1-toolbox-"


def make_scratch() -> tuple[Path, int]:
    """A new folder, and the descriptor of its lock. Folders that nobody holds any more are removed first."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # in use, somebody else's, or gone
            remove_scratch(left, _locked(left, fcntl.LOCK_EX | fcntl.LOCK_NB))
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        with suppress(FileNotFoundError):  # removed by another process before the lock was there
            lock = _locked(folder, fcntl.LOCK_EX)
            if folder.is_dir():
                return folder, lock
            os.close(lock)


def remove_scratch(folder: Path, lock: int) -> None:
    """Remove the folder and let go of it."""
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)


def _locked(folder: Path, how: int) -> int:
    """Raises OSError: BlockingIOError when it is in use and ``how`` does not wait."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, how)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
