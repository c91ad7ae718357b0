"""The tools of any MCP server (Model Context Protocol), through the official Python SDK (``pip install mcp``).

    async with mcp_tools({"command": "my-server", "args": ["--read-only"], "output": "runs/made"}) as tools:
        result = await tools[0].call({"query": "coral reefs"})

``server`` is a mapping from a configuration, :class:`McpServer`: a ``command`` that talks over standard input and output, or the
``url`` of a server that speaks streamable HTTP. A tool's JSON schema becomes its parameters; whatever is no plain text, number or
boolean is ``any``, and the server checks it. ``isError`` and wrong arguments are ``refused``; a lost connection is ``failed``, and
the next call connects again; a call is never sent twice, because it may have done something. Paths in arguments are passed on:
the server has its own files, and the rights that its command has.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import mimetypes
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracer1.executors.background import in_background
from tracer1.executors.options import ServedOptions, read_options, shown
from tracer1.toolbox.base import Kind, Parameter, Tool, ToolResult, ToolSpec
from tracer1.toolbox.mcp_connection import LOST, Connection, McpUnavailable
from tracer1.toolbox.quota import MOST_KEPT
from tracer1.toolbox.remote_files import Folders, bounded
from tracer1.toolbox.remote_http import MOST_FILES

if TYPE_CHECKING:
    from mcp.types import CallToolResult, ContentBlock
    from mcp.types import Tool as Listed

LONGEST_SAYS = 1000
_KINDS: dict[str, Kind] = {"string": "text", "number": "number", "integer": "number", "boolean": "boolean"}


@dataclass(frozen=True, slots=True)
class McpServer:
    """``command`` with ``args``, ``env`` (beyond PATH and HOME) and ``cwd``; or ``url``, and ``key_variable``: the environment
    variable with the key, sent as a bearer token. ``tools``: those to offer, empty for all; ``prefix``: of their names;
    ``output``: the folder for pictures and other files that come back, ``output_bytes`` in all. ``start_seconds`` for the start,
    ``seconds`` for a call. Raises ValueError."""

    command: str = ""
    args: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    cwd: str = ""
    url: str = ""
    key_variable: str = ""
    tools: tuple[str, ...] = ()
    prefix: str = ""
    output: str = ""
    output_bytes: int = MOST_KEPT
    start_seconds: float = 20.0
    seconds: float = 60.0

    def __post_init__(self) -> None:
        if bool(self.command) == bool(self.url):
            raise ValueError("an MCP server has either a command or a url")
        if self.start_seconds <= 0 or self.seconds <= 0:
            raise ValueError("start_seconds and seconds must be positive")
        if self.url:
            ServedOptions(base_urls=(self.url,), model="mcp")  # checks the address
        elif self.key_variable:
            raise ValueError("key_variable is sent to a url: give a command its key in env")

    @property
    def address(self) -> str:
        """What errors call it."""
        return shown(self.url) or self.command

    def key(self) -> str:
        """The API key; empty where none is needed. Raises ValueError when its environment variable is not set."""
        return ServedOptions((self.url,), "mcp", self.key_variable).key() if self.url else ""


def server_from(values: Mapping[str, Any]) -> McpServer:
    """A server from configuration values. Raises ValueError that names the key."""
    lists = {name: _texts(name, values[name]) for name in ("args", "tools") if name in values}
    plain = {name: value for name, value in values.items() if name not in ("args", "tools", "env")}
    env = values.get("env", {})
    if not isinstance(env, Mapping) or not all(isinstance(one, str) for pair in env.items() for one in pair):
        raise ValueError(f"env holds names and texts, got {env!r:.60}")
    return replace(_plain(plain), **lists, env=dict(env))


@asynccontextmanager
async def mcp_tools(server: Mapping[str, Any]) -> AsyncIterator[list[Tool]]:
    """The tools of a server, while the block lasts. Raises ValueError for what is wrong with ``server``, ModuleNotFoundError
    without the SDK, and McpUnavailable when the server cannot be reached, or does not have the ``tools`` that are named."""
    chosen = server_from(server)
    key = chosen.key()
    import mcp  # noqa: F401  the error comes before anything was started

    connection = Connection(chosen, key)
    try:
        listed = {one.name: one for one in await in_background(connection.open())}
        if missing := [name for name in chosen.tools if name not in listed]:
            raise McpUnavailable(f"{chosen.address}: has no tool {', '.join(missing)}, only {', '.join(listed)}")
        yield [McpTool(connection, chosen, listed[name]) for name in chosen.tools or listed]
    finally:
        await in_background(connection.close())


class McpTool:
    """One tool of a server. Calls may come from any event loop, at the same time."""

    def __init__(self, connection: Connection, server: McpServer, listed: Listed) -> None:
        self.spec = spec_of(listed, server.prefix)
        self._connection, self._server, self._name = connection, server, listed.name

    async def call(self, arguments: Mapping[str, Any]) -> ToolResult:
        """One call; ``text`` is the text that comes back, then the names of the files."""
        began = time.monotonic()
        result = await in_background(self._ask(arguments))
        if isinstance(result, ToolResult):
            return result
        facts = {"endpoint": self._server.address, "seconds": round(time.monotonic() - began, 3)}
        return await asyncio.to_thread(self._read, result, facts)

    async def _ask(self, arguments: Mapping[str, Any]) -> CallToolResult | ToolResult:
        from anyio import BrokenResourceError, ClosedResourceError
        from mcp import MCPError
        from mcp.types import INVALID_PARAMS, REQUEST_TIMEOUT

        most = self._server.start_seconds + self._server.seconds + 1
        try:
            return await asyncio.wait_for(self._connection.call(self._name, arguments), most)
        except MCPError as error:
            if error.code == INVALID_PARAMS:
                return ToolResult("refused", detail=bounded(str(error)))
            if error.code == REQUEST_TIMEOUT:
                return ToolResult("timed_out", detail=f"deadline: no answer within {self._server.seconds:g} s")
            kind = "connection" if error.code in LOST else f"mcp error {error.code}"
            return ToolResult("failed", detail=f"{kind}: {self._server.address}: {error}"[:300])
        except (TimeoutError, asyncio.TimeoutError):  # two classes before Python 3.11
            return ToolResult("timed_out", detail=f"deadline: no answer within {most:g} s")
        except (McpUnavailable, BrokenResourceError, ClosedResourceError) as error:
            return ToolResult("failed", detail=f"connection: {error}"[:300])
        except (RuntimeError, ValueError) as error:  # an answer against its own schema, or one that asks back
            return ToolResult("failed", detail=f"bad answer: {error}"[:300])

    def _read(self, result: CallToolResult, facts: dict[str, Any]) -> ToolResult:
        if sum(block.type not in ("text", "resource_link") for block in result.content) > MOST_FILES:
            return ToolResult("failed", detail=f"bad answer: it has more than {MOST_FILES} files", facts=facts)
        try:
            parts = [self._told(block) for block in result.content]
        except binascii.Error as error:
            return ToolResult("failed", detail=f"bad answer: a file is no base64 ({error})", facts=facts)
        except OSError as error:
            return ToolResult("failed", detail=f"output: cannot be written ({error.strerror or error})", facts=facts)
        if not parts and result.structured_content is not None:
            parts = [json.dumps(result.structured_content, ensure_ascii=False)]
        text = bounded("\n".join(parts))
        if result.is_error:
            return ToolResult("refused", detail=text or "the tool says that it failed", facts=facts)
        return ToolResult("ok", text=text, facts=facts)

    def _told(self, block: ContentBlock) -> str:
        """What the planner reads of one part of an answer. Raises binascii.Error, OSError."""
        if block.type == "text":
            return block.text
        if block.type == "resource_link":
            return block.uri
        if block.type == "resource":
            if hasattr(block.resource, "text"):
                return block.resource.text
            return self._kept(block.resource.blob, block.resource.mime_type)
        return self._kept(block.data, block.mime_type)

    def _kept(self, data: str, kind: str | None) -> str:
        content = base64.b64decode(data, validate=True)
        if not self._server.output:
            return f"[{kind or 'a file'}, {len(content)} bytes, not kept: the server has no output folder]"
        output = Path(self._server.output)
        return Folders(output, output, self._server.output_bytes).keep(
            content, f"file{mimetypes.guess_extension(kind or '') or ''}"
        )


def spec_of(listed: Listed, prefix: str = "") -> ToolSpec:
    """A tool's specification from what its server lists: required parameters in order, then the others."""
    properties, needed = (listed.input_schema.get(name) for name in ("properties", "required"))
    properties = properties if isinstance(properties, Mapping) else {}
    required = [name for name in (needed if isinstance(needed, list) else ()) if name in list(properties)]
    ordered = [*required, *(name for name in properties if name not in required)]
    parameters = tuple(_parameter(name, properties[name], name in required) for name in ordered)
    returns = "text" if listed.output_schema is None else "JSON"
    return ToolSpec(f"{prefix}{listed.name}", _short(listed.description or listed.title), parameters, returns)


def _parameter(name: str, schema: Any, required: bool) -> Parameter:
    schema = schema if isinstance(schema, Mapping) else {}  # true and false are schemas too
    kind = schema.get("type")
    says = _short(schema.get("description"))
    if choices := schema.get("enum"):
        says = f"{says} One of {json.dumps(choices, ensure_ascii=False)}.".strip()
    return Parameter(name, _KINDS.get(kind, "any") if isinstance(kind, str) else "any", says, required)


def _short(text: Any) -> str:
    said = " ".join(text.split()) if isinstance(text, str) else ""
    return said if len(said) <= LONGEST_SAYS else f"{said[:LONGEST_SAYS]}…"


def _plain(values: Mapping[str, Any]) -> McpServer:
    return read_options(McpServer, values, "key of an MCP server")


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{name} is a list of texts, got {value!r:.60}")
    return tuple(value)
