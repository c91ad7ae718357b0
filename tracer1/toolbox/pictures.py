"""``crop``, ``zoom``, ``DrawBox`` and ``AddText``: pictures made of pictures, in the sandbox; and pictures as they are sent.

What they make is kept in the output folder under a name that is its content, so the same call always gives the same name.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tracer1.toolbox.base import ToolResult
from tracer1.toolbox.bench import Bench, NotDone, refused

MOST_TIMES = 10
Region = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels."""


async def crop(bench: Bench, arguments: Mapping[str, Any]) -> ToolResult:
    """A part of a picture."""
    return await _made(bench, "crop", arguments["image_path"], {"box": arguments["box"], "factor": 1})


async def zoom(bench: Bench, arguments: Mapping[str, Any]) -> ToolResult:
    """A part of a picture, enlarged."""
    factor = arguments.get("factor", 2)
    if not 0 < factor <= MOST_TIMES:
        raise refused(f"factor is between 0 and {MOST_TIMES}, got {factor}")
    return await _made(bench, "crop", arguments["image_path"], {"box": arguments["box"], "factor": factor})


async def draw_box(bench: Bench, arguments: Mapping[str, Any]) -> ToolResult:
    """GTA's ``DrawBox``."""
    options = {"box": arguments["bbox"], "annotation": arguments.get("annotation", "")}
    return await _made(bench, "draw_box", arguments["image"], options)


async def add_text(bench: Bench, arguments: Mapping[str, Any]) -> ToolResult:
    """GTA's ``AddText``."""
    options = {name: arguments[name] for name in ("text", "position")} | {"color": arguments.get("color", "red")}
    return await _made(bench, "add_text", arguments["image"], options)


async def to_send(bench: Bench, path: Path, region: Region | None, most: int) -> bytes | ToolResult:
    """What a model is sent of a picture, as PNG; empty for the file as it is. Or why that cannot be."""
    try:
        said = await bench.inside("sending.shape", {"region": region and list(region), "most": most}, path)
        return base64.b64decode(said, validate=True)
    except NotDone as error:
        return error.result
    except (binascii.Error, ValueError):
        return ToolResult("refused", detail="damaged: reading it gives no picture")


async def _made(bench: Bench, function: str, file: str, options: Mapping[str, Any]) -> ToolResult:
    return await bench.keep(await bench.inside(f"pictures.{function}", options, file))
