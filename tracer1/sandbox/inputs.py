"""What goes into the sandbox: checked names, and contents as descriptors that only show what was given."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import Any

MOST_FILES = 200
_LONGEST_NAME = 200
_OURS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)  # of the machine: they say nothing of the file
_JSON = json.JSONEncoder(allow_nan=False)
_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


class Refused(ValueError):
    """The call cannot be made as it was asked for; the message says what is wrong."""


def sealed(data: bytes, stack: ExitStack) -> int:
    """A descriptor of ``data`` that nobody can change, closed with ``stack``."""
    descriptor = os.memfd_create("input", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    stack.callback(os.close, descriptor)
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
    return descriptor


def encode(request: Mapping[str, Any]) -> bytes:
    """A request as JSON. Raises Refused for what JSON cannot say."""
    try:
        return _JSON.encode(request).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Refused(f"variables and arguments must be JSON values: {error}") from error


def open_files(files: Mapping[str, Path | bytes], most: int, stack: ExitStack) -> list[int]:
    """One descriptor per file, closed with ``stack``; at most ``most`` bytes in all.

    Raises Refused for a name that leads out of the folder or clashes, and for anything but a regular file: a symbolic link
    is not followed, because its target may be somebody else's choice (:func:`file_in` is for names that a model chose).
    Raises OSError when this process can open no more files.
    """
    _check_names(files)
    descriptors, size = [], 0
    for name, content in files.items():
        descriptors.append(sealed(content, stack) if isinstance(content, bytes) else _open(name, content, stack))
        size += os.fstat(descriptors[-1]).st_size
        if size > most:
            raise Refused(f"the files are larger than the limit of {most} bytes (input_bytes)")
    return descriptors


def file_in(folder: Path, name: str) -> Path:
    """The file that a model named, with symbolic links followed. Raises Refused when it is not within ``folder``."""
    root = folder.resolve()
    try:
        path = (root / name).resolve(strict=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise Refused(f"there is no file {name!r}") from error
    if root not in path.parents or not path.is_file():
        raise Refused(f"there is no file {name!r}")
    return path


def _check_names(files: Mapping[str, Any]) -> None:
    if len(files) > MOST_FILES:
        raise Refused(f"{len(files)} files are more than {MOST_FILES}")
    for name in files:
        path = PurePosixPath(name)
        plain = name.isprintable() and len(name.encode()) <= _LONGEST_NAME
        if not plain or str(path) != name or path.is_absolute() or {"..", "."} & {*path.parts, name}:
            raise Refused(f"{name!r} is no file name: use relative names such as data/table.csv")
        if clash := next((str(parent) for parent in path.parents if str(parent) in files), None):
            raise Refused(f"{clash!r} cannot be a file and the folder of {name!r}")


def _open(name: str, path: Path, stack: ExitStack) -> int:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in _OURS:
            raise
        link = " (a symbolic link: resolve it if you trust it)" if path.is_symlink() else ""
        raise Refused(f"the file {name!r} cannot be read: {error.strerror}{link}") from error
    stack.callback(os.close, descriptor)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise Refused(f"{name!r} is not a regular file")
    return descriptor
