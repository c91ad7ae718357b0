"""A run's metrics on disk: ``metrics.jsonl``, one JSON line a step, and ``metrics-001.jsonl`` ... of its earlier starts.

veRL's file logger starts an empty file each time; the file of the start before is therefore put aside first.
"""

from __future__ import annotations

import json
from pathlib import Path


def put_aside(folder: Path) -> Path:
    """Keep the metrics of earlier starts under a number; returns the file that this start writes."""
    current = folder / "metrics.jsonl"
    if current.exists():
        current.rename(folder / f"metrics-{len(files(folder)):03d}.jsonl")
    return current


def files(folder: Path) -> list[Path]:
    """The metrics files of a run, oldest start first."""
    current = folder / "metrics.jsonl"
    return [*sorted(folder.glob("metrics-*.jsonl")), *([current] if current.exists() else [])]


def read(folder: Path) -> dict[int, dict[str, float]]:
    """Metrics by training step, of all starts; a repeated step counts as last written. A cut line is left out."""
    steps: dict[int, dict[str, float]] = {}
    for path in files(folder):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            steps.setdefault(record["step"], {}).update(record["data"])
    return dict(sorted(steps.items()))
