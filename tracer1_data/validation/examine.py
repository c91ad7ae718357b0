"""Look at the rows of a piece of a shard, one by one, without reading the pictures unless that is asked.

How many pictures there are is then known for a row group as a whole, from the counts in the Parquet footer: values and nulls
of the leaf ``images.bytes``, or ``images.image`` (an empty list is one null). Where all its rows have one picture that is
exact; where some have several, a picture too many in one row can hide one too few in another of the group. Only a group whose
counts do not fit is read to say which row it is. Files that rows name are opened only where pictures are asked for, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tracer1.executors.accessibility import resolve
from tracer1.executors.base import POINTER_ACTIONS
from tracer1.ground_truth import GroundTruth
from tracer1_data.check import BadRow, check_marks, check_pictures, check_truth, read_truth
from tracer1_data.columns import count_marks, find_empty, identities, image_tokens, picture_tokens, text_tokens
from tracer1_data.directory import COPY_AGAIN, Problem, in_a_line
from tracer1_data.lengths import Estimate, Lengths, Tokenizer
from tracer1_data.rows import SCHEMA, why_not_executed

WITHOUT_PICTURES = [name for name in SCHEMA.names if name != "images"]
_BATCH = 256
_BATCH_OF_PICTURES = 32
_SMALLER = "prepare with --max-pixels"


@dataclass(frozen=True, slots=True)
class Checks:
    """What is looked at besides the fields: every picture to its end (``decode``), how often the accessibility executor hits
    (``executor``), and limits in tokens (0: no limit), text being counted by ``tokenizer`` or estimated."""

    decode: bool = False
    executor: bool = False
    most_prompt_tokens: int = 0
    most_image_tokens: int = 0
    tokenizer: Path | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """Some row groups of a shard: ``rows`` rows, of which the first has the number ``first`` in the file."""

    path: Path
    groups: tuple[int, ...]
    first: int
    rows: int


@dataclass(slots=True)
class Examined:
    """What was seen of a piece: rows and problems. ``known`` has a column for each row without an empty field: its number in
    the file, its ``extra_info.index``, and its :func:`~tracer1_data.columns.identities`. The executor found ``hits`` of
    ``pointer_steps``."""

    piece: Piece
    rows: int = 0
    problems: list[Problem] = field(default_factory=list)
    known: list[np.ndarray] = field(default_factory=list)
    pointer_steps: int = 0
    hits: int = 0

    def report(self, row: int, error: BadRow) -> None:
        """Note what is wrong with a row of the file."""
        self.problems.append(Problem(str(self.piece.path), row, error.field, error.reason, error.fix))


def examine(piece: Piece, checks: Checks) -> Examined:
    """Look at every row of a piece. Never raises for bad data: it is reported."""
    seen, file, first = Examined(piece), pq.ParquetFile(piece.path), piece.first
    columns, size = (SCHEMA.names, _BATCH_OF_PICTURES) if checks.decode else (WITHOUT_PICTURES, _BATCH)
    for group in piece.groups:
        marks = np.zeros(0, np.int64)
        try:
            for batch in file.iter_batches(batch_size=size, row_groups=[group], columns=columns):
                _look(batch, first + len(marks), checks, seen)
                marks = np.append(marks, count_marks(batch))
            if not checks.decode and not _has_pictures(file.metadata.row_group(group), marks):
                _count_pictures(file, group, marks, first, seen)
        except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
            reason = f"row group {group} is damaged behind row {first + len(marks)} ({in_a_line(error)})"
            seen.problems.append(Problem(str(piece.path), None, "file", reason, COPY_AGAIN))
        first += file.metadata.row_group(group).num_rows
    seen.problems.sort(key=lambda problem: -1 if problem.row is None else problem.row)
    return seen


def _has_pictures(group: pq.RowGroupMetaData, marks: np.ndarray) -> bool:
    """Whether the footer counts as many pictures as there are marks, and as many rows without one."""
    chunks = (group.column(number) for number in range(group.num_columns))
    (images,) = (chunk for chunk in chunks if chunk.path_in_schema.startswith("images."))
    if images.statistics is None or not images.statistics.has_null_count:
        return False
    nulls = images.statistics.null_count
    return marks.sum() == images.num_values - nulls and (marks == 0).sum() == nulls


def _count_pictures(file: pq.ParquetFile, group: int, marks: np.ndarray, first: int, seen: Examined) -> None:
    """Read the pictures of a row group, to say which row has another number than it marks."""
    number = 0
    for batch in file.iter_batches(batch_size=_BATCH_OF_PICTURES, row_groups=[group], columns=["images"]):
        for pictures in batch["images"].to_pylist():
            try:
                check_marks(marks[number], sum(None not in picture.values() for picture in pictures or ()))
            except BadRow as error:
                seen.report(first + number, error)
            number += 1


def _look(batch: pa.RecordBatch, first: int, checks: Checks, seen: Examined) -> None:
    """Report what is wrong with the rows of a batch, and remember who they are."""
    whole = np.ones(batch.num_rows, bool)
    for number, name in find_empty(batch):
        whole[number] = False
        seen.report(first + number, BadRow(name, "it is empty"))
    seen.rows += batch.num_rows
    _check_lengths(batch, first, checks, seen)
    there = np.flatnonzero(whole)
    info = batch["extra_info"].take(pa.array(there))
    indices = pc.struct_field(info, "index").to_numpy(zero_copy_only=False).astype(np.int64)
    seen.known.append(np.stack([there + first, indices, identities(info).view(np.int64)]))
    _look_closely(batch, there, first, checks, seen)


def _look_closely(batch: pa.RecordBatch, rows: np.ndarray, first: int, checks: Checks, seen: Examined) -> None:
    """Each row's ground truth, and its pictures where they are decoded."""
    truths = pc.struct_field(batch["reward_model"], "ground_truth").to_pylist()
    written, stage2 = (pc.struct_field(batch["extra_info"], name).to_pylist() for name in ("reference", "stage2"))
    images, marks = (batch["images"].to_pylist(), count_marks(batch)) if checks.decode else (None, None)
    for number in rows.tolist():
        try:
            truth = read_truth(truths[number])
            if images is not None:
                check_marks(marks[number], len(images[number]))
                check_pictures(images[number], truth.image, whole=True)
            check_truth(truth, written[number])
            if stage2[number] != (says := why_not_executed(truth)):
                raise BadRow("extra_info.stage2", f"{stage2[number]!r}, the ground truth says {says!r}")
        except BadRow as error:
            seen.report(first + number, error)
            continue
        if checks.executor:
            _execute(truth, seen)


def _check_lengths(batch: pa.RecordBatch, first: int, checks: Checks, seen: Examined) -> None:
    found = []
    if most := checks.most_image_tokens:
        found.append(("extra_info.n_image_tokens", image_tokens(batch), most, _SMALLER))
    if most := checks.most_prompt_tokens:
        tokens = text_tokens(batch, _lengths(checks.tokenizer)) + picture_tokens(batch)
        found.append(("prompt", tokens, most, f"{_SMALLER}, --style compact or less --history"))
    for name, tokens, most, fix in found:
        for number in np.flatnonzero(tokens > most).tolist():
            seen.report(first + number, BadRow(name, f"{tokens[number]} tokens, the limit is {most}", fix))


@lru_cache(maxsize=1)
def _lengths(tokenizer: Path | None) -> Lengths:
    return Tokenizer(tokenizer) if tokenizer else Estimate()


def _execute(truth: GroundTruth, seen: Examined) -> None:
    step = truth.reference.steps[0]
    if step.action.type in POINTER_ACTIONS and truth.box is not None and truth.elements:
        seen.pointer_steps += 1
        point = resolve(truth.observation, step).point
        seen.hits += point is not None and truth.box.contains(point)
