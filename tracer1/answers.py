"""When an answer is right: the rules by which tool outputs and final answers are compared with the expected one.

- ``text``: equal after Unicode normalisation, letter case and white space aside (ours);
- ``gaia``: GAIA's scorer (Hugging Face spaces/gaia-benchmark/leaderboard, scorer.py): numbers as numbers, lists element by
  element, other text without white space, case and punctuation;
- ``gta``: GTA's whitelist (open-compass/GTA, opencompass/datasets/gta_bench.py): of every group one alias occurs as whole
  words, and none of the blacklist; aliases are taken literally;
- ``t3_agent``: T3-Agent's reading of the same lists (mat-agent/MAT-Agent, examples/gta/eval.py): aliases occur anywhere.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True, slots=True)
class ExpectedAnswer:
    """The answer to expect, by a rule. ``value`` is a text, for the GTA rules ``{"whitelist": [[..]], "blacklist": [[..]]}``.

    Raises ValueError for an unknown rule or a value that does not fit it.
    """

    rule: str
    value: Any

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ValueError(f"unknown answer rule {self.rule!r}: use one of {', '.join(RULES)}")
        if self.rule in ("gta", "t3_agent"):
            if not isinstance(self.value, dict) or not _groups(self.value, "whitelist"):
                raise ValueError(f'{self.rule} needs {{"whitelist": [["alias", ...], ...]}} with at least one group')
            _groups(self.value, "blacklist")
        elif not isinstance(self.value, str):
            raise ValueError(f"{self.rule} needs a text, got {type(self.value).__name__}")

    def matches(self, answer: str) -> bool:
        """Whether the answer is right."""
        return RULES[self.rule](answer, self.value)


def match_text(answer: str, expected: str) -> bool:
    """Equal, letter case, white space and Unicode forms aside."""
    return _plain(answer) == _plain(expected)


def match_gaia(answer: str, expected: str) -> bool:
    """GAIA's ``question_scorer``: an expected number decides by value, one with ``,`` or ``;`` element by element."""
    if _number(expected) is not None:
        return _as_gaia_number(answer) == _number(expected)
    if "," in expected or ";" in expected:
        given, wanted = re.split("[,;]", answer), re.split("[,;]", expected)
        return len(given) == len(wanted) and all(map(_match_element, given, wanted))
    return _bare(answer).translate(_PUNCTUATION) == _bare(expected).translate(_PUNCTUATION)


def match_gta(answer: str, expected: dict[str, Any]) -> bool:
    """GTA's ``iscorrect``: whole words, letter case aside. A blacklist of empty groups bans every answer that holds a word."""

    def occurs(group: list[str]) -> bool:
        return re.search(rf"\b(?:{'|'.join(map(re.escape, group))})\b", answer, re.IGNORECASE) is not None

    groups = _groups(expected, "blacklist")
    banned = bool(groups) and occurs([alias for group in groups for alias in group])
    return all(map(occurs, _groups(expected, "whitelist"))) and not banned


def match_t3_agent(answer: str, expected: dict[str, Any]) -> bool:
    """T3-Agent's rule: of every whitelist group one alias occurs anywhere, letter case aside."""
    text = answer.lower()
    return all(any(alias.lower() in text for alias in group) for group in _groups(expected, "whitelist"))


RULES: dict[str, Callable[[str, Any], bool]] = {
    "text": match_text,
    "gaia": match_gaia,
    "gta": match_gta,
    "t3_agent": match_t3_agent,
}


def _match_element(given: str, wanted: str) -> bool:
    number = _number(wanted)
    return _as_gaia_number(given) == number if number is not None else _bare(given) == _bare(wanted)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _as_gaia_number(text: str) -> float:
    """A number as GAIA reads one: without ``$``, ``%`` and ``,``; what is none counts as infinite."""
    number = _number(text.replace("$", "").replace("%", "").replace(",", ""))
    return float("inf") if number is None else number


def _bare(text: str) -> str:
    return re.sub(r"\s", "", text).lower()


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _groups(expected: dict[str, Any], name: str) -> list[list[str]]:
    """Groups of aliases; a missing list has none. Raises ValueError when they are no lists of texts, or one that is to occur is
    empty."""
    groups = expected.get(name) or []
    if not all(isinstance(group, list) and all(isinstance(alias, str) for alias in group) for group in groups):
        raise ValueError(f"{name} is a list of lists of aliases")
    if name == "whitelist" and not all(groups):
        raise ValueError("a group of the whitelist has no alias")
    return groups
