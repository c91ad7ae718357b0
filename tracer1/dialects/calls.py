"""Calls as UI-TARS writes them, ``name(key='text', ...)``, one after the other: read as text, never run.

Strings take either quote and the usual escapes; a quote inside a string need not be escaped when no argument or end of the
call follows it, because models write ``content='it's'``. ``Action:`` before a call is passed over, and so is what stands
before the first ``Action:``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_CALL = re.compile(r"\s*(?:Action:\s*)?([a-z_]+)\(")
_FIRST = re.compile(r"Action:(?=\s*[a-z_]+\()")
_ARGUMENT = re.compile(r"[\s,]*([a-z_]+)\s*=\s*(?=['\"])")
_CLOSE = re.compile(r"[\s,]*\)")
_CLOSED = r"(?=\s*\)[ \t]*(?:\n|\Z)|\s*,\s*[a-z_]+\s*=)"
_MARKS = {quote: re.compile(rf"\\.|{quote}{_CLOSED}", re.DOTALL) for quote in "'\""}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "'": "'", '"': '"', "\\": "\\"}


def read_calls(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each call's name and arguments, in order. Raises ValueError where something else stands."""
    found = None if _CALL.match(text) else _FIRST.search(text)
    position, end = (found.start() if found else 0), len(text.rstrip())
    while position < end:
        call = _CALL.match(text, position)
        if call is None:
            raise ValueError(f"expected an action such as click(start_box='(500,500)') at character {position}")
        arguments, position = _read_arguments(text, call.end())
        yield call[1], arguments


def write_call(name: str, arguments: dict[str, str]) -> str:
    """``name(key='text', ...)``, which :func:`read_calls` reads back."""
    return f"{name}({', '.join(f'{key}={_quoted(value)}' for key, value in arguments.items())})"


def _read_arguments(text: str, position: int) -> tuple[dict[str, str], int]:
    arguments: dict[str, str] = {}
    while not (close := _CLOSE.match(text, position)):
        argument = _ARGUMENT.match(text, position)
        if argument is None:
            raise ValueError(f"expected name='...' or ')' at character {position}")
        if argument[1] in arguments:
            raise ValueError(f"the argument {argument[1]!r:.40} is given twice")
        arguments[argument[1]], position = _read_string(text, argument.end())
    return arguments, close.end()


def _read_string(text: str, start: int) -> tuple[str, int]:
    """The string whose opening quote is at ``start``, and the offset behind its closing quote."""
    for mark in _MARKS[text[start]].finditer(text, start + 1):
        if mark[0] == text[start]:
            written = text[start + 1 : mark.start()]
            return _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[0]), written), mark.end()
    raise ValueError(f"the string at character {start} never ends")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"
