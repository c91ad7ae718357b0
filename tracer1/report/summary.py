"""``report.json``: everything that the report states as a number.

``schema`` 1: ``runs`` (name, record), ``stages`` (stage → reward key → first, last, change: each with mean, deviation
over runs and the value of every run), ``success`` (one entry per policy and split: pooled n, successes, rate, Wilson
interval, per task, spread over runs), ``offline`` (policy, split, metrics with mean and spread over runs),
``executor`` (accuracy on references). ``unscored`` counts the episodes and rows that the executor's failure ended: they count
nowhere else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tracer1.evaluation.statistics import spread, wilson
from tracer1.report.runs import STAGES, Run, ends, order

SCHEMA = 1
COMPONENTS = (
    "score",
    "alignment",
    "first_step",
    "type_match",
    "instruction",
    "grounding",
    "answer",
    "repetition",
    "format",
    "parse_failed",
    "unscored",
    "plan_length",
)
OTHERS = {
    "zero_variance_groups": ("groups/zero_variance",),
    "pass_at_n": ("groups/first_step_best",),
    "rows_lost": ("groups/rows_lost",),
    "probability_difference": ("training/rollout_probs_diff_mean",),
    "entropy": ("actor/entropy",),
    "step_seconds": ("timing_s/step", "perf/time_per_step"),
}
OFFLINE = ("stage1_score", "stage2_score", "first_step", "executed", "instruction", "plan_length", "parse_failed")


def summarise(runs: Sequence[Run]) -> dict[str, Any]:
    """The content of ``report.json`` for one or several runs."""
    return {
        "schema": SCHEMA,
        "runs": [{"name": run.name, **run.record} for run in runs],
        "stages": {stage: learned for stage in STAGES if (learned := _stage(runs, stage))},
        "success": _success(runs),
        "offline": _offline(runs),
        "executor": _executor(runs),
    }


def _stage(runs: Sequence[Run], stage: str) -> dict[str, Any]:
    trained = [run.stages[stage] for run in runs if stage in run.stages]
    if not trained:
        return {}
    found: dict[str, Any] = {"steps": [metrics.steps for metrics in trained]}
    series = {key: [metrics.reward(key) for metrics in trained] for key in COMPONENTS}
    series |= {key: [metrics.first(*names) for metrics in trained] for key, names in OTHERS.items()}
    series["validation"] = [metrics.validation() for metrics in trained]
    for key, all_points in series.items():
        pairs = [pair for points in all_points if (pair := ends(points))]
        if pairs:
            found[key] = {
                "first": _spread([first for first, _ in pairs]),
                "last": _spread([last for _, last in pairs]),
                "change": _spread([last - first for first, last in pairs]),
            }
    return found


def _success(runs: Sequence[Run]) -> list[dict[str, Any]]:
    found = []
    for (policy, split), results in _grouped(runs, "live"):
        tasks: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for result in results:
            for task, rate in result["tasks"].items():
                tasks[task].append(rate)
        found.append(
            {
                "policy": policy,
                "split": split,
                **_pooled([result["overall"] for result in results]),
                "over_runs": _spread([result["overall"]["rate"] for result in results]),
                "tasks": {task: _pooled(rates) for task, rates in sorted(tasks.items())},
                "ended": _added([result["ended"] for result in results]),
                "unscored": sum(len(result.get("unscored", ())) for result in results),
                "measures": _measures(results),
            }
        )
    return found


def _measures(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What was measured besides success (of tool use), pooled and over runs."""
    names = [name for name in results[0].get("measures", {}) if all(name in one.get("measures", {}) for one in results)]
    rates = {name: [result["measures"][name] for result in results] for name in names}
    return {name: _pooled(one) | {"over_runs": _spread([rate["rate"] for rate in one])} for name, one in rates.items()}


def _offline(runs: Sequence[Run]) -> list[dict[str, Any]]:
    found = []
    for (policy, split), results in _grouped(runs, "offline"):
        entry: dict[str, Any] = {"policy": policy, "split": split, "rows": results[0]["rows"]}
        for way in ("greedy", "sampled"):
            shared = [key for key in OFFLINE if all(key in result[way] for result in results)]
            entry[way] = {
                key: _spread([result[way][key]["mean"] for result in results])
                | {"error": max(result[way][key]["error"] for result in results)}
                for key in shared
            }
        for key in ("pass_first_step", "pass_executed"):
            entry["sampled"][key] = _spread([result["sampled"][key] for result in results])
        entry["unscored"] = sum(
            result["rows"] - result["greedy"]["executed"].get("rows", result["rows"]) for result in results
        )
        entry["samples"] = results[0]["sampled"]["samples"]
        found.append(entry)
    return found


def _executor(runs: Sequence[Run]) -> dict[str, Any]:
    """Accuracy on the references, split by split (it does not depend on the policy)."""
    found = {}
    for (_, split), results in _grouped(runs, "offline"):
        found[split] = results[0]["executor"]
    return found


def _grouped(runs: Sequence[Run], kind: str) -> list[tuple[tuple[str, str], list[dict[str, Any]]]]:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for run in runs:
        for evaluation in run.evaluations:
            if evaluation["kind"] == kind:
                groups[evaluation["policy"], evaluation["split"]].append(evaluation)
    return sorted(groups.items(), key=lambda item: (item[0][1], order(item[0][0])))


def _pooled(rates: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return asdict(wilson(sum(rate["successes"] for rate in rates), sum(rate["n"] for rate in rates)))


def _added(counts: Sequence[dict[str, int]]) -> dict[str, int]:
    names = {name for count in counts for name in count}
    return {name: sum(count.get(name, 0) for count in counts) for name in sorted(names)}


def _spread(values: Sequence[float]) -> dict[str, Any]:
    found = spread(values)
    return {"mean": found.mean, "deviation": found.deviation, "values": list(values)}
