"""A sandbox that attacks are tried on. Every attack is followed by a harmless call, in the same worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from tracer1.sandbox import Limits, Outcome, Sandbox, unavailable

MIB = 1 << 20
LIMITS = {"memory": 256 * MIB, "wall_seconds": 20.0, "cpu_seconds": 5, "processes": 16, "tmp_bytes": 16 * MIB}
LIMITS |= {"file_bytes": 8 * MIB, "input_bytes": 16 * MIB, "output_bytes": 4096}


class Contained:
    """A sandbox with one worker, and an event loop to ask it on."""

    def __init__(self, **options: Any) -> None:
        self.loop = asyncio.new_event_loop()
        self.sandbox = Sandbox(Limits(**LIMITS), **options)
        self.loop.run_until_complete(self.sandbox.__aenter__())
        time.sleep(0.5)
        self.worker = self.sandbox._workers[0]._process
        self.processes = len(psutil.Process().children(recursive=True))

    def run(self, code: str, files: Any = None, variables: Any = None, **limits: Any) -> Outcome:
        """One call."""
        return self.loop.run_until_complete(self.sandbox.run(code, files, variables, self.limits(**limits)))

    def limits(self, **changed: Any) -> Limits:
        """The small limits of these tests, but for what is given."""
        return Limits(**(LIMITS | changed))

    def attack(self, code: str, files: Any = None, **limits: Any) -> Outcome:
        """One call that must leave the worker as it was: the same processes, nothing in /tmp, still right."""
        outcome = self.run(code, files, **limits)
        assert self.worker is self.sandbox._workers[0]._process and self.worker.poll() is None, "the worker was killed"
        after = self.run(
            "import os; [6 * 7, os.listdir('/tmp'), os.listdir('/files'), len(os.listdir('/proc/self/fd'))]"
        )
        assert (after.status, after.value) == ("ok", [42, [], [], 6]), after
        until = time.monotonic() + 20
        while (processes := len(psutil.Process().children(recursive=True))) != self.processes:
            assert time.monotonic() < until, f"{processes} processes instead of {self.processes}"
            time.sleep(0.01)
        return outcome

    def close(self) -> None:
        self.sandbox.close()
        self.loop.close()


@pytest.fixture(scope="module")
def contained() -> Iterator[Contained]:
    if reason := unavailable():
        pytest.skip(reason)
    made = Contained(preload=("parsers",), packages=("parsers",))
    yield made
    made.close()
