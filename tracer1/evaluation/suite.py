"""All evaluations of one planner in one go, so that its server starts once – or not at all when every result is there.

A result is ``<output>/<kind>_<policy>_<split>.json`` with, for live episodes, their logs in the directory of the same
name. It is reused when it was made by the same weights, settings and rows (or episodes).
"""

from __future__ import annotations

import hashlib
import importlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tracer1.environments.miniwob.tasks import HELD_OUT, TRAIN
from tracer1.environments.tools import ToolEnvironment, read_tasks
from tracer1.episodes import EpisodeLog
from tracer1.evaluation.live import Episodes, LiveSettings, evaluate_live, live_identity
from tracer1.evaluation.offline import OfflineSettings, Score, evaluate_offline, offline_identity, open_rows, read_rows
from tracer1.evaluation.tool_measures import tool_measures
from tracer1.executors import load_executor
from tracer1.executors.base import ClosableExecutor
from tracer1.files import read_json, shards_of, write_json
from tracer1.planner import Planner, PlannerSettings

_SEEDS = re.compile(r"(\d+):(\d+)")


@dataclass(frozen=True, slots=True)
class OfflineJob:
    """Rows of one split."""

    settings: OfflineSettings
    rows: Path
    limit: int = 0


@dataclass(frozen=True, slots=True)
class LiveJob:
    """Episodes of one split."""

    settings: LiveSettings
    episodes: Episodes


Job = OfflineJob | LiveJob


def result_path(output: Path, job: Job) -> Path:
    """Where a job's result goes."""
    kind = "live" if isinstance(job, LiveJob) else "offline"
    return output / f"{kind}_{_slug(job.settings.policy)}_{_slug(job.settings.split)}.json"


def unfinished(output: Path, jobs: Sequence[Job], planner: PlannerSettings) -> list[Job]:
    """The jobs whose result is missing, damaged, lacks episodes, or is of other weights, settings, rows or episodes.

    Raises ValueError when a job's rows cannot be read, or two results would be written to one file.
    """
    paths = [result_path(output, job) for job in jobs]
    if twice := [path for path in paths if paths.count(path) > 1]:
        raise ValueError(f"two results would be {twice[0]}: give every SPLIT a name of its own")
    for job in jobs:
        if isinstance(job, OfflineJob):
            for shard in shards_of(job.rows):
                open_rows(shard)
    return [job for job in jobs if not _is_finished(result_path(output, job), _identity(job, planner))]


async def run_jobs(
    url: str, model: str, planner: PlannerSettings, jobs: Sequence[Job], output: Path, scores: Mapping[str, Score]
) -> None:
    """Run the jobs one after another with a progress bar each; ``scores``: the rewards by stage. Raises PlannerError,
    ExecutionFailed, or ValueError for unreadable rows.
    """
    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=Console(stderr=True)) as progress:
        async with Planner(url, model, planner) as served:
            for job in jobs:
                run = _live if isinstance(job, LiveJob) else _offline
                result = await run(served, job, output, scores, progress)  # type: ignore[arg-type]
                write_json(result_path(output, job), result | {"identity": _identity(job, planner)})


async def _offline(
    planner: Planner, job: OfflineJob, output: Path, scores: Mapping[str, Score], progress: Progress
) -> dict[str, Any]:
    rows = read_rows(job.rows, job.limit)
    bar = progress.add_task(f"{job.settings.policy}: plans on {job.settings.split}", total=len(rows))
    return await evaluate_offline(planner, rows, scores, job.settings, lambda: progress.advance(bar))


async def _live(
    planner: Planner, job: LiveJob, output: Path, scores: Mapping[str, Score], progress: Progress
) -> dict[str, Any]:
    name = f"{job.settings.policy}: episodes on {job.settings.split}"
    bar = progress.add_task(name, total=len(job.episodes.chosen))
    solved = 0

    def show(log: EpisodeLog) -> None:
        nonlocal solved
        solved += bool(log.outcome["success"])
        progress.update(bar, advance=1, description=f"{name} ({solved} solved)")

    executor = load_executor(job.settings.executor, **job.settings.executor_options)
    directory = result_path(output, job).with_suffix("")
    try:
        return await evaluate_live(planner, executor, job.episodes, directory, job.settings, show)
    finally:
        if isinstance(executor, ClosableExecutor):
            await executor.close()


