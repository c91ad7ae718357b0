"""The records of AgentTrek's file, each a prompt and an answer, as turns: the task, what was done before, the page, the action.

Sources: ServiceNow/AgentLab, agents/dynamic_prompting.py (the prompt; the history had ``### Action:`` before it had ``<action>``);
ServiceNow/BrowserGym, utils/obs.py (the tree: ``[bid] role 'name' value='…', property``, one node a line, names as Python writes
them).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracer1.dialects.objects import read_literal, read_statements
from tracer1.trajectories import Fault
from tracer1_data.sources import json_list
from tracer1_data.sources.records import text_of

FIX = "leave the record out, or report it to the dataset"
_PAST = re.compile(r"^(?:### Action:|<action>)[ \t]*\n(.+)", re.MULTILINE)
_QUOTED = r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\""


@dataclass(frozen=True, slots=True)
class Turn:
    """One record: the task, the actions before it (the first line of each), the page's tree, and the action."""

    where: str
    number: int
    goal: str
    past: tuple[str, ...]
    tree: str
    action: str

    def follows(self, before: Turn) -> bool:
        """Whether it is a later step of the same trajectory."""
        known = len(before.past)
        return self.goal == before.goal and len(self.past) > known and self.past[:known] == before.past

    def repeats(self, before: Turn) -> bool:
        """Whether it is the same step again."""
        return (self.goal, self.past, self.action) == (before.goal, before.past, before.action)

    def element(self, bid: Any) -> tuple[str, str] | None:
        """Role and name of the element of that id, as the tree has them; None when the tree has none."""
        node = rf"^[ \t]*\[{re.escape(str(bid))}\][ \t]+(\w+)(?:[ \t]+({_QUOTED}))?"
        found = re.search(node, self.tree, re.MULTILINE)
        return (found[1], _unquoted(found[2]) if found[2] else "") if found else None


def _unquoted(text: str) -> str:
    try:
        match read_statements(text):
            case [ast.Expr(value)]:
                return str(read_literal(value))
    except ValueError:
        pass
    return text[1:-1]


def read_turns(file: Path) -> Iterator[Turn | Fault]:
    """The file's records in order."""
    for number, (_, record) in enumerate(json_list.iterate(file)):
        yield record if isinstance(record, Fault) else _turn(record, f"{file.name}, record {number}", number)


def _turn(record: dict[str, Any], where: str, number: int) -> Turn | Fault:
    prompt, answer = (_said(record.get("messages"), role) for role in ("user", "assistant"))
    goal = text_of(_section(prompt, "## Goal:", "# Observation", "## Extra instructions"))
    if not goal:
        return Fault("missing field", where, "messages, ## Goal:", "the prompt names no task", FIX)
    past = _section(prompt, "# History of interaction", "# Action space", "# Abstract Example", "# Concrete Example")
    _, _, ending = answer.rpartition("<action>")
    action, closed, _ = ending.partition("</action>")
    return Turn(
        where=where,
        number=number,
        goal=goal,
        past=tuple(action.strip() for action in _PAST.findall(past)),
        tree=_section(prompt, "## AXTree:", "# History of interaction"),
        action=action.strip() if closed else "",
    )


def _said(messages: Any, role: str) -> str:
    """The last text of that role; empty when there is none."""
    texts = [
        message.get("content")
        for message in (messages if isinstance(messages, list) else ())
        if isinstance(message, dict) and message.get("role") == role
    ]
    return texts[-1] if texts and isinstance(texts[-1], str) else ""


def _section(text: str, heading: str, *ends: str) -> str:
    """What stands between a heading and the first of those that may follow it, each at the beginning of a line."""
    text = f"\n{text}"
    start = text.find(f"\n{heading}")
    if start < 0:
        return ""
    start += 1 + len(heading)
    stops = [at for end in ends if (at := text.find(f"\n{end}", start)) >= 0]
    return text[start : min(stops, default=len(text))]
