"""A JSON file that is one long list, read one element at a time: memory is that of the largest element, not of the file.

A place in the file is a byte offset, so that a worker can begin in the middle (:func:`split` says where). An element that is
not UTF-8 is a fault, and the others are read; behind one that is no JSON the next cannot be found, so reading ends there.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from tracer1.trajectories import Fault

LARGEST = 1 << 25
"""Characters of an element; a longer one is taken for damage (a quotation mark that is never closed)."""
_CHUNK = 1 << 20
_DECODER = json.JSONDecoder()
_BETWEEN = re.compile(r"[\s,]*")
_LETTER = 12  # characters of the longest thing that may be cut in two without being seen: a letter as two \uXXXX


def iterate(path: Path, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, Any | Fault]]:
    """The elements that begin in the bytes from ``start`` up to ``stop`` (the file's end by default), each with the byte
    offset where it begins. ``start`` is 0 or such an offset. What cannot be read is a :class:`Fault` in its place.

    Raises OSError when the file cannot be read.
    """
    with path.open("rb") as file:
        window = _Window(file, start)
        try:
            if start == 0:
                window.enter()
            while (sign := window.next_sign()) != "]":
                if not sign:
                    raise _Damaged("the list is cut off")
                if stop is not None and window.position >= stop:
                    return
                position, (element, is_text) = window.position, window.element()
                yield position, element if is_text else _fault("not UTF-8", path, position, "bytes are no UTF-8")
        except _Damaged as error:
            yield window.position, _fault("unreadable file", path, window.position, f"{error}, what follows is lost")


def split(path: Path, size: int) -> list[tuple[int, int]]:
    """Byte ranges of about ``size`` bytes that cover the list, each for :func:`iterate`. Reads the file once.

    Raises OSError when the file cannot be read.
    """
    starts: list[int] = []
    for position, element in iterate(path):
        if not isinstance(element, Fault) and (not starts or position - starts[-1] >= size):
            starts.append(position)
    starts = [0, *starts[1:]]
    return list(zip(starts, [*starts[1:], path.stat().st_size], strict=True))


class _Damaged(Exception):
    """The file goes on with something that is no element of a JSON list."""


class _Window:
    """The text that is read but not used yet: from character ``at`` of ``text``, which is byte ``position`` of the file.

    Bytes that are no UTF-8 stand in it as halves of surrogate pairs.
    """

    def __init__(self, file: BinaryIO, position: int) -> None:
        file.seek(position)
        self.file, self.position = file, position
        self.text, self.at = "", 0
        self.decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode

    def enter(self) -> None:
        """Step over the bracket that opens the list."""
        if self.next_sign() == "\ufeff":
            self._skip_to(self.at + 1)
        if self.next_sign() != "[":
            raise _Damaged("this is no JSON list")
        self._skip_to(self.at + 1)

    def next_sign(self) -> str:
        """The character with which the next element begins; ``]`` behind the last one, nothing at the file's end."""
        while True:
            self._skip_to(_BETWEEN.match(self.text, self.at).end())
            if self.at < len(self.text):
                return self.text[self.at]
            if not self._grow():
                return ""

    def element(self) -> tuple[Any, bool]:
        """The element at this place, and whether all its bytes are text; the window moves behind it."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                byte = self.position + self._bytes_to(error.pos)[0]
                cut = error.msg.startswith("Unterminated string") or error.pos >= len(self.text) - _LETTER
                if not cut or len(self.text) - self.at > LARGEST or not self._grow():
                    raise _Damaged(f"not JSON at byte {byte} ({error.msg})") from error
            except (ValueError, RecursionError) as error:
                raise _Damaged("a number too long, or nested too deeply") from error
            else:
                if end < len(self.text) or not self._grow():
                    return value, self._skip_to(end)

    def _skip_to(self, at: int) -> bool:
        """Move to a character; whether all that was passed is text."""
        size, is_text = self._bytes_to(at)
        self.position, self.at = self.position + size, at
        return is_text

    def _bytes_to(self, at: int) -> tuple[int, bool]:
        passed = self.text[self.at : at]
        try:
            return len(passed.encode()), True
        except UnicodeEncodeError:
            return len(passed.encode(errors="surrogateescape")), False

    def _grow(self) -> bool:
        """Read on, as much again as the window holds. False at the file's end."""
        data = self.file.read(max(_CHUNK, len(self.text) - self.at))
        self.text = self.text[self.at :] + self.decode(data, not data)
        self.at = 0
        return bool(data)


def _fault(kind: str, path: Path, position: int, reason: str) -> Fault:
    return Fault(kind, f"{path.name}, byte {position}", "JSON", reason, "download the file again, or mend it there")
