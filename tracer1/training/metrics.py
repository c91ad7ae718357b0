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
    """Numbers by training step, of all starts; a repeated step counts as last written.

    A last line that was cut off by a crash is left out. Raises ValueError, with file and line, for any other bad line.
    """
    steps: dict[int, dict[str, float]] = {}
    for path in files(folder):
        lines = path.read_text(encoding="utf-8").split("\n")
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
                values = {key: float(value) for key, value in record["data"].items() if isinstance(value, int | float)}
                steps.setdefault(int(record["step"]), {}).update(values)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                if number < len(lines):
                    raise ValueError(f"{path}, line {number}: no line of veRL's file logger ({error!r})") from error
    return dict(sorted(steps.items()))
