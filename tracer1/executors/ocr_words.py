"""Which of the words on a screen a step instruction names.

Quoted texts are looked for as they are; of an instruction without quotes all but its verb, and the same without words such as
``the`` and ``button``. What is compared are runs of words in one line, by rapidfuzz' ratio (edits to the length of both; 0 to 100)
without case and punctuation. Of equally good ones the run wins that makes up more of its line, because a button's label stands
alone, and then the later one, because what asks for something stands above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from tracer1.coordinates import Box

LONGEST = 200
_QUOTED = re.compile(r'"([^"]+)"|“([^”]+)”|«([^»]+)»')
_VERB = re.compile(
    r"\W*(?:please\s+)?(?:(?:double|triple|right|middle|long)[\s-]+)?"
    r"(?:click|tap|press|choose|select|tick|check|open|hover|point|go)\b\s*(?:(?:on|at|to|over|the|a|an)\s+)*",
    re.IGNORECASE,
)
_ARTICLES = ("the", "a", "an", "on", "in", "of", "to", "with")
_ROLES = (
    "button",
    "link",
    "field",
    "box",
    "checkbox",
    "radio",
    "icon",
    "image",
    "tab",
    "menu",
    "dropdown",
    "option",
    "item",
)
_LEFT_OUT = frozenset((*_ARTICLES, *_ROLES, "row", "section", "input", "text", "area", "list", "slider"))


@dataclass(frozen=True, slots=True)
class Word:
    """A word, and its place in screenshot pixels."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class Found:
    """A run of words, and how much it is like what was looked for (0 to 100)."""

    words: tuple[Word, ...]
    likeness: float

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        """Around all words."""
        boxes = [word.box for word in self.words]
        left, top = min(box.left for box in boxes), min(box.top for box in boxes)
        return Box(left, top, max(box.right for box in boxes), max(box.bottom for box in boxes), "pixel")


def find(lines: Sequence[Sequence[Word]], instruction: str, cutoff: float) -> Found | None:
    """The run of words that the instruction names best; None when none is like it by ``cutoff`` or more."""
    best, rank = None, (cutoff, -1.0, -1)
    for wanted in named(instruction):
        for number, line in enumerate(lines):
            for run in _runs(line, len(wanted.split()) + 1):
                said = _plain(" ".join(word.text for word in run))
                likeness = fuzz.ratio(wanted, said, score_cutoff=rank[0])
                if likeness and (likeness, len(run) / len(line), number) > rank:
                    best, rank = Found(tuple(run), likeness), (likeness, len(run) / len(line), number)
    return best


def named(instruction: str) -> list[str]:
    """What to look for, in plain letters: the quoted texts, or what the instruction says beyond its verb."""
    instruction = instruction[:LONGEST]
    if quoted := ["".join(groups) for groups in _QUOTED.findall(instruction)]:
        return [_plain(text) for text in quoted]
    verb = _VERB.match(instruction)
    rest = instruction[verb.end() :].strip() if verb else instruction.strip()
    rest = rest or instruction.strip()
    core = " ".join(word for word in rest.split() if word.lower() not in _LEFT_OUT)
    return [_plain(text) for text in dict.fromkeys((rest, core)) if text]


def _runs(line: Sequence[Word], most: int) -> Iterator[Sequence[Word]]:
    for size in range(1, min(len(line), most) + 1):
        for start in range(len(line) - size + 1):
            yield line[start : start + size]


def _plain(text: str) -> str:
    """Small letters and digits; a text that has none, as it is."""
    return " ".join(re.findall(r"\w+", text.lower())) or text.strip()
