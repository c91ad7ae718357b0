"""Time of code in the sandbox, cold and warm, beside smolagents' interpreter in one run.

    pip install smolagents
    python benchmarks/sandbox.py --calls 500

In the sandbox: a new worker for every call; a warm worker that is asked again at once, so that it has to bury the last call
first; a warm worker that is asked every 30 ms; a step of a session. With the toolbox around it: a ``python`` call by itself, one
of an episode, and ``calculator`` for what is an expression. Beside them smolagents' ``LocalPythonExecutor`` where it is installed:
that is no containment, it interprets the syntax tree within this process. The last column says how many times its median a way's
median is.
"""

from __future__ import annotations

import asyncio
import importlib.util
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tracer1.sandbox import Sandbox
from tracer1.toolbox.toolbox import load_toolbox

SNIPPETS = {
    "trivial": "6 * 7",
    "text": "text = 'plan act look again ' * 200\nsorted({word: text.count(word) for word in text.split()}.items())",
    "loop of 100,000": "total = 0\nfor number in range(100_000):\n    total += number * number\ntotal",
}
EXPRESSIONS = ("trivial",)
PAUSE, PEER = 0.03, "smolagents, no containment"


async def timed(ask: Callable[[str], Awaitable[object]], code: str, calls: int, pause: float = 0.0) -> list[float]:
    """Milliseconds of each call; the first three are left out."""
    taken = []
    for _ in range(calls + 3):
        began = time.perf_counter()
        await ask(code)
        taken.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(pause)
    return taken[3:]


def smolagents() -> Callable[[str], Awaitable[object]] | None:
    """Its interpreter, as an agent makes it."""
    if importlib.util.find_spec("smolagents") is None:
        return None
    from smolagents.local_python_executor import LocalPythonExecutor

    executor = LocalPythonExecutor(additional_authorized_imports=[])
    executor.send_tools({})

    async def ask(code: str) -> object:
        return executor(code)

    return ask


async def toolbox(code: str, calls: int, is_expression: bool) -> dict[str, list[float]]:
    """Milliseconds of the toolbox's ways: checks, counts and the planner's text come on top of the sandbox."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        only = ["python", "calculator"]
        async with load_toolbox("local", files=Path(folder), only=only, workers=1) as tools, tools.episode() as episode:
            found["toolbox, python"] = await timed(lambda said: tools.call("python", {"code": said}), code, calls)
            if is_expression:
                calculate = lambda said: tools.call("calculator", {"expression": said})  # noqa: E731
                found["toolbox, calculator"] = await timed(calculate, code, calls)
            found["toolbox, python in an episode"] = await timed(
                lambda said: episode.call("python", {"code": said}), code, calls
            )
    return found


async def measure(name: str, calls: int, preload: tuple[str, ...]) -> dict[str, list[float]]:
    """Milliseconds of each way."""
    found, code = {}, SNIPPETS[name]
    async with Sandbox(warm=False) as sandbox:
        found["cold"] = await timed(sandbox.run, code, max(10, calls // 20))
    async with Sandbox(preload=preload) as sandbox:
        found["warm, at once"] = await timed(sandbox.run, code, calls)
        found["warm, every 30 ms"] = await timed(sandbox.run, code, calls // 4, PAUSE)
        async with sandbox.session() as session:
            found["step of a session"] = await timed(session.run, code, calls)
    found |= await toolbox(code, calls, name in EXPRESSIONS)
    if peer := smolagents():
        found[PEER] = await timed(peer, code, calls)
    return found


def main(
    calls: Annotated[int, typer.Option(help="Of each snippet; a twentieth of them cold.", min=20)] = 400,
    preload: Annotated[str, typer.Option(help="Modules, with commas, that the warm worker has loaded.")] = "",
) -> None:
    """Print milliseconds: quantiles, and the least; and the ratio of the medians."""
    console = Console(width=100)
    table = Table("code", "way", "least", "median", "90%", "99%", "x smolagents", title="milliseconds")
    for name in SNIPPETS:
        found = asyncio.run(measure(name, calls, tuple(filter(None, preload.split(",")))))
        peer = statistics.median(found[PEER]) if PEER in found else 0.0
        for way, taken in found.items():
            cuts = statistics.quantiles(taken, n=100, method="inclusive")
            ratio = f"{cuts[49] / peer:.2f}" if peer else "-"
            table.add_row(name, way, *(f"{value:.2f}" for value in (min(taken), cuts[49], cuts[89], cuts[98])), ratio)
    console.print(table)
    if smolagents() is None:
        console.print("smolagents was not measured: pip install smolagents")


if __name__ == "__main__":
    typer.run(main)
