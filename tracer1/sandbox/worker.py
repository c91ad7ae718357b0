"""One worker process, seen from outside. It is started again whenever it is gone."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from tracer1.sandbox.command import SandboxUnavailable
from tracer1.sandbox.inputs import sealed

_START_SECONDS = 120.0
_GRACE_SECONDS = 10.0  # the worker keeps the wall time itself; this is for one that hangs


class WorkerDied(RuntimeError):
    """The worker ended, or hung, during a call; it has been killed."""


class Worker:
    """Asks one thing at a time. ``line`` is its command, with the modules to load."""

    def __init__(self, line: Sequence[str]) -> None:
        self._line = list(line)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._log = -1
        self._listening = False

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    async def start(self) -> None:
        """Unless it runs. Raises SandboxUnavailable, with the last line it wrote, when it does not come up."""
        if self.running:
            return
        self.kill()
        try:
            self._spawn()
            await self._byte(_START_SECONDS)
        except (WorkerDied, OSError) as error:
            raise SandboxUnavailable(f"the sandbox does not start: {error}") from error

    def _spawn(self) -> None:
        self._log = os.memfd_create("log")
        self._control, theirs = socket.socketpair()
        self._control.setblocking(False)
        # Not in a thread of its own: with --die-with-parent the worker dies with the thread that started it.
        with theirs:
            self._process = subprocess.Popen(
                self._line,
                stdin=theirs,
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                start_new_session=True,
                env={"PATH": os.environ.get("PATH", os.defpath)},
            )

    async def ask(self, request: bytes, files: Sequence[int] = (), seconds: float = 0.0) -> Mapping[str, Any]:
        """Its answer within ``seconds``. Raises WorkerDied. A call that is cancelled ends the worker."""
        if self._control is None:
            raise WorkerDied("it was ended")
        with ExitStack() as stack:
            answer = os.memfd_create("answer")
            stack.callback(os.close, answer)
            try:
                socket.send_fds(self._control, [b"!"], [sealed(request, stack), answer, *files])
            except OSError as error:
                raise self._died() from error
            await self._byte(seconds + _GRACE_SECONDS)
            return json.loads(os.pread(answer, os.fstat(answer).st_size, 0))

    def kill(self) -> None:
        """End it and all that runs in it. Whoever waits for an answer gets WorkerDied."""
        if self._process is not None:
            if self.running:  # otherwise its number may be another's already
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._listening:
            return  # whoever listens ends it again
        if self._control is not None:
            self._control.close()
        if self._log >= 0:
            os.close(self._log)
        self._process, self._control, self._log = None, None, -1

    async def _byte(self, seconds: float) -> None:
        self._listening, loop = True, asyncio.get_running_loop()
        timer = loop.call_later(seconds, self.kill)  # which ends the waiting; asyncio.wait_for costs more
        byte = b""
        try:
            byte = await loop.sock_recv(self._control, 1)
        except OSError:
            pass  # it died with a request unread
        except asyncio.CancelledError:
            self._listening = False
            self.kill()
            raise
        finally:
            timer.cancel()
        if not byte:
            raise self._died(f"no answer within {seconds:g} s" if loop.time() >= timer.when() else "")
        self._listening = False

    def _died(self, why: str = "") -> WorkerDied:
        self._listening = False
        lines = os.pread(self._log, 1 << 16, 0).decode("utf-8", "replace").strip().splitlines()
        self.kill()
        return WorkerDied(why or (lines[-1] if lines else "it ended without a word"))
