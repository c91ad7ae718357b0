"""python -m tracer1: act in an environment, evaluate a planner, report a run, check this machine."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tracer1.checkpoints import CheckpointError
from tracer1.planner import PlannerError, PlannerSettings

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, rich_markup_mode="rich")
console = Console(soft_wrap=True)

PlannerPath = Annotated[Path | None, typer.Option("--planner", help="Checkpoint directory; vLLM serves it meanwhile.")]
Url = Annotated[
    str, typer.Option(help="Instead: an OpenAI-compatible server that runs already, e.g. http://host:8000/v1.")
]
Model = Annotated[str, typer.Option(help="The model's name on that server.")]
Style = Annotated[
    str, typer.Option(help="Prompt: full (any model) or compact (trained on the format), as in training.")
]
Horizon = Annotated[int, typer.Option(min=1, help="T: steps a plan has at most, as in training.")]
History = Annotated[int, typer.Option(min=0, help="K: executed steps that the prompt tells, as in training.")]
MaxTokens = Annotated[int, typer.Option(min=1, help="Tokens a plan has at most.")]
MaxSteps = Annotated[int, typer.Option(min=1, help="An episode is lost after that many steps.")]
Thinking = Annotated[
    bool, typer.Option(help="The chat template opens a thought (Qwen3-VL-Thinking): wait for its end.")
]
Seconds = Annotated[float, typer.Option(min=1, help="Longest wait for one answer.")]


@app.command()
def act(
    task: Annotated[str, typer.Argument(help="A MiniWoB++ task, e.g. login-user.")],
    seed: Annotated[int, typer.Option(help="Which episode of the task.")] = 0,
    planner: PlannerPath = None,
    url: Url = "",
    model: Model = "planner",
    style: Style = "full",
    horizon: Horizon = 8,
    history: History = 4,
    max_tokens: MaxTokens = 512,
    max_steps: MaxSteps = 20,
    seconds: Seconds = 120.0,
    thinking: Thinking = False,
    temperature: Annotated[float, typer.Option(min=0, help="0 is greedy.")] = 0.0,
    save: Annotated[Path | None, typer.Option(help="Directory for the episode's log and pictures.")] = None,
) -> None:
    """Play one episode in Chromium and show the plan at each step.

    Example: python -m tracer1 act login-user --seed 7 --planner runs/quickstart/planner --style compact
    """
    from tracer1.environments.miniwob.environment import check_task
    from tracer1.play import play

    check_task(task)
    settings = PlannerSettings(
        horizon, history, _style(style), "web", temperature, max_tokens, thinking=thinking, seconds=seconds
    )
    with _server(planner, url, model) as (where, name):
        solved = asyncio.run(play(where, name, settings, task, seed, max_steps, save, console))
    raise typer.Exit(0 if solved else 3)


@app.command()
def evaluate(
    policy: Annotated[str, typer.Argument(help="What the report calls it: 'warm start', 'stage 1', 'stage 2' …")],
    output: Annotated[Path, typer.Option(help="Directory of the results, usually <run>/evaluation.")],
    rows: Annotated[
        list[str] | None, typer.Option(help="SPLIT=FILE: score plans on these veRL rows (Parquet).")
    ] = None,
    episodes: Annotated[
        list[str] | None, typer.Option(help="SPLIT=TASKS@FIRST:END: play, e.g. 'new seeds=train@1000:1010'.")
    ] = None,
    planner: PlannerPath = None,
    url: Url = "",
    model: Model = "planner",
    style: Style = "full",
    horizon: Horizon = 8,
    history: History = 4,
    max_tokens: MaxTokens = 512,
    max_steps: MaxSteps = 20,
    seconds: Seconds = 120.0,
    thinking: Thinking = False,
    workers: Annotated[int, typer.Option(min=1, help="Browsers at a time.")] = 3,
    limit: Annotated[int, typer.Option(min=0, help="Use that many rows of a file, evenly spread (0: all).")] = 0,
    samples: Annotated[int, typer.Option(min=1, help="n: sampled plans a row, for mean@n and pass@n.")] = 8,
    rewards: Annotated[
        str, typer.Option(help="Module with the reward functions stage1 and stage2.")
    ] = "tracer1_rewards.verl",
) -> None:
    """Score a planner on held-out rows and in live episodes. What is finished is not done again.

    Example: python -m tracer1 evaluate 'stage 1' --planner runs/q/stage1/planner --output runs/q/evaluation
    --rows 'held-out seeds=data/val.parquet' --episodes 'held-out tasks=heldout@1000:1020'
    """
    from tracer1.evaluation import suite
    from tracer1.evaluation.live import LiveSettings
    from tracer1.evaluation.offline import OfflineSettings
    from tracer1.files import read_json

    settings = PlannerSettings(
        horizon, history, _style(style), max_tokens=max_tokens, thinking=thinking, seconds=seconds
    )
    identity = _identity(planner, url, model)
    jobs: list[suite.Job] = []
    for split, file in map(_named, rows or []):
        jobs.append(suite.OfflineJob(OfflineSettings(policy, split, identity, samples), Path(file), limit))
    for split, text in map(_named, episodes or []):
        live = LiveSettings(policy, split, identity, max_steps=max_steps, workers=workers)
        jobs.append(suite.LiveJob(live, suite.parse_episodes(text)))
    if not jobs:
        raise ValueError("nothing to evaluate: give --rows SPLIT=FILE, --episodes SPLIT=TASKS@FIRST:END, or both")
    waiting = suite.unfinished(output, jobs, settings)
    if waiting:
        parts = suite.Parts(_miniwob(waiting), suite.load_scores(rewards))
        with _server(planner, url, model) as (where, name):
            asyncio.run(suite.run_jobs(where, name, settings, waiting, output, parts))
    for job in jobs:
        told = suite.describe(read_json(suite.result_path(output, job)))
        console.print(told + ("" if job in waiting else " (as before)"), highlight=False)


@app.command()
def report(
    runs: Annotated[
        list[Path], typer.Argument(help="Run directories; several (one a seed) give a report with the spread.")
    ],
    output: Annotated[Path | None, typer.Option(help="Where to write (default: the run, or the runs' parent).")] = None,
) -> None:
    """Write report.html and report.json. Example: python -m tracer1 report runs/seed*"""
    from tracer1.report.page import write_report

    page = write_report(runs, output or (runs[0] if len(runs) == 1 else runs[0].resolve().parent))
    console.print(f"{page} and {page.with_suffix('.json').name}", highlight=False)


@app.command()
def record(
    run: Annotated[Path, typer.Argument(help="Run directory.")],
    seed: Annotated[int | None, typer.Option(help="The run's random seed.")] = None,
    setting: Annotated[list[str] | None, typer.Option(help="NAME=VALUE, any number of times.")] = None,
    phase: Annotated[str, typer.Option(help="The phase that --seconds and --peak-memory-gib are about.")] = "",
    seconds: Annotated[float | None, typer.Option(help="How long the phase took.")] = None,
    peak_memory_gib: Annotated[float | None, typer.Option(help="Its greatest memory, all processes together.")] = None,
) -> None:
    """Note in a run's run.json what it was made with (recipes call this; versions and machine are added)."""
    from tracer1.report.record import record as note

    note(run, seed, dict(map(_named, setting or [])), phase, seconds, peak_memory_gib)


