"""Bounds on what an MCP server may answer: the SDK reads until its message is complete, however long that is.

Over HTTP :func:`bounded_transport` counts. Over standard output this file is a program between the server and us (Python's standard
library only, run without this package): ``python mcp_limits.py MOST COMMAND …`` passes lines on and ends the server whose line is
longer than MOST bytes. The server has our standard input and error itself.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2

MOST_BYTES = 16 << 20
_CHUNK = 1 << 16


def bounded_command(command: list[str]) -> list[str]:
    """The command line of a server whose lines are bounded."""
    return [sys.executable, "-I", "-S", __file__, str(MOST_BYTES), *command]


def bounded_transport() -> httpx2.AsyncBaseTransport:
    """For an HTTP client: an answer that is too long, or compressed (a few bytes may be gigabytes), ends in a StreamError. Streams of
    events may be as long as they like, because the SDK bounds each event."""
    import httpx2

    class Stream(httpx2.AsyncByteStream):
        def __init__(self, stream: Any, is_compressed: bool) -> None:
            self._stream, self._is_compressed = stream, is_compressed

        async def __aiter__(self) -> AsyncIterator[bytes]:
            if self._is_compressed:
                raise httpx2.StreamError("a compressed answer, which nobody asked for")
            count = 0
            async for chunk in self._stream:
                if (count := count + len(chunk)) > MOST_BYTES:
                    raise httpx2.StreamError(f"an answer of more than {MOST_BYTES >> 20} MiB")
                yield chunk

        async def aclose(self) -> None:
            await self._stream.aclose()

    class Transport(httpx2.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            response = await super().handle_async_request(request)
            is_compressed = response.headers.get("Content-Encoding", "identity").lower() != "identity"
            if is_compressed or not response.headers.get("Content-Type", "").lower().startswith("text/event-stream"):
                response.stream = Stream(response.stream, is_compressed)
            return response

    return Transport(trust_env=False)


def _relay(most: int, command: list[str]) -> int:
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        length = 0
        while chunk := os.read(server.stdout.fileno(), _CHUNK):
            first, *others = (len(line) for line in chunk.split(b"\n"))  # all others are shorter than a chunk
            if length + first > most:
                print(f"the server wrote a line of more than {most >> 20} MiB", file=sys.stderr, flush=True)
                if os.getpgrp() == os.getpid():
                    os.killpg(0, signal.SIGKILL)  # with all that the server started
                server.kill()
                return 1
            length = others[-1] if others else length + first
            sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
    return server.returncode


if __name__ == "__main__":
    sys.exit(_relay(int(sys.argv[1]), sys.argv[2:]))
