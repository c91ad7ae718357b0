"""A tool that is a question to a model behind an OpenAI-compatible server: about a picture, or about the text of a file.

The model is asked at temperature 0; what it wrote as thought (up to ``</think>``) is left out. An answer that was cut off, or
is none, is ``failed``: the tool does not work as it is set up, which is not the fault of who called it. Pictures are never decoded
in this process, because models choose them and can make them: what must look at one runs in the sandbox (``shape``).
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tracer1.executors.replies import read_reply
from tracer1.sandbox.inputs import Refused
from tracer1.toolbox.base import ToolResult, ToolSpec
from tracer1.toolbox.remote_clients import ASKING, check_keys, endpoint_for, file_arguments, unanswered
from tracer1.toolbox.remote_files import Folders, bounded
from tracer1.toolbox.remote_prompts import PROMPTS, Asked, place

TextOf = Callable[[Path], Awaitable[ToolResult]]
"""The text of a document, or why there is none."""
Shape = Callable[[Path, tuple[float, float, float, float] | None, int], Awaitable[bytes | ToolResult]]
"""A picture's region (None: all of it) in at most so many pixels (0: any number) as PNG, empty for the file as it is; or why not."""
REGION = "bbox"
MOST_TEXT = 60_000
_KINDS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}


class ChatTool:
    """Asks ``endpoint["model"]`` at ``endpoint["base_urls"]`` with the prompt of the tool's name, or ``endpoint["prompt"]``
    (``$argument`` stands for a value). Raises ValueError for an endpoint that cannot be used, or a tool without a prompt."""

    def __init__(
        self,
        spec: ToolSpec,
        endpoint: Mapping[str, Any],
        folders: Folders,
        text_of: TextOf | None,
        shape: Shape | None = None,
    ) -> None:
        check_keys(endpoint, ("prompt", *ASKING))
        own = endpoint.get("prompt")
        if own is None and spec.name not in PROMPTS:
            raise ValueError(f"there is no prompt for it, only for {', '.join(PROMPTS)}: give the endpoint a prompt")
        self.spec = spec
        self._asked = Asked(str(own)) if own is not None else PROMPTS[spec.name]
        self._pictures = picture_arguments(spec, endpoint)
        self._documents = [name for name in file_arguments(spec, endpoint) if name not in self._pictures]
        options = {name: endpoint[name] for name in ASKING if name in endpoint}
        self.endpoint = endpoint_for(options, "/chat/completions", read_reply)
        self._folders, self._text_of, self._shape = folders, text_of, shape

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
            pictures: list[tuple[str, bytes]] = []
            for name in self._pictures:
                if name in arguments:
                    shaped = await self._shaped(arguments[name], arguments.get(REGION))
                    if isinstance(shaped, ToolResult):
                        return shaped
                    pictures.append((arguments[name], shaped))
            outcome = await self.endpoint.client.ask(lambda: self._body(prompt or "", pictures))
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

    async def _shaped(self, name: Any, region: Any) -> bytes | ToolResult:
        """What is sent of a picture: empty for the file as it is. Raises Refused, ValueError."""
        if not isinstance(name, str):
            raise Refused(f"a picture is named by a text, got {type(name).__name__}")
        path, box = self._folders.find_to_send(name), None if region is None else place(region)
        most = self.endpoint.options.max_pixels
        if self._shape is not None:
            return await self._shape(path, box, most)
        if box or most:
            return ToolResult("failed", detail="sandbox: without one no picture is cut or shrunk")
        return b""

    def _body(self, prompt: str, pictures: Sequence[tuple[str, bytes]]) -> bytes:
        """``pictures``: the file's name, and what is sent instead of its content, if anything. Raises Refused, OSError."""
        urls = [_data_url(shaped or self._folders.read(name), name) for name, shaped in pictures]
        options = self.endpoint.options
        request = {
            "model": options.model,
            "messages": [
                {
                    "role": "user",
                    "content": [
                        *({"type": "image_url", "image_url": {"url": url}} for url in urls),
                        {"type": "text", "text": prompt},
                    ],
                }
            ],
            "max_tokens": options.max_tokens,
            "temperature": 0.0,
            **options.extra_body,
        }
        return json.dumps(request).encode()


def picture_arguments(spec: ToolSpec, endpoint: Mapping[str, Any]) -> list[str]:
    """The tool's arguments that name pictures. Raises ValueError as :func:`file_arguments` does."""
    return [name for name in file_arguments(spec, endpoint) if "image" in name]


def _data_url(picture: bytes, name: str) -> str:
    """Raises Refused for what does not begin as a picture of a kind that servers take."""
    webp = picture[:4] == b"RIFF" and picture[8:12] == b"WEBP"
    kind = "webp" if webp else next((kind for mark, kind in _KINDS.items() if picture.startswith(mark)), "")
    if not kind:
        raise Refused(f"{name!r} is no PNG, JPEG or WebP picture")
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"


def _shortened(text: str) -> str:
    if len(text) <= MOST_TEXT:
        return text
    return f"{text[:MOST_TEXT]}\n[cut: the first {MOST_TEXT} of {len(text)} characters]"
