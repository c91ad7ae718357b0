"""The thought before a block of agent code → one line that says what each of its steps does.

A thought tells what was found and then what is done next, often with a list between. The instruction of a step is the first
sentence that announces something ("I will …", "Let me …"), failing that the last sentence; a step that finishes is announced
by words such as "final answer". If a block has several calls, what tells each from the others is added.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from tracer1_data.sources.mm_traj_code import CodeStep

LONGEST = 240
"""Characters of a sentence; a longer one is cut at a word."""
_LABEL = re.compile(r"(?:^|\n)[#* \t]*(?:Final )?Thoughts?(?::|\*\*|\n)[*:]*")
_CODE = re.compile(r"[#* ]{0,8}Code:?\*{0,4}$")
_MARKER = re.compile(r"^\s*(?:[-*#>•]+|\d{1,3}[.)])\s+")
_BETWEEN = re.compile(r"(?<!\b[DJMS]r\.)(?<!\bMrs\.)(?<=[.!?])\s+(?=[A-Z`\"'(])")
_ANNOUNCES = re.compile(
    r"\b(?:I will|I['’]ll|I need|I can|I should|I want|I['’]m going|I am going|[Ww]e will|[Ww]e['’]ll|[Ll]et me|[Ll]et['’]s|"
    r"[Ll]et us)\b"
)
_FINISHES = re.compile(
    r"final[ _](?:answer|output|response|result)|finali[sz]e|\breturn\b|\banswer\b|summari[sz]e", re.I
)


def instruct(thought: str, steps: Sequence[CodeStep]) -> list[str]:
    """One instruction for each step of the block that follows the thought."""
    sentences = _sentences(thought)
    calls = [step for step in steps if step.tool]
    finishing = [sentence for sentence in sentences if _FINISHES.search(sentence)]
    finish = _cut(_announced(finishing or ([] if calls else sentences))) or "Give the final answer"
    said = _cut(_announced(sentences) or "".join(sentences[-1:]))
    return [f"{said or f'Call {step.tool}'}{_difference(step, calls)}" if step.tool else finish for step in steps]


def _announced(sentences: Sequence[str]) -> str:
    return next(filter(_ANNOUNCES.search, sentences), "")


def _sentences(thought: str) -> list[str]:
    *_, said = _LABEL.split(thought)
    said = _CODE.sub("", said.rstrip()) or _CODE.sub("", thought.rstrip())
    lines = (" ".join(_MARKER.sub("", line).split()) for line in said.replace("**", "").split("\n"))
    return [part.rstrip(":.") for line in lines for part in _BETWEEN.split(line) if re.search(r"\w", part)]


def _difference(step: CodeStep, calls: list[CodeStep]) -> str:
    """The first thing in which the call differs from another one of its block."""
    others = [{"tool": call.tool} | call.arguments for call in calls]
    for name, value in ({"tool": step.tool} | step.arguments).items():
        if any(name not in other or other[name] != value for other in others):
            return f" ({_cut(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))})"
    return ""


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST].rpartition(' ')[0] or line[:LONGEST]} …"
