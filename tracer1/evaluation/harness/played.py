"""What the readers of foreign runners' results share: the list of tasks beside them, and several runs in one directory.

A run of three seeds is three directories under one. Each judgement then counts to the part ``run <its directory>``, and the
spread of the runs' means is a metric of its own. A task's results are averaged over runs (and repetitions) first, so that tasks,
not episodes, are what the interval counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tracer1.evaluation.harness.base import Judgement, Metric
from tracer1.evaluation.harness.metrics import by_part, mean_of_groups
from tracer1.evaluation.statistics import spread

_RUN = "run "
DEEPEST = 5


def find_above(path: Path, names: Sequence[str]) -> Path | None:
    """The first file of these names (relative paths) in ``path`` or a directory above it."""
    for directory in (path.resolve(), *path.resolve().parents):
        for name in names:
            if (directory / name).is_file():
                return directory / name
    return None


def runs_under(path: Path, is_run: Callable[[Path], bool], depth: int = DEEPEST) -> Iterator[Path]:
    """``path`` itself, or the nearest directories below it, that are runs; in order of their names."""
    if is_run(path):
        yield path
    elif depth:
        for child in sorted(path.iterdir()):
            if child.is_dir() and not child.is_symlink():
                yield from runs_under(child, is_run, depth - 1)


def run_name(run: Path, path: Path, several: bool) -> str:
    """What a run is called: its directory below ``path``; empty when it is the only one."""
    return run.relative_to(path).as_posix() if several else ""


def sample_id(run: str, task: str) -> str:
    """Unique in all runs."""
    return f"{run}/{task}" if run else task


def parts_of(run: str, *others: str) -> tuple[str, ...]:
    """The sub-splits that a result counts to: its own, and its run where there are several."""
    return (*others, f"{_RUN}{run}") if run else others


def summarise(judgements: Sequence[Judgement], mark: str, others: Sequence[str] = ()) -> list[Metric]:
    """Mean over tasks, of all and by part; with several runs, ``<mark>_sd`` over their means; then ``others``, of all."""
    overall = mean_of_groups(judgements, mark, mark, of="tasks")
    parts = by_part(judgements, lambda part: mean_of_groups(judgements, mark, mark, part, "tasks"))
    rest = [mean_of_groups(judgements, other, other, of="tasks") for other in others]
    return [overall, *_spread(judgements, mark), *rest, *parts]


def _spread(judgements: Sequence[Judgement], mark: str) -> list[Metric]:
    names = dict.fromkeys(part for one in judgements for part in one.parts if part.startswith(_RUN))
    means = [mean_of_groups(judgements, mark, mark, name, "tasks").value for name in names]
    if len(means) < 2:
        return []
    deviation = spread(means).deviation
    return [Metric(f"{mark}_sd", deviation, len(means), deviation, deviation, "runs")]
