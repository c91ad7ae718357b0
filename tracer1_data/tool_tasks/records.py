"""Recorded demonstrations as JSON lines: an episode a line, its pictures beside it as files.

{"episode": …, "family": …, "seed": 1, "instruction": …, "pictures": ["files/…png"], "steps": [
    {"action": {"type": "call_tool", "arguments": {…}}, "instruction": …, "output": …, "answer": {"rule": …, "value": …}}]}
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tracer1.actions import Action, is_text
from tracer1.answers import ExpectedAnswer
from tracer1.plans import Step
from tracer1.trajectories import Fault, Observation, RecordedStep, Trajectory
from tracer1_data import attachments

SOURCE = "tool_tasks"
_AGAIN = "make the set again"


def observe(root: Path, pictures: Any, where: str) -> Observation | Fault:
    """What is seen in a task: its pictures, named relative to ``root``; or what is wrong with them."""
    if not isinstance(pictures, list | tuple):
        return Fault("broken record", where, "pictures", "no list of paths", _AGAIN)
    return attachments.observe(root, pictures, where, "pictures", _AGAIN)


def to_record(trajectory: Trajectory, pictures: Sequence[str]) -> dict[str, Any]:
    """A demonstration as JSON values."""
    return {
        "episode": trajectory.episode,
        "family": trajectory.task,
        "seed": trajectory.seed,
        "instruction": trajectory.instruction,
        "pictures": list(pictures),
        "steps": [_step(step) for step in trajectory.steps],
    }


def _step(recorded: RecordedStep) -> dict[str, Any]:
    return {
        "action": asdict(recorded.step.action),
        "instruction": recorded.step.instruction,
        "output": recorded.output,
        "answer": asdict(recorded.answer) if recorded.answer else None,
    }


def from_record(record: dict[str, Any], root: Path, where: str) -> Trajectory | Fault:
    """The demonstration, or why the record or a picture of it cannot be used."""
    seen = observe(root, record.get("pictures"), where)
    if isinstance(seen, Fault):
        return seen
    try:
        steps = tuple(_recorded(step, seen) for step in record["steps"])
        if [n for n, step in enumerate(steps) if step.step.action.type == "finish"] != [len(steps) - 1]:
            raise ValueError("the last step, and no other, must be finish")
        episode, instruction, family = (_text(record[field]) for field in ("episode", "instruction", "family"))
        return Trajectory(
            SOURCE, episode, instruction, "tool", steps, task=family, seed=int(record["seed"]), toolbox="local"
        )
    except (KeyError, TypeError, ValueError) as error:
        return Fault("broken record", where, "record", f"{type(error).__name__}: {error}", _AGAIN)


def _recorded(step: dict[str, Any], seen: Observation) -> RecordedStep:
    done = Step(Action(**step["action"]), _text(step["instruction"]))
    answer = ExpectedAnswer(**step["answer"]) if step["answer"] is not None else None
    return RecordedStep(seen, done, output=_text(step["output"]), answer=answer)


def _text(value: Any) -> str:
    if not is_text(value):
        raise ValueError(f"{value!r:.80} is no text that can stand in a prompt")
    return value
