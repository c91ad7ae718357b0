"""Solves tasks with a real toolbox and records what was done and what came back.

    async with load_toolbox("local", files=folder) as box:
        recorded = await demonstrate(task, box, folder.parent)  # a Trajectory, or the Fault that says why not

A step's expected answer is what its tool returned: a text for documents, a number (GAIA's rule) for calculations, so that
another expression of the same value is right too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from tracer1.actions import Action, is_text
from tracer1.answers import ExpectedAnswer
from tracer1.plans import Step
from tracer1.toolbox.base import ToolResult
from tracer1.trajectories import Fault, Observation, RecordedStep, Trajectory
from tracer1_data.tool_tasks.records import SOURCE, observe
from tracer1_data.tool_tasks.solutions import SOLUTIONS, NotFound
from tracer1_data.tool_tasks.tasks import Task


class Toolbox(Protocol):
    """Tools by name: :func:`tracer1.toolbox.toolbox.load_toolbox` makes one."""

    async def call(self, name: str, arguments: Mapping[str, Any]) -> ToolResult:
        """Carry out one call; never raises for what it says."""
        ...


class CallFailed(Exception):
    """A tool refused, failed or was late."""

    def __init__(self, name: str, result: ToolResult) -> None:
        super().__init__(f"{name}: {result.detail or result.text or 'no reason given'}")
        self.status = result.status


@dataclass
class RecordingHands:
    """The :class:`tracer1_data.tool_tasks.solutions.Hands` that keep every step."""

    box: Toolbox
    seen: Observation
    steps: list[RecordedStep] = field(default_factory=list)

    async def call(self, name: str, arguments: Mapping[str, str | int], says: str, rule: str = "text") -> str:
        """Raises CallFailed when there is no output that can be stored."""
        result = await self.box.call(name, arguments)
        if result.status != "ok" or not result.text.strip() or not is_text(result.text):
            raise CallFailed(name, result)
        step = Step(Action("call_tool", {"name": name, "arguments": dict(arguments)}), says)
        self.steps.append(RecordedStep(self.seen, step, output=result.text, answer=ExpectedAnswer(rule, result.text)))
        return result.text.strip()


async def demonstrate(task: Task, box: Toolbox, root: Path, seed: int = 0) -> Trajectory | Fault:
    """The task solved, or why it was not: a tool did not answer, its output lacks what was asked for, or the answer is wrong.

    ``root`` is the set's folder and ``seed`` the set's.
    """
    seen = observe(root, task.pictures, task.name)
    if isinstance(seen, Fault):
        return seen
    hands = RecordingHands(box, seen)
    try:
        answer = await SOLUTIONS[task.family](hands, task.asks)
    except CallFailed as error:
        where = f"{task.name}, step {len(hands.steps)}"
        return Fault(f"tool {error.status}", where, "output", str(error), "mend the tool or the task's files")
    except NotFound as error:
        where = f"{task.name}, step {len(hands.steps) - 1}"
        return Fault("value not found", where, "output", str(error), "mend the document or the solution")
    if not task.expected.matches(answer):
        reason = f"the tools lead to {answer!r:.80}, the documents say {task.expected.value!r:.80}"
        return Fault("wrong answer", task.name, "answer", reason, "mend the family or its solution")
    finish = RecordedStep(seen, Step(Action("finish", {"answer": answer}), "Give the answer"))
    steps = (*hands.steps, finish)
    return Trajectory(SOURCE, task.name, task.instruction, "tool", steps, task=task.family, seed=seed, toolbox="local")
