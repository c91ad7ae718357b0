"""One event loop a process, in a thread of its own, for connections that must outlive the caller's loop.

Training frameworks call rewards from a loop that lives long (veRL's reward workers), from ``asyncio.run`` once a batch
(EasyR1) or from threads. Connections, limits and circuit breakers belong to one loop; here it is the same for all of them.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def background_loop() -> asyncio.AbstractEventLoop:
    """This process's loop, started when it is first needed."""
    global _loop
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="tracer1-executors", daemon=True).start()
        return _loop


async def in_background(work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work``, run in the background loop. Cancelling the caller cancels it."""
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, background_loop()))


def _forget() -> None:
    """A forked child has neither the thread nor, perhaps, an open lock."""
    global _lock, _loop
    _lock, _loop = threading.Lock(), None


os.register_at_fork(after_in_child=_forget)
