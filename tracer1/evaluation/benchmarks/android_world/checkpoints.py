"""AndroidWorld's checkpoints, ``{task}_{instance}.pkl.gz``, read without running what a pickle may hold.

A pickle is a program. Of what this one names nothing is imported: dates and numbers of NumPy, which results may be, are made here,
and everything else (screens, elements, whatever an agent kept) becomes an inert :class:`Unknown`. So a checkpoint can be read
where AndroidWorld is not installed, too.

Sources: google-research/android_world, android_world/checkpointer.py, suite_utils.py, constants.py; Python's documentation of
``pickle``, "Restricting Globals"; NumPy's pickles of scalars.
"""

from __future__ import annotations

import datetime
import gzip
import pickle
import struct
import zlib
from pathlib import Path
from typing import Any

MOST_BYTES = 8 << 30
"""Of a checkpoint when it is unpacked: an episode with two screens a step is about 0.5 GB."""
_DAMAGE = (
    pickle.UnpicklingError, EOFError, OSError, zlib.error, struct.error, ValueError, TypeError, KeyError, IndexError, AttributeError,
    OverflowError, MemoryError, RecursionError,
)  # fmt: skip
_NUMBERS = {"f2": "<e", "f4": "<f", "f8": "<d", "b1": "?", "i4": "<i", "i8": "<q", "u1": "B"}
_DATES = {name: getattr(datetime, name) for name in ("datetime", "date", "timedelta", "timezone")}


class Unknown:
    """Something that is not needed. It takes any arguments, state and items, and keeps only the arguments."""

    arguments: tuple[Any, ...] = ()

    def __init__(self, *arguments: Any, **_: Any) -> None:
        self.arguments = arguments

    def __setstate__(self, state: Any) -> None:
        """Nothing is kept."""

    def __setitem__(self, key: Any, value: Any) -> None:
        """Nothing is kept."""

    def append(self, value: Any) -> None:
        """Nothing is kept."""

    add = append

    def extend(self, values: Any) -> None:
        """Nothing is kept."""


def read_checkpoint(path: Path) -> list[dict[str, Any]]:
    """The episodes of a checkpoint. Raises ValueError that names the file when it is damaged or holds something else."""
    try:
        with gzip.open(path) as file:
            episodes = _Reader(_Bounded(file, MOST_BYTES)).load()
            if file.read(1):  # also checks the sum at the end
                raise ValueError("something follows the episodes")
    except _DAMAGE as error:
        raise ValueError(f"{path} is damaged ({type(error).__name__}: {error})") from error
    if not isinstance(episodes, list) or not all(isinstance(episode, dict) for episode in episodes):
        raise ValueError(f"{path} is no list of episodes")
    return episodes


class _Reader(pickle._Unpickler):  # type: ignore[name-defined,misc]
    """The unpickler that is written in Python: the one in C takes gigabytes when a damaged file names a distant place to
    remember something in."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "datetime" and name in _DATES:
            return _DATES[name]
        if name == "scalar" and module in ("numpy.core.multiarray", "numpy._core.multiarray"):
            return _number
        return Unknown


class _Bounded:
    """A stream that ends when too much was read of it."""

    def __init__(self, file: Any, left: int) -> None:
        self._file, self._left = file, left

    def read(self, size: int) -> bytes:
        return self._count(self._file.read(min(size, self._left + 1)))

    def readline(self) -> bytes:
        return self._count(self._file.readline(self._left + 1))

    def _count(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise ValueError("it is too large when unpacked")
        return data


def _number(kind: Any = None, data: Any = None) -> Any:
    """A number of NumPy from its type and its bytes."""
    code = kind.arguments[0] if isinstance(kind, Unknown) and kind.arguments else None
    if not isinstance(code, str) or code not in _NUMBERS or not isinstance(data, bytes):
        return Unknown(kind, data)
    return struct.unpack(_NUMBERS[code], data)[0]
