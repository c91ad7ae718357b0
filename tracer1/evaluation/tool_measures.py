"""What T3-Agent reports of tool use, for played tasks whose demonstrated calls are known: AnsAcc, ToolAcc, CodeExec.

Source: arXiv 2412.15606, section 5.1; it has no public code. AnsAcc: tasks answered right. ToolAcc: of the calls that the
demonstration needed, those whose tool was called, and the answers that were right, together. CodeExec: calls that worked; a
plan that could not be read is a call that did not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tracer1.episodes import EpisodeLog
from tracer1.evaluation.statistics import wilson
from tracer1.plans import parse


def tool_measures(logs: Sequence[EpisodeLog], needed: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """AnsAcc, ToolAcc and CodeExec with their intervals; ``needed``: the tools that each task's demonstration called."""
    right = sum(bool(log.outcome["success"]) for log in logs)
    hits = sum(tool in _called(log.turns) for log in logs for tool in needed[log.header["task"]])
    wanted = sum(len(needed[log.header["task"]]) for log in logs)
    calls = [turn for log in logs for turn in log.turns if _tool(turn) or not turn["plan"]]
    worked = sum(bool(turn["performed"]) for turn in calls)
    counts = {
        "AnsAcc": (right, len(logs)),
        "ToolAcc": (hits + right, wanted + len(logs)),
        "CodeExec": (worked, len(calls)),
    }
    return {name: asdict(wilson(*count)) for name, count in counts.items()}


def _called(turns: Iterable[Mapping[str, Any]]) -> set[str]:
    return {tool for turn in turns if (tool := _tool(turn))}


def _tool(turn: Mapping[str, Any]) -> str:
    """The tool that a turn called; empty when it called none."""
    position = turn.get("position", 0)
    steps = parse("\n".join(f"1. {line}" for line in turn["plan"][position : position + 1])).plan.steps
    return str(steps[0].action.arguments["name"]) if steps and steps[0].action.type == "call_tool" else ""
