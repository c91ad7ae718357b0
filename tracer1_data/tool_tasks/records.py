"""Recorded demonstrations as JSON lines: an episode a line, its pictures beside it as files.

{"episode": …, "family": …, "seed": 1, "instruction": …, "pictures": ["files/…png"], "steps": [
    {"action": {"type": "call_tool", "arguments": {…}}, "instruction": …, "output": …, "answer": {"rule": …, "value": …}}]}
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tracer1.actions import Action, is_text
from tracer1.answers import ExpectedAnswer
from tracer1.plans import Step
from tracer1.trajectories import Fault, Observation, RecordedStep, Trajectory
from tracer1_data.pictures import BadPicture, size_of_whole
from tracer1_data.tool_tasks.tasks import is_inside

SOURCE = "tool_tasks"
_AGAIN = "make the set again"


def observe(root: Path, pictures: Any, where: str) -> Observation | Fault:
    """What is seen in a task: its pictures, named relative to ``root``; or what is wrong with them."""
    if not isinstance(pictures, list | tuple) or not all(map(is_inside, pictures)):
        return Fault("broken record", where, "pictures", "no list of paths within the set", _AGAIN)
    try:
        data = [(root / name).read_bytes() for name in pictures]
        sizes = [size_of_whole(picture) for picture in data]
    except OSError as error:
        return Fault("missing image", where, "pictures", f"{error.filename}: {error.strerror}", _AGAIN)
    except BadPicture as error:
        return Fault("unreadable image", where, "pictures", f"{', '.join(pictures)}: {error}", _AGAIN)
    paths = tuple(os.path.abspath(root / name) for name in pictures)
    return Observation(data[0] if data else b"", sizes[0] if sizes else None, attachments=tuple(data[1:]), paths=paths)


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
        if [step.step.action.type for step in steps].index("finish") != len(steps) - 1:
            raise ValueError("a step follows finish")
        episode, instruction, family = (_text(record[field]) for field in ("episode", "instruction", "family"))
        return Trajectory(
            SOURCE, episode, instruction, "tool", steps, task=family, seed=int(record["seed"]), toolbox="local"
        )
    except (KeyError, TypeError, ValueError) as error:
        return Fault("broken record", where, "steps", f"{type(error).__name__}: {error}", _AGAIN)


def _recorded(step: dict[str, Any], seen: Observation) -> RecordedStep:
    done = Step(Action(**step["action"]), _text(step["instruction"]))
    answer = ExpectedAnswer(**step["answer"]) if step["answer"] is not None else None
    return RecordedStep(seen, done, output=_text(step["output"]), answer=answer)


def _text(value: Any) -> str:
    if not is_text(value):
        raise ValueError(f"{value!r:.80} is no text that can stand in a prompt")
    return value
