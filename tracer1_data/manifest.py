"""The manifest of a prepared set: what it was made from, how, what became of every record, and each shard's SHA-256.

It is written last, so a directory that has one is complete.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tracer1.files import read_json, write_json, written_whole
from tracer1_data.convert import Job, PartState
from tracer1_data.sources import SOURCES, Part, load_source
from tracer1_data.sources.records import UNREADABLE

NAME = "manifest.json"
REJECTED = "rejected.jsonl"
VERSION = 1
_ENDS = 1 << 16


def describe(job: Job, parts: Sequence[Part]) -> dict[str, Any]:
    """All that decides the output: settings, a fingerprint of each input file, and their folder where rows name it."""
    root = job.input if job.input.is_dir() else job.input.parent
    files = sorted({file for part in parts for file in part.files})
    return {
        "version": VERSION,
        "source": job.source,
        "format": job.format,
        "shard_bytes": job.shard_bytes,
        "settings": asdict(job.settings),
        **({"root": str(root.absolute())} if job.settings.images == "paths" else {}),
        "input": {str(f.relative_to(root) if f.is_relative_to(root) else f): fingerprint(f) for f in files},
        "parts": [part.name for part in parts],
    }


def fingerprint(file: Path) -> str:
    """Size and a SHA-256 of the first and the last 64 KiB: enough to notice another file, cheap for terabytes."""
    size = file.stat().st_size
    with file.open("rb") as data:
        digest = hashlib.sha256(data.read(_ENDS))
        data.seek(max(0, size - _ENDS))
        digest.update(data.read(_ENDS))
    return f"{size}:{digest.hexdigest()[:32]}"


def find_finished(output: Path, plan: dict[str, Any]) -> dict[str, Any] | None:
    """The manifest of a finished set with the same plan. Raises ValueError when ``output`` holds anything else."""
    manifest, unfinished = output / NAME, output / ".work" / "plan.json"
    if manifest.exists():
        written = read_json(manifest)
        if isinstance(written, dict) and written.get("plan") == plan:
            return written
        raise ValueError(f"{output} holds a set of other input or settings: choose another output, or remove it")
    if unfinished.exists():
        if read_json(unfinished) != plan:
            raise ValueError(
                f"{output} holds an unfinished set of other input or settings: choose another output, or remove it"
            )
    elif output.is_dir() and any(output.glob("*.parquet")):
        raise ValueError(f"{output} holds Parquet files of another origin: choose another output")
    return None


def finish(job: Job, plan: dict[str, Any], states: Sequence[PartState]) -> dict[str, Any]:
    """Write ``rejected.jsonl`` and the manifest, and remove the working state."""
    counts: Counter[str] = sum((state.counts for state in states), Counter())
    _write_rejected(job, states)
    source = load_source(job.source, SOURCES)
    manifest = {
        "plan": plan,
        "what": source.what,
        "url": source.url,
        "licence": source.licence,
        "counts": {name: number for name, number in sorted(counts.items()) if number},
        "shards": [shard for state in states for shard in state.shards],
    }
    write_json(job.output / NAME, manifest)
    shutil.rmtree(job.work)
    return manifest


def _write_rejected(job: Job, states: Sequence[PartState]) -> None:
    with written_whole(job.output / REJECTED) as partial, partial.open("w", encoding="utf-8") as out:
        for state in states:
            for piece in range(state.pieces):
                out.write((job.work / f"{state.part}-{piece:03d}.faults").read_text(encoding="utf-8"))


def why_too_much(manifest: dict[str, Any], tolerated: float) -> str:
    """Why more was rejected than is tolerated, a share of the steps; empty when it was not. A file that cannot be read to its
    end stands for an unknown number of records: only a share of 1 tolerates it."""
    counts = manifest["counts"]
    if tolerated < 1 and (files := counts.get(f"rejected: {UNREADABLE}", 0)):
        return f"a file could not be read to its end ({files} in all)"
    bad = sum(number for name, number in counts.items() if name.startswith("rejected"))
    steps = max(1, counts.get("steps", 0))
    if bad <= tolerated * steps:
        return ""
    return f"{bad} records or steps of {steps} were rejected, more than --max-rejected {tolerated:g} allows"
