"""The sandbox: a pool of workers, a bounded queue before it, and sessions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from tracer1.sandbox.answers import outcome_of
from tracer1.sandbox.command import SandboxUnavailable, command, unavailable
from tracer1.sandbox.inputs import Refused, encode, open_files
from tracer1.sandbox.limits import Limits, Outcome
from tracer1.sandbox.session import Session
from tracer1.sandbox.worker import Worker, WorkerDied

Files = Mapping[str, Path | bytes]


class Sandbox:
    """An async context manager. Entering it raises SandboxUnavailable where code cannot be contained, and ValueError for
    packages that are not there; after that every call gives an :class:`Outcome`.

    ``workers``   calls and sessions at a time       ``queue``   calls that may wait; more are ``failed``
    ``preload``   modules that every worker has loaded, so that calls need not import them
    ``packages``  installed packages outside of Python's own folders that calls may import besides tracer1
    ``warm``      False: a new worker for every call, without preloading; far slower, and shares nothing
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        workers: int = 1,
        queue: int = 1000,
        preload: Sequence[str] = (),
        packages: Sequence[str] = (),
        warm: bool = True,
    ) -> None:
        if workers < 1 or queue < 0:
            raise ValueError("a sandbox needs at least one worker, and a queue of 0 or more")
        self.limits = limits or Limits()
        self._warm, self._most_waiting, self._waiting = warm, queue, 0
        self._preload, self._packages = preload if warm else (), packages
        self._number, self._open = workers, False
        self._workers: list[Worker] = []
        self._idle: asyncio.LifoQueue[Worker] = asyncio.LifoQueue()

    async def __aenter__(self) -> Sandbox:
        if reason := await asyncio.to_thread(unavailable):
            raise SandboxUnavailable(reason)
        line = [*command(self._packages), *self._preload]
        self._workers = [Worker(line) for _ in range(self._number)]
        with ExitStack() as undo:
            undo.callback(self.close)
            if self._warm:
                await asyncio.gather(*(worker.start() for worker in self._workers))
            undo.pop_all()
        for worker in self._workers:
            self._idle.put_nowait(worker)
        self._open = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill all workers and what runs in them."""
        self._open = False
        for worker in self._workers:
            worker.kill()

    async def run(
        self,
        code: str,
        files: Files | None = None,
        variables: Mapping[str, Any] | None = None,
        limits: Limits | None = None,
    ) -> Outcome:
        """Execute Python. ``files`` are in /files (read-only), ``variables`` (JSON values) are set before."""
        return await self._call({"code": code, "variables": dict(variables or {})}, files or {}, limits or self.limits)

    async def call(
        self,
        module: str,
        function: str,
        arguments: Mapping[str, Any],
        files: Files | None = None,
        limits: Limits | None = None,
    ) -> Outcome:
        """``module.function(**arguments)``: one of our own functions, whose input may attack it."""
        request = {"module": module, "function": function, "arguments": dict(arguments)}
        return await self._call(request, files or {}, limits or self.limits)

    @asynccontextmanager
    async def session(self, files: Files | None = None, limits: Limits | None = None) -> AsyncIterator[Session]:
        """One process for the steps of one episode; it has a worker of its own until the block ends.

        Raises SandboxUnavailable when too many calls wait already, or when no worker starts.
        """
        async with self._worker() as worker:
            session = Session(worker, files or {}, limits or self.limits)
            try:
                yield session
            finally:
                await session.end()

    async def _call(self, request: dict[str, Any], files: Files, limits: Limits) -> Outcome:
        try:
            async with self._worker() as worker:
                with ExitStack() as stack:
                    inputs = open_files(files, limits.input_bytes, stack)
                    whole = encode(request | {"names": list(files), "limits": limits.as_dict(), "session": False})
                    return outcome_of(await worker.ask(whole, inputs, limits.wall_seconds), limits)
        except Refused as error:
            return Outcome("refused", error=str(error))
        except (SandboxUnavailable, OSError) as error:
            return Outcome("failed", error=str(error))
        except WorkerDied as error:
            return Outcome("failed", error=f"the sandbox's worker died: {error}")

    @asynccontextmanager
    async def _worker(self) -> AsyncIterator[Worker]:
        """A started worker, for one user at a time."""
        self._check_open()
        if self._idle.empty() and self._waiting >= self._most_waiting:
            raise SandboxUnavailable(f"{self._waiting} calls are waiting already")
        self._waiting += 1
        try:
            worker = await self._idle.get()
        finally:
            self._waiting -= 1
        try:
            self._check_open()
            await worker.start()
            yield worker
        finally:
            if not self._warm:
                worker.kill()
            self._idle.put_nowait(worker)

    def _check_open(self) -> None:
        if not self._open:
            raise SandboxUnavailable("the sandbox is not open: use it within `async with Sandbox(...) as sandbox`")
