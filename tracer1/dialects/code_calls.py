"""Lines of PyAutoGUI code as calls: the function's name and its arguments by name. Parsed as data, never run."""

from __future__ import annotations

import ast
from typing import Any

from tracer1.dialects.objects import read_literal, read_statements

_SIGNATURES = {
    "click": ("x", "y", "clicks", "interval", "button"),
    "doubleClick": ("x", "y"),
    "tripleClick": ("x", "y"),
    "triple_click": ("x", "y"),
    "rightClick": ("x", "y"),
    "middleClick": ("x", "y"),
    "moveTo": ("x", "y", "duration"),
    "dragTo": ("x", "y", "duration", "button"),
    "scroll": ("clicks", "x", "y"),
    "hscroll": ("clicks", "x", "y"),
    "write": ("message", "interval"),
    "typewrite": ("message", "interval"),
    "press": ("keys", "presses", "interval"),
    "hotkey": ("keys",),
    "wait": ("seconds",),
    "sleep": ("seconds",),
    "terminate": ("status",),
}


def read_code_calls(code: str) -> list[tuple[str, dict[str, Any]]]:
    """The calls of the code, in order; imports are passed over. Raises ValueError for anything that is no known call."""
    return [_read_call(statement) for statement in read_statements(code) if not isinstance(statement, ast.Import)]


def _read_call(statement: ast.stmt) -> tuple[str, dict[str, Any]]:
    match statement:
        case ast.Expr(ast.Call(ast.Attribute(ast.Name("pyautogui" | "computer" | "time"), name), values, keywords)):
            given = [read_literal(value) for value in values]
        case _:
            raise ValueError("each line is a call such as pyautogui.click(x=0.5, y=0.5)")
    if name == "hotkey" and all(isinstance(key, str) for key in given):
        given = [given] if given else []
    names = _SIGNATURES.get(name, ())
    if len(given) > len(names) or not all(keyword.arg in names for keyword in keywords):
        raise ValueError(f"{name!r:.40} takes no such arguments; known calls are {', '.join(_SIGNATURES)}")
    named = {keyword.arg: read_literal(keyword.value) for keyword in keywords if keyword.arg}
    return name, dict(zip(names, given, strict=False)) | named
