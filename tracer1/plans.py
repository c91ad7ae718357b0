"""Plans as text: render a plan, and read one back from whatever a model wrote.

One step a line, numbered from 1: ``1. type(text="bob"): Enter the name in the username field``. Arguments are
``name=value`` with JSON values (single quotes are read too), so text with quotes, colons or line breaks stays on its line.
Text before the first step is thought; code fences and blank lines around the steps do not matter. Reading is total: any
string gives a :class:`ParsedPlan`, never an exception, and nothing is evaluated. ``parse(render(plan)).plan == plan``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

from tracer1.actions import PLACEHOLDERS, Action, is_text
from tracer1.literals import Unreadable, read_value

Status = Literal["ok", "trailing", "truncated", "malformed", "empty"]

_THOUGHT_END = "</think>"
_STEP = re.compile(r"[ \t]*(\d{1,4})[.)][ \t]*([A-Za-z_]+)\(")
_STEP_CUT = re.compile(r"[ \t]*\d{1,4}(?:[.)][ \t]*[A-Za-z_]*)?")
_NUMBERED = re.compile(r"[ \t]*\d{1,4}[.)]")
_ARGUMENT = re.compile(r"[ \t]*([A-Za-z_]+)[ \t]*=[ \t]*")
_SEPARATOR = re.compile(r"[ \t]*,")
_CLOSE = re.compile(r"[ \t]*\)[ \t]*:")


@dataclass(frozen=True, slots=True)
class Step:
    """An action and its natural-language instruction: one line, single spaces, not empty. Raises ValueError otherwise."""

    action: Action
    instruction: str

    def __post_init__(self) -> None:
        if not self.instruction or self.instruction != " ".join(self.instruction.split()):
            raise ValueError(
                f"a step instruction is one non-empty line with single spaces, got {self.instruction!r:.80}"
            )
        if not is_text(self.instruction):
            raise ValueError("a step instruction holds half a letter, or a token that stands for a picture")


@dataclass(frozen=True, slots=True)
class Plan:
    """The next steps, in order."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ParsedPlan:
    """What could be read: the steps, whether reading went well, where it stopped (character offset) and why.

    ``ok``: a plan and nothing else. ``trailing``: text follows the plan. ``truncated``: the text ends within a step or
    within the thought. ``malformed``: a line that starts as a step is none. ``empty``: there is no step. ``ends``: the
    offset behind each step's line.
    """

    plan: Plan
    status: Status
    stopped_at: int
    reason: str = ""
    ends: tuple[int, ...] = ()


class _Broken(Exception):
    """A line that cannot be read as the next step; ``cut`` when it may have been cut off within one."""

    def __init__(self, reason: str, cut: bool = False, status: Status = "malformed") -> None:
        super().__init__(reason)
        self.cut, self.status = cut, status


def render_step(step: Step) -> str:
    """``type(text="bob"): Enter the name`` – a step without its number."""
    arguments = ", ".join(
        f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in step.action.arguments.items()
    )
    return f"{step.action.type}({arguments}): {step.instruction}"


def render(plan: Plan) -> str:
    """The text of a plan, one numbered step a line, without a final line break."""
    return "\n".join(f"{number}. {render_step(step)}" for number, step in enumerate(plan.steps, 1))


def parse(text: str, thinking: bool = False) -> ParsedPlan:
    """Read a plan; the steps are those before the first line that is no step.

    ``thinking`` says that the prompt has opened a thought already (Qwen3-VL-Thinking's chat template does): without
    ``</think>`` the response is then all thought, and what looks like a step in it is a draft.
    """
    if any(token in text for token in PLACEHOLDERS):
        return ParsedPlan(Plan(()), "malformed", 0, "the text holds tokens that stand for a picture")
    thought = text.rfind(_THOUGHT_END)
    if thought < 0 and (thinking or "<think>" in text):
        return ParsedPlan(Plan(()), "truncated", len(text), "the thought was never closed")
    return _read_plan(text, 0 if thought < 0 else thought + len(_THOUGHT_END))


def _read_plan(text: str, position: int) -> ParsedPlan:
    steps: list[Step] = []
    ends: list[int] = []
    for line in text[position:].split("\n"):
        end = position + len(line)
        try:
            if head := _STEP.match(line):
                steps.append(_read_step(line, head, len(steps) + 1))
                ends.append(min(end + 1, len(text)))
                if len(steps) > 1 and steps[-2].action.type == "finish":
                    raise _Broken("a step follows finish")
            elif steps and not _is_blank(line):
                raise _no_step(line)
        except _Broken as broken:
            status: Status = "truncated" if broken.cut and end >= len(text) else broken.status
            return ParsedPlan(Plan(tuple(steps)), status, position, str(broken), tuple(ends))
        position = end + 1
    if not steps:
        return ParsedPlan(Plan(()), "empty", len(text), "no line is a step such as '1. click(): Click the button'")
    return ParsedPlan(Plan(tuple(steps)), "ok", len(text), ends=tuple(ends))


def _no_step(line: str) -> _Broken:
    """Why reading stops at a line that does not start as a step."""
    cut = _STEP_CUT.fullmatch(line) is not None
    if _NUMBERED.match(line) or cut:
        return _Broken("a numbered line without an action", cut)
    return _Broken("text follows the plan", status="trailing")


def _is_blank(line: str) -> bool:
    return not line.strip() or line.strip().startswith("```")


def _read_step(line: str, head: re.Match[str], number: int) -> Step:
    if int(head[1]) != number:
        raise _Broken(f"step {number} is numbered {head[1]}")
    arguments, position = _read_arguments(line, head.end())
    instruction = " ".join(line[position:].split())
    if not instruction:
        raise _Broken("the step has no instruction", cut=True)
    try:
        return Step(Action(head[2], arguments), instruction)
    except ValueError as error:
        raise _Broken(str(error)) from error


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
            value, position = read_value(line, name.end())
        except Unreadable as error:
            raise _Broken(f"argument {name[1]}: {error}", error.cut) from error
        if name[1] in arguments:
            raise _Broken(f"argument {name[1]} is given twice")
        arguments[name[1]] = value
    return arguments, close.end()


def _at_end(line: str, position: int) -> bool:
    return re.fullmatch(r"\)?|[A-Za-z_]*", line[position:].strip(" \t")) is not None
