"""One isolated process that runs foreign code, seen from the worker: start it, ask it, end it."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn, TextIO

from tracer1.sandbox.inside import code, isolation, kernel

HEADER = 4  # bytes before a result: its length
_OTHERS = 2  # the worker, and bubblewrap's process 1: the kernel counts them too
_CHUNK = 1 << 16
_EXTRA = 64 * 1024  # of a result besides its value: the error and its trace


class Stream:
    """A pipe from the child, of which the first ``limit`` bytes are kept."""

    limit = 0

    def __init__(self) -> None:
        self.read_end, self.write_end = os.pipe()
        os.set_blocking(self.read_end, False)
        self.data, self.cut = bytearray(), False

    def read(self) -> bool:
        """Take what is there. False when there is nothing, for now or for ever."""
        try:
            chunk = os.read(self.read_end, _CHUNK)
        except BlockingIOError:
            return False
        room = self.limit - len(self.data)
        self.data += chunk[:room]
        self.cut |= len(chunk) > room
        return bool(chunk)

    def text(self) -> str:
        """What was kept, and forget it."""
        said = self.data.decode("utf-8", "replace") + (f"\n[cut at {self.limit} bytes]" if self.cut else "")
        self.data, self.cut = bytearray(), False
        return said


class Child:
    """Forks into a new PID namespace and waits there for the first order, ahead of time: that is what takes longest.

    ``namespace`` is a descriptor of the worker's own. Raises OSError where the kernel has no more of what it needs.
    """

    def __init__(self, namespace: int, seccomp: bytes) -> None:
        self.limits: dict[str, Any] = {}
        self._ended: tuple[int, bool, float] | None = None
        self.out, self.errors, self.results = Stream(), Stream(), Stream()
        self._orders, theirs = socket.socketpair()
        kernel.new_pids(namespace)
        self.pid = os.fork()
        if not self.pid:
            self._live(theirs, seccomp)
        theirs.close()
        for stream in self._streams():
            os.close(stream.write_end)
        self.process = os.pidfd_open(self.pid)

    def _streams(self) -> tuple[Stream, Stream, Stream]:
        return self.out, self.errors, self.results

    def _live(self, orders: socket.socket, seccomp: bytes) -> NoReturn:
        """In the child: keep nothing open but its pipes, isolate, serve."""
        try:
            os.setsid()  # a signal to "my process group" would reach the worker
            _close_all_but({0, orders.fileno(), *(stream.write_end for stream in self._streams())})
            for stream, number in ((self.out, 1), (self.errors, 2)):
                os.dup2(stream.write_end, number)
                os.close(stream.write_end)
            sys.stdout, sys.stderr = (_lines(number) for number in (1, 2))
            isolation.prepare()
            first, inputs = code.receive(orders)
            isolation.enter(first["limits"], first["names"], inputs, _OTHERS, seccomp)
            code.serve(first, orders, self.results.write_end)
        except BaseException:  # noqa: BLE001 (foreign signal handlers raise here, too; the worker's loop must see none of it)
            traceback.print_exc()
        finally:
            os._exit(70)

    def order(self, limits: dict[str, Any], descriptors: Sequence[int]) -> None:
        """Tell it what to do: the request and, the first time, the files."""
        self.limits = limits
        self.out.limit = self.errors.limit = limits["output_bytes"]
        self.results.limit = HEADER + limits["output_bytes"] + _EXTRA
        with contextlib.suppress(BrokenPipeError):  # whoever watches will see that it is gone
            socket.send_fds(self._orders, [b"!"], descriptors)

    def kill(self) -> None:
        """Kill it; the kernel kills all that came from it."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.process, signal.SIGKILL)

    def wait(self) -> tuple[int, bool, float]:
        """When it has ended: its exit code or signal, whether it was a signal, and the processor time it took."""
        if self._ended is None:
            _, status, usage = os.wait4(self.pid, 0)
            killed = os.WIFSIGNALED(status)
            number = os.WTERMSIG(status) if killed else os.WEXITSTATUS(status)
            self._ended = number, killed, usage.ru_utime + usage.ru_stime
        return self._ended

    def reap(self) -> None:
        """Wait until it and all that came from it are gone."""
        self.wait()
        for descriptor in (self.process, *(stream.read_end for stream in self._streams())):
            os.close(descriptor)
        self._orders.close()


def _close_all_but(kept: set[int]) -> None:
    ordered = [*sorted(kept), os.sysconf("SC_OPEN_MAX")]
    for low, high in itertools.pairwise(ordered):
        os.closerange(low + 1, high)


def _lines(descriptor: int) -> TextIO:
    return open(descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace")
