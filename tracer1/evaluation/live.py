"""Success rate in the live environment: many episodes of the plan–act loop, several at a time, sharing one planner.

Every finished episode is kept under ``<output>/<task>/<seed>/``. A restart plays only those that are missing or were
played by another planner or with other settings. Success is a positive reward at the end of the episode. An episode that the
executor's failure ended is ``unscored``: it is named in the result, counts nowhere, and is played again by the next call.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tracer1.commitment import Commitment
from tracer1.environments.base import Environment
from tracer1.episodes import EpisodeLog, read_episode, write_episode
from tracer1.evaluation.concurrency import together
from tracer1.evaluation.statistics import wilson
from tracer1.executors.base import Executor
from tracer1.loop import ExecutionFailed, Stage, run_episode
from tracer1.planner import Planner, PlannerSettings, decisive

SCHEMA = 1
MOST_FAILURES = 3
"""Episodes in a row that the executor's failure may end: after so many it is taken to be gone."""
Progress = Callable[[EpisodeLog], None]
Measures = Callable[[Sequence[EpisodeLog]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """``policy`` names the planner in reports (``warm start``, ``stage 1``, …) and ``split`` the episodes (``held-out
    seeds``, …); ``planner_id`` is a fingerprint of the weights: results of other weights are not reused. ``tasks``: one of the
    tasks, where what they are does not follow from their names."""

    policy: str
    split: str
    planner_id: str
    environment: str = "miniwob"
    tasks: str = ""
    executor: str = "accessibility"
    executor_options: Mapping[str, Any] = field(default_factory=dict)
    commitment: Commitment = 1
    max_steps: int = 20
    workers: int = 3


@dataclass(frozen=True, slots=True)
class Episodes:
    """What is played: episodes (task, seed), how to make their environment, which ``family`` a task's result is listed under,
    and what is measured besides success (``measures``)."""

    chosen: tuple[tuple[str, int], ...]
    environment: Callable[[], Environment]
    family: Callable[[str], str] = str
    measures: Measures | None = None


async def evaluate_live(
    planner: Planner,
    executor: Executor,
    episodes: Episodes,
    output: Path,
    settings: LiveSettings,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Play the episodes and return the result that ``report`` reads.

    Raises PlannerError when the planner's server fails, ExecutionFailed when the executor fails :data:`MOST_FAILURES` times in a
    row, or in every episode; those that were finished by then are kept.
    """
    started = time.monotonic()
    run = _Run(planner, executor, episodes, output, settings, progress)
    reused = run.read_finished()
    await run.play()
    done = [run.logs[episode] for episode in episodes.chosen if episode in run.logs]
    if run.unscored and not done:
        raise ExecutionFailed(next(iter(run.unscored.values())))
    result = summarise(done, episodes.family)
    if episodes.measures:
        result["measures"] = episodes.measures(done)
    return {
        "schema": SCHEMA,
        "kind": "live",
        "policy": settings.policy,
        "split": settings.split,
        **result,
        "unscored": run.unscored,
        "settings": run.identity,
        "workers": settings.workers,
        "reused": reused,
        "seconds": round(time.monotonic() - started, 1),
    }


@dataclass(slots=True)
class _Run:
    """The episodes on their way: ``logs`` of those that are finished, and why the ``unscored`` could not be played."""

    planner: Planner
    executor: Executor
    episodes: Episodes
    output: Path
    settings: LiveSettings
    progress: Progress | None
    logs: dict[tuple[str, int], EpisodeLog] = field(default_factory=dict)
    unscored: dict[str, str] = field(default_factory=dict)
    _failures: int = 0

    @property
    def identity(self) -> dict[str, Any]:
        return live_identity(self.planner.settings, self.settings)

    def read_finished(self) -> int:
        """Take what an earlier call finished; how many those are."""
        for episode in self.episodes.chosen:
            if log := _finished(self._directory(episode), self.identity):
                self._keep(episode, log)
        return len(self.logs)

    async def play(self) -> None:
        """Play all others, several at a time."""
        waiting = [episode for episode in self.episodes.chosen if episode not in self.logs]
        await together(self._work(waiting) for _ in range(min(self.settings.workers, len(waiting))))

    async def _work(self, waiting: list[tuple[str, int]]) -> None:
        async with Stage(self.episodes.environment) as stage:
            while waiting:
                await self._play(stage, *waiting.pop(0))

    async def _play(self, stage: Stage, task: str, seed: int) -> None:
        most, commitment = self.settings.max_steps, self.settings.commitment
        try:
            played = await run_episode(stage, self.planner, self.executor, task, seed, most, commitment=commitment)
        except ExecutionFailed as error:
            self.unscored[f"{task}/{seed}"] = str(error)
            self._failures += 1
            if self._failures >= MOST_FAILURES:
                raise
            return
        self._failures = 0
        directory = self._directory((task, seed))
        write_episode(directory, played, self.identity)
        self._keep((task, seed), read_episode(directory))

    def _keep(self, episode: tuple[str, int], log: EpisodeLog) -> None:
        self.logs[episode] = log
        if self.progress:
            self.progress(log)

    def _directory(self, episode: tuple[str, int]) -> Path:
        return self.output / episode[0] / str(episode[1])


def summarise(logs: Sequence[EpisodeLog], family: Callable[[str], str] = str) -> dict[str, Any]:
    """Success of finished episodes: per family of tasks and overall, how they ended, how long they were, what the executor did."""
    tasks: dict[str, list[bool]] = {}
    for log in logs:
        tasks.setdefault(family(log.header["task"]), []).append(bool(log.outcome["success"]))
    executed = Counter(turn["execution"]["status"] for log in logs for turn in log.turns if turn["execution"])
    turns = sum(len(log.turns) for log in logs)
    plans = sum(turn.get("position", 0) == 0 for log in logs for turn in log.turns)
    performed = sum(turn["performed"] for log in logs for turn in log.turns)
    return {
        "overall": asdict(wilson(sum(map(sum, tasks.values())), len(logs))),
        "tasks": {task: asdict(wilson(sum(successes), len(successes))) for task, successes in sorted(tasks.items())},
        "ended": dict(Counter(log.outcome["ended"] for log in logs)),
        "turns_per_episode": turns / len(logs) if logs else 0.0,
        "plans_per_action": plans / performed if performed else 0.0,
        "seconds_per_episode": sum(log.outcome["seconds"] for log in logs) / len(logs) if logs else 0.0,
        "unread_plans": sum(not turn["plan"] for log in logs for turn in log.turns),
        "executions": dict(executed),
        "seeds": sorted({log.header["seed"] for log in logs}),
    }


def live_identity(planner: PlannerSettings, settings: LiveSettings) -> dict[str, Any]:
    """What decides an episode besides task and seed."""
    return {
        "planner_id": settings.planner_id,
        "environment": settings.environment,
        "executor": settings.executor,
        "executor_options": dict(settings.executor_options),
        "commitment": settings.commitment,
        "max_steps": settings.max_steps,
        **({"tasks": settings.tasks} if settings.tasks else {}),
        **decisive(planner),
    }


def _finished(directory: Path, identity: dict[str, Any]) -> EpisodeLog | None:
    try:
        log = read_episode(directory)
    except (FileNotFoundError, ValueError):
        return None
    return log if log.header.get("settings") == identity else None
