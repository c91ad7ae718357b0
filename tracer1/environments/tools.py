"""Tasks that are solved by calling tools: a question, perhaps with pictures, and an answer that can be checked.

Nothing is seen but the task's own pictures; what the tools return, the loop tells the planner. ``finish(answer=...)`` ends an
episode, and the answer decides::

    tasks = {"t1": ToolTask("t1", "How many rows has a.csv?", ExpectedAnswer("gaia", "3"))}
    async with Stage(lambda: ToolEnvironment(tasks)) as stage:
        await run_episode(stage, planner, load_executor("toolbox", toolbox="local", files="data/files"), "t1", seed=0)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracer1.actions import Action
from tracer1.answers import ExpectedAnswer
from tracer1.coordinates import Point
from tracer1.environments.base import Outcome
from tracer1.trajectories import Observation

PLATFORM = "tool"


@dataclass(frozen=True, slots=True)
class ToolTask:
    """A question. ``expected`` is None where no answer is known: it can be played, not judged. ``family`` is what results
    are grouped by; ``tools`` are those that its demonstration called, in order, where there is one."""

    name: str
    instruction: str
    expected: ExpectedAnswer | None
    pictures: tuple[bytes, ...] = ()
    family: str = ""
    tools: tuple[str, ...] = ()


class ToolEnvironment:
    """The :class:`tracer1.environments.base.Environment` of tool tasks; ``seed`` makes no difference."""

    def __init__(self, tasks: Mapping[str, ToolTask]) -> None:
        self._tasks = tasks
        self._task: ToolTask | None = None
        self._outcome = Outcome(False, 0.0)

    def reset(self, task: str, seed: int) -> str:
        """Start a task. Raises ValueError for one that is not known."""
        if task not in self._tasks:
            raise ValueError(
                f"unknown task {task!r}: there are {len(self._tasks)}, such as {next(iter(self._tasks), '')!r}"
            )
        self._task, self._outcome = self._tasks[task], Outcome(False, 0.0)
        return self._task.instruction

    def observe(self) -> Observation:
        """The task's pictures; the first takes the screenshot's place."""
        pictures = self._task.pictures if self._task else ()
        return Observation(pictures[0] if pictures else b"", None, attachments=pictures[1:], platform=PLATFORM)

    def perform(self, action: Action, point: Point | None = None) -> None:
        """The executor has called the tool already. Raises ValueError for what is no call."""
        if action.type != "call_tool":
            raise ValueError(f"a tool task cannot do {action.type!r}: use call_tool, and finish with the answer")

    def conclude(self, action: Action) -> None:
        """Judge the answer."""
        answer = str(action.arguments.get("answer", ""))
        right = bool(self._task and self._task.expected and self._task.expected.matches(answer))
        self._outcome = Outcome(True, float(right))

    def outcome(self) -> Outcome:
        return self._outcome

    def close(self) -> None:
        """There is nothing to free."""


def read_tasks(folder: Path, split: str) -> dict[str, ToolTask]:
    """The tasks of a split, by name, from ``tasks.jsonl`` (:mod:`tracer1_data.tool_tasks`). Raises ValueError, naming file and
    line, for what is no task, and when there is none of that split."""
    file, tasks = folder / "tasks.jsonl", {}
    try:
        lines = file.read_bytes().split(b"\n")
    except OSError as error:
        raise ValueError(f"{file}: {error.strerror}: make tasks with python -m tracer1_data.tool_tasks") from error
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            data = json.loads(line)
            if data["split"] != split:
                continue
            if data["name"] in tasks:
                raise ValueError(f"there are two tasks called {data['name']!r}")
            tasks[data["name"]] = _task(data, folder)
        except (ValueError, KeyError, TypeError, OSError, RecursionError) as error:
            raise ValueError(f"{file}, line {number}: {error!r:.200}: make the tasks again") from error
    if not tasks:
        raise ValueError(f"{file} has no task of the split {split!r}")
    return tasks


def _task(data: dict[str, Any], folder: Path) -> ToolTask:
    pictures = tuple((folder / name).read_bytes() for name in data["pictures"])
    expected = ExpectedAnswer(**data["expected"])
    return ToolTask(data["name"], data["instruction"], expected, pictures, data["family"], tuple(data["tools"]))
