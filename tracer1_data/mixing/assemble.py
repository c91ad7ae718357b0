"""One shuffled training set of several sets of rows, in memory that does not grow with them.

The rows are chosen from light columns (:mod:`tracer1_data.mixing.choose`). One pass over the inputs scatters the chosen ones over
bucket files (:mod:`tracer1_data.mixing.buckets`), from which the shards are written in the order of the mixture. Everything is made
in ``DIR/.work``; the shards move up when all are there, and the manifest comes last, so a directory that has one is complete.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from tracer1.files import write_json
from tracer1_data.directory import digest, read_manifest, shards
from tracer1_data.manifest import NAME, find_finished, fingerprint
from tracer1_data.mixing.buckets import in_order, scatter
from tracer1_data.mixing.choose import Chosen, choose
from tracer1_data.mixing.mixture import Mixture
from tracer1_data.shards import SHARD_BYTES, Shard, ShardWriter

VERSION = 1
Advance = Callable[[str, int, int], None]


def make(
    mixture: Mixture,
    output: Path,
    shard_bytes: int = SHARD_BYTES,
    advance: Advance = lambda what, done, total: None,
) -> dict[str, Any]:
    """Write a mixture and give its manifest. One that is finished is left as it is; an interrupted one is begun anew.

    ``advance`` is told what is done, and how many rows of how many. Raises ValueError when the mixture asks for what is not
    there, an input does not fit, or ``output`` holds anything else; OSError when it cannot be written.
    """
    plan, work = _plan(mixture, shard_bytes), output / ".work"
    finished = find_finished(output, plan)
    if finished is None:
        chosen = choose(mixture)
        _clear(output, work)
        write_json(work / "plan.json", plan)
        finished = {"plan": plan} | _write(mixture, chosen, output, work, shard_bytes, advance)
        write_json(output / NAME, finished)
    shutil.rmtree(work, ignore_errors=True)
    return finished


def _plan(mixture: Mixture, shard_bytes: int) -> dict[str, Any]:
    """All that decides the output: the mixture and its inputs."""
    inputs = {source.rows: _fingerprint(Path(source.rows)) for source in mixture.sources}
    return {
        "version": VERSION,
        "mixture": json.loads(json.dumps(asdict(mixture))),
        "shard_bytes": shard_bytes,
        "input": inputs,
    }


def _fingerprint(path: Path) -> dict[str, str]:
    """The manifest's SHA-256 (it has those of the shards), or what is cheaply known of each file."""
    if read_manifest(path):
        return {NAME: digest(path / NAME)}
    return {file.name: fingerprint(file) for file in shards(path)}


def _clear(output: Path, work: Path) -> None:
    """Remove what an interrupted call left. Only shards that it moved can be there: an output must be empty at first."""
    if work.exists():
        for moved in output.glob("train-*.parquet"):
            moved.unlink()
        shutil.rmtree(work)


def _write(
    mixture: Mixture, chosen: Sequence[Chosen], output: Path, work: Path, shard_bytes: int, advance: Advance
) -> dict[str, Any]:
    """The shards, and what the manifest says of them and of the inputs."""
    total, origins = sum(len(source.taken) for source in chosen), Counter[str]()
    buckets = scatter(chosen, work, lambda done: advance("read", done, total))

    def counted() -> Iterator[dict[str, Any]]:
        for done, row in enumerate(in_order(buckets), 1):
            origins[row["extra_info"]["source"]] += 1
            yield row
            if done % 100 == 0 or done == total:
                advance("written", done, total)

    written = _write_shards(counted(), work, chosen[0].schema, shard_bytes)
    for shard in written:
        (work / shard.file).replace(output / shard.file)
    left_out = sum((source.left_out for source in chosen), Counter())
    sources = [_account(source.rows, one) for source, one in zip(mixture.sources, chosen, strict=True)]
    return {
        "licence": "; ".join(sorted({one["licence"] for one in sources if one["licence"]})),
        "counts": {"rows": total, **{f"left out: {why}": number for why, number in sorted(left_out.items())}},
        "rows_by_source": dict(sorted(origins.items())),
        "sources": sources,
        "shards": [asdict(shard) for shard in written],
    }


def _write_shards(rows: Iterator[dict[str, Any]], work: Path, schema: pa.Schema, shard_bytes: int) -> list[Shard]:
    written: list[Shard] = []
    row = next(rows, None)
    while row is not None:
        with ShardWriter(work / f"train-{len(written):05d}.parquet", schema) as writer:
            while row is not None and (writer.rows == 0 or writer.size < shard_bytes):
                writer.write(row)
                row = next(rows, None)
            written.append(writer.finish())
    return written


def _account(path: str, chosen: Chosen) -> dict[str, Any]:
    """What became of the rows of a source."""
    manifest = read_manifest(Path(path)) or {}
    return {
        "rows": path,
        "licence": manifest.get("licence", ""),
        "there": chosen.rows,
        "taken": len(chosen.taken),
        "left_out": {why: number for why, number in chosen.left_out.items() if number},
    }
