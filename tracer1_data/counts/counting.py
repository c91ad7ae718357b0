"""Count what a prepared set holds, without reading a picture: their sizes are in the ground truth, their tokens in
``extra_info``, their bytes in the Parquet footer.

Memory holds a batch of rows, the distinct values, and one number an episode.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tracer1_data.columns import count_marks, image_tokens, measure_once, picture_tokens, text_tokens
from tracer1_data.directory import open_with_info, reading, shards
from tracer1_data.lengths import Lengths

COLUMNS = ["prompt", "reward_model", "extra_info"]
LABELS = ("source", "platform", "task", "split", "instructions", "stage2")
_BATCH = 1024
_PICTURES = re.compile(r"images\..*bytes")  # a column of the file; paths of pictures are another


@dataclass(slots=True)
class Counts:
    """What was counted: rows by label (``tallies``), rows by number (``numbers``: plan steps, positions, tokens), and for
    each episode, by a hash of source and name, the last position plus 1."""

    name: str
    rows: int = 0
    image_bytes: int = 0
    tallies: dict[str, Counter[str]] = field(default_factory=dict)
    numbers: dict[str, Counter[int]] = field(default_factory=dict)
    episodes: dict[int, int] = field(default_factory=dict)

    def tally(self, name: str) -> Counter[str]:
        """Rows by a label (``all actions``: steps)."""
        return self.tallies.setdefault(name, Counter())

    def number(self, name: str) -> Counter[int]:
        """Rows by a number."""
        return self.numbers.setdefault(name, Counter())

    @property
    def episode_steps(self) -> Counter[int]:
        """Episodes by their steps: the last position that has a row, plus 1."""
        return Counter(self.episodes.values())

    def add(self, batch: pa.RecordBatch, lengths: Lengths, first: int = 0) -> None:
        """Count a batch, whose first row is ``first`` in its file. Raises ValueError that names the row."""
        info, truths = batch["extra_info"], pc.struct_field(batch["reward_model"], "ground_truth")
        turns = pc.fill_null(pc.list_value_length(batch["prompt"]), 0)
        for name, bad in (
            ("prompt", pc.equal(turns, 0)),
            ("ground_truth", pc.is_null(truths)),
            ("extra_info.position", pc.is_null(pc.struct_field(info, "position"))),
        ):
            if (row := pc.index(bad, True).as_py()) >= 0:
                raise ValueError(f"row {first + row}: {name} is empty")
        for name in LABELS:
            _count(self.tally(name), pc.fill_null(pc.struct_field(info, name), ""))
        _count(self.number("position"), pc.struct_field(info, "position"))
        self._add_episodes(info)
        self._add_tokens(batch, lengths)
        self._add_truths(truths.to_pylist(), first)
        self.rows += batch.num_rows

    def _add_episodes(self, info: pa.StructArray) -> None:
        sources, names, positions = (pc.struct_field(info, n).to_pylist() for n in ("source", "episode", "position"))
        for key, position in zip(map(hash, zip(sources, names, strict=True)), positions, strict=True):
            if position >= self.episodes.get(key, 0):
                self.episodes[key] = position + 1

    def _add_tokens(self, batch: pa.RecordBatch, lengths: Lengths) -> None:
        text = text_tokens(batch, lengths)
        plans = pc.fill_null(pc.struct_field(batch["extra_info"], "reference"), "")
        _count(self.number("pictures"), count_marks(batch))
        _count(self.number("image tokens"), image_tokens(batch))
        _count(self.number("text tokens"), text)
        _count(self.number("prompt tokens"), text + picture_tokens(batch))
        _count(self.number("plan tokens"), measure_once(plans, lengths) + 1)

    def _add_truths(self, texts: list[str], first: int) -> None:
        steps, firsts, every = self.number("plan steps"), self.tally("first action"), self.tally("all actions")
        sizes, targets, horizons = self.tally("image size"), self.tally("target"), self.tally("horizon")
        for row, text in enumerate(texts, first):
            try:
                truth = _read_truth(text)
                actions, size = [step[0] for step in truth["reference"]], truth["image"]
                sizes["{}×{}".format(*size) if size else "no screenshot"] += 1
                firsts[actions[0]] += 1
                targets["box" if truth["box"] else "point" if truth.get("point") else "none"] += 1
                horizons[str(truth["horizon"])] += 1
            except (KeyError, TypeError, IndexError, json.JSONDecodeError) as error:
                raise ValueError(f"row {row}: the ground truth is not what tracer1_data writes ({error!r})") from error
            steps[len(actions)] += 1
            every.update(actions)


def _read_truth(text: str) -> dict[str, Any]:
    """A ground truth; without its page elements, which are most of it, where they come last as ``dump`` writes them."""
    head, found, _ = text.rpartition(', "elements": ')
    try:
        return json.loads(f"{head}}}" if found else text)
    except json.JSONDecodeError:
        return json.loads(text)


def _count(counter: Counter[Any], values: pa.Array | np.ndarray) -> None:
    counted = pc.value_counts(pa.array(values))
    counter.update(dict(zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True)))


def count(path: Path, lengths: Lengths, name: str = "", advance: Callable[[int], None] = lambda rows: None) -> Counts:
    """Count a file or a directory of shards. ``advance`` is told of every batch's rows.

    Raises ValueError, naming the file and the row, when something cannot be read.
    """
    counts = Counts(name or path.name)
    for shard in shards(path):
        file, before = open_with_info(shard), counts.rows
        counts.image_bytes += _image_bytes(file.metadata)
        with reading(shard):
            for batch in file.iter_batches(batch_size=_BATCH, columns=COLUMNS):
                counts.add(batch, lengths, counts.rows - before)
                advance(batch.num_rows)
    return counts


def _image_bytes(metadata: pq.FileMetaData) -> int:
    """The size of the pictures that the rows hold themselves."""
    groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
    chunks = (group.column(number) for group in groups for number in range(group.num_columns))
    return sum(chunk.total_uncompressed_size for chunk in chunks if _PICTURES.fullmatch(chunk.path_in_schema))


def merge(sets: Sequence[Counts]) -> Counts:
    """The sum of several sets; an episode that is in two of them counts once."""
    total = Counts("all", sum(one.rows for one in sets), sum(one.image_bytes for one in sets))
    for one in sets:
        for key, tally in one.tallies.items():
            total.tally(key).update(tally)
        for key, numbers in one.numbers.items():
            total.number(key).update(numbers)
        for key, steps in one.episodes.items():
            total.episodes[key] = max(steps, total.episodes.get(key, 0))
    return total


def quantile(numbers: Counter[int], percent: int) -> int:
    """The smallest number that at least ``percent`` of 100 are not above; 0 of nothing."""
    wanted, seen = -(-percent * numbers.total() // 100), 0
    for number in sorted(numbers):
        seen += numbers[number]
        if seen >= wanted:
            return number
    return 0


def mean(numbers: Counter[int]) -> float:
    """The mean; 0 of nothing."""
    return sum(number * times for number, times in numbers.items()) / max(1, numbers.total())
