"""A file of many JSON objects, one long list or one object a line, read a record at a time: memory is that of the largest one.

The records of a list begin alike, with the first key of the first one: ``{"messages":``. These bytes cannot stand within a text,
where quotation marks are escaped. So a file is cut into records before anything is parsed, and damage costs the record in which
it is and nothing else. (An object within a record must not begin with that key.) A place in the file is a byte offset, so that
a worker can begin in the middle; :func:`split` says where.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tracer1.trajectories import Fault
from tracer1_data.sources.base import Part
from tracer1_data.sources.records import LONGEST_RECORD, UNREADABLE, as_text, parse_next, too_long, unreadable

_CHUNK = 1 << 20
_OVERLAP = 1 << 10  # bytes of a record that is too long which are kept: the next one may begin in them
_BOM = b"\xef\xbb\xbf"
_LIST = re.compile(rb'(?:\xef\xbb\xbf)?\s*\[\s*(\{\s*("(?:[^"\\]|\\.)*"))\s*:')
_BETWEEN = re.compile(r"[\s,]*")


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the first record begins, what tells that another one does (at its group), and what may stand behind."""

    first: int
    begins: re.Pattern[bytes]
    behind: bytes
    is_list: bool


def iterate(path: Path, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, dict[str, Any] | Fault]]:
    """The records that begin in the bytes from ``start`` up to ``stop`` (the file's end by default), each with the byte
    offset where it begins. ``start`` is 0 or such an offset. What cannot be read is a fault in its place."""
    try:
        layout = _layout_of(path)
        for position, data in _pieces(path, layout, start):
            if stop is not None and position >= stop:
                return
            yield from _records(path.name, position, data)
        if layout.is_list and _is_cut(path):
            reason = "the list does not end: records are missing"
            yield path.stat().st_size, Fault(UNREADABLE, path.name, "file", reason, "download it again")
    except _NoRecords as error:
        yield 0, Fault(UNREADABLE, path.name, "file", str(error), "download it again")
    except OSError as error:
        yield start, unreadable(error, path.name)


def split(path: Path, size: int) -> list[tuple[int, int]]:
    """Byte ranges of about ``size`` bytes that cover the file, each for :func:`iterate`. Reads it once and parses nothing.

    Raises OSError when it cannot be read.
    """
    starts = [0]
    try:
        for position, _ in _pieces(path, _layout_of(path), 0):
            if position - starts[-1] >= size:
                starts.append(position)
    except _NoRecords:
        pass  # which is what iterate says of the one range
    return list(pairwise([*starts, path.stat().st_size]))


def parts_of(files: Sequence[Path], size: int) -> list[Part]:
    """Parts of about ``size`` bytes, whose ``start`` and ``stop`` are for :func:`iterate`. Raises OSError."""
    return [
        Part(f"{file.stem}-{number:04d}", (file,), file.parent, start, stop, weight=max(1, stop - start))
        for file in files
        for number, (start, stop) in enumerate(split(file, size))
    ]


class _NoRecords(Exception):
    """The file begins with something else."""


def _layout_of(path: Path) -> _Layout:
    with path.open("rb") as file:
        head = file.read(_CHUNK)
    if found := _LIST.match(head):
        return _Layout(found.start(1), re.compile(rb"(\{\s*%s\s*:)" % re.escape(found[2])), b" \t\r\n,]", True)
    line, ended, _ = head.removeprefix(_BOM).lstrip().partition(b"\n")
    if path.suffix == ".jsonl" or (line.startswith(b"{") and (line.rstrip().endswith(b"}") or not ended)):
        return _Layout(0, re.compile(rb"\n()"), b" \t\r\n", False)
    raise _NoRecords("neither a JSON list of objects nor one object a line")


def _pieces(path: Path, layout: _Layout, start: int) -> Iterator[tuple[int, bytes | None]]:
    """Byte offset and bytes of each record; None for one that is too long."""
    start = max(start, layout.first)
    held, lost = b"", False
    with path.open("rb") as file:
        file.seek(start)
        while chunk := file.read(_CHUNK):
            held += chunk
            borders = [0, *(found.start(1) for found in layout.begins.finditer(held, 1))]
            for begin, end in pairwise(borders):
                if not lost:
                    yield from _stripped(held[begin:end], start + begin, layout.behind)
                lost = False
            held, start = held[borders[-1] :], start + borders[-1]
            if len(held) > LONGEST_RECORD:
                if not lost:
                    yield start, None
                held, start, lost = held[-_OVERLAP:], start + len(held) - _OVERLAP, True
    if not lost:
        yield from _stripped(held, start, layout.behind)


def _stripped(data: bytes, position: int, behind: bytes) -> Iterator[tuple[int, bytes]]:
    left = data.lstrip()
    if left:
        yield position + len(data) - len(left), left.rstrip(behind)


def _records(name: str, position: int, data: bytes | None) -> Iterator[tuple[int, dict[str, Any] | Fault]]:
    """The object that the bytes are, and whatever follows it before the next one is known to begin."""
    if data is None or len(data) > LONGEST_RECORD:
        yield position, too_long(f"{name}, byte {position}")
        return
    text, at = as_text(data), 0
    while at < len(text):
        record, end = parse_next(text, at, f"{name}, byte {position}")
        yield position, record
        end = _BETWEEN.match(text, end).end()
        position, at = position + len(text[at:end].encode(errors="surrogateescape")), end


def _is_cut(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _CHUNK))
        return not file.read().rstrip().endswith(b"]")
