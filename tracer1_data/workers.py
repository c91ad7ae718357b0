"""Processes that share work: a pool that says what to do when one of them dies, and a list worked through in its order."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_AHEAD = 4
SPAWN = multiprocessing.get_context("spawn")
"""Fresh processes: forking one that has threads (Arrow's) can hang."""


class WorkerDied(RuntimeError):
    """A process ended in the middle of its work, mostly for want of memory."""


@contextmanager
def pool(
    workers: int, begin: Callable[..., None] | None = None, given: tuple[Any, ...] = ()
) -> Iterator[ProcessPoolExecutor]:
    """``workers`` processes, each of which calls ``begin(*given)`` first. Raises WorkerDied when one ends within the block."""
    executor = ProcessPoolExecutor(workers, SPAWN, begin, given)
    try:
        yield executor
    except BrokenProcessPool as error:
        raise WorkerDied("a worker died: free some memory, or use fewer --workers") from error
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def in_order(function: Callable[[_Item], _Result], items: Iterable[_Item], workers: int) -> Iterator[_Result]:
    """``map(function, items)`` by ``workers`` processes, few results waiting; or here when that is 1. Raises WorkerDied."""
    if workers <= 1:
        yield from map(function, items)
        return
    waiting: deque[Future[_Result]] = deque()
    with pool(workers) as processes:
        for item in items:
            waiting.append(processes.submit(function, item))
            if len(waiting) >= _AHEAD * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
