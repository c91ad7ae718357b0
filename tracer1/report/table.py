"""A report's main numbers as a Markdown table, for a README.

python -m tracer1.report.table examples/quickstart/report.json
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tracer1.files import read_json
from tracer1.report.runs import POLICIES

SCORES = (
    ("greedy", "stage1_score", "stage-1 score"),
    ("greedy", "executed", "first step right when executed"),
    ("sampled", "executed", "the same of sampled plans"),
)


def markdown(report: dict[str, Any]) -> str:
    """One row a measure, one column a planner: mean over runs; of several, the smallest and the largest in brackets."""
    policies = [name for name in POLICIES if any(name == entry["policy"] for entry in report["success"])]
    lines = [f"| | {' | '.join(policies)} |", "|---|" + "---|" * len(policies)]
    for split in dict.fromkeys(entry["split"] for entry in report["success"]):
        cells = [_live(report, policy, split) for policy in policies]
        lines.append(f"| **episodes solved, {split}** | {' | '.join(cells)} |")
        for name in _find(report["success"], policies[0], split).get("measures", {}):
            if name != "AnsAcc":  # which is the share of episodes solved
                shares = [_measure(report, policy, split, name) for policy in policies]
                lines.append(f"| {name}, {split} | {' | '.join(shares)} |")
    for split in dict.fromkeys(entry["split"] for entry in report["offline"]):
        for plans, key, title in SCORES:
            cells = [_offline(report, policy, split, plans, key) for policy in policies]
            lines.append(f"| {title}, {split} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _live(report: dict[str, Any], policy: str, split: str) -> str:
    entry = _find(report["success"], policy, split)
    values = entry["over_runs"]["values"]
    return f"{entry['successes']}/{entry['n']} = {entry['rate']:.0%}" + _range(values, ".0%")


def _measure(report: dict[str, Any], policy: str, split: str, name: str) -> str:
    measure = _find(report["success"], policy, split)["measures"][name]
    return f"{measure['rate']:.0%}" + _range(measure["over_runs"]["values"], ".0%")


def _offline(report: dict[str, Any], policy: str, split: str, plans: str, key: str) -> str:
    measured = _find(report["offline"], policy, split)[plans][key]
    return f"{measured['mean']:.2f}" + _range(measured["values"], ".2f")


def _range(values: list[float], form: str) -> str:
    return f" ({min(values):{form}}–{max(values):{form}})" if len(values) > 1 else ""


def _find(entries: list[dict[str, Any]], policy: str, split: str) -> dict[str, Any]:
    return next(entry for entry in entries if (entry["policy"], entry["split"]) == (policy, split))


if __name__ == "__main__":
    sys.stdout.write(markdown(read_json(Path(sys.argv[1]))))
