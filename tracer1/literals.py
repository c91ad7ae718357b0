"""Read one JSON value out of a longer text, written with double or single quotes, and say whether it was cut off.

Models write ``'text'`` as well as ``"text"``, and Python's ``True``; everything else is strict JSON. Nothing is evaluated,
the time is linear, and nesting deeper than :data:`tracer1.actions.DEEPEST` is refused.
"""

from __future__ import annotations

import json
import re
from typing import Any

from tracer1.actions import DEEPEST


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _refuse_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name of an object is given twice")
    return values


_JSON = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_refuse_twins)
QUOTES = ('"', "'")
_SPACE = re.compile(r"[ \t]*")
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|' + r"'(?:[^'\\\n]|\\.)*'")
_SINGLE = re.compile(r"\\.|\"")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,400})(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,3})?(?![\w.])")
_PARTIAL_NUMBER = re.compile(r"-?[0-9]{0,400}(?:\.[0-9]{0,400})?(?:[eE][+-]?[0-9]{0,3})?")
_WORD = re.compile(r"[A-Za-z]+")
_WORDS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}


class Unreadable(ValueError):
    """Not a value; ``cut`` when the text ended before it was whole."""

    def __init__(self, reason: str, cut: bool) -> None:
        super().__init__(reason)
        self.cut = cut


def read_value(text: str, position: int) -> tuple[Any, int]:
    """The value that starts at ``position`` and the offset behind it. Raises :class:`Unreadable`, and nothing else."""
    position = _skip(text, position)
    try:
        return _JSON.raw_decode(text, position)  # in C; what it refuses is read again, with more patience
    except (ValueError, RecursionError):
        return _read(text, position, 0)


def _read(text: str, position: int, depth: int) -> tuple[Any, int]:
    position = _skip(text, position)
    if text.startswith(("[", "{"), position):
        if depth == DEEPEST:
            raise Unreadable(f"nested deeper than {DEEPEST} levels", cut=False)
        read = _read_list if text[position] == "[" else _read_object
        return read(text, position + 1, depth + 1)
    if text.startswith(QUOTES, position):
        return read_string(text, position)
    if number := _NUMBER.match(text, position):
        return json.loads(number[0]), number.end()
    word = _WORD.match(text, position)
    if word and word[0] in _WORDS:
        return _WORDS[word[0]], word.end()
    end = word.end() if word else position
    raise Unreadable("not a JSON value", cut=_skip(text, end) >= len(text) or _is_number_cut(text, position))


def read_string(text: str, position: int) -> tuple[str, int]:
    """The quoted string at ``position``. Raises :class:`Unreadable`."""
    token = _STRING.match(text, position)
    if token is None:
        raise Unreadable("the text is not closed", cut="\n" not in text[position:])
    body = token[0]
    if body[0] == "'":
        body = '"' + _SINGLE.sub(_as_double, body[1:-1]) + '"'
    try:
        return json.loads(body, strict=False), token.end()
    except json.JSONDecodeError as error:
        raise Unreadable(f"not a JSON string: {error.msg}", cut=False) from error


def _as_double(found: re.Match[str]) -> str:
    """One escape or one double quote of a single-quoted string, as a double-quoted one spells it."""
    return {"\\'": "'", '"': '\\"'}.get(found[0], found[0])


def _read_list(text: str, position: int, depth: int) -> tuple[list[Any], int]:
    values: list[Any] = []
    while not text.startswith("]", position := _skip(text, position)):
        if values:
            position = _expect(text, position, ",")
        value, position = _read(text, position, depth)
        values.append(value)
    return values, position + 1


def _read_object(text: str, position: int, depth: int) -> tuple[dict[str, Any], int]:
    values: dict[str, Any] = {}
    while not text.startswith("}", position := _skip(text, position)):
        if values:
            position = _skip(text, _expect(text, position, ","))
        if not text.startswith(QUOTES, position):
            raise Unreadable("a name of an object is quoted", cut=position >= len(text))
        name, position = read_string(text, position)
        if name in values:
            raise Unreadable(f"the name {name!r:.40} is given twice", cut=False)
        values[name], position = _read(text, _expect(text, position, ":"), depth)
    return values, position + 1


def _expect(text: str, position: int, sign: str) -> int:
    position = _skip(text, position)
    if not text.startswith(sign, position):
        raise Unreadable(f"expected {sign!r}", cut=position >= len(text))
    return position + 1


def _skip(text: str, position: int) -> int:
    space = _SPACE.match(text, position)
    return space.end() if space else position


def _is_number_cut(text: str, position: int) -> bool:
    return _PARTIAL_NUMBER.fullmatch(text, position) is not None
