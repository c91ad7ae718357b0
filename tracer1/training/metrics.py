"""A run's metrics on disk: one JSON line a step, one file a start (``metrics-001.jsonl``, ``metrics-002.jsonl``, ...).

veRL's file logger starts an empty file each time; a resumed run therefore writes a new one, and reading joins them.
"""

from __future__ import annotations

import json
from pathlib import Path


def next_file(folder: Path) -> Path:
    """The file that the next start of a run in this folder writes."""
    return folder / f"metrics-{len(list(folder.glob('metrics-*.jsonl'))) + 1:03d}.jsonl"


def read(folder: Path) -> dict[int, dict[str, float]]:
    """Metrics by training step, of all starts; a repeated step counts as last written. A cut line is left out."""
    steps: dict[int, dict[str, float]] = {}
    for path in sorted(folder.glob("metrics-*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            steps.setdefault(record["step"], {}).update(record["data"])
    return dict(sorted(steps.items()))
