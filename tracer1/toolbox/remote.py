"""Tools behind servers, for what needs weights that are served elsewhere: detection, segmentation, pictures, questions.

    remote_tool(spec, {"kind": "http", "url": "http://node1:8100/"}, files, output)
    remote_tool(spec, {"kind": "openai", "base_urls": ["http://node1:8000/v1"], "model": "qwen3-vl"}, files, output)

``ENDPOINTS.md`` says what a server must answer, and lists all keys of an endpoint. A server that is slow, broken or gone never
raises: it is the result ``failed`` or ``timed_out``, after a bounded number of attempts in a bounded time.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tracer1.toolbox.base import Tool, ToolSpec
from tracer1.toolbox.quota import MOST_KEPT
from tracer1.toolbox.remote_chat import ChatTool, Shape, TextOf
from tracer1.toolbox.remote_files import Folders
from tracer1.toolbox.remote_http import HttpTool


def remote_tool(
    spec: ToolSpec,
    endpoint: Mapping[str, Any],
    files: Path,
    output: Path | None,
    *,
    most: int = MOST_KEPT,
    text_of: TextOf | None = None,
    shape: Shape | None = None,
) -> Tool:
    """The tool ``spec`` behind ``endpoint``. It may read the files in ``files`` and ``output``; what the server returns is
    written to ``output``, ``most`` bytes in all, and the result's text is its name there. ``text_of`` reads documents for questions
    about them; without it only plain text can be read. ``shape`` looks at pictures, which is for the sandbox: without it they are
    sent whole, as they are. Raises ValueError for an endpoint that cannot be used."""
    folders, kind = Folders(files, output, most), endpoint.get("kind")
    try:
        if kind == "http":
            return HttpTool(spec, endpoint, folders)
        if kind == "openai":
            return ChatTool(spec, endpoint, folders, text_of, shape)
    except ValueError as error:
        raise ValueError(f"tool {spec.name}, endpoint: {error}") from error
    raise ValueError(f"tool {spec.name}, endpoint: kind is openai or http, got {kind!r:.40}")
