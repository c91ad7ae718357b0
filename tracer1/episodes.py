"""The log of an episode: a directory with ``episode.jsonl`` and one picture a turn, written whole or not at all.

The first line of the file is the header (``kind: episode``), then one line a turn (``kind: turn``: the raw text, the
plan as read, ``position``, that of the step which was due, what the executor and the environment made of it, the picture's
name, empty where there is none), and at last ``kind: outcome``.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracer1.loop import Episode, Turn
from tracer1.plans import render_step

FILE = "episode.jsonl"
PARTIAL = ".partial"


@dataclass(frozen=True, slots=True)
class EpisodeLog:
    """A log that was read back: header, turns and outcome as they were written, and where it lies."""

    directory: Path
    header: dict[str, Any]
    turns: tuple[dict[str, Any], ...]
    outcome: dict[str, Any]


def write_episode(directory: Path, episode: Episode, settings: dict[str, Any]) -> None:
    """Write a finished episode to ``directory``, replacing what is there. ``settings`` tell later what played it."""
    partial = directory.with_name(directory.name + PARTIAL)
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    lines: list[dict[str, Any]] = [
        {
            "kind": "episode",
            "task": episode.task,
            "seed": episode.seed,
            "instruction": episode.instruction,
            "settings": settings,
        }
    ]
    for number, turn in enumerate(episode.turns):
        shot = turn.observation.screenshot
        name = f"step_{number:02d}.{_suffix(shot)}" if shot else ""
        if name:
            (partial / name).write_bytes(shot)
        lines.append(_turn(number, turn, name))
    lines.append(
        {
            "kind": "outcome",
            "ended": episode.ended,
            "success": episode.success,
            "reward": episode.reward,
            "turns": len(episode.turns),
            "seconds": round(episode.seconds, 3),
        }
    )
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (partial / FILE).write_text(text, encoding="utf-8", errors="replace")  # a model may write half a surrogate pair
    shutil.rmtree(directory, ignore_errors=True)
    os.replace(partial, directory)


def read_episode(directory: Path) -> EpisodeLog:
    """Read a log. Raises FileNotFoundError when there is none, ValueError when it is not whole."""
    path = directory / FILE
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is damaged ({error}): delete the episode's directory to play it again") from error
    kinds = [line.get("kind") for line in lines]
    if len(lines) < 2 or kinds[0] != "episode" or kinds[-1] != "outcome" or set(kinds[1:-1]) - {"turn"}:
        raise ValueError(f"{path} has no header, turns and outcome: delete the episode's directory to play it again")
    return EpisodeLog(directory, lines[0], tuple(lines[1:-1]), lines[-1])


def _turn(number: int, turn: Turn, screenshot: str) -> dict[str, Any]:
    execution, parsed, size = turn.execution, turn.prediction.parsed, turn.observation.size
    return {
        "kind": "turn",
        "number": number,
        "screenshot": screenshot,
        "size": [size.width, size.height] if size else None,
        "position": turn.position,
        "text": turn.prediction.text,
        "status": parsed.status,
        "reason": parsed.reason,
        "plan": [render_step(step) for step in parsed.plan.steps],
        "execution": None
        if execution is None
        else {
            "status": execution.status,
            "point": [execution.point.x, execution.point.y] if execution.point else None,
            "answer": execution.answer,
            "detail": execution.detail,
        },
        "performed": turn.performed,
        "problem": turn.problem,
    }


def _suffix(screenshot: bytes) -> str:
    return "webp" if screenshot.startswith(b"RIFF") else "jpg" if screenshot.startswith(b"\xff\xd8") else "png"
