"""How each family is solved: by tools alone, and by reading what they return. One function a family, under the family's name.

A solution gets what the task asks for (:attr:`tracer1_data.tool_tasks.tasks.Task.asks`) and hands that call tools, and gives
the answer. Sums, and comparisons too, are left to the tools.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import PurePosixPath
from typing import Protocol

Asks = Mapping[str, str | int]
Solution = Callable[["Hands", Asks], Awaitable[str]]
SOLUTIONS: dict[str, Solution] = {}
_SIGNS = {"+": "Add them", "-": "Subtract them", "/": "Divide them"}


class NotFound(ValueError):
    """What a tool returned does not have what was looked for."""


class Hands(Protocol):
    """Calls tools; each call gives the text that came back. ``says`` is the step's instruction."""

    async def call(self, name: str, arguments: Mapping[str, str | int], says: str, rule: str = "text") -> str:
        """``rule`` is that by which another output would be as good."""
        ...


def _solution(solve: Solution) -> Solution:
    SOLUTIONS[solve.__name__] = solve
    return solve


def value_of(row: str, text: str) -> str:
    """The word beside a row's name: in ``| Tolin | 34 |``, or in ``Tolin: 34``, wherever that stands.

    Raises NotFound when there is none, or more than one.
    """
    found = re.findall(rf'(?<!\w){re.escape(row)}\s*[|:]\s*([^\s|",]+)', text)
    if len(found) != 1:
        raise NotFound(f"{row!r} is {len(found)} times in what the tool returned: {' '.join(text.split())!r:.200}")
    return found[0]


async def _read(hands: Hands, file: str) -> str:
    what = PurePosixPath(file).stem.rpartition("_")[2].rstrip("0123456789")
    if file.endswith(".png"):
        return await hands.call("ocr", {"image_path": file}, "Read the picture")
    return await hands.call("inspect_file_as_text", {"file_path": file}, f"Read the {what}")


async def _calculate(hands: Hands, expression: str, says: str) -> str:
    return await hands.call("calculator", {"expression": expression}, says, "gaia")


async def _search(hands: Hands, topic: str) -> str:
    return await hands.call("search", {"query": topic, "k": 1}, "Search for it")


@_solution
async def lookup(hands: Hands, asks: Asks) -> str:
    return value_of(asks["row"], await _read(hands, asks["file"]))


@_solution
async def total(hands: Hands, asks: Asks) -> str:
    text, sign = await _read(hands, asks["file"]), asks["sign"]
    return await _calculate(
        hands, f"{value_of(asks['row'], text)} {sign} {value_of(asks['other'], text)}", _SIGNS[sign]
    )


for _same in ("difference", "ratio", "picture"):
    SOLUTIONS[_same] = total


@_solution
async def two_files(hands: Hands, asks: Asks) -> str:
    one = value_of(asks["row"], await _read(hands, asks["file"]))
    other = value_of(asks["other"], await _read(hands, asks["second"]))
    return await _calculate(hands, f"{one} + {other}", _SIGNS["+"])


@_solution
async def receipt(hands: Hands, asks: Asks) -> str:
    price = value_of(asks["row"], await _read(hands, asks["file"]))
    number = value_of(asks["row"], await _read(hands, asks["second"]))
    return await _calculate(hands, f"{price} * {number}", "Multiply them")


@_solution
async def order(hands: Hands, asks: Asks) -> str:
    return await _calculate(hands, f"{await receipt(hands, asks)} + {asks['fee']}", "Add the fee")


@_solution
async def follow(hands: Hands, asks: Asks) -> str:
    file = value_of("file", await _read(hands, asks["file"]))
    return value_of(asks["row"], await _read(hands, file))


@_solution
async def find(hands: Hands, asks: Asks) -> str:
    file = value_of("file", await _search(hands, asks["topic"]))
    return value_of(asks["row"], await _read(hands, file))


@_solution
async def age(hands: Hands, asks: Asks) -> str:
    url = value_of("guide", await _search(hands, asks["topic"]))
    opened = value_of(asks["row"], await hands.call("visit_page", {"url": url}, "Open the guide"))
    return await _calculate(hands, f"{asks['year']} - {opened}", _SIGNS["-"])


@_solution
async def count(hands: Hands, asks: Asks) -> str:
    lines = f"list(open('{asks['file']}'))[1:]"
    code = f"sum(int(line.split(',')[1]) > {asks['limit']} for line in {lines})"
    return await hands.call("python", {"code": code}, "Count the rows", "gaia")


@_solution
async def compare(hands: Hands, asks: Asks) -> str:
    text = await _read(hands, asks["file"])
    pairs = ", ".join(f"({value_of(row, text)}, '{row}')" for row in (asks["row"], asks["other"]))
    return await hands.call("python", {"code": f"max({pairs})[1]"}, "Choose the larger")


@_solution
async def convert(hands: Hands, asks: Asks) -> str:
    value = value_of(asks["row"], await _read(hands, asks["file"]))
    return await _calculate(hands, f"{value} * {asks['factor']}", "Convert it")
