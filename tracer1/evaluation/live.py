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
    identity = live_identity(planner.settings, settings)
    logs = {episode: log for episode in episodes.chosen if (log := _finished(_directory(output, episode), identity))}
    for log in logs.values():
        if progress:
            progress(log)
    waiting = [episode for episode in episodes.chosen if episode not in logs]
    reused, failures = len(logs), 0
    unscored: dict[str, str] = {}

    async def work() -> None:
        nonlocal failures
        async with Stage(episodes.environment) as stage:
            while waiting:
                task, seed = episode = waiting.pop(0)
                try:
                    played = await run_episode(
                        stage, planner, executor, task, seed, settings.max_steps, commitment=settings.commitment
                    )
                except ExecutionFailed as error:
                    unscored[f"{task}/{seed}"], failures = str(error), failures + 1
                    if failures >= MOST_FAILURES:
                        raise
                    continue
                failures = 0
                directory = _directory(output, episode)
                write_episode(directory, played, identity)
                logs[episode] = read_episode(directory)
                if progress:
                    progress(logs[episode])

    await together(work() for _ in range(min(settings.workers, len(waiting))))
    done = [logs[episode] for episode in episodes.chosen if episode in logs]
    if unscored and not done:
        raise ExecutionFailed(next(iter(unscored.values())))
    result = summarise(done, episodes.family)
    if episodes.measures:
        result["measures"] = episodes.measures(done)
    return {
        "schema": SCHEMA,
        "kind": "live",
        "policy": settings.policy,
        "split": settings.split,
        **result,
        "unscored": unscored,
        "settings": identity,
        "workers": settings.workers,
        "reused": reused,
        "seconds": round(time.monotonic() - started, 1),
    }


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


def _directory(output: Path, episode: tuple[str, int]) -> Path:
    return output / episode[0] / str(episode[1])


def _finished(directory: Path, identity: dict[str, Any]) -> EpisodeLog | None:
    try:
        log = read_episode(directory)
    except (FileNotFoundError, ValueError):
        return None
    return log if log.header.get("settings") == identity else None
