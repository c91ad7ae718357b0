"""A JSON Lines file in ranges of whole lines: found in one pass, read from the middle, however long a line is.

Records are parsed by :func:`tracer1_data.sources.records.parse_record`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tracer1_data.sources.records import LONGEST_RECORD

_CHUNK = 1 << 20


def ranges(file: Path, lines: int) -> Iterator[tuple[int, int, int]]:
    """Ranges of ``lines`` lines: the number of the first (from 1), its first byte, and the byte behind the last.

    Holds a mebibyte in memory. Raises OSError.
    """
    first, start, number, offset = 1, 0, 0, 0
    with file.open("rb") as data:
        while chunk := data.read(_CHUNK):
            at = -1
            while (at := chunk.find(b"\n", at + 1)) >= 0:
                number += 1
                if number % lines == 0:
                    yield first, start, offset + at + 1
                    first, start = number + 1, offset + at + 1
            offset += len(chunk)
    if offset > start:
        yield first, start, offset


def lines_of(file: Path, start: int, stop: int) -> Iterator[bytes | None]:
    """The lines between two bytes of :func:`ranges`; None for one that is too long to be a record. Raises OSError."""
    with file.open("rb") as data:
        data.seek(start)
        while data.tell() < stop and (line := data.readline(LONGEST_RECORD + 1)):
            yield line if len(line) <= LONGEST_RECORD else None
            while line and not line.endswith(b"\n"):
                line = data.readline(_CHUNK)
