"""``python -m tracer1 score``: a planner of a run on held-out rows and in live episodes, for the run's report."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from tracer1.commands import options
from tracer1.planner import PlannerSettings


def score(
    policy: Annotated[str, typer.Argument(help="What the report calls it: 'warm start', 'stage 1', 'stage 2' …")],
    output: Annotated[Path, typer.Option(file_okay=False, help="Directory of the results, usually <run>/evaluation.")],
    rows: Annotated[
        list[str] | None, typer.Option(help="SPLIT=PATH: score plans on these veRL rows (Parquet, or a directory).")
    ] = None,
    episodes: Annotated[
        list[str] | None, typer.Option(help="SPLIT=TASKS@FIRST:END: play MiniWoB++, e.g. 'new seeds=train@1000:1010'.")
    ] = None,
    tool_tasks: Annotated[
        list[str] | None, typer.Option(help="SPLIT=FOLDER@NAME: play the tool tasks of FOLDER that belong to NAME.")
    ] = None,
    planner: options.PlannerPath = None,
    url: options.Url = "",
    model: options.Model = "planner",
    style: options.Style = "full",
    horizon: options.Horizon = 8,
    history: options.History = 4,
    max_tokens: options.MaxTokens = 512,
    max_steps: options.MaxSteps = 20,
    seconds: options.Seconds = 120.0,
    thinking: options.Thinking = False,
    executor: options.ExecutorName = "accessibility",
    executor_option: options.ExecutorOptions = None,
    commit: options.Commit = "1",
    workers: Annotated[int, typer.Option(min=1, help="Episodes at a time.")] = 3,
    limit: Annotated[int, typer.Option(min=0, help="Use that many rows of a file, evenly spread (0: all).")] = 0,
    samples: Annotated[int, typer.Option(min=1, help="n: sampled plans a row, for mean@n and pass@n.")] = 8,
    rewards: Annotated[
        str, typer.Option(help="Module with the reward functions stage1 and stage2.")
    ] = "tracer1_rewards.verl",
) -> None:
    """Score a planner on held-out rows and in live episodes. What is finished is not done again. Episodes that the executor's
    failure ended are named, counted nowhere, and played again by the next call.

    Example: python -m tracer1 score 'stage 1' --planner runs/q/planner1 --output runs/q/evaluation
    --rows 'held-out seeds=data/val' --episodes 'held-out tasks=heldout@1000:1020'
    """
    from tracer1.commitment import read_commitment
    from tracer1.evaluation import suite
    from tracer1.evaluation.live import LiveSettings
    from tracer1.evaluation.offline import OfflineSettings
    from tracer1.files import read_json

    chosen = options.executor_options(executor_option)
    settings = PlannerSettings(
        horizon, history, options.check_style(style), max_tokens=max_tokens, thinking=thinking, seconds=seconds
    )
    if tool_tasks:
        options.check_tools(executor, bool(episodes))
        settings = options.with_tools(settings, str(chosen.get("toolbox", "local")))
    identity = options.planner_identity(planner, url, model)
    live: dict[str, Any] = {
        "executor": executor,
        "executor_options": chosen,
        "commitment": read_commitment(commit),
        "max_steps": max_steps,
        "workers": workers,
    }
    jobs: list[suite.Job] = []
    for split, path in map(options.named, rows or []):
        offline = OfflineSettings(policy, split, identity, samples, executor=executor, executor_options=chosen)
        jobs.append(suite.OfflineJob(offline, Path(path), limit))
    for split, text in map(options.named, episodes or []):
        web = LiveSettings(policy, split, identity, **live)
        jobs.append(suite.LiveJob(web, suite.miniwob_episodes(text)))
    for split, text in map(options.named, tool_tasks or []):
        jobs.append(suite.tool_job(LiveSettings(policy, split, identity, **live), text))
    if not jobs:
        raise ValueError(
            "nothing to score: give --rows SPLIT=PATH, --episodes SPLIT=TASKS@FIRST:END, --tool-tasks, or more"
        )
    waiting = suite.unfinished(output, jobs, settings)
    if waiting:
        scores = suite.load_scores(rewards)
        with options.served(planner, url, model) as (where, name):
            asyncio.run(suite.run_jobs(where, name, settings, waiting, output, scores))
    for job in jobs:
        told = suite.describe(read_json(suite.result_path(output, job)))
        Console(soft_wrap=True).print(told + ("" if job in waiting else " (as before)"), highlight=False, markup=False)
