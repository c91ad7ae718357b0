"""Plans as text: render a plan, and read one back from whatever a model wrote.

One step a line, numbered from 1: ``1. type(text="bob"): Enter the name in the username field``. Arguments are
``name=JSON``, so text with quotes, colons or line breaks stays on its line. Reading is total: any string gives a
:class:`ParsedPlan`, never an exception, and nothing is evaluated. ``parse(render(plan)).plan == plan``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

from tracer1.actions import Action, find_problem

Status = Literal["ok", "truncated", "malformed", "empty"]

_THOUGHT_END = "</think>"
_STEP = re.compile(r"[ \t]*(\d{1,4})[.)][ \t]*([A-Za-z_]+)\(")
_NUMBERED = re.compile(r"[ \t]*\d{1,4}[.)]")
_ARGUMENT = re.compile(r"[ \t]*([A-Za-z_]+)[ \t]*=[ \t]*")
_SEPARATOR = re.compile(r"[ \t]*,")
_CLOSE = re.compile(r"[ \t]*\)[ \t]*:")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_JSON = json.JSONDecoder(parse_constant=_refuse_constant)


@dataclass(frozen=True, slots=True)
class Step:
    """An action and its natural-language instruction: one line, single spaces, not empty. Raises ValueError otherwise."""

    action: Action
    instruction: str

    def __post_init__(self) -> None:
        if not self.instruction or self.instruction != " ".join(self.instruction.split()):
            raise ValueError(f"a step instruction is one non-empty line with single spaces, got {self.instruction!r}")


@dataclass(frozen=True, slots=True)
class Plan:
    """The next steps, in order."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ParsedPlan:
    """What could be read: the steps, whether reading went well, where it stopped (character offset) and why."""

    plan: Plan
    status: Status
    stopped_at: int
    reason: str = ""


class _Broken(Exception):
    """A line that starts as a step and cannot be read; ``cut`` when the text ended in the middle of it."""

    def __init__(self, reason: str, cut: bool = False) -> None:
        super().__init__(reason)
        self.cut = cut


def render_step(step: Step) -> str:
    """``type(text="bob"): Enter the name`` – a step without its number."""
    arguments = ", ".join(
        f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in step.action.arguments.items()
    )
    return f"{step.action.type}({arguments}): {step.instruction}"


def render(plan: Plan) -> str:
    """The text of a plan, one numbered step a line, without a final line break."""
    return "\n".join(f"{number}. {render_step(step)}" for number, step in enumerate(plan.steps, 1))


def parse(text: str) -> ParsedPlan:
    """Read a plan. Text before the first step is taken as thought; reading stops at the first line that is no step."""
    start = text.rfind(_THOUGHT_END)
    position = 0 if start < 0 else start + len(_THOUGHT_END)
    if start < 0 and "<think>" in text:
        return ParsedPlan(Plan(()), "truncated", len(text), "the thought was never closed")
    steps: list[Step] = []
    for line in text[position:].split("\n"):
        last = position + len(line) >= len(text)
        if _is_step(line) or (steps and not _is_blank(line)):
            try:
                steps.append(_read_step(line, len(steps) + 1))
            except _Broken as broken:
                status: Status = "truncated" if broken.cut and last else "malformed"
                return ParsedPlan(Plan(tuple(steps)), status, position, str(broken))
            if len(steps) > 1 and steps[-2].action.type == "finish":
                return ParsedPlan(Plan(tuple(steps)), "malformed", position, "a step follows finish")
        position += len(line) + 1
    if not steps:
        return ParsedPlan(Plan(()), "empty", len(text), "no line is a step such as '1. click(): Click the button'")
    return ParsedPlan(Plan(tuple(steps)), "ok", len(text))


def _is_step(line: str) -> bool:
    return _NUMBERED.match(line) is not None and "(" in line


def _is_blank(line: str) -> bool:
    return not line.strip() or line.strip().startswith("```")


def _read_step(line: str, number: int) -> Step:
    head = _STEP.match(line)
    if head is None:
        raise _Broken("not a numbered step", cut=_NUMBERED.match(line) is not None)
    if int(head[1]) != number:
        raise _Broken(f"step {number} is numbered {head[1]}")
    arguments, position = _read_arguments(line, head.end())
    problem = find_problem(head[2], arguments)
    if problem:
        raise _Broken(problem)
    instruction = " ".join(line[position:].split())
    if not instruction:
        raise _Broken("the step has no instruction", cut=True)
    return Step(Action(head[2], arguments), instruction)


def _read_arguments(line: str, position: int) -> tuple[dict[str, Any], int]:
    """Read ``name=JSON, ...):`` from ``position``; gives the arguments and the offset behind the colon."""
    arguments: dict[str, Any] = {}
    while not (close := _CLOSE.match(line, position)):
        if arguments:
            comma = _SEPARATOR.match(line, position)
            if comma is None:
                raise _Broken("expected ',' or '):' after an argument", cut=_at_end(line, position))
            position = comma.end()
        name = _ARGUMENT.match(line, position)
        if name is None:
            raise _Broken("expected name=value or '):'", cut=_at_end(line, position))
        try:
            value, position = _JSON.raw_decode(line, name.end())
        except (ValueError, RecursionError) as error:
            raise _Broken(f"argument {name[1]} is not JSON", cut=_json_cut(line, name.end(), error)) from error
        if name[1] in arguments:
            raise _Broken(f"argument {name[1]} is given twice")
        arguments[name[1]] = value
    return arguments, close.end()


def _at_end(line: str, position: int) -> bool:
    return re.fullmatch(r"[ \t]*\)?[ \t]*|[ \t]*[A-Za-z_]*[ \t]*", line[position:]) is not None


def _json_cut(line: str, start: int, error: Exception) -> bool:
    """Whether the JSON value simply ran out of text (an open string, or a value that ends the line)."""
    if isinstance(error, json.JSONDecodeError):
        return "Unterminated" in error.msg or error.pos >= len(line)
    return False
