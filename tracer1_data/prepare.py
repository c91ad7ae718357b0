"""Prepare a dataset: its parts → rows → shards, by a pool of workers; resumable; the same bytes for any number of workers.

    prepare(Job("android_control", Path("…"), Path("data/ac"), RowSettings()), workers=8)

``output`` gets ``<split>-<part>-<shard>.parquet``, ``rejected.jsonl`` (what could not become a row, and why) and, last of all,
``manifest.json``. Until then ``.work`` keeps what is finished; calling again goes on from there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import partial
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from tracer1.files import write_json
from tracer1_data.convert import Job, PartState, begin_again_without_repeated, convert
from tracer1_data.manifest import describe, find_finished, finish
from tracer1_data.sources import SOURCES, Part, Source, check_split, load_source
from tracer1_data.workers import SPAWN, pool

Advance = Callable[[int, int, int], None]
_POLL_SECONDS = 0.5
_counter: Synchronized[int] | None = None


def prepare(job: Job, workers: int, advance: Advance = lambda done, total, rows: None) -> dict[str, Any]:
    """Write the shards and give the manifest. ``advance`` is told of the weight done, the weight in all, and rows so far.

    Raises ValueError when source, split, kind of images, input or an earlier output do not fit, OSError when the output
    cannot be written, WorkerDied when a process ended. What is finished then is not made again by the next call.
    """
    source = load_source(job.source, SOURCES)
    check_split(source, job.settings.split)
    if job.settings.images == "paths" and not source.files:
        raise ValueError(
            f"{source.name}'s pictures are no files of their own, so rows must hold them: use --images inline"
        )
    parts, plan = _look_at_input(job, source)
    if finished := find_finished(job.output, plan):
        return finished
    write_json(job.work / "plan.json", plan)
    run = partial(_convert_here, job) if workers <= 1 else partial(_convert_by, workers, job)
    states = run(parts, advance)
    if begin_again_without_repeated(job, states):
        states = run(parts, advance)
    return finish(job, plan, states)


def _look_at_input(job: Job, source: Source) -> tuple[list[Part], dict[str, Any]]:
    """The parts, and all that decides the output. Raises ValueError when the input does not fit, or cannot be read."""
    try:
        parts = list(source.parts(job.input, job.settings.split))
        plan = describe(job, parts)
    except OSError as error:
        raise ValueError(f"{error.filename or job.input} cannot be read: {error.strerror or error}") from error
    if not parts:
        raise ValueError(f"{job.input} has nothing of the split {job.settings.split}")
    names = Counter(part.name for part in parts)
    if repeated := [name for name, times in names.items() if times > 1 or "/" in name]:
        raise ValueError(f"{source.name}: parts need different names without a slash, which {repeated[0]!r} is not")
    return parts, plan


def _convert_here(job: Job, parts: Sequence[Part], advance: Advance) -> list[PartState]:
    total, done, rows = sum(part.weight for part in parts), 0, 0
    states = []

    def count(number: int) -> None:
        nonlocal rows
        rows += number
        if rows % 100 == 0:
            advance(done, total, rows)

    for number, part in enumerate(parts):
        states.append(convert(job, part, number, count))
        done += part.weight
        advance(done, total, rows)
    return states


def _convert_by(workers: int, job: Job, parts: Sequence[Part], advance: Advance) -> list[PartState]:
    total, done = sum(part.weight for part in parts), 0
    counter = SPAWN.Value("q", 0)
    with pool(min(workers, len(parts)), _share, (counter,)) as processes:
        waiting: dict[Future[PartState], Part] = {
            processes.submit(_convert_in_worker, job, part, number): part for number, part in enumerate(parts)
        }
        futures = list(waiting)
        while waiting:
            for future in wait(waiting, _POLL_SECONDS, FIRST_COMPLETED).done:
                future.result()
                done += waiting.pop(future).weight
            advance(done, total, counter.value)
        return [future.result() for future in futures]


def _share(counter: Synchronized[int]) -> None:
    global _counter
    _counter = counter


def _convert_in_worker(job: Job, part: Part, number: int) -> PartState:
    def count(rows: int) -> None:
        with _counter.get_lock():
            _counter.value += rows

    return convert(job, part, number, count)
