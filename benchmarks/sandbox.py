"""Time of code in the sandbox, cold and warm, beside smolagents' interpreter in one run.

    pip install smolagents
    python benchmarks/sandbox.py --calls 500

Five ways: a new worker for every call; a warm worker that is asked again at once, so that it has to bury the last call
first; a warm worker that is asked every 30 ms; a step of a session; and smolagents' ``LocalPythonExecutor`` where it is
installed. The last is no containment: it interprets the syntax tree within this process.
"""

from __future__ import annotations

import asyncio
import importlib.util
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tracer1.sandbox import Sandbox

SNIPPETS = {
    "trivial": "6 * 7",
    "text": "text = 'plan act look again ' * 200\nsorted({word: text.count(word) for word in text.split()}.items())",
    "loop of 100,000": "total = 0\nfor number in range(100_000):\n    total += number * number\ntotal",
}
PAUSE = 0.03


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


async def measure(code: str, calls: int, preload: tuple[str, ...]) -> dict[str, list[float]]:
    """Milliseconds of each way."""
    found = {}
    async with Sandbox(warm=False) as sandbox:
        found["cold"] = await timed(sandbox.run, code, max(10, calls // 20))
    async with Sandbox(preload=preload) as sandbox:
        found["warm, at once"] = await timed(sandbox.run, code, calls)
        found["warm, every 30 ms"] = await timed(sandbox.run, code, calls // 4, PAUSE)
        async with sandbox.session() as session:
            found["step of a session"] = await timed(session.run, code, calls)
    if peer := smolagents():
        found["smolagents, no containment"] = await timed(peer, code, calls)
    return found


def main(
    calls: Annotated[int, typer.Option(help="Of each snippet; a twentieth of them cold.", min=20)] = 400,
    preload: Annotated[str, typer.Option(help="Modules, with commas, that the warm worker has loaded.")] = "",
) -> None:
    """Print milliseconds: quantiles, and the least."""
    console = Console()
    table = Table("code", "way", "least", "median", "90%", "99%", title="milliseconds")
    for name, code in SNIPPETS.items():
        for way, taken in asyncio.run(measure(code, calls, tuple(filter(None, preload.split(","))))).items():
            cuts = statistics.quantiles(taken, n=100, method="inclusive")
            table.add_row(name, way, *(f"{value:.2f}" for value in (min(taken), cuts[49], cuts[89], cuts[98])))
    console.print(table)
    if smolagents() is None:
        console.print("smolagents was not measured: pip install smolagents")


if __name__ == "__main__":
    typer.run(main)