def describe(result: dict[str, Any]) -> str:
    """A result in one line."""
    line = f"{result['policy']}, {result['split']}: "
    if result["kind"] == "live":
        rate = result["overall"]
        share, low, high = rate["rate"], rate["low"], rate["high"]
        tools = "".join(f", {name} {value['rate']:.1%}" for name, value in result.get("measures", {}).items())
        lacks = f", {len(result['unscored'])} could not be played" if result.get("unscored") else ""
        return (
            f"{line}{rate['successes']}/{rate['n']} solved = {share:.1%} (95 % {low:.1%} to {high:.1%}){tools}{lacks}"
        )
    greedy, sampled = result["greedy"], result["sampled"]
    n, rows = sampled["samples"], result["rows"]

    def share(value: float, scored: int) -> str:
        return f"{value:.1%}" + (f" of {scored} rows" if scored < rows else "")

    parts = {
        "greedy stage 1": f"{greedy['stage1_score']['mean']:.3f}",
        "first step": f"{greedy['first_step']['mean']:.1%}",
        "executed": share(greedy["executed"]["mean"], greedy["executed"].get("rows", rows)),
        f"sampled executed mean@{n}": share(sampled["executed"]["mean"], sampled["executed"].get("rows", rows)),
        f"pass@{n}": share(sampled["pass_executed"], sampled.get("pass_executed_rows", rows)),
    }
    return f"{line}{rows} rows, " + ", ".join(f"{name} {value}" for name, value in parts.items())


def parse_episodes(text: str) -> tuple[tuple[str, int], ...]:
    """``TASKS@FIRST:END`` → every task with the seeds FIRST to END-1. Raises ValueError for a typo, or a task named twice.

    TASKS is ``train``, ``heldout`` or names separated by commas.
    """
    tasks, _, seeds = text.partition("@")
    names = {"train": TRAIN, "heldout": HELD_OUT}.get(tasks.strip()) or [
        task.strip() for task in tasks.split(",") if task.strip()
    ]
    found = _SEEDS.fullmatch(seeds.strip())
    numbers = range(int(found[1]), int(found[2])) if found else range(0)
    if not (names and numbers):
        raise ValueError(
            f"cannot read the episodes {text!r}: write TASKS@FIRST:END, e.g. login-user,enter-date@1000:1020"
        )
    if twice := [task for task in names if names.count(task) > 1]:
        raise ValueError(f"the episodes {text!r} name {twice[0]} twice: each would be counted twice")
    return tuple((task, seed) for task in names for seed in numbers)


def miniwob_episodes(text: str) -> Episodes:
    """Episodes as :func:`parse_episodes` reads them, in Chromium. Raises ValueError for an unknown task."""
    from tracer1.environments.miniwob.environment import MiniWob, check_task

    episodes = parse_episodes(text)
    for task in {task for task, _ in episodes}:
        check_task(task)
    return Episodes(episodes, MiniWob)


def tool_job(settings: LiveSettings, text: str) -> LiveJob:
    """``FOLDER@SPLIT`` → the tool tasks of that split (:mod:`tracer1_data.tool_tasks`), to be played with these settings. Raises
    ValueError when there are none."""
    folder, at, split = text.rpartition("@")
    if not at:
        raise ValueError(f"cannot read the tool tasks {text!r}: write FOLDER@SPLIT, e.g. data/tool_tasks@heldout")
    tasks = read_tasks(Path(folder), split)
    needed = {name: task.tools for name, task in tasks.items()}
    content = hashlib.sha256(repr(sorted(tasks.items())).encode()).hexdigest()[:16]
    episodes = Episodes(
        tuple((name, 0) for name in tasks),
        lambda: ToolEnvironment(tasks),
        lambda name: tasks[name].family,
        lambda logs: tool_measures(logs, needed),
    )
    return LiveJob(replace(settings, environment="tools", tasks=content), episodes)


def load_scores(module: str) -> dict[str, Score]:
    """The reward functions ``stage1`` and ``stage2`` of a module. Raises ValueError when it lacks them."""
    try:
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ValueError(
            f"cannot import the rewards {module!r} ({error}): name a module such as tracer1_rewards.verl"
        ) from error
    scores = {stage: getattr(loaded, stage, None) for stage in ("stage1", "stage2")}
    if missing := [stage for stage, score in scores.items() if score is None]:
        raise ValueError(f"{module} has no {' and no '.join(missing)}: name a module such as tracer1_rewards.verl")
    return scores  # type: ignore[return-value]


def _identity(job: Job, planner: PlannerSettings) -> dict[str, Any]:
    if isinstance(job, LiveJob):
        return live_identity(planner, job.settings) | {"episodes": [list(episode) for episode in job.episodes.chosen]}
    digest = hashlib.sha256()
    for shard in shards_of(job.rows):
        digest.update(shard.read_bytes())
    content = digest.hexdigest()[:16]
    return offline_identity(planner, job.settings) | {"rows": content, "limit": job.limit}


def _is_finished(path: Path, identity: dict[str, Any]) -> bool:
    try:
        found = read_json(path)
        return bool(found.get("identity") == identity and not found.get("unscored"))
    except (ValueError, AttributeError):
        return False


def _slug(text: str) -> str:
    return re.sub(r"\W+", "-", text.strip().lower()).strip("-")
