"""What a tool is: a specification that a prompt shows, and an asynchronous call that never raises for what a model asked.

A call ends in a typed result: ``ok``; ``refused`` (the tool was asked for something that it cannot do: an unknown file, a wrong
argument, a damaged document – the model's fault, and final); ``failed`` (the tool itself is not working: an endpoint that
is down, a worker that died); ``timed_out``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from tracer1.executors.base import ExecutionStatus

Kind = Literal["text", "number", "boolean", "any"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a tool: its name, what values it takes, and what it is for. ``any`` is any JSON value."""

    name: str
    kind: Kind = "text"
    says: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """What a planner is told of a tool, and what its calls are checked against. ``returns`` says what comes back, in words."""

    name: str
    says: str
    parameters: tuple[Parameter, ...] = ()
    returns: str = "text"

    @property
    def signature(self) -> str:
        """``objectlocation(object, image_path)``: how a prompt names the tool; arguments in brackets may be left out."""
        shown = (one.name if one.required else f"[{one.name}]" for one in self.parameters)
        return f"{self.name}({', '.join(shown)})"

    @property
    def line(self) -> str:
        """What a prompt says of the tool, in one line."""
        return f"{self.signature} -> {self.returns}: {self.says}"

    def problem(self, arguments: Mapping[str, Any]) -> str:
        """What is wrong with the arguments of a call, in one sentence that a model can act on; empty when nothing is."""
        known = {one.name: one for one in self.parameters}
        if unknown := [name for name in arguments if name not in known]:
            return f"{self.name} has no argument {', '.join(map(repr, unknown))}; it is {self.signature}"
        if missing := [one.name for one in self.parameters if one.required and one.name not in arguments]:
            return f"{self.name} needs {', '.join(map(repr, missing))}; it is {self.signature}"
        for name, value in arguments.items():
            if not _fits(value, known[name].kind):
                return f"{self.name} takes a {known[name].kind} as {name!r}, got {type(value).__name__}"
        return ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came back: ``text`` is what the planner reads. ``detail`` says why it is not ``ok``."""

    status: ExecutionStatus
    text: str = ""
    detail: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """More about the call for counters and logs (seconds, cache hit, endpoint); never shown to the planner."""


class Tool(Protocol):
    """A tool that can be called."""

    spec: ToolSpec

    async def call(self, arguments: Mapping[str, Any]) -> ToolResult:
        """Carry out one call whose arguments fit :attr:`spec`. Never raises for what they say."""
        ...


def _fits(value: Any, kind: Kind) -> bool:
    if kind == "text":
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return True
