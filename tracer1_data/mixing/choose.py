"""Choose the rows of a mixture, from light columns only: no prompt and no picture is read.

Every decision (source, episode, position) is a number (:func:`tracer1_data.columns.identities`); scrambled with the seed,
these numbers say which rows are taken and where they come to stand. So both depend on the rows and the seed alone, not on how
a set is cut into shards, and on no library's random numbers. Memory: 17 bytes a row of the inputs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tracer1_data.columns import identities
from tracer1_data.directory import damaged, find_strays, open_rows, schema_of, shards
from tracer1_data.mixing.mixture import Entry, Mixture
from tracer1_data.mixing.shares import share_out
from tracer1_data.rows import SCHEMA, SCHEMA_OF_PATHS

_LIGHT = [f"extra_info.{name}" for name in ("source", "platform", "episode", "position", "reference", "stage2")]
_BATCH = 4096


@dataclass(slots=True)
class Chosen:
    """Of one source: its files with their rows and columns, which rows are taken (numbers over all files, in order) and
    where they stand in the mixture (``places``, from 0); ``left_out`` says why the others are not."""

    files: list[Path]
    lengths: list[int]
    schema: pa.Schema
    taken: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    places: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """Rows of the source, taken or not."""
        return sum(self.lengths)


def choose(mixture: Mixture) -> list[Chosen]:
    """The rows of each source. Raises ValueError, naming the key or the file, when a source is unfinished, damaged or of
    another schema, or the mixture asks for what is not there."""
    sources = [_open(entry) for entry in mixture.sources]
    _alike((entry.rows, source.schema) for entry, source in zip(mixture.sources, sources, strict=True))
    passed = [_filter(entry, source) for entry, source in zip(mixture.sources, sources, strict=True)]
    passed = _without_repeats(passed, sources)
    counts = share_out(mixture, [len(rows) for rows, _ in passed])
    orders = []
    for source, (rows, keys), count in zip(sources, passed, counts, strict=True):
        chosen = np.sort(np.argsort(scramble(keys, mixture.seed, "choice"), kind="stable")[:count])
        source.taken = rows[chosen]
        source.left_out["beyond its cap or weight"] = len(rows) - count
        orders.append(scramble(keys[chosen], mixture.seed, "order"))
    _give_places(sources, np.concatenate(orders))
    return sources


def scramble(numbers: np.ndarray, seed: int, purpose: str) -> np.ndarray:
    """Other numbers, one to one, that look random: the mixing function of SplitMix64 (Steele, Lea and Flood, 2014, "Fast
    splittable pseudorandom number generators"), keyed by ``seed`` and ``purpose``."""
    key = int.from_bytes(purpose.encode()[:8].ljust(8, b"\0"), "little") ^ seed
    mixed = numbers.astype(np.uint64)
    for salt in (key, 0x9E3779B97F4A7C15):
        mixed = mixed + np.uint64(salt)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed = mixed ^ (mixed >> np.uint64(31))
    return mixed


def _open(entry: Entry) -> Chosen:
    path = Path(entry.rows)
    for problem in find_strays(path):
        raise ValueError(str(problem))
    files = shards(path)
    opened = [open_rows(file) for file in files]
    schema = _alike(zip(files, map(schema_of, opened), strict=True))
    return Chosen(files, [file.metadata.num_rows for file in opened], schema)


def _alike(schemas: Iterable[tuple[Path | str, pa.Schema]]) -> pa.Schema:
    """The one schema of all. Raises ValueError when some rows hold their pictures and others name them."""
    by_kind = {schema: name for name, schema in schemas}
    if len(by_kind) > 1:
        held, named = by_kind[SCHEMA], by_kind[SCHEMA_OF_PATHS]
        raise ValueError(f"{held} holds its pictures, {named} names files: prepare both with the same --images")
    return next(iter(by_kind))


def _filter(entry: Entry, source: Chosen) -> tuple[np.ndarray, np.ndarray]:
    """Numbers and identities of the rows that pass the filters; each other row counts for the first that stops it."""
    rows, keys, first = [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)], 0
    for batch in _light(source.files):
        info = batch["extra_info"]
        left = np.ones(batch.num_rows, bool)
        for name, passes in _passes(entry, info):
            source.left_out[name] += int((left & ~passes).sum())
            left &= passes
        rows.append(np.flatnonzero(left) + first)
        keys.append(identities(info.filter(pa.array(left))))
        first += batch.num_rows
    return np.concatenate(rows), np.concatenate(keys)


def _light(files: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    for file in files:
        try:
            yield from open_rows(file).iter_batches(batch_size=_BATCH, columns=_LIGHT)
        except (OSError, pa.ArrowException) as error:
            raise damaged(file, error) from error


def _passes(entry: Entry, info: pa.StructArray) -> Iterator[tuple[str, np.ndarray]]:
    if entry.platforms:
        wanted = pa.array(entry.platforms, pa.string())
        yield "platforms", pc.is_in(pc.struct_field(info, "platform"), wanted).to_numpy(zero_copy_only=False)
    if entry.steps:
        steps = pc.fill_null(pc.count_substring(pc.struct_field(info, "reference"), "\n"), -1).to_numpy() + 1
        yield "steps", (steps >= entry.steps[0]) & (steps <= entry.steps[1])
    if entry.stage2:
        yield (
            "stage2",
            pc.fill_null(pc.equal(pc.struct_field(info, "stage2"), ""), False).to_numpy(zero_copy_only=False),
        )


def _without_repeats(
    passed: list[tuple[np.ndarray, np.ndarray]], sources: Sequence[Chosen]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Each decision where it comes first: the same row in two sources, or twice in one, is taken once."""
    keys = np.concatenate([keys for _, keys in passed])
    once = np.zeros(len(keys), bool)
    once[np.unique(keys, return_index=True)[1]] = True
    kept, start = [], 0
    for (rows, own), source in zip(passed, sources, strict=True):
        new = once[start : start + len(own)]
        source.left_out["in the mixture already"] = int(len(own) - new.sum())
        kept.append((rows[new], own[new]))
        start += len(own)
    return kept


def _give_places(sources: Sequence[Chosen], orders: np.ndarray) -> None:
    places = np.empty(len(orders), np.int64)
    places[np.argsort(orders, kind="stable")] = np.arange(len(orders))
    start = 0
    for source in sources:
        source.places = places[start : start + len(source.taken)]
        start += len(source.taken)
