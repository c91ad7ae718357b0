"""What the commands share: how an error is told, the exit code that it ends with, and a bar that counts rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tracer1_data.workers import WorkerDied


@contextmanager
def told(console: Console, output: Path | str = "the output", *more: type[Exception]) -> Iterator[None]:
    """Ends the command with 1 for input, settings or workers that do not fit (ValueError, WorkerDied and ``more``), with 4 when
    ``output`` cannot be written (OSError); says what is wrong in a line on ``console``."""
    try:
        yield
    except (ValueError, WorkerDied, *more) as error:
        complain(console, str(error))
        raise typer.Exit(1) from error
    except OSError as error:
        complain(console, f"{output} cannot be written: {error}. Make room, or choose another, and call again")
        raise typer.Exit(4) from error


def complain(console: Console, text: str) -> None:
    """Print in red, brackets as they are."""
    console.print(f"[red]{escape(text)}", highlight=False, soft_wrap=True)


def counting_bar(console: Console) -> Progress:
    """A bar that says how many of how many are done, and goes away at the end."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)
