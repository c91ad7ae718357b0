"""``inspect_file_as_text`` and ``ocr``: what is written in files. The readers run in the sandbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tracer1.toolbox.base import Tool, ToolResult
from tracer1.toolbox.bench import Bench, NotDone, refused
from tracer1.toolbox.paging import MOST_CHARACTERS, part, start_of

MOST_FOR_A_MODEL = 200_000


async def inspect_file(bench: Bench, arguments: Mapping[str, Any]) -> str:
    """The text of a document, a part at a time. A ``question`` is not answered here: the text is given instead."""
    start, path = start_of(arguments), bench.find(arguments["file_path"])
    said = await _read(bench, path, start, MOST_CHARACTERS)
    return part(said["text"], start, said["characters"])


async def text_of(bench: Bench, path: Path) -> ToolResult:
    """The text of a document for a model that is to answer a question from it."""
    try:
        return ToolResult("ok", (await _read(bench, path, 0, MOST_FOR_A_MODEL))["text"])
    except NotDone as error:
        return error.result


async def _read(bench: Bench, path: Path, start: int, most: int) -> dict[str, Any]:
    options = {"suffix": path.suffix, "start": start, "most": most}
    said = await bench.inside("documents.read", options, path, dict)
    if not isinstance(said.get("text"), str) or not isinstance(said.get("characters"), int):
        raise refused("damaged: reading it gives no text")
    return said


class Inspector:
    """``inspect_file_as_text`` with a model: ``model`` answers questions, ``reader`` gives texts."""

    def __init__(self, reader: Tool, model: Tool) -> None:
        self.spec, self._reader, self._model = reader.spec, reader, model

    async def call(self, arguments: Mapping[str, Any]) -> ToolResult:
        """Ask whom it concerns."""
        if not arguments.get("question"):
            return await self._reader.call(arguments)
        return await self._model.call({name: arguments[name] for name in ("file_path", "question")})


async def ocr(bench: Bench, arguments: Mapping[str, Any]) -> str:
    """T3-Agent's form: a list of the lines."""
    lines = await bench.inside("characters.read", {"level": "line"}, arguments["image_path"], list)
    return json.dumps([line["text"] for line in lines], ensure_ascii=False)


async def gta_ocr(bench: Bench, arguments: Mapping[str, Any]) -> str:
    """GTA's form, which joins the lines of a paragraph: open-compass/GTA, agentlego/agentlego/tools/ocr/ocr.py."""
    paragraphs = await bench.inside("characters.read", {"level": "paragraph"}, arguments["image"], list)
    return "\n".join(f"({', '.join(map(str, one['box']))}) {one['text']}" for one in paragraphs)
