"""What a split holds, known before anything is asked: ids, faults, which samples are chosen."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tracer1.evaluation.harness.base import Benchmark, Judgement, PlayedBenchmark
from tracer1.evaluation.harness.journal import sample_key
from tracer1.trajectories import Fault


@dataclass(frozen=True, slots=True)
class Index:
    """The key (:func:`~tracer1.evaluation.harness.journal.sample_key`) of every sample by its id, in order; the faults;
    and the samples that are ``chosen``."""

    keys: dict[str, str]
    faults: tuple[Fault, ...]
    chosen: tuple[str, ...]

    @property
    def digest(self) -> str:
        """A hash of the chosen samples: two runs with the same saw the same."""
        return hashlib.sha256(" ".join(self.keys[one] for one in self.chosen).encode()).hexdigest()[:16]


def read_index(
    benchmark: Benchmark, path: Path, split: str, limit: int = 0, progress: Callable[[int], None] | None = None
) -> Index:
    """Read a split once. With a ``limit``, that many samples are chosen, evenly spread. Raises ValueError for an unknown split,
    two samples of one id, or no sample at all."""
    check_split(benchmark, split)
    keys: dict[str, str] = {}
    faults: list[Fault] = []
    for sample in benchmark.samples(path, split):
        if isinstance(sample, Fault):
            faults.append(sample)
            continue
        if sample.id in keys:
            raise ValueError(f"{path}: two samples of {split} are called {sample.id!r}: is a file there twice?")
        keys[sample.id] = sample_key(sample)
        if progress:
            progress(len(keys))
    if not keys:
        raise ValueError(f"{path} holds no sample of {benchmark.name}, split {split}{_first(faults)}")
    ids = tuple(keys)
    chosen = ids if not limit or limit >= len(ids) else tuple(ids[n * len(ids) // limit] for n in range(limit))
    return Index(keys, tuple(faults), chosen)


def read_results(benchmark: PlayedBenchmark, path: Path, split: str) -> tuple[list[Judgement], tuple[Fault, ...]]:
    """What a foreign runner left. Raises ValueError for an unknown split, a task judged twice, or no judgement at all."""
    check_split(benchmark, split)
    found = list(benchmark.results(path, split))
    judgements = [one for one in found if isinstance(one, Judgement)]
    faults = tuple(one for one in found if isinstance(one, Fault))
    if twice := [one for one, times in Counter(one.sample for one in judgements).items() if times > 1]:
        raise ValueError(f"{path}: two results are called {twice[0]!r}: name the directory of one run")
    if not judgements:
        raise ValueError(f"{path} holds no result of {benchmark.name}, split {split}{_first(faults)}")
    return judgements, faults


def check_split(benchmark: Benchmark | PlayedBenchmark, split: str) -> None:
    """Raises ValueError, naming those that exist, for an unknown split."""
    if split not in benchmark.splits:
        raise ValueError(f"{benchmark.name} has no split {split!r}: use one of {', '.join(benchmark.splits)}")


def _first(faults: list[Fault] | tuple[Fault, ...]) -> str:
    return f"; the first of {len(faults)} faults: {faults[0]}" if faults else ""
