"""Reads run directories: the record, the metrics of both stages, the evaluations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracer1.evaluation.statistics import spread
from tracer1.files import read_json
from tracer1.report.record import FILE
from tracer1.training import metrics as metrics_files

STAGES = ("stage1", "stage2")
POLICIES = ("warm start", "stage 1", "stage 2")
_VALIDATION = re.compile(r"val-\w+/.+/(?:score|reward|acc)/mean@\d+")
WINDOW = 10


@dataclass(slots=True)
class Metrics:
    """Series of one stage: metric name → (step, value) pairs in order of the steps."""

    series: dict[str, list[tuple[int, float]]] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        return max((points[-1][0] for points in self.series.values()), default=0)

    def reward(self, key: str) -> list[tuple[int, float]]:
        """Mean of one key of the reward's result over a step's rollouts."""
        names = (f"reward/{key}", f"reward_extra/{key}/mean", *(["critic/score/mean"] if key == "score" else []))
        return self.first(*names)

    def first(self, *names: str) -> list[tuple[int, float]]:
        """The series of the first of these names that was logged."""
        return next((self.series[name] for name in names if name in self.series), [])

    def validation(self) -> list[tuple[int, float]]:
        """The validation score, where the trainer logged one."""
        return self.first(*sorted(filter(_VALIDATION.fullmatch, self.series)))


@dataclass(slots=True)
class Run:
    """One run directory, read."""

    directory: Path
    record: dict[str, Any]
    stages: dict[str, Metrics]
    evaluations: list[dict[str, Any]]

    @property
    def name(self) -> str:
        return self.directory.resolve().name


def read_run(directory: Path) -> Run:
    """Read a run. Raises ValueError when there is no such directory, nothing to report in it, or a file is damaged."""
    if not directory.is_dir():
        raise ValueError(f"there is no run directory {directory}")
    stages = {stage: read_metrics(directory / stage) for stage in STAGES if metrics_files.files(directory / stage)}
    evaluations = [read_json(path) | {"file": path} for path in sorted(directory.glob("evaluation/*.json"))]
    if not stages and not evaluations:
        raise ValueError(
            f"{directory} has neither stage1/metrics.jsonl, stage2/metrics.jsonl nor evaluation/*.json: is it a run?"
        )
    for evaluation in evaluations:
        if evaluation.get("kind") not in ("live", "offline") or "policy" not in evaluation or "split" not in evaluation:
            raise ValueError(f"{evaluation['file']} is not a result of 'python -m tracer1 score': move it elsewhere")
    path = directory / FILE
    return Run(directory, read_json(path) if path.exists() else {}, stages, evaluations)


def read_metrics(folder: Path) -> Metrics:
    """The curves of a stage's directory, over all its starts. Raises ValueError for a bad line."""
    metrics = Metrics()
    for step, values in metrics_files.read(folder).items():
        for key, value in values.items():
            metrics.series.setdefault(key, []).append((step, value))
    return metrics


def ends(points: Sequence[tuple[int, float]], window: int = WINDOW) -> tuple[float, float] | None:
    """Mean of the first and of the last ``window`` values (at most half of the series each), None for an empty
    series.
    """
    values = [value for _, value in points]
    if not values:
        return None
    width = max(1, min(window, len(values) // 2))
    return spread(values[:width]).mean, spread(values[-width:]).mean


def order(policy: str) -> tuple[int, str]:
    """Sorts policies as they arise: warm start, stage 1, stage 2, then others by name."""
    return (POLICIES.index(policy) if policy in POLICIES else len(POLICIES), policy)
