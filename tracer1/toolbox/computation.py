"""Expressions and programs that a model wrote: ``calculator``, ``Calculator``, ``Solver``, ``Plot`` and ``python``.

Nothing of them is looked at here but the names of files in ``python`` code; all runs in the sandbox. What a program says of
itself is what it wrote: an answer is as good as the program.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from tracer1.executors.base import ExecutionStatus
from tracer1.sandbox import Outcome
from tracer1.sandbox.inputs import Refused
from tracer1.sandbox.session import Session
from tracer1.toolbox.base import ToolResult
from tracer1.toolbox.bench import Bench, NotDone, verdict
from tracer1.toolbox.paging import MOST_CHARACTERS
from tracer1.toolbox.quoted import quoted

MOST_FILES = 50
NOTHING = "(no output: print what you want to see)"
# Each file is under its name in the folder where the code runs, and the names of other tools say what they are.
PRELUDE = """
def _prepare(names, tools):
    import os
    for name in names:
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        os.symlink("/files/" + name, name)
    def make(tool):
        def call(*_, **__):
            raise RuntimeError(f"{tool} is a tool of its own: call it with call_tool, not within python")
        return call
    globals().update({tool: make(tool) for tool in tools})
_prepare(names, tools)
del _prepare, names, tools
"""


async def calculate(bench: Bench, arguments: Mapping[str, Any]) -> str:
    """The value of an expression."""
    return _short(await bench.inside("computation.calculate", {"expression": arguments["expression"]}))


async def solve(bench: Bench, arguments: Mapping[str, Any]) -> str:
    """GTA's ``Solver``: what ``solution()`` returns."""
    return _short(await bench.inside("computation.solve", {"command": arguments["command"]}))


async def plot(bench: Bench, arguments: Mapping[str, Any]) -> ToolResult:
    """GTA's ``Plot``: the figure that ``solution()`` returns, as a picture."""
    return await bench.keep(await bench.inside("computation.plot", {"command": arguments["command"]}))


async def run_python(bench: Bench, arguments: Mapping[str, Any]) -> ToolResult:
    """One program, by itself."""
    async with code_session(bench, named_files(bench, arguments["code"])) as session:
        return result_of(await session.run(arguments["code"]), bench)


@asynccontextmanager
async def code_session(bench: Bench, files: Mapping[str, Path]) -> AsyncIterator[Session]:
    """A session of the sandbox in which ``files`` are under their names. Raises SandboxUnavailable, and NotDone when it does
    not come up."""
    assert bench.code is not None
    async with bench.code.session(files) as session:
        outcome = await session.run(PRELUDE, {"names": list(files), "tools": list(bench.others)})
        if outcome.status != "ok":  # code of ours: only what it was given can be the model's fault
            status: ExecutionStatus = "refused" if outcome.status == "refused" else "failed"
            raise NotDone(ToolResult(status, detail=f"the code's files cannot be given to it: {outcome.error}"))
        yield session


def named_files(bench: Bench, code: str, also: Sequence[str] = ()) -> dict[str, Path]:
    """The files that quoted texts in ``code`` name, and those in ``also``, by the name that they have inside."""
    found: dict[str, Path] = {}
    for name in dict.fromkeys([*also, *quoted(code)]):
        inside = str(PurePosixPath(name))
        if inside.startswith("/") or ".." in PurePosixPath(inside).parts or len(found) == MOST_FILES:
            continue
        try:
            path = bench.folders.find(inside)
        except Refused:
            continue
        if sum(one.stat().st_size for one in (*found.values(), path)) <= bench.limits.input_bytes:
            found[inside] = path
    return found


def result_of(outcome: Outcome, bench: Bench) -> ToolResult:
    """What a planner is told of a program that has ended: what it printed, then the value of its last line, or the error."""
    printed = outcome.stdout.rstrip("\n")
    if outcome.status == "ok":
        value = (
            "" if outcome.value is None else outcome.value if isinstance(outcome.value, str) else repr(outcome.value)
        )
        return ToolResult("ok", _short("\n".join(filter(None, (printed, value))) or NOTHING))
    if outcome.status != "error":
        result = verdict(outcome, bench.limits)
        return replace(result, text=_short(printed))
    return ToolResult("refused", _short("\n".join(filter(None, (printed, outcome.trace)))), outcome.error)


def _short(text: Any) -> str:
    said = str(text)
    return said if len(said) <= MOST_CHARACTERS else f"{said[:MOST_CHARACTERS]}\n[cut: {len(said)} characters]"
