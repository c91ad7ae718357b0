"""A real chat-completions server on loopback that misbehaves on request: ``python toy_server.py PORT``.

The name of the model says how it behaves: ``slow 0.5`` seconds, ``status 500``, ``status 500 x2`` (the first two requests for
each prompt), ``status 429 after 1``, ``half``, ``silent`` (closes without a word), ``junk``, ``page`` (other JSON), ``trickle``,
``zipped`` (twice, and a gigabyte), ``moved URL`` (a redirect), ``cut`` (finish_reason length), ``nothing`` (no content).
Otherwise it answers at once. What it answers stands in the prompt: the text between the last ``«`` and ``»``, or else
:data:`UPPERMOST`. ``GET /stats`` gives the number of requests, their peak and the last body.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import sys
from collections import Counter
from typing import Any

UPPERMOST = "(375,369)"  # of the buttons of tests/training/toy.py
stats: dict[str, Any] = {"requests": 0, "now": 0, "peak": 0, "last": None, "authorization": ""}
seen: Counter[str] = Counter()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = re.search(rb"content-length: (\d+)", head.lower())
            raw = await reader.readexactly(int(length[1])) if length else b""
            if head.startswith(b"GET"):
                await _send(writer, 200, stats)
                continue
            found = re.search(rb"authorization: (.*)\r\n", head, re.IGNORECASE)
            stats["authorization"] = found[1].decode() if found else ""
            stats["requests"] += 1
            stats["now"] += 1
            stats["peak"] = max(stats["peak"], stats["now"])
            try:
                await _answer(writer, json.loads(raw))
            finally:
                stats["now"] -= 1
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def _answer(writer: asyncio.StreamWriter, request: dict[str, Any]) -> None:
    stats["last"] = request
    texts = [part["text"] for message in request["messages"] for part in message["content"] if part["type"] == "text"]
    text = (re.findall("«(.*?)»", texts[-1], re.DOTALL) or [UPPERMOST])[-1]
    behaviour, *words = request["model"].split()
    seen[texts[-1]] += 1
    if behaviour == "slow":
        await asyncio.sleep(float(words[0]))
    if behaviour == "status" and (len(words) < 2 or words[1] == "after" or seen[texts[-1]] <= int(words[1][1:])):
        after = f"Retry-After: {words[2]}\r\n" if len(words) > 2 else ""
        await _send(writer, int(words[0]), {"error": {"message": f"made to fail with {words[0]}"}}, after)
    elif behaviour == "silent":
        writer.close()
    elif behaviour == "zipped":
        await _send(writer, 200, gzip.compress(gzip.compress(bytes(1 << 30), 1)), "Content-Encoding: gzip, gzip\r\n")
    elif behaviour == "moved":
        await _send(writer, 307, {}, f"Location: {words[0]}\r\n")
    elif behaviour == "junk":
        await _send(writer, 200, "<html>no JSON</html>")
    elif behaviour == "page":
        await _send(writer, 200, {"choices": []})
    else:
        content = None if behaviour == "nothing" else text
        choice = {"message": {"content": content}, "finish_reason": "length" if behaviour == "cut" else "stop"}
        await _send(writer, 200, {"choices": [choice]}, how=behaviour)


async def _send(writer: asyncio.StreamWriter, status: int, data: Any, headers: str = "", how: str = "") -> None:
    body = data.encode() if isinstance(data, str) else data if isinstance(data, bytes) else json.dumps(data).encode()
    writer.write(f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode())
    if how == "half":
        writer.write(body[: len(body) // 2])
        await writer.drain()
        writer.close()
        return
    for start in range(0, len(body), 1) if how == "trickle" else (0,):
        writer.write(body[start : start + 1] if how == "trickle" else body)
        await writer.drain()
        if how == "trickle":
            await asyncio.sleep(0.05)


async def main(port: int) -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=1 << 26, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
