"""A connection to an MCP server that is made again when it was lost, for callers in any event loop or thread.

It lives in one task of the background loop (:mod:`tracer1.executors.background`), because the SDK must leave its contexts in
the task that entered them. The task holds the client until the connection ends, by us or by the server; what ended it is the
task's own exception, which is looked at and never raised. A server process gets its standard input closed, two seconds, and is
then killed with its children; where ``setpriv`` (util-linux) is installed it also dies with a killed trainer. One that lets several
calls in a row go unanswered is taken for hung, and left for a new connection.

Sources: modelcontextprotocol.io/specification (lifecycle, tools); the client of the official SDK, PyPI ``mcp`` 2.3.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from tracer1.toolbox.mcp_limits import MOST_BYTES, bounded_command, bounded_transport

if TYPE_CHECKING:
    from mcp import Client
    from mcp.types import CallToolResult, Tool

    from tracer1.toolbox.mcp_source import McpServer

STOP_SECONDS = 10.0
PAUSE_SECONDS = 2.0
MOST_PAGES = 100
MOST_UNANSWERED = 3
LOST = (-32000, -32600)
"""The SDK's codes for a connection that was closed, and for a session that the server does not know any more."""


class McpUnavailable(RuntimeError):
    """The server cannot be started or reached; the message is one line."""


class Connection:
    """To one server. Its coroutines run in the background loop."""

    def __init__(self, server: McpServer, key: str) -> None:
        self._server, self._key = server, key
        self._turn, self._ended = asyncio.Lock(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._client: Client | None = None
        self._over, self._trouble, self._until = False, "", 0.0
        self._said = _Tail()
        self._unanswered = 0

    async def open(self) -> list[Tool]:
        """Connect, and list the tools. Raises McpUnavailable after ``start_seconds`` at the latest."""
        loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        started: asyncio.Future[tuple[Client, list[Tool]]] = loop.create_future()
        self._unanswered = 0
        self._task = loop.create_task(self._live(started))
        self._task.add_done_callback(_reason)  # looked at, whether or not anybody asks
        either = {self._task, started}
        await asyncio.wait(either, timeout=self._server.start_seconds, return_when=asyncio.FIRST_COMPLETED)
        if started.done():
            self._client, tools = started.result()
            return tools
        why = _reason(self._task) if self._task.done() else f"no answer within {self._server.start_seconds:g} s"
        started.cancel()
        await self._drop(patience=0)
        self._trouble = " ".join(f"{why} {self._said.last}".split())[:300]
        self._until = time.monotonic() + PAUSE_SECONDS
        raise McpUnavailable(f"{self._server.address}: {self._trouble}")

    async def call(self, name: str, arguments: Mapping[str, Any]) -> CallToolResult:
        """One call of a tool. Raises McpUnavailable, and what the SDK's client raises."""
        from mcp import MCPError
        from mcp.types import REQUEST_TIMEOUT

        client = await self._connected()
        try:
            answer = await client.call_tool(name, dict(arguments), read_timeout_seconds=self._server.seconds)
        except MCPError as error:
            self._unanswered = self._unanswered + 1 if error.code == REQUEST_TIMEOUT else 0
            if error.code in LOST or self._unanswered >= MOST_UNANSWERED:
                await self._lose(client)
            raise
        self._unanswered = 0
        return answer

    async def close(self) -> None:
        """End the connection for good, and with it the server's process where it is ours. Bounded in time."""
        self._over = True
        async with self._turn:
            await self._drop()

    async def _lose(self, client: Client) -> None:
        async with self._turn:
            if self._client is client:
                await self._drop()

    async def _drop(self, patience: float = STOP_SECONDS) -> None:
        self._client = None
        self._ended.set()
        if self._task is not None and not self._task.done():
            await asyncio.wait({self._task}, timeout=patience)
            if not self._task.done():
                self._task.cancel()  # once: a second time would break the SDK's own ending of the process
                await asyncio.wait({self._task}, timeout=STOP_SECONDS)

    async def _connected(self) -> Client:
        """The client, of a new connection when the old one was lost. A server that was just tried is left alone for a while."""
        async with self._turn:
            if self._over:
                raise McpUnavailable(f"{self._server.address}: its block has ended")
            if self._client is None or self._task is None or self._task.done():
                if time.monotonic() < self._until:
                    raise McpUnavailable(f"{self._server.address}: {self._trouble}")
                await self._drop()
                await self.open()
            assert self._client is not None
            return self._client

    async def _live(self, started: asyncio.Future[tuple[Client, list[Tool]]]) -> None:
        from mcp import Client

        async with AsyncExitStack() as stack:
            transport = await self._transport(stack)
            client = await stack.enter_async_context(Client(transport, read_timeout_seconds=self._server.seconds))
            tools = await _listed(client)
            if not started.done():
                started.set_result((client, tools))
            await self._ended.wait()

    async def _transport(self, stack: AsyncExitStack) -> Any:
        if self._server.url:
            import httpx2
            from mcp.client.streamable_http import streamable_http_client

            headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
            timeout = httpx2.Timeout(None, connect=self._server.start_seconds)  # the client keeps the time
            headers["Accept-Encoding"] = "identity"
            transport = bounded_transport()
            http = httpx2.AsyncClient(headers=headers, timeout=timeout, trust_env=False, transport=transport)
            return streamable_http_client(
                self._server.url, http_client=await stack.enter_async_context(http), max_sse_event_size=MOST_BYTES
            )
        from mcp import StdioServerParameters, stdio_client

        server = [*_tied_to_us(), self._server.command, *self._server.args]
        line = [*_tied_to_us(), *bounded_command(server)]
        parameters = StdioServerParameters(
            command=line[0],
            args=line[1:],
            env=self._server.env,
            cwd=self._server.cwd or None,
            encoding_error_handler="replace",
        )
        return stdio_client(parameters, errlog=stack.enter_context(self._said.open()))


async def _listed(client: Client) -> list[Tool]:
    tools, cursor = [], None
    for _ in range(MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        tools += page.tools
        if not (cursor := page.next_cursor):
            return tools
    raise McpUnavailable(f"it lists its tools on more than {MOST_PAGES} pages")


def _tied_to_us() -> list[str]:
    """The start of a command line whose process is killed when this one is."""
    return ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []


def _reason(task: asyncio.Task[None]) -> str:
    """Why a task ended, in one line: the first cause within groups of errors."""
    error = None if task.cancelled() else task.exception()
    while error is not None and getattr(error, "exceptions", ()):
        error = error.exceptions[0]
    return "the connection ended" if error is None else f"{type(error).__name__}: {error}"


class _Tail:
    """The last lines that a process wrote to its standard error; the rest is forgotten."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=20)

    @property
    def last(self) -> str:
        return next((f"({line.strip()})" for line in reversed(self._lines) if line.strip()), "")

    def open(self) -> Any:
        """A file for a child process; the thread that reads it ends when the child has."""
        reading, writing = os.pipe()
        self._lines.clear()
        threading.Thread(target=self._read, args=(reading,), daemon=True).start()
        return os.fdopen(writing, "w")

    def _read(self, descriptor: int) -> None:
        with os.fdopen(descriptor, "r", encoding="utf-8", errors="replace") as file:
            while line := file.readline(4096):
                self._lines.append(line)
