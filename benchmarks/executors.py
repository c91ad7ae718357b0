"""Calls a second to a served executor whose server takes 100 ms, 64 at once beside one at a time; and the time of a cache hit.

    python benchmarks/executors.py

The server is a process of its own on loopback that sleeps and answers: what is measured is the client. The screenshot has
1280 x 720 pixels and as many kilobytes as PNG as you say; a browser's have one or two hundred.
"""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from PIL import Image
from rich.console import Console
from rich.table import Table

from tracer1.actions import Action
from tracer1.coordinates import Size
from tracer1.executors import load_executor
from tracer1.plans import Step
from tracer1.trajectories import Observation

SIZE = Size(1280, 720)
ANSWER = json.dumps({"choices": [{"message": {"content": "(500,500)"}, "finish_reason": "stop"}]}).encode()


async def _serve(delay: float) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
            await reader.readexactly(int(length.split(b":")[1]))
            await asyncio.sleep(delay)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


@contextmanager
def serving(delay: float) -> Iterator[str]:
    """The address of a server that answers after ``delay`` seconds."""
    command = [sys.executable, __file__, "--serve", str(delay)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.kill()


def measure(url: str, calls: int, concurrency: int, picture: bytes, cache: str = "") -> tuple[float, float]:
    """Seconds of all calls, each with a step of its own, and the processor's seconds. With a ``cache``: of as many hits."""
    executor = load_executor("ui_tars", base_urls=url, model="any", concurrency=concurrency, cache_dir=cache)
    seen = Observation(picture, SIZE)

    async def run(numbers: range) -> None:
        steps = [Step(Action("click"), f"Click number {number}") for number in numbers]
        done = await asyncio.gather(*(executor.execute(seen, step) for step in steps))
        assert {one.status for one in done} == {"ok"}

    asyncio.run(run(range(calls) if cache else range(-concurrency, 0)))  # fills the cache, opens the connections
    began, used = time.perf_counter(), time.process_time()
    asyncio.run(run(range(calls)))
    return time.perf_counter() - began, time.process_time() - used


def make_picture(kilobytes: int) -> bytes:
    """A white screenshot with noise in its upper part, until the PNG has that size."""
    output = io.BytesIO()
    image = Image.new("RGB", (SIZE.width, SIZE.height), "white")
    rows = min(SIZE.height, kilobytes * 1000 // (2 * SIZE.width))
    image.paste(Image.effect_noise((SIZE.width, max(1, rows)), 100).convert("RGB"), (0, 0))
    image.save(output, "PNG")
    return output.getvalue()


def main(
    serve: Annotated[float | None, typer.Option(hidden=True)] = None,
    calls: Annotated[int, typer.Option(help="How many, at 64 at once; a twentieth of it one at a time.")] = 1280,
    kilobytes: Annotated[int, typer.Option(help="Of the screenshot.")] = 150,
) -> None:
    """Print calls a second, the ratio, and milliseconds a cache hit."""
    if serve is not None:
        asyncio.run(_serve(serve))
        return
    picture = make_picture(kilobytes)
    table = Table(
        "", "calls/s", "ms of processor a call", title=f"server's delay 100 ms, picture {len(picture):,} bytes"
    )
    rates = []
    with serving(0.1) as url, tempfile.TemporaryDirectory() as cache:
        for name, number, concurrency, kept in (
            ("one at a time", calls // 20, 1, ""),
            ("64 at once", calls, 64, ""),
            ("from the cache", calls, 64, cache),
        ):
            seconds, used = measure(url, number, concurrency, picture, kept)
            rates.append(number / seconds)
            table.add_row(name, f"{rates[-1]:,.1f}", f"{used / number * 1e3:.2f}")
    Console().print(table)
    Console().print(f"64 at once: {rates[1] / rates[0]:.1f} times one at a time; a hit: {1e3 / rates[2]:.2f} ms")


if __name__ == "__main__":
    typer.run(main)
