"""How often each scripted MiniWoB++ demonstrator solves its task, in how many actions, and how fast all of them are.

    python benchmarks/demonstrators.py                       # all tasks, seeds 0 to 99: about a quarter of an hour
    python benchmarks/demonstrators.py --tasks train --seeds 0:10

Prints a table and writes it as JSON (``--out``). Episodes are recorded with screenshots and accessibility trees, as
``python -m tracer1_data collect`` does, so episodes a second are those of collection.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tracer1.environments.miniwob.tasks import resolve
from tracer1.files import write_json
from tracer1_data.collect import Collected, gather, parse_seeds


def summary(task: str, seeds: range, collected: Collected) -> dict[str, str | int | float]:
    """One line of the table: solved seeds and the mean number of actions."""
    actions = [len(episode.steps) for (name, _), episode in collected.episodes.items() if name == task]
    mean = round(sum(actions) / len(actions), 1) if actions else 0.0
    return {"task": task, "solved": len(actions), "seeds": len(seeds), "actions": mean}


def main(
    tasks: Annotated[str, typer.Option(help="train, heldout, all, or names separated by commas.")] = "all",
    seeds: Annotated[str, typer.Option(help="FIRST:END.")] = "0:100",
    workers: Annotated[int, typer.Option(help="Browsers at once.")] = 4,
    out: Annotated[Path | None, typer.Option(help="JSON file to write.")] = None,
) -> None:
    """Play every task with every seed and count."""
    console, chosen = Console(), parse_seeds(seeds)
    jobs = [(task, seed) for task in resolve(tasks) for seed in chosen]
    began = time.monotonic()
    with Progress(console=console) as progress:
        collected = gather(jobs, workers, progress)
    rate = round(len(jobs) / (time.monotonic() - began), 2)
    rows = [summary(task, chosen, collected) for task in resolve(tasks)]
    table = Table("task", "solved", "actions")
    for row in rows:
        table.add_row(str(row["task"]), f"{row['solved']}/{row['seeds']}", str(row["actions"]))
    console.print(table)
    for (task, seed), reason in sorted(collected.failures.items()):
        console.print(f"{task} seed {seed}: {reason}", highlight=False, markup=False)
    console.print(f"{len(jobs)} episodes, {rate} a second with {workers} browsers")
    if out:
        write_json(out, {"tasks": rows, "episodes_per_second": rate, "workers": workers})


if __name__ == "__main__":
    typer.run(main)
