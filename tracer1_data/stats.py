"""Count what prepared sets hold: ``python -m tracer1_data stats DIRECTORY...``.

No picture is read: their sizes are in the ground truth, their tokens in ``extra_info``, their bytes in the Parquet footer.
Memory holds a batch of rows, the distinct values, and one number an episode.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tracer1.files import shards_of
from tracer1_data.lengths import AROUND_A_PICTURE, Estimate, Lengths, Tokenizer
from tracer1_data.rows import SCHEMA, open_shard

COLUMNS = ["prompt", "reward_model", "extra_info"]
LABELS = ("source", "platform", "task", "split", "instructions", "stage2")
MARK = "<image>"
_BATCH = 1024
_FIX = "prepare it again"


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

    def add(self, batch: pa.RecordBatch, lengths: Lengths) -> None:
        """Count a batch of rows. Raises ValueError that names the row within the batch."""
        self.rows += batch.num_rows
        info = batch["extra_info"]
        for name in LABELS:
            self._count(self.tally(name), pc.fill_null(pc.struct_field(info, name), ""))
        self._count(self.number("position"), pc.struct_field(info, "position"))
        self._add_episodes(info)
        self._add_tokens(batch["prompt"], info, lengths)
        self._add_truths(pc.struct_field(batch["reward_model"], "ground_truth").to_pylist())

    @staticmethod
    def _count(counter: Counter[Any], values: pa.Array | np.ndarray) -> None:
        counted = pc.value_counts(pa.array(values) if isinstance(values, np.ndarray) else values)
        counter.update(dict(zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True)))

    def _add_episodes(self, info: pa.StructArray) -> None:
        names = zip(*(pc.struct_field(info, name).to_pylist() for name in ("source", "episode")), strict=True)
        for key, position in zip(names, pc.struct_field(info, "position").to_pylist(), strict=True):
            self.episodes[hash(key)] = max(self.episodes.get(hash(key), 0), position + 1)

    def _add_tokens(self, prompts: pa.ListArray, info: pa.StructArray, lengths: Lengths) -> None:
        messages, edges = prompts.flatten(), np.concatenate(([0], np.cumsum(pc.list_value_length(prompts))))
        contents = pc.struct_field(messages, "content").dictionary_encode()
        texts = pc.replace_substring(contents.dictionary, MARK, "")
        marks = pc.count_substring(contents.dictionary, MARK).to_numpy()
        which = contents.indices.to_numpy()
        roles = pc.binary_join(pa.ListArray.from_arrays(edges, pc.struct_field(messages, "role")), ",")
        frames = roles.dictionary_encode()
        around = np.array([lengths.frame(names) for names in frames.dictionary.to_pylist()], np.int64)
        text = np.add.reduceat(lengths.measure(texts)[which], edges[:-1]) + around[frames.indices.to_numpy()]
        pictures = np.add.reduceat(marks[which], edges[:-1])
        image = pc.fill_null(pc.struct_field(info, "n_image_tokens"), 0).to_numpy()
        self._count(self.number("pictures"), pictures)
        self._count(self.number("image tokens"), image)
        self._count(self.number("text tokens"), text)
        self._count(self.number("prompt tokens"), text + image + AROUND_A_PICTURE * pictures)
        answers = pc.struct_field(info, "reference").dictionary_encode()
        plans = lengths.measure(answers.dictionary)[answers.indices.to_numpy()] + 1
        self._count(self.number("plan tokens"), plans)

    def _add_truths(self, texts: list[str]) -> None:
        steps, firsts, every = self.number("plan steps"), self.tally("first action"), self.tally("all actions")
        sizes, targets, horizons = self.tally("image size"), self.tally("target"), self.tally("horizon")
        for number, text in enumerate(texts):
            try:
                truth = json.loads(text)
                actions, size = [step[0] for step in truth["reference"]], truth["image"]
                sizes["{}×{}".format(*size) if size else "no screenshot"] += 1
                firsts[actions[0]] += 1
                targets["box" if truth["box"] else "point" if truth.get("point") else "none"] += 1
                horizons[str(truth["horizon"])] += 1
            except (KeyError, TypeError, IndexError, json.JSONDecodeError) as error:
                raise ValueError(f"row {number}: ground_truth is not what tracer1_data writes ({error!r})") from error
            steps[len(actions)] += 1
            every.update(actions)


def merge(sets: Sequence[Counts], name: str = "all") -> Counts:
    """The sum of several sets; an episode that is in two of them counts once."""
    total = Counts(name)
    for one in sets:
        total.rows += one.rows
        total.image_bytes += one.image_bytes
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


def count(path: Path, lengths: Lengths, name: str = "", advance: Callable[[int], None] = lambda rows: None) -> Counts:
    """Count a file or a directory of shards. ``advance`` is told of every batch's rows.

    Raises ValueError, naming the file and the row, when something cannot be read.
    """
    counts = Counts(name or path.name)
    for shard in shards_of(path):
        file, before = _open(shard), counts.rows
        counts.image_bytes += _image_bytes(file.metadata)
        try:
            for batch in file.iter_batches(batch_size=_BATCH, columns=COLUMNS):
                first = counts.rows - before
                counts.add(batch, lengths)
                advance(batch.num_rows)
        except (OSError, pa.ArrowInvalid) as error:
            raise ValueError(f"{shard}: damaged behind row {counts.rows - before} ({error}): {_FIX}") from error
        except ValueError as error:
            raise ValueError(f"{shard}, in the rows from {first}: {error}: {_FIX}") from error
    return counts


def _open(shard: Path) -> pq.ParquetFile:
    file = open_shard(shard)
    needed = {f.name for f in SCHEMA.field("extra_info").type}
    there = file.schema_arrow.field("extra_info").type
    if missing := needed - ({f.name for f in there} if pa.types.is_struct(there) else set()):
        raise ValueError(f"{shard}: extra_info lacks {', '.join(sorted(missing))}: {_FIX}")
    return file


def _image_bytes(metadata: pq.FileMetaData) -> int:
    groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
    chunks = (group.column(number) for group in groups for number in range(group.num_columns))
    return sum(chunk.total_uncompressed_size for chunk in chunks if chunk.path_in_schema.startswith("images."))


def names_of(paths: Sequence[Path]) -> list[str]:
    """A short name for each set: the last part of its path where that tells them apart."""
    short = [path.resolve().name for path in paths]
    return short if len(set(short)) == len(short) else [str(path) for path in paths]


def stats(
    rows: Annotated[list[Path], typer.Argument(help="Prepared sets: directories of shards, or Parquet files.")],
    html: Annotated[Path | None, typer.Option(help="Write a page: tables and plots in one file.")] = None,
    png: Annotated[Path | None, typer.Option(help="Write the plots.")] = None,
    tokenizer: Annotated[
        Path | None, typer.Option(help="Directory of the planner's tokenizer. Without it text tokens are estimated.")
    ] = None,
    response_tokens: Annotated[
        int, typer.Option(min=0, help="The response you plan with: thought and plan (0: the longest reference plan).")
    ] = 0,
    train_batch: Annotated[int, typer.Option(min=1, help="data.train_batch_size: prompts a training step.")] = 128,
    rollouts: Annotated[int, typer.Option(min=1, help="actor_rollout_ref.rollout.n: rollouts a prompt.")] = 8,
    gpus: Annotated[int, typer.Option(min=1, help="GPUs that generate, all nodes together.")] = 8,
) -> None:
    """Count rows, episodes, actions, plan lengths and tokens; say which lengths to set and what memory a step takes."""
    from tracer1_data import stats_page
    from tracer1_data.budget import Budget

    console = Console()
    try:
        if html or png:
            stats_page.need_report()
        sets = _count_all(rows, Tokenizer(tokenizer) if tokenizer else Estimate())
        lengths = Tokenizer
    except ValueError as error:
        raise typer.Exit(1) from error
