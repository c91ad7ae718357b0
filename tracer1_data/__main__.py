"""``python -m tracer1_data``: collect demonstrations, prepare rows for veRL and EasyR1, validate them, and count what is in them."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tracer1_data.collect import collect
from tracer1_data.easyr1 import write_easyr1
from tracer1_data.rows import read_rows, to_row, write_rows
from tracer1_data.sources import SOURCES
from tracer1_data.validate import Findings, validate
from tracer1_data.windows import window

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
app.command()(collect)
console = Console()

Source = Enum("Source", {name: name for name in SOURCES})


class Style(str, Enum):
    """Prompt styles."""

    full = "full"
    compact = "compact"


@app.command()
def prepare(
    source: Annotated[Source, typer.Argument(help="Format of the recorded data.")],
    recording: Annotated[Path, typer.Argument(help="File or directory of that dataset.")],
    out: Annotated[Path, typer.Argument(help="Parquet file to write.")],
    horizon: Annotated[int, typer.Option(help="T: steps in a plan.")] = 8,
    history: Annotated[int, typer.Option(help="K: past steps in the prompt.")] = 4,
    style: Annotated[
        Style, typer.Option(help="full explains the format; compact suits a planner that knows it.")
    ] = Style.full,
    split: Annotated[str, typer.Option(help="Name of the split, kept in extra_info.")] = "train",
    most: Annotated[int, typer.Option(help="Rows to keep at most, spread evenly over the file (0: all).")] = 0,
) -> None:
    """Cut trajectories into rows of K past and T future steps, check every row, and write veRL Parquet."""
    try:
        instances = [
            instance
            for trajectory in track(SOURCES[source.value](recording), "reading", console=console)
            for instance in window(trajectory, horizon, history)
        ]
        if most and len(instances) > most:
            instances = [instances[i * len(instances) // most] for i in range(most)]
        rows = [to_row(instance, index, split, horizon, style.value) for index, instance in enumerate(instances)]
        findings = validate(rows, str(recording))
    except (ValueError, OSError) as error:
        console.print(f"[red]{error}")
        raise typer.Exit(1) from error
    report(findings, str(recording))
    write_rows(rows, out)
    console.print(f"{len(rows)} rows → {out}")


@app.command("validate")
def validate_command(rows: Annotated[list[Path], typer.Argument(help="veRL Parquet files.")]) -> None:
    """Check every row: fields, picture, and that its own reference scores the maximum."""
    for path in rows:
        try:
            findings = validate(read_rows(path), str(path))
        except ValueError as error:
            console.print(f"[red]{error}")
            raise typer.Exit(1) from error
        report(findings, str(path))


@app.command()
def easyr1(
    rows: Annotated[Path, typer.Argument(help="veRL Parquet file.")],
    out: Annotated[Path, typer.Argument(help="Parquet file for EasyR1 to write.")],
) -> None:
    """Turn veRL rows into the rows that EasyR1 reads (prompt_key=prompt, image_key=images, answer_key=answer)."""
    try:
        count = write_easyr1(read_rows(rows), out)
    except (ValueError, OSError) as error:
        console.print(f"[red]{error}")
        raise typer.Exit(1) from error
    console.print(f"{count} rows → {out}")


@app.command()
def stats(rows: Annotated[list[Path], typer.Argument(help="veRL Parquet files.")]) -> None:
    """Rows per task, plan lengths, and sizes."""
    for path in rows:
        table = Table("task", "rows", "episodes", "steps in a plan", title=str(path))
        by_task: dict[str, list[dict]] = {}
        for row in read_rows(path):
            by_task.setdefault(row["extra_info"]["task"], []).append(row["extra_info"])
        for task, infos in sorted(by_task.items()):
            lengths = [info["reference"].count("\n") + 1 for info in infos]
            episodes = len({info["episode"] for info in infos})
            table.add_row(
                task, str(len(infos)), str(episodes), f"{sum(lengths) / len(lengths):.1f} (max {max(lengths)})"
            )
        console.print(table)


def report(findings: Findings, source: str) -> None:
    """Print a validation's outcome. Raises typer.Exit when a row is bad."""
    for problem in findings.problems[:20]:
        console.print(f"[red]{problem}")
    if findings.problems or not findings.rows:
        console.print(f"[red]{source}: {len(findings.problems)} of {findings.rows} rows are bad: nothing was written")
        raise typer.Exit(1)
    share = findings.executed / max(1, findings.pointer_steps)
    console.print(
        f"{source}: {findings.rows} rows good, each reference scores the maximum; {len(findings.tasks)} tasks"
    )
    console.print(
        f"accessibility executor hits the target in {findings.executed} of {findings.pointer_steps} ({share:.1%})"
    )


if __name__ == "__main__":
    app()
