"""What a model behind a chat-completions server is asked when it stands for a tool, and how its answer is read.

The prompts are ours. What the tools are called and take is from MAT-Agent (mat-agent/MAT-Agent, tongagent/tools: ``visualizer``,
``inspect_file_as_text``) and GTA (open-compass/GTA, toolmeta.json: the others), whose own prompts belong to other models.
Regions are cut out of the picture before it is sent, because models differ in how they read coordinates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Template
from typing import Any

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_PLACE = re.compile(r"[\s(\[]*" + r"\s*,\s*".join([r"(-?\d+(?:\.\d+)?)"] * 4) + r"[\s)\]]*\Z")


def plain(answer: str) -> str:
    """The answer as it is."""
    return answer


def count(answer: str) -> str:
    """The whole number that the answer gives. Raises ValueError when it gives none, or several different ones."""
    found = set(_NUMBER.findall(answer))
    if len(found) != 1 or "." in (number := found.pop()) or number.startswith("-"):
        raise ValueError(f"asked for a number, the model answers {answer[:80]!r}")
    return str(int(number))


@dataclass(frozen=True, slots=True)
class Asked:
    """``prompt``: with ``$argument`` for the values of a call. ``without``: instead, when ``question`` was left out; None: the
    document's text is itself the answer. ``read``: what makes the tool's answer of the model's."""

    prompt: str
    without: str | None = ""
    read: Callable[[str], str] = plain

    def text(self, arguments: Mapping[str, Any]) -> str | None:
        """The prompt of one call; None when nothing is to be asked."""
        prompt = self.prompt if self.without == "" or arguments.get("question") else self.without
        return None if prompt is None else Template(prompt).safe_substitute(arguments)


DESCRIBE = "Describe this picture: what it shows, where things are, and all text that can be read in it."
PROMPTS: dict[str, Asked] = {
    "visualizer": Asked("$question\n\nAnswer from the picture, in as few words as the question allows.", DESCRIBE),
    "ImageDescription": Asked(DESCRIBE),
    "RegionAttributeDescription": Asked(
        "This is a region cut out of a larger picture. What is the $attribute of what it shows? Answer in a few words."
    ),
    "CountGivenObject": Asked(
        "How many of these are in the picture: $text? Answer with one number in digits and nothing else.", read=count
    ),
    "MathOCR": Asked("Write the formula in this picture as LaTeX, without dollar signs and with nothing else."),
    "inspect_file_as_text": Asked(
        "Answer the question from the text of the file alone, in as few words as it allows. If the text does not say it, "
        "answer: the file does not say.\n\nQuestion: $question",
        None,
    ),
}


def place(value: Any) -> tuple[float, float, float, float]:
    """A region as left, top, right, bottom in pixels, from ``"(x1, y1, x2, y2)"`` or a list. Raises ValueError."""
    found = _PLACE.match(value) if isinstance(value, str) else None
    numbers: list[Any] = list(found.groups()) if found else value if isinstance(value, list) else []
    try:
        left, top, right, bottom = (float(number) for number in numbers)
    except (TypeError, ValueError) as error:
        raise ValueError(f"a region is (x1, y1, x2, y2) in pixels, got {value!r:.60}") from error
    if not (left < right and top < bottom):
        raise ValueError(f"the region {value!r:.60} is empty: x1 < x2 and y1 < y2 are needed")
    return left, top, right, bottom
