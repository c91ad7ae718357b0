"""Plays one episode and tells it: the plan of each turn, what the executor did with its first step, how it ended."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from tracer1.commitment import Commitment
from tracer1.environments.miniwob.environment import MiniWob
from tracer1.episodes import write_episode
from tracer1.executors.base import Executor
from tracer1.loop import Stage, Turn, run_episode
from tracer1.planner import Planner, PlannerSettings, decisive
from tracer1.plans import render_step


async def play(
    url: str,
    model: str,
    settings: PlannerSettings,
    executor: Executor,
    task: str,
    seed: int,
    max_steps: int,
    commitment: Commitment,
    save: Path | None,
    console: Console,
) -> bool:
    """Play the episode, print it turn by turn, keep its log in ``save``, and return whether it was solved."""
    number = 0

    def show(turn: Turn) -> None:
        nonlocal number
        number += 1
        console.print(Text(f"Turn {number}", style="bold"))
        tell(turn, console)

    async with Planner(url, model, settings) as planner, Stage(MiniWob) as stage:
        episode = await run_episode(stage, planner, executor, task, seed, max_steps, show, commitment)
    console.print(Text(f"Task: {episode.instruction}"))
    ending = f"{'Solved' if episode.success else 'Not solved'}: {episode.ended} after {len(episode.turns)} turns"
    console.print(
        Text(
            f"{ending}, reward {episode.reward:g}, {episode.seconds:.1f} s", style="green" if episode.success else "red"
        )
    )
    if save:
        write_episode(
            save, episode, {"planner_id": f"{model} at {url}", "executor": executor.name, **decisive(settings)}
        )
        console.print(Text(f"Log: {save}"))
    return episode.success


def tell(turn: Turn, console: Console) -> None:
    """Print one turn."""
    parsed = turn.prediction.parsed
    for position, step in enumerate(parsed.plan.steps):
        due = position == turn.position
        console.print(Text(f"  {position + 1}. {render_step(step)}", style="" if due else "dim"))
    if parsed.status != "ok":
        console.print(Text(f"  plan {parsed.status}: {parsed.reason}", style="yellow"))
    if turn.execution:
        point = turn.execution.point
        where = f" at ({point.x:.0f}, {point.y:.0f})" if point else ""
        style = "green" if turn.performed else "yellow"
        told = (
            f"  → {turn.execution.status} {turn.execution.detail or turn.execution.answer or ''}{where} {turn.problem}"
        )
        console.print(Text(told.rstrip(), style=style))