@app.command()
def doctor() -> None:
    """Check Python packages, veRL plugin, torchvision, Chromium, memory, /dev/shm and disk. Exit code 1 when
    something lacks.
    """
    from tracer1.doctor import examine

    wrong = 0
    for finding in examine():
        mark = "[green]ok [/]" if finding.ok else "[red]fix[/]"
        console.print(mark, f"{finding.name}: {finding.found}", highlight=False)
        if not finding.ok:
            wrong += 1
            console.print("   ", finding.fix, highlight=False, markup=False)
    raise typer.Exit(1 if wrong else 0)


@contextmanager
def _server(planner: Path | None, url: str, model: str) -> Iterator[tuple[str, str]]:
    if bool(planner) == bool(url):
        raise ValueError("give either --planner (a checkpoint to serve) or --url (a server that runs)")
    if planner is None:
        yield url, model
        return
    from tracer1.serving import serve

    with serve(planner) as server:
        yield server.url, server.model


def _identity(planner: Path | None, url: str, model: str) -> str:
    from tracer1.checkpoints import check_checkpoint, fingerprint

    if planner is None:
        return f"{model} at {url}"
    check_checkpoint(planner)
    return fingerprint(planner)


def _miniwob(jobs: list):  # type: ignore[type-arg,no-untyped-def]
    """The environment's factory; tasks are checked before anything starts."""
    from tracer1.environments.miniwob.environment import MiniWob, check_task

    for job in jobs:
        for task in {task for task, _ in getattr(job, "episodes", ())}:
            check_task(task)
    return MiniWob


def _named(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise ValueError(f"cannot read {text!r}: write NAME=VALUE")
    return name.strip(), value.strip()


def _style(style: str):  # type: ignore[no-untyped-def]
    if style not in ("full", "compact"):
        raise ValueError(f"unknown prompt style {style!r}: use full or compact")
    return style


def main() -> None:
    """Run the command line; what a user can put right is one line, not a traceback."""
    from tracer1.environments.miniwob.browser import MissingBrowser
    from tracer1.serving import ServingError

    try:
        app()
    except (ValueError, CheckpointError, PlannerError, ServingError, MissingBrowser) as error:
        Console(stderr=True, soft_wrap=True).print(f"tracer1: {error}", style="red", highlight=False, markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        Console(stderr=True).print("tracer1: interrupted; what was finished is kept", highlight=False)
        sys.exit(130)


if __name__ == "__main__":
    main()
