"""``python -m tracer1_data validate``: are sets of rows whole and right, before days of training depend on them?

What is looked at is in :mod:`tracer1_data.validation.problems`; here it is shown.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TaskID

from tracer1.files import written_whole
from tracer1_data.commands import counting_bar, told
from tracer1_data.lengths import Tokenizer
from tracer1_data.validation.examine import Checks
from tracer1_data.validation.problems import Findings, find_problems


def validate(
    rows: Annotated[
        list[Path], typer.Argument(help="Parquet files or directories of shards; each is a set of its own.")
    ],
    decode: Annotated[
        bool, typer.Option("--decode", help="Decode every picture to its end, and compare SHA-256: reads everything.")
    ] = False,
    hashed: Annotated[bool, typer.Option("--hash", help="Compare each shard's SHA-256 with the manifest's.")] = False,
    executor: Annotated[
        bool, typer.Option("--executor", help="Say how often the accessibility executor finds the first step's target.")
    ] = False,
    limit_prompt_tokens: Annotated[
        int, typer.Option(min=0, help="Report longer prompts, pictures included (0: any length is good).")
    ] = 0,
    max_image_tokens: Annotated[
        int, typer.Option(min=0, help="Report rows whose pictures make more tokens (0: any number is good).")
    ] = 0,
    tokenizer: Annotated[
        Path | None, typer.Option(help="A model's directory, to count the tokens of texts; estimated without.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that look at rows.")] = os.cpu_count() or 1,
    most_shown: Annotated[int, typer.Option(min=0, help="How many problems to print.")] = 20,
    json_lines: Annotated[
        Path | None, typer.Option("--json", help="Write every problem here, one JSON object a line.")
    ] = None,
) -> None:
    """Check that sets of rows are whole and right: the shards against the manifest, every row's fields and reference, and that
    no row occurs twice. Pictures are counted, and looked at only with --decode. Exits with 3 when there are problems."""
    console, findings, began = Console(), Findings(), time.monotonic()
    checks = Checks(decode, executor, limit_prompt_tokens, max_image_tokens, tokenizer)
    with told(console, json_lines or "the output"):
        if tokenizer:
            Tokenizer(tokenizer)  # says what is wrong before any worker starts
        with _written(json_lines) as out, counting_bar(console) as progress:
            for path in rows:
                advance = partial(_advance, progress, progress.add_task(path.name, total=None))
                for problem in find_problems(path, findings, checks, workers, hashed or decode, advance):
                    if findings.problems.total() <= most_shown:
                        console.print(escape(str(problem)), highlight=False, soft_wrap=True)
                    if out:
                        out.write(json.dumps(asdict(problem), ensure_ascii=False) + "\n")
    _show(findings, time.monotonic() - began, most_shown, console)
    if findings.problems:
        raise typer.Exit(3)


def _advance(progress: Progress, bar: TaskID, done: int, total: int) -> None:
    progress.update(bar, completed=done, total=total)


@contextmanager
def _written(path: Path | None) -> Iterator[TextIO | None]:
    if path is None:
        yield None
        return
    with written_whole(path) as partial, partial.open("w", encoding="utf-8") as out:
        yield out


def _show(findings: Findings, seconds: float, most_shown: int, console: Console) -> None:
    found = findings.problems.total()
    if found > most_shown:
        console.print(f"… and {found - most_shown:,} more; --json FILE takes all of them", highlight=False)
    if findings.pointer_steps:
        share = findings.hits / findings.pointer_steps
        console.print(
            f"the accessibility executor finds the target of {findings.hits:,} of {findings.pointer_steps:,} first steps "
            f"({share:.1%})",
            highlight=False,
            soft_wrap=True,
        )
    fields = ", ".join(f"{number:,} {name}" for name, number in findings.problems.most_common())
    verdict = f"[red]{found:,} problems[/]: {escape(fields)}" if found else "[green]no problem[/]"
    speed = f"{findings.rows / max(seconds, 1e-9):,.0f} rows/s"
    console.print(
        f"{findings.rows:,} rows in {findings.shards} shards, {speed}: {verdict}", highlight=False, soft_wrap=True
    )
