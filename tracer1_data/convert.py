"""One part of a dataset → rows → shards. What is finished is noted beside the shards, so that a run which is interrupted goes
on behind the last finished shard of each part.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from tracer1.files import read_json, write_json, write_text
from tracer1.trajectories import Fault, Trajectory
from tracer1_data import easyr1
from tracer1_data.check import check
from tracer1_data.rows import SCHEMA, SCHEMA_OF_PATHS, to_row
from tracer1_data.settings import RowSettings
from tracer1_data.shards import SHARD_BYTES, ShardWriter
from tracer1_data.sources import SOURCES, Part, load_source
from tracer1_data.windows import TrainingInstance, window

INDICES_OF_A_PART = 10_000_000
Format = Literal["verl", "easyr1"]


@dataclass(frozen=True, slots=True)
class Job:
    """What to prepare: a source by name, where it lies, where the shards go, how rows are made and written."""

    source: str
    input: Path
    output: Path
    settings: RowSettings
    format: Format = "verl"
    shard_bytes: int = SHARD_BYTES

    @property
    def folder(self) -> Path:
        """Where the shards go. EasyR1 takes a folder only if nothing but Parquet files is in it."""
        return self.output / "parquet" if self.format == "easyr1" else self.output

    @property
    def schema(self) -> pa.Schema:
        """The columns of a shard."""
        schemas = {
            ("verl", "inline"): SCHEMA,
            ("verl", "paths"): SCHEMA_OF_PATHS,
            ("easyr1", "inline"): easyr1.SCHEMA,
            ("easyr1", "paths"): easyr1.SCHEMA_OF_PATHS,
        }
        return schemas[self.format, self.settings.images]

    @property
    def work(self) -> Path:
        """Where the state of an unfinished set is kept."""
        return self.output / ".work"


@dataclass(slots=True)
class PartState:
    """What is known of a part: how many records were read, in how many pieces, and what became of them."""

    part: str
    records: int = 0
    pieces: int = 0
    done: bool = False
    shards: list[dict[str, Any]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    episodes: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)
    """Episodes that an earlier part has already."""

    @property
    def rows(self) -> int:
        """Rows in finished shards."""
        return sum(shard["rows"] for shard in self.shards)

    def save(self, path: Path) -> None:
        """Write the state, whole or not at all."""
        names = {"episodes": sorted(self.episodes), "skipped": sorted(self.skipped)}
        write_json(path, {**asdict(self), "counts": dict(sorted(self.counts.items())), **names})

    @classmethod
    def load(cls, path: Path) -> PartState:
        """The state of a part, or a fresh one."""
        if not path.exists():
            return cls(path.stem)
        data = read_json(path)
        names = {name: set(data[name]) for name in ("episodes", "skipped")}
        return cls(**{**data, "counts": Counter(data["counts"]), **names})


def convert(job: Job, part: Part, number: int, count: Callable[[int], None]) -> PartState:
    """Convert part ``number``, from behind its last finished shard to its end; ``count`` is told of every row.

    Raises OSError when the output cannot be written.
    """
    path = job.work / f"{part.name}.json"
    state = PartState.load(path)
    if state.done:
        return state
    records = iter(load_source(job.source, SOURCES).read(part, job.settings.split))
    for _ in itertools.islice(records, state.records):
        pass
    while not state.done:
        _write_shard(job, state, records, number, count)
        state.save(path)
    return state


def _write_shard(
    job: Job, state: PartState, records: Iterator[Trajectory | Fault], number: int, count: Callable[[int], None]
) -> None:
    """The next shard: whole episodes until it is large enough, or the part's end."""
    name = f"{job.settings.split.replace('/', '-')}-{number:05d}-{state.pieces:03d}.parquet"
    faults: list[Fault] = []
    state.done = True
    with ShardWriter(job.folder / name, job.schema) as writer:
        for record in records:
            state.records += 1
            for row in _rows(record, job.settings, state, faults):
                row["extra_info"]["index"] = number * INDICES_OF_A_PART + state.rows + writer.rows
                writer.write(easyr1.to_easyr1(row) if job.format == "easyr1" else row)
                count(1)
            if writer.size >= job.shard_bytes:
                state.done = False
                break
        if writer.rows:
            state.shards.append(asdict(writer.finish()))
    lines = "".join(json.dumps(asdict(fault), ensure_ascii=False) + "\n" for fault in faults)
    write_text(job.work / f"{state.part}-{state.pieces:03d}.faults", lines)
    state.pieces += 1


def _rows(
    record: Trajectory | Fault, settings: RowSettings, state: PartState, faults: list[Fault]
) -> Iterator[dict[str, Any]]:
    """The good rows of a record; all else is counted by its kind, and listed."""

    for found in _rows_or_faults(record, settings, state):
        if isinstance(found, Fault):
            state.counts[f"{'left out' if found.expected else 'rejected'}: {found.kind}"] += 1
            faults.append(found)
        else:
            state.counts["rows"] += 1
            state.counts[f"stage 2: {found['extra_info']['stage2'] or 'can be executed'}"] += 1
            yield found


def _rows_or_faults(
    record: Trajectory | Fault, settings: RowSettings, state: PartState
) -> Iterator[dict[str, Any] | Fault]:
    """What becomes of a record: a row or a fault for each of its steps, or one fault for all."""
    if isinstance(record, Fault):
        yield record
        return
    state.counts["episodes"] += 1
    if record.episode in state.episodes or record.episode in state.skipped:
        yield twice(record.episode)
        return
    state.episodes.add(record.episode)
    for instance in window(record, settings.horizon, settings.history):
        state.counts["steps"] += 1
        yield instance if isinstance(instance, Fault) else _row(instance, settings)


def _row(instance: TrainingInstance, settings: RowSettings) -> dict[str, Any] | Fault:
    try:
        row = to_row(instance, 0, settings)
        check(row)
    except ValueError as error:
        where = f"{instance.trajectory.episode}, step {instance.position}"
        return Fault("bad row", where, "row", str(error), "mend the record, or the reader")
    return row


def begin_again_without_repeated(job: Job, states: Sequence[PartState]) -> bool:
    """Parts that hold an episode which an earlier part has too are to be converted again, without it. True when any is."""
    seen: set[str] = set()
    found = False
    for state in states:
        if repeated := state.episodes & seen:
            found = True
            for shard in state.shards:
                (job.folder / shard["file"]).unlink(missing_ok=True)  # an interrupted call may have come this far
            PartState(state.part, skipped=repeated).save(job.work / f"{state.part}.json")
        seen |= state.episodes
    return found


def twice(episode: str) -> Fault:
    """An episode that occurs a second time."""
    return Fault("duplicate", episode, "episode", "this episode occurs twice", "remove one of the two from the input")
