"""What other processes do with an executor."""

from __future__ import annotations

import asyncio

from tracer1.actions import Action
from tracer1.executors.base import Execution, Executor
from tracer1.plans import Step
from tracer1.trajectories import Observation

NOTHING = Observation(b"", None, platform="tool")


def step(name: str, **arguments: object) -> Step:
    return Step(Action("call_tool", {"name": name, "arguments": arguments}), "Go on")


def ask(executor: Executor, *steps: Step) -> list[Execution]:
    """Each step in turn, in an event loop of its own."""

    async def main() -> list[Execution]:
        return [await executor.execute(NOTHING, one) for one in steps]

    return asyncio.run(main())


def calculate(executor: Executor, expression: str) -> str | None:
    return ask(executor, step("calculator", expression=expression))[0].answer
