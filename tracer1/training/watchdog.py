"""Ends a run whose vLLM engine has died. veRL would wait for ever: nobody answers the weight sync any more.

A thread of the driver that looks at the run's processes on this machine. It records them too, so that the next run can
clean up after a driver that was killed (:mod:`tracer1.training.processes`).
"""

from __future__ import annotations

import os
import sys
import threading

from tracer1.training import processes
from tracer1.training.processes import Identity, Session

EXIT_CODE = 70  # EX_SOFTWARE
_ENGINE = "VLLM::"


def find_dead_engine(engines: dict[Identity, str]) -> str | None:
    """Title and number of an engine process that is gone, or None."""
    for identity, title in engines.items():
        if processes.find(identity) is None:
            return f"{title.split()[0]} (process {identity[0]})"
    return None


class Watchdog(threading.Thread):
    """Looks every ``interval`` seconds; an engine found dead must still be missed ``grace`` seconds later.

    The grace lets a run that ends normally, whose engines go first, reach its end.
    """

    def __init__(self, interval: float = 2.0, grace: float = 10.0) -> None:
        super().__init__(name="tracer1-watchdog", daemon=True)
        self._interval, self._grace = interval, grace
        self._engines: dict[Identity, str] = {}
        self._finished = threading.Event()
        self._session = Session()

    def run(self) -> None:
        while not self._finished.wait(self._interval):
            running = processes.descendants()
            self._session.record(running)
            self._engines |= {identity: title for identity, title in running.items() if title.startswith(_ENGINE)}
            dead = find_dead_engine(self._engines)
            if dead and not self._finished.wait(self._grace):
                self._give_up(dead)

    def finish(self) -> None:
        """The run is over: stop watching and end whatever it has left behind. May be called twice."""
        if self._finished.is_set():
            return
        self._finished.set()
        processes.end(self._session.seen | set(processes.descendants()))
        self._session.close()

    def _give_up(self, dead: str) -> None:
        print(
            f"\ntracer1: {dead} died, and veRL would wait for it for ever, so the run was stopped. "
            "The reason is in the log above, or the machine ran out of memory. Start the same command again: "
            "it continues from the last checkpoint.",
            file=sys.stderr,
            flush=True,
        )
        self.finish()
        os._exit(EXIT_CODE)
