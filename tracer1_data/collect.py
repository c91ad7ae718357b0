"""Collects demonstrations in real browsers, several at once, into one recording.

    python -m tracer1_data collect --tasks train --seeds 0:100 --out train.parquet

Each worker process owns a Chromium. The recording's order, and every step in it, depend on tasks and seeds only.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from tracer1.environments.miniwob.tasks import resolve
from tracer1.trajectories import Trajectory
from tracer1_data.commands import counting_bar, told
from tracer1_data.recording import write
from tracer1_data.workers import SPAWN, WorkerDied

Job = tuple[str, int]


@dataclass
class Collected:
    """What came back: solved episodes by (task, seed), and one line for each that was not solved."""

    episodes: dict[Job, Trajectory] = field(default_factory=dict)
    failures: dict[Job, str] = field(default_factory=dict)


def parse_seeds(text: str) -> range:
    """``0:120`` is 0 to 119. Raises ValueError for anything else."""
    first, _, end = text.partition(":")
    if not (first.isdigit() and end.isdigit() and int(first) < int(end)):
        raise ValueError(f"seeds are FIRST:END with FIRST < END, for example 0:120; got {text!r}")
    return range(int(first), int(end))


def gather(jobs: list[Job], workers: int, progress: Progress | None = None) -> Collected:
    """Play every job in ``workers`` browsers. Raises MissingBrowser, or WorkerDied."""
    from tracer1.environments.miniwob.browser import find_chromium

    find_chromium()
    collected = Collected()
    bar = progress.add_task("collecting", total=len(jobs)) if progress else None
    for job, result in _play(jobs, min(workers, len(jobs))):
        if isinstance(result, str):
            collected.failures[job] = result
        elif result.complete:
            collected.episodes[job] = result
        else:
            collected.failures[job] = "the steps did not solve the task"
        if progress and bar is not None:
            progress.advance(bar)
    return collected


def _play(jobs: list[Job], workers: int) -> Iterator[tuple[Job, Trajectory | str]]:
    waiting, crew = iter(jobs), {}
    try:
        for _ in range(workers):
            ours, theirs = SPAWN.Pipe()
            process = SPAWN.Process(target=_work, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            crew[ours] = process
            ours.send(next(waiting))
        busy = set(crew)
        while busy:
            for pipe in wait(list(busy)):
                yield pipe.recv()
                job = next(waiting, None)
                pipe.send(job)
                if job is None:
                    busy.discard(pipe)
    except (EOFError, ConnectionError) as error:
        raise WorkerDied("a browser worker died: free some memory, or use fewer --workers") from error
    finally:
        for pipe, process in crew.items():
            pipe.close()  # a worker that waits sees the end and closes its browser
            process.join(10)
            if process.is_alive():
                process.terminate()


def _work(pipe: Connection) -> None:
    """A worker: plays the jobs that come through the pipe until None, or until the collector is gone."""
    from playwright.sync_api import Error

    from tracer1.environments.miniwob.demonstrators import DemonstrationFailed, demonstrate
    from tracer1.environments.miniwob.environment import MiniWob

    with MiniWob() as environment:
        try:
            while (job := pipe.recv()) is not None:
                try:
                    result: Trajectory | str = demonstrate(environment, *job)
                except (DemonstrationFailed, Error) as error:
                    reason = str(error).removeprefix(f"{job[0]} seed {job[1]}: ")
                    result = (reason.splitlines() or [type(error).__name__])[0]
                pipe.send((job, result))
        except (EOFError, BrokenPipeError, KeyboardInterrupt):
            pass


def collect(
    out: Annotated[Path, typer.Option(help="The Parquet file to write. Replaced only when everything is collected.")],
    tasks: Annotated[str, typer.Option(help="train, heldout, all, or task names separated by commas.")] = "train",
    seeds: Annotated[str, typer.Option(help="FIRST:END; 0:120 is 120 seeds a task.")] = "0:120",
    workers: Annotated[int, typer.Option(min=1, help="Browsers at once; about two a core.")] = 4,
) -> None:
    """Record scripted demonstrations of MiniWoB++ in real Chromium: screenshots, steps, boxes, accessibility trees."""
    console = Console(stderr=True)
    with told(console, out, RuntimeError, ModuleNotFoundError):
        jobs = [(task, seed) for task in resolve(tasks) for seed in parse_seeds(seeds)]
        _collect(jobs, workers, out, console)


def _collect(jobs: list[Job], workers: int, out: Path, console: Console) -> None:
    began = time.monotonic()
    with counting_bar(console) as progress:
        collected = gather(jobs, workers, progress)
    seconds = time.monotonic() - began
    for (task, seed), reason in sorted(collected.failures.items()):
        console.print(escape(f"left out {task} seed {seed}: {reason}"), highlight=False)
    if not collected.episodes:
        raise ValueError(f"none of {len(jobs)} episodes was solved: {out} is not written")
    steps = write((collected.episodes[job] for job in jobs if job in collected.episodes), out)
    console.print(
        f"{len(collected.episodes)} of {len(jobs)} episodes, {steps} steps, {len(jobs) / seconds:.1f} episodes/s, "
        f"{out.stat().st_size / 1e6:.2f} MB: {out}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
