"""The records of AgentTrek's file, each a prompt and an answer, as turns: the task, what was done before, the page, the action.

A record begins with ``{"messages":``, which cannot stand within a JSON text, where quotation marks are escaped. So records are
found without reading what lies between, a damaged one costs nothing but itself, and memory is that of the largest record. The
file may be a JSON list or JSON Lines.

Sources: ServiceNow/AgentLab, agents/dynamic_prompting.py (the prompt; the history had ``### Action:`` before it had ``<action>``);
ServiceNow/BrowserGym, utils/obs.py (the tree: ``[bid] role 'name' value='…', property``, one node a line, names as Python writes
them).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tracer1.dialects.objects import read_literal, read_statements
from tracer1.trajectories import Fault
from tracer1_data.sources.records import LONGEST_RECORD, parse_record, text_of
from tracer1_data.sources.wording import Named

FIX = "leave the record out, or report it to the dataset"
CHUNK = 1 << 20
BEGIN = re.compile(rb'\{\s*"messages"\s*:')
_AROUND = b" \t\r\n,[]\xef\xbb\xbf"
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

    def element(self, bid: Any) -> Named | None:
        """The element of that id as the tree names it; None when the tree has none."""
        node = rf"^[ \t]*\[{re.escape(str(bid))}\][ \t]+(\w+)(?:[ \t]+({_QUOTED}))?"
        found = re.search(node, self.tree, re.MULTILINE)
        return Named(found[1], _unquoted(found[2]) if found[2] else "") if found else None


def _unquoted(text: str) -> str:
    try:
        match read_statements(text):
            case [ast.Expr(value)]:
                return str(read_literal(value))
    except ValueError:
        pass
    return text[1:-1]


def read_turns(file: Path) -> Iterator[Turn | Fault]:
    """The file's records in order. Raises OSError."""
    for number, piece in enumerate(_pieces(file)):
        where = f"{file.name}, record {number}"
        record = parse_record(piece, where)
        yield record if isinstance(record, Fault) else _turn(record, where, number)
    if _is_cut(file):
        yield Fault(
            "unreadable file", file.name, "file", "the list never ends: records are missing", "download it again"
        )


def _pieces(file: Path) -> Iterator[bytes]:
    """The bytes from each record's beginning to the next one's, and what stands before the first."""
    held = b""
    with file.open("rb") as data:
        while chunk := data.read(CHUNK):
            held += chunk
            borders = [0, *(begin.start() for begin in BEGIN.finditer(held))]
            yield from filter(None, (held[start:end].strip(_AROUND) for start, end in pairwise(borders)))
            held = held[borders[-1] :]
            if len(held) > LONGEST_RECORD:
                yield held
                held = b""
    if held.strip(_AROUND):
        yield held.strip(_AROUND)


def _is_cut(file: Path) -> bool:
    with file.open("rb") as data:
        is_list = data.read(CHUNK).lstrip(_AROUND.replace(b"[", b"")).startswith(b"[")
        data.seek(max(0, file.stat().st_size - CHUNK))
        return is_list and not data.read().rstrip().endswith(b"]")


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
