"""Rollouts that a run has dumped, scored again under other settings: what would have changed?

``python -m tracer1_rewards replay rollouts/ --set discount=1.0`` compares (:mod:`tracer1_rewards.comparison`); the scores
before are those in the dump. A line that cannot be scored is named, and counts neither before nor after.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from tracer1.executors.base import Executor
from tracer1_rewards.comparison import Comparison
from tracer1_rewards.inputs import InputError, read_line, reward_of
from tracer1_rewards.result import KEYS, Reward
from tracer1_rewards.settings import Settings


@dataclass(slots=True)
class Replay:
    """What came of it. ``unscored`` and ``unreadable`` name file, line and reason."""

    stage: int
    settings: Settings
    files: int = 0
    comparison: Comparison = field(default_factory=Comparison)
    unscored: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether the command has not done what was asked: a file is unreadable, or no line could be scored."""
        return bool(self.unreadable) or not self.comparison.scored

    def as_dict(self) -> dict[str, Any]:
        """The outcome as plain JSON values."""
        seen = self.comparison
        means = {key: component.means(seen.scored) for key, component in seen.components.items()}
        return {
            "stage": self.stage,
            "settings": asdict(self.settings),
            "files": self.files,
            "scored": seen.scored,
            "changed": seen.changed,
            "components": {
                key: {"lines": seen.components[key].known, "before": before, "after": after}
                for key, (before, after) in means.items()
            },
            "groups": asdict(seen.groups()),
            "unscored": self.unscored,
            "unreadable": self.unreadable,
        }


def find_dumps(places: Iterable[Path]) -> list[Path]:
    """The dump files, those of a folder in the order of their steps. Raises InputError where there is none."""
    files: dict[Path, None] = {}
    for place in places:
        if not place.exists():
            raise InputError(f"{place}: there is no such file or folder: give what trainer.rollout_data_dir named")
        found = sorted(place.glob("*.jsonl"), key=_step) if place.is_dir() else [place]
        if not found:
            raise InputError(f"{place}: holds no STEP.jsonl: give the folder that trainer.rollout_data_dir named")
        files.update(dict.fromkeys(found))
    return list(files)


async def replay(
    files: Iterable[Path],
    settings: Settings,
    executor: Executor | None,
    output: TextIO | None = None,
    advance: Callable[[int], object] = lambda read: None,
) -> Replay:
    """Score every line again: stage 2 where there is an executor, else stage 1. ``output`` gets the lines with their new
    scores, ``advance`` is told of every byte that was read."""
    outcome = Replay(2 if executor else 1, settings)
    for path in files:
        outcome.files += 1
        for number, raw in _read(path, outcome):
            advance(len(raw))
            if not raw.strip():
                continue
            try:
                entry = await _replay_line(path, raw, f"{path}, line {number}", outcome, executor)
            except InputError as error:
                outcome.unscored.append(str(error))
                continue
            if output:
                output.write(json.dumps(entry, ensure_ascii=False) + "\n")
    return outcome


def _read(path: Path, outcome: Replay) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as lines:
            yield from enumerate(lines, 1)
    except OSError as error:
        outcome.unreadable.append(f"{path}: {error.strerror}")


async def _replay_line(
    path: Path, raw: bytes, where: str, outcome: Replay, executor: Executor | None
) -> dict[str, Any]:
    """Compare one line; gives it with its new scores. Raises InputError where it cannot be scored."""
    sample = read_line(raw, where)
    before = sample.recorded
    if "score" not in before:
        raise InputError(f"{where}: lacks the number score: dump it with trainer.rollout_data_dir")
    reward = await reward_of(sample.parse(outcome.settings), sample.truth, outcome.settings, executor)
    if reward.unscored:
        raise InputError(f"{where}: {_reason(reward)}")
    after = {key: value for key, value in reward.as_dict().items() if key in KEYS}
    outcome.comparison.add((path, sample.group), before, after)
    return sample.entry | after


def _reason(reward: Reward) -> str:
    if reward.timed_out:
        return "the executor was not done in time: --set executor_seconds=... gives it longer"
    if reward.executor_failed:
        return "the executor failed"
    return "the row has no target box for its first step"


def _step(path: Path) -> tuple[int, str]:
    return (int(path.stem) if path.stem.isdecimal() else 0), path.name
