"""``python -m tracer1 act``: one episode of the plan–act loop, told turn by turn."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tracer1.commands import options
from tracer1.planner import PlannerSettings


def act(
    task: Annotated[str, typer.Argument(help="A MiniWoB++ task, e.g. login-user.")],
    seed: Annotated[int, typer.Option(help="Which episode of the task.")] = 0,
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
    temperature: Annotated[float, typer.Option(min=0, help="0 is greedy.")] = 0.0,
    save: Annotated[
        Path | None, typer.Option(file_okay=False, help="Directory for the episode's log and pictures.")
    ] = None,
) -> None:
    """Play one episode in Chromium and show the plan at each step.

    Example: python -m tracer1 act login-user --seed 7 --planner runs/quickstart/planner2 --style compact
    """
    from tracer1.commitment import read_commitment
    from tracer1.environments.miniwob.environment import check_task
    from tracer1.executors import load_executor
    from tracer1.play import play

    check_task(task)
    settings = PlannerSettings(
        horizon, history, options.check_style(style), "web", temperature, max_tokens, thinking=thinking, seconds=seconds
    )
    agent = load_executor(executor, **options.executor_options(executor_option))
    commitment = read_commitment(commit)
    with options.served(planner, url, model) as (where, name):
        episode = play(where, name, settings, agent, task, seed, max_steps, commitment, save, Console(soft_wrap=True))
        solved = asyncio.run(episode)
    raise typer.Exit(0 if solved else 3)
