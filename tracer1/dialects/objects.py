"""Objects in the dialects that are spelled as JSON or as Python: read as data, never run."""

from __future__ import annotations

import ast
import json
from typing import Any

LONGEST_PYTHON = 10_000
"""Python text longer than this (in characters) is refused: its parser goes as deep as the text is long."""


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_JSON = json.JSONDecoder(parse_constant=_refuse_constant)


def find_object(text: str, start: int = 0) -> tuple[dict[str, Any], int]:
    """The JSON object at ``start`` and the offset behind it. Raises ValueError when there is none."""
    try:
        value, end = _JSON.raw_decode(text, start)
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("expected a JSON object")
    return value, end


def read_object(text: str) -> dict[str, Any]:
    """The JSON object that the text is. Raises ValueError when it is anything else."""
    text = text.strip()
    value, end = find_object(text)
    if end != len(text):
        raise ValueError("something follows the JSON object")
    return value


def read_statements(code: str) -> list[ast.stmt]:
    """The statements of a piece of Python, as data. Raises ValueError when it is not Python, or too long."""
    if len(code) > LONGEST_PYTHON:
        raise ValueError(f"{len(code)} characters of Python: at most {LONGEST_PYTHON} are read")
    try:
        return ast.parse(code).body
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"not Python: {type(error).__name__}") from error


def read_literal(node: ast.expr) -> Any:
    """The value of a literal: text, number, list or dictionary. Raises ValueError for any other expression."""
    try:
        return ast.literal_eval(node)
    except (TypeError, RecursionError, MemoryError, SyntaxError) as error:
        raise ValueError(f"not a literal: {type(error).__name__}") from error
