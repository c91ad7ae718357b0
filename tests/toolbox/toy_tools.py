"""A server of the tools' HTTP contract that misbehaves on request: ``python toy_tools.py PORT``.

The argument ``how`` says what it does: ``half`` (of its answer), ``silent``, ``junk`` (no JSON), ``deep`` (JSON nested without
end), ``hang``, ``slow 0.5``, ``flood`` (never stops sending), ``status 500``, ``status 500 x2`` (the first two times),
``answer …`` (that, literally). Otherwise it gives back what it was sent. ``GET /`` gives the number of requests and their peak.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections import Counter
from typing import Any

stats = {"requests": 0, "now": 0, "peak": 0}
seen: Counter[str] = Counter()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = re.search(rb"content-length: (\d+)", head.lower())
            raw = await reader.readexactly(int(length[1])) if length else b""
            if head.startswith(b"GET"):
                await send(writer, 200, json.dumps(stats))
                continue
            stats["requests"] += 1
            stats["now"] += 1
            stats["peak"] = max(stats["peak"], stats["now"])
            try:
                await behave(writer, json.loads(raw))
            finally:
                stats["now"] -= 1
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def behave(writer: asyncio.StreamWriter, request: dict[str, Any]) -> None:
    how = str(request["arguments"].get("how", ""))
    kind, _, rest = how.partition(" ")
    seen[how] += 1
    whole = json.dumps({"text": json.dumps(request)})
    if kind == "status" and (" x" not in rest or seen[how] <= int(rest.rpartition("x")[2])):
        await send(writer, int(rest.split()[0]), json.dumps({"error": f"made to say {rest}"}))
    elif kind == "silent":
        writer.close()
    elif kind == "half":
        writer.write(f"HTTP/1.1 200 Said\r\nContent-Length: {len(whole)}\r\n\r\n{whole[:9]}".encode())
        writer.close()
    elif kind == "flood":
        writer.write(b"HTTP/1.1 200 Said\r\n\r\n")
        while True:
            writer.write(b"x" * (1 << 20))
            await writer.drain()
    elif kind == "hang":
        await asyncio.sleep(3600)
    else:
        if kind == "slow":
            await asyncio.sleep(float(rest))
        said = {"junk": "<html>", "deep": "[" * 200_000, "answer": rest}.get(kind, whole)
        await send(writer, 200, said)


async def send(writer: asyncio.StreamWriter, status: int, body: str) -> None:
    writer.write(f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body.encode())}\r\n\r\n{body}".encode())
    await writer.drain()


async def main(port: int) -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=1 << 26, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
