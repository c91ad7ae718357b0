"""The protocol card: a score with everything that decides it, so that it can be compared.

``card.json`` and ``card.md`` lie beside the predictions; ``journal.csv`` gets one line a metric for every card made there. A
score over less than the whole split says so in the same line, always. With several runs (sampling seeds) a metric is their
mean, its interval the mean of their intervals (which samples), and ``sd`` the spread between runs (which seed).
"""

from __future__ import annotations

import csv
import os
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from itertools import chain
from pathlib import Path
from typing import Any

import tracer1
from tracer1.evaluation.harness.base import Metric, ProtocolCard
from tracer1.evaluation.statistics import spread
from tracer1.files import read_json, write_json, write_text
from tracer1.trajectories import Fault

SCHEMA = 1
FILE = "card.json"
COLUMNS = (
    "time", "benchmark", "split", "protocol", "metric", "part", "value", "low", "high", "sd", "n", "of", "runs", "partial",
    "model", "executor", "horizon", "history", "prompt", "commit",
)  # fmt: skip


def coverage(
    total: int, chosen: int, answered: int, faults: Sequence[Fault], unjudged: int = 0, of: str = "samples"
) -> dict[str, Any]:
    """How much of a split a score is over. ``partial`` says in words what is missing; it is empty when nothing is.

    What a protocol leaves out on purpose (``Fault.expected``) is not missing. ``unjudged`` of the ``faults`` are samples.
    """
    damaged = sum(not fault.expected for fault in faults) - unjudged
    missing = {
        f"--limit {chosen:,}": total - chosen,
        f"{chosen - answered:,} without an answer": chosen - answered,
        f"{unjudged:,} that cannot be judged": unjudged,
        f"{damaged:,} damaged or missing": damaged,
    }
    n, why = answered - unjudged, [reason for reason, number in missing.items() if number]
    counted = Counter((fault.kind, fault.expected) for fault in faults)
    return {
        "n": n,
        "total": total + damaged,
        "partial": f"PARTIAL, {n:,} of {total + damaged:,} {of}: {'; '.join(why)}" if why else "",
        "faults": {kind: number for (kind, expected), number in counted.items() if not expected},
        "excluded": {kind: number for (kind, expected), number in counted.items() if expected},
    }


def combine(runs: Sequence[Sequence[Metric]]) -> list[dict[str, Any]]:
    """Metrics of several runs as one: ``value``, ``low`` and ``high`` are means over the runs, ``sd`` their sample standard
    deviation, ``values`` each run's. A value is None where there is no n; a run that lacks a metric counts nowhere in it."""
    metrics: dict[tuple[str, str], list[Metric]] = {}
    for metric in chain.from_iterable(runs):
        metrics.setdefault((metric.name, metric.part), []).append(metric)
    found = []
    for all_of_them in metrics.values():
        same = [metric for metric in all_of_them if metric.n]
        entry = asdict(all_of_them[0]) | {"value": None, "low": None, "high": None}
        if same:
            entry |= {"n": min(one.n for one in same)}
            entry |= {key: spread([getattr(one, key) for one in same]).mean for key in ("value", "low", "high")}
        if len(runs) > 1 and same:
            values = [one.value for one in same]
            entry |= {"sd": spread(values).deviation, "values": values}
        found.append(entry)
    return found


def describe(card: Mapping[str, Any], metric: Mapping[str, Any]) -> str:
    """A metric in one line, with what it is over."""
    name = f"{card['benchmark']} {card['split']}{' ' + metric['part'] if metric['part'] else ''}, {card['protocol']['name']}"
    if metric["value"] is None:
        return f"{name}: {metric['name']} has nothing to be measured on"
    unit = metric.get("unit", "")
    spread_over = f" ± {told(metric['sd'], unit)} over {len(metric['values'])} runs" if "sd" in metric else ""
    interval = f"95 % {told(metric['low'], unit)} to {told(metric['high'], unit)}"
    partial = f" – {card['samples']['partial']}" if card["samples"]["partial"] else ""
    value = f"{metric['name']} {told(metric['value'], unit)}{spread_over}"
    return f"{name}: {value} ({interval}, n = {metric['n']:,} {metric['of']}){partial}"


