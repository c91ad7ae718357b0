"""python -m tracer1: act in an environment, score a planner, evaluate it on published benchmarks, report, check this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tracer1.checkpoints import CheckpointError
from tracer1.commands.acting import act
from tracer1.commands.benchmarks import compare, evaluate
from tracer1.commands.options import named
from tracer1.commands.scoring import score
from tracer1.loop import ExecutionFailed
from tracer1.planner import PlannerError

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, rich_markup_mode="rich")
console = Console(soft_wrap=True)

app.command()(act)
app.command()(score)
app.command()(evaluate)
app.command()(compare)


@app.command()
def report(
    runs: Annotated[
        list[Path], typer.Argument(help="Run directories; several (one a seed) give a report with the spread.")
    ],
    output: Annotated[Path | None, typer.Option(help="Where to write (default: the run, or the runs' parent).")] = None,
) -> None:
    """Write report.html, its pictures and report.json. Example: python -m tracer1 report runs/seed*"""
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

    note(run, seed, dict(map(named, setting or [])), phase, seconds, peak_memory_gib)


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


def main() -> None:
    """Run the command line; what a user can put right is one line, not a traceback."""
    from tracer1.environments.miniwob.browser import MissingBrowser
    from tracer1.serving import ServingError

    try:
        app()
    except (ValueError, CheckpointError, ExecutionFailed, PlannerError, ServingError, MissingBrowser) as error:
        Console(stderr=True, soft_wrap=True).print(f"tracer1: {error}", style="red", highlight=False, markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        Console(stderr=True).print("tracer1: interrupted; what was finished is kept", highlight=False)
        sys.exit(130)


if __name__ == "__main__":
    main()
