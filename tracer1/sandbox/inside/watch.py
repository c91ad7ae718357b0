"""Watches a child until its result is there, it has ended, or it has used up its time or memory.

What is said here about the end is the worker's own observation; only the bytes of the result, stdout and stderr are the
child's.
"""

from __future__ import annotations

import os
import select
import struct
import time
from typing import Any

from tracer1.sandbox.inside.child import HEADER, Child, Stream

LOOK_SECONDS = 0.05
_LEFT_IN_PIPES = 32  # reads: more than a pipe holds


def watch(child: Child, control: int, preloaded: int) -> dict[str, Any]:
    """``end`` (result, exit, wall or memory), what the child wrote, and whether the machine ran out of memory meanwhile
    (``starved``). ``preloaded``: bytes it shares with the worker.

    Ends this process when ``control`` does: nobody waits for the answer then.
    """
    began, starved = time.monotonic(), _starved()
    readers = {stream.read_end: stream for stream in (child.out, child.errors, child.results)}
    poll = select.poll()
    for descriptor in (*readers, child.process, control):
        poll.register(descriptor, select.POLLIN)
    end, look = "", began + LOOK_SECONDS
    while not end:
        now = time.monotonic()
        left = began + child.limits["wall_seconds"] - now
        ready = [descriptor for descriptor, _ in poll.poll(max(0, min(left, look - now)) * 1000)]
        if control in ready:
            os._exit(0)
        for descriptor in ready:
            if descriptor in readers and not readers[descriptor].read():
                poll.unregister(descriptor)
        end = _end(child, child.process in ready, left)
        if not end and now >= look:
            end = "memory" if holds_more(child.limits["memory"], preloaded) else ""
            look = time.monotonic() + max(LOOK_SECONDS, 10 * (time.monotonic() - now))
    answer = answer_of(child, end, time.monotonic() - began)
    return answer | {"starved": bool(answer.get("killed")) and _starved() > starved}


def _end(child: Child, gone: bool, left: float) -> str:
    if _complete(child.results) or child.results.cut:
        return "result"
    if gone:
        return "exit"
    return "wall" if left <= 0 else ""


def _complete(results: Stream) -> bool:
    data = results.data
    return len(data) >= HEADER and len(data) >= HEADER + struct.unpack_from(">I", data)[0]


def answer_of(child: Child, end: str, seconds: float = 0.0) -> dict[str, Any]:
    """How it ended, and what it wrote until then."""
    for stream in (child.out, child.errors, child.results):
        for _ in range(_LEFT_IN_PIPES):
            if not stream.read():
                break
    answer: dict[str, Any] = {"end": end, "seconds": round(seconds, 4)}
    if end == "exit":
        answer |= dict(zip(("exit", "killed", "processor"), child.wait(), strict=True))
        if _complete(child.results):
            answer["end"] = "result"
    answer["result"] = bytes(child.results.data[HEADER:]).decode("utf-8", "replace")
    child.results.data.clear()
    return answer | {"stdout": child.out.text(), "stderr": child.errors.text()}


def holds_more(limit: int, preloaded: int) -> bool:
    """Whether the call's processes together hold more than ``limit`` bytes besides what they share with the worker.

    A page that several processes share is counted in parts (Pss, proc(5)); that takes milliseconds, so what is resident is
    looked at first.
    """
    processes = [name for name in os.listdir("/proc") if name.isdigit() and name not in ("1", str(os.getpid()))]
    if sum(_sizes(name, "status", b"Rss") for name in processes) <= limit:
        return False
    return sum(_sizes(name, "smaps_rollup", b"Pss_") for name in processes) - preloaded > limit


def _starved() -> int:
    """How many processes the kernel has killed for want of memory since it started (proc(5), vmstat)."""
    try:
        with open("/proc/vmstat", "rb") as lines:
            return next((int(line.split()[1]) for line in lines if line.startswith(b"oom_kill ")), 0)
    except FileNotFoundError:
        return 0


def anonymous() -> int:
    """Bytes that this process holds and a child will share until either writes to them."""
    return _sizes("self", "status", b"Rss")


def _sizes(process: str, file: str, prefix: bytes) -> int:
    """Bytes of memory that is not just a mapped file; 0 when the process is gone."""
    try:
        with open(f"/proc/{process}/{file}", "rb") as lines:
            words = [line.split() for line in lines if line.startswith((prefix + b"Anon:", prefix + b"Shmem:"))]
    except (FileNotFoundError, ProcessLookupError):
        return 0
    except PermissionError:  # it executes a program that may not be read: all that it has resident is counted
        return _sizes(process, "status", b"Rss")
    return sum(int(size) for _, size, _ in words) * 1024