def told(value: float, unit: str = "") -> str:
    """A share in percent, anything else in its unit."""
    return f"{value:.2f} {unit}" if unit else f"{value:.1%}"


def rules(protocol: ProtocolCard) -> dict[str, Any]:
    """The protocol's own card as JSON."""
    return asdict(protocol) | {"quirks": list(protocol.quirks), "measures": dict(protocol.measures)}


def when_and_where() -> dict[str, Any]:
    """Time, versions, and the state of the checkout that this package runs from."""
    from tracer1.report.record import machine, versions

    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return {"time": now, "versions": versions(), "machine": machine(), "git": git_state()}


def git_state() -> dict[str, Any] | None:
    """Commit, and whether anything differs from it; None outside a checkout."""
    root = Path(tracer1.__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return None
    try:
        commit, status = (_git(root, *words) for words in (("rev-parse", "HEAD"), ("status", "--porcelain")))
    except (OSError, subprocess.SubprocessError):
        return None
    return {"commit": commit.strip(), "dirty": bool(status.strip())}


def write_card(directory: Path, card: Mapping[str, Any]) -> None:
    """Write ``card.json`` and ``card.md``, and add to ``journal.csv``."""
    write_json(directory / FILE, card)
    write_text(directory / "card.md", markdown(card))
    path = directory / "journal.csv"
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", extrasaction="ignore")
        if not path.stat().st_size:
            writer.writeheader()
        writer.writerows(_line(card, metric) for metric in card["metrics"])
        file.flush()
        os.fsync(file.fileno())


def read_card(directory: Path) -> dict[str, Any]:
    """A card back. Raises ValueError when there is none, or it is of another kind."""
    path = directory / FILE if directory.is_dir() else directory
    card = read_json(path)
    if not isinstance(card, dict) or card.get("schema") != SCHEMA or "metrics" not in card:
        raise ValueError(f"{path} is no card of this version: make it with python -m tracer1 evaluate")
    return card


def markdown(card: Mapping[str, Any]) -> str:
    """The card as a page."""
    protocol, samples = card["protocol"], card["samples"]
    lines = [f"# {card['benchmark']}, {card['split']}: {protocol['name']}", ""]
    lines += [f"- {describe(card, metric)}" for metric in card["metrics"]]
    for name, metrics in card["other_protocols"].items():
        lines += ["", f"Under {name}:", ""]
        lines += [f"- {describe({**card, 'protocol': {'name': name}}, metric)}" for metric in metrics]
    lines += ["", "## Protocol", "", f"Source: {protocol['source']}", ""]
    lines += [f"- {key}: {protocol[key]}" for key in ("click", "text", "scroll", "other", "excluded") if protocol[key]]
    lines += [f"- {name}: {says}" for name, says in protocol["measures"].items()]
    lines += [f"- quirk: {quirk}" for quirk in protocol["quirks"]]
    lines += ["", "## Samples", "", f"- {samples['partial'] or 'complete'}; digest {samples.get('digest') or '–'}"]
    for title in ("faults", "excluded", "unanswered"):
        lines += [f"- {title}: {kind} {number:,}" for kind, number in samples.get(title, {}).items()]
    lines += ["", "## Made with", ""]
    lines += [f"- {name}: {value}" for name, value in {**card["made_with"], **card["made"]}.items()]
    return "\n".join(lines) + "\n"


def _line(card: Mapping[str, Any], metric: Mapping[str, Any]) -> dict[str, Any]:
    made, git = card["made_with"], card["made"]["git"] or {}
    about = {key: made.get(key, "") for key in ("model", "horizon", "history", "prompt")}
    about["executor"] = (made.get("executor") or {}).get("name", "")
    about["commit"] = git.get("commit", "") + ("+dirty" if git.get("dirty") else "")
    place = {"benchmark": card["benchmark"], "split": card["split"], "protocol": card["protocol"]["name"]}
    runs = {"runs": len(card["seeds"]), "partial": card["samples"]["partial"], "time": card["made"]["time"]}
    return {**place, **about, **runs, **metric, "metric": metric["name"]}


def _git(root: Path, *words: str) -> str:
    return subprocess.run(
        ["git", "-C", str(root), *words], capture_output=True, text=True, check=True, timeout=20
    ).stdout
