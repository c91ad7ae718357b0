"""What is wrong with a set of rows: the manifest against what lies on the disk; every row against itself
(:mod:`tracer1_data.validation.examine`); and all rows against each other: no index and no decision (source, episode, position) occurs
twice. Memory holds a batch of rows for each worker, and some dozens of bytes a row of the set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tracer1_data.check import AGAIN
from tracer1_data.directory import COPY_AGAIN, Problem, digest, find_strays, open_rows, read_manifest, shards
from tracer1_data.validation.examine import Checks, Examined, Piece, examine
from tracer1_data.workers import in_order

Advance = Callable[[int, int], None]
_ROWS_IN_PIECE = 2048
_WORTH_A_WORKER = 4096  # rows that take about as long as starting a process


@dataclass(slots=True)
class Findings:
    """What a validation saw: shards and rows; and of ``pointer_steps`` first steps, which point at something on a page whose
    elements are known, how many the accessibility executor ``hits``."""

    shards: int = 0
    rows: int = 0
    pointer_steps: int = 0
    hits: int = 0
    problems: Counter[str] = field(default_factory=Counter)


def find_problems(
    path: Path,
    findings: Findings,
    checks: Checks | None = None,
    workers: int = 1,
    hashed: bool = False,
    advance: Advance = lambda done, total: None,
) -> Iterator[Problem]:
    """What is wrong with a file, or with a directory of shards, in order; ``findings`` fills meanwhile.

    ``hashed`` compares each shard's SHA-256 too; ``advance`` is told of the rows done and in all. Raises ValueError when there
    is nothing to look at, WorkerDied when a process ended.
    """
    for problem in _all_problems(path, findings, checks or Checks(), workers, hashed, advance):
        findings.problems[problem.field] += 1
        yield problem


def _all_problems(
    path: Path, findings: Findings, checks: Checks, workers: int, hashed: bool, advance: Advance
) -> Iterator[Problem]:
    files, listed = shards(path), _listed(path)
    yield from find_strays(path)
    if hashed:
        yield from _changed(files, listed, workers)
    pieces: list[Piece] = []
    for file in files:
        yield from _cut(file, listed.get(file.name), pieces)
    findings.shards += len(files)
    done, total, seen = 0, sum(piece.rows for piece in pieces), []
    workers = min(workers, len(pieces), total // _WORTH_A_WORKER if not checks.decode else workers)
    for one in in_order(partial(examine, checks=checks), pieces, workers):
        yield from one.problems
        one.problems.clear()
        seen.append(one)
        findings.rows += one.rows
        done += one.rows
        findings.pointer_steps += one.pointer_steps
        findings.hits += one.hits
        advance(done, total)
    yield from _repeated(seen)


def _listed(path: Path) -> dict[str, dict[str, Any]]:
    """The manifest's shards by name; nothing where it is missing or damaged (which ``find_strays`` reports)."""
    try:
        manifest = read_manifest(path)
    except ValueError:
        return {}
    return {shard["file"]: shard for shard in manifest["shards"]} if manifest else {}


def _changed(files: Sequence[Path], listed: dict[str, dict[str, Any]], workers: int) -> Iterator[Problem]:
    files = [file for file in files if file.name in listed]
    for file, found in zip(files, in_order(digest, files, min(workers, len(files))), strict=True):
        if found != listed[file.name]["sha256"]:
            yield Problem(str(file), None, "file", "its SHA-256 is not the manifest's", COPY_AGAIN)


def _cut(file: Path, listed: dict[str, Any] | None, pieces: list[Piece]) -> Iterator[Problem]:
    """Add the pieces of a shard that can be read."""
    try:
        metadata = open_rows(file).metadata
    except ValueError as error:
        yield Problem(str(file), None, "file", str(error).removeprefix(f"{file}: "), AGAIN)
        return
    if listed and metadata.num_rows != listed["rows"]:
        reason = f"{metadata.num_rows} rows, the manifest says {listed['rows']}"
        yield Problem(str(file), None, "file", reason, COPY_AGAIN)
    groups: list[int] = []
    first = rows = 0
    for number in range(metadata.num_row_groups):
        groups.append(number)
        rows += metadata.row_group(number).num_rows
        if rows >= _ROWS_IN_PIECE or number == metadata.num_row_groups - 1:
            pieces.append(Piece(file, tuple(groups), first, rows))
            groups, first, rows = [], first + rows, 0


def _repeated(seen: Sequence[Examined]) -> Iterator[Problem]:
    """Rows whose index, or whose decision, an earlier row has already."""
    parts = [part for one in seen for part in one.known]
    numbers, *identities = np.concatenate([np.zeros((3, 0), np.int64), *parts], axis=1)
    ends = np.cumsum([sum(part.shape[1] for part in one.known) for one in seen])

    def place(at: int) -> tuple[str, int]:
        return str(seen[int(np.searchsorted(ends, at, "right"))].piece.path), int(numbers[at])

    for name, what, fix, values in (
        ("extra_info.index", "index", "mix numbers rows anew", identities[0]),
        ("extra_info", "source, episode and position", "keep one of the two", identities[1]),
    ):
        _, first, which = np.unique(values, return_index=True, return_inverse=True)
        for at in np.flatnonzero(first[which] != np.arange(len(which))).tolist():
            file, row = place(first[which[at]])
            yield Problem(*place(at), name, f"row {row} of {file} has the same {what}", fix)
