"""A tool that is a question to a model behind an OpenAI-compatible server: about a picture, or about the text of a file.

The model is asked at temperature 0; what it wrote as thought (up to ``</think>``) is left out. An answer that was cut off, or
is none, is ``failed``: the tool does not work as it is set up, which is not the fault of who called it.
"""

from __future__ import annotations

import asyncio
import io
import json
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from tracer1.coordinates import Size
from tracer1.executors.pictures import KINDS, data_url, measure
from tracer1.executors.replies import read_reply
from tracer1.sandbox.inputs import Refused
from tracer1.toolbox.base import ToolResult, ToolSpec
from tracer1.toolbox.remote_clients import ASKING, check_keys, endpoint_for, file_arguments, unanswered
from tracer1.toolbox.remote_files import Folders, bounded
from tracer1.toolbox.remote_prompts import PROMPTS, Asked, place

TextOf = Callable[[Path], Awaitable[ToolResult]]
"""The text of a document, or why there is none."""
REGION = "bbox"
MOST_TEXT = 60_000


class ChatTool:
    """Asks ``endpoint["model"]`` at ``endpoint["base_urls"]`` with the prompt of the tool's name, or ``endpoint["prompt"]``
    (``$argument`` stands for a value). Raises ValueError for an endpoint that cannot be used, or a tool without a prompt."""

    def __init__(self, spec: ToolSpec, endpoint: Mapping[str, Any], folders: Folders, text_of: TextOf | None) -> None:
        check_keys(endpoint, ("prompt", *ASKING))
        own = endpoint.get("prompt")
        if own is None and spec.name not in PROMPTS:
            raise ValueError(f"there is no prompt for it, only for {', '.join(PROMPTS)}: give the endpoint a prompt")
        self.spec = spec
        self._asked = Asked(str(own)) if own is not None else PROMPTS[spec.name]
        named = file_arguments(spec, endpoint)
        self._pictures = [name for name in named if "image" in name]
        self._documents = [name for name in named if "image" not in name]
        options = {name: endpoint[name] for name in ASKING if name in endpoint}
        self.endpoint = endpoint_for(options, "/chat/completions", read_reply)
        self._folders, self._text_of = folders, text_of

    async def call(self, arguments: Mapping[str, Any]) -> ToolResult:
        """One question, and the model's answer as text."""
        began = time.monotonic()
        try:
            prompt = self._asked.text(arguments)
            for name in self._documents:
                if name in arguments:
                    document = await self._document(arguments[name])
                    if document.status != "ok" or prompt is None:
                        return document
                    prompt = f"{prompt}\n\n<file>\n{_shortened(document.text)}\n</file>"
            outcome = await self.endpoint.client.ask(lambda: self._body(prompt or "", arguments))
        except OSError as error:
            return ToolResult("failed", detail=f"file: cannot be read ({error})")
        except ValueError as error:  # no such file, no picture, no region of it
            return ToolResult("refused", detail=str(error))
        if outcome.status != "ok":
            return unanswered(outcome)
        facts = {"endpoint": self.endpoint.address, "seconds": round(time.monotonic() - began, 3)}
        return self._result(outcome.text, outcome.finish, facts)

    def _result(self, text: str, finish: str, facts: dict[str, Any]) -> ToolResult:
        if finish == "length":
            return ToolResult("failed", detail="cut off: the model's answer was cut off; raise max_tokens", facts=facts)
        answer = text.rpartition("</think>")[2].strip()
        if not answer:
            return ToolResult("failed", detail="empty answer: the model says nothing", facts=facts)
        try:
            return ToolResult("ok", text=bounded(self._asked.read(answer)), facts=facts)
        except ValueError as error:
            return ToolResult("failed", detail=f"bad answer: {error}", facts=facts)

    async def _document(self, name: Any) -> ToolResult:
        if not isinstance(name, str):
            raise Refused(f"a file is named by a text, got {type(name).__name__}")
        if self._text_of is not None:
            return await self._text_of(self._folders.find(name))
        try:
            return ToolResult("ok", text=bounded((await asyncio.to_thread(self._folders.read, name)).decode()))
        except UnicodeDecodeError as error:
            raise Refused(f"the file {name!r} is no plain text") from error

    def _body(self, prompt: str, arguments: Mapping[str, Any]) -> bytes:
        """Raises Refused, ValueError, OSError."""
        content: list[dict[str, Any]] = []
        for name in self._pictures:
            if name in arguments:
                picture = self._picture(arguments[name], arguments.get(REGION))
                content.append({"type": "image_url", "image_url": {"url": picture}})
        content.append({"type": "text", "text": prompt})
        options = self.endpoint.options
        request = {
            "model": options.model,
            "messages": [{"role": "user", "content": content}],
            "max_tokens": options.max_tokens,
            "temperature": 0.0,
            **options.extra_body,
        }
        return json.dumps(request).encode()

    def _picture(self, name: Any, region: Any) -> str:
        if not isinstance(name, str):
            raise Refused(f"a picture is named by a text, got {type(name).__name__}")
        picture = self._folders.read(name)
        if region is not None:
            picture = cut_out(picture, place(region))
        return data_url(picture, _size_to_send(measure(picture), self.endpoint.options.max_pixels)).decode()


def cut_out(picture: bytes, region: tuple[float, float, float, float]) -> bytes:
    """The part of a picture within the region (pixels), as PNG. Raises ValueError when they do not overlap, or for what is no
    whole picture."""
    size = measure(picture)
    left, top = max(0, math.floor(region[0])), max(0, math.floor(region[1]))
    right, bottom = min(size.width, math.ceil(region[2])), min(size.height, math.ceil(region[3]))
    if left >= right or top >= bottom:
        raise ValueError(f"the region {region} is outside the picture of {size.width}x{size.height} pixels")
    output = io.BytesIO()
    try:
        with Image.open(io.BytesIO(picture), formats=tuple(KINDS)) as image:
            image.convert("RGB").crop((left, top, right, bottom)).save(output, "PNG")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"the picture is damaged or cut off ({error})") from error
    return output.getvalue()


def _size_to_send(size: Size, most: int) -> Size | None:
    """The size to shrink to; None when the picture may go as it is."""
    area = size.width * size.height
    if not most or area <= most:
        return None
    shrink = math.sqrt(area / most)
    return Size(max(1, int(size.width / shrink)), max(1, int(size.height / shrink)))


def _shortened(text: str) -> str:
    if len(text) <= MOST_TEXT:
        return text
    return f"{text[:MOST_TEXT]}\n[cut: the first {MOST_TEXT} of {len(text)} characters]"
