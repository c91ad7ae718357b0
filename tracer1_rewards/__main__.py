"""python -m tracer1_rewards: explain a score step by step, or score a run's rollouts again under other settings."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from tracer1.executors import NEED_SCREENSHOT
from tracer1.executors.base import Executor
from tracer1.files import written_whole
from tracer1_rewards.explain import explain
from tracer1_rewards.inputs import (
    InputError,
    Sample,
    choose_executor,
    read_dump,
    read_response,
    read_row,
    read_settings,
)
from tracer1_rewards.replay import Replay, find_dumps, replay
from tracer1_rewards.settings import Settings
from tracer1_rewards.show import show_explanation, show_replay

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
WIDTH = 140  # of what is not a terminal

Changes = Annotated[
    list[str] | None,
    typer.Option("--set", help="NAME=VALUE, any number of times: a reward setting, e.g. discount=1.0 or preset=paper."),
]
Stage = Annotated[int, typer.Option(min=1, max=2, help="1: the whole plan is compared. 2: its first step is executed.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")]


@app.command("explain")
def explain_command(
    rows: Annotated[Path | None, typer.Option(help="Rows (Parquet), as python -m tracer1_data prepare writes.")] = None,
    row: Annotated[int, typer.Option(help="Which row, counted from 0.")] = 0,
    response: Annotated[
        str, typer.Option(help="File with the planner's answer, - for standard input (default: the row's reference).")
    ] = "",
    dump: Annotated[
        Path | None, typer.Option(help="Instead of rows: a STEP.jsonl of trainer.rollout_data_dir.")
    ] = None,
    line: Annotated[int, typer.Option(help="Which line of the dump, counted from 1.")] = 1,
    changes: Changes = None,
    stage: Stage = 1,
    as_json: Json = False,
) -> None:
    """Show where one response's score comes from: what each step adds, the arithmetic, the first rule that failed.

    Example: python -m tracer1_rewards explain --rows data/val.parquet --row 5 --response answer.txt --set preset=paper

    Example: python -m tracer1_rewards explain --dump rollouts/10.jsonl --line 3 --stage 2
    """
    with _one_line_errors():
        settings = read_settings(changes or [])
        executor = choose_executor(stage, settings)
        looks = executor is not None and executor.name in NEED_SCREENSHOT
        sample = _read_sample(rows, row, dump, line, _response(response), looks)
        told = asyncio.run(explain(sample, settings, executor))
    if as_json:
        _print_json(asdict(told))
    else:
        show_explanation(_console(), told)


@app.command("replay")
def replay_command(
    dumps: Annotated[
        list[Path], typer.Argument(help="STEP.jsonl files, or folders of them (trainer.rollout_data_dir).")
    ],
    changes: Changes = None,
    stage: Stage = 1,
    out: Annotated[Path | None, typer.Option(help="Write the lines with their new scores there (JSON lines).")] = None,
    as_json: Json = False,
) -> None:
    """Score dumped rollouts again under other settings, and show what would have changed.

    Exit code 1: a file could not be read, or no line could be scored.

    Example: python -m tracer1_rewards replay runs/q/stage1/rollouts --set discount=1.0 --set preset=paper
    """
    with _one_line_errors():
        settings = read_settings(changes or [])
        files = find_dumps(dumps)
        executor = choose_executor(stage, settings)
        if executor and executor.name in NEED_SCREENSHOT:
            raise InputError(
                f"--set executor={executor.name}: looks at screenshots, which a dump lacks: use explain --rows"
            )
        if out and out.resolve() in (path.resolve() for path in files):
            raise InputError(f"--out {out}: is one of the dumps: name another file")
        told = _replay(files, settings, executor, out)
    if as_json:
        _print_json(told.as_dict())
    else:
        show_replay(_console(), told)
        if out:
            _console().print(f"{told.comparison.scored} lines → {out}", highlight=False)
    raise typer.Exit(1 if told.failed else 0)


def _read_sample(
    rows: Path | None, row: int, dump: Path | None, line: int, response: str | None, screenshot: bool
) -> Sample:
    if rows and not dump:
        return read_row(rows, row, response, screenshot)
    if dump and not rows:
        return read_dump(dump, line, response)
    raise InputError("give either --rows FILE.parquet (and --row) or --dump STEP.jsonl (and --line)")


def _response(name: str) -> str | None:
    if not name:
        return None
    try:
        data = typer.get_binary_stream("stdin").read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise InputError(
            f"--response {name}: cannot be read ({error.strerror}): name a file, or - for standard input"
        ) from error
    return read_response(data, f"--response {name}")


def _replay(files: list[Path], settings: Settings, executor: Executor | None, out: Path | None) -> Replay:
    """Replay with a progress bar, where standard error is a terminal."""
    errors = Console(stderr=True)
    columns = (TextColumn("scoring again"), BarColumn(), TextColumn("{task.percentage:.0f} %"), TimeRemainingColumn())
    size = sum(path.stat().st_size for path in files if path.is_file())
    with (
        _writing(out) as output,
        Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress,
    ):
        bar = progress.add_task("", total=size)
        return asyncio.run(replay(files, settings, executor, output, lambda read: progress.advance(bar, read)))


@contextmanager
def _writing(out: Path | None) -> Iterator[TextIO | None]:
    """The file ``out``, whole or not at all; None for None. Half a letter is written as JSON spells it."""
    if out is None:
        yield None
        return
    try:
        with written_whole(out) as partial, partial.open("w", encoding="utf-8", errors="backslashreplace") as file:
            yield file
    except OSError as error:
        raise InputError(f"--out {out}: cannot be written ({error.strerror}): name another file") from error


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """What the user can put right is one line and exit code 2, not a traceback."""
    try:
        yield
    except InputError as error:
        message = " ".join(str(error).split())
        console = Console(stderr=True, soft_wrap=True)
        console.print(f"tracer1_rewards: {message}", style="red", highlight=False, markup=False)
        raise typer.Exit(2) from error


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else WIDTH)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=1))


if __name__ == "__main__":
    app(prog_name="python -m tracer1_rewards")
