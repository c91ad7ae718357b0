"""What a stretch of work costs the whole machine: seconds, the peak of memory, and the processor time others took.

On a virtual machine the host may hand processor time to other guests ("steal"); a time measured then says little, so the
share is measured with it. Linux only (``/proc``).
"""

from __future__ import annotations

import threading
import time
from pathlib import Path


class Watch(threading.Thread):
    """Samples the machine's used memory twice a second from ``start()`` to ``stop()``."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._peak, self._memory, self._end = 0.0, _used_gib(), threading.Event()
        self._began, self._times = time.monotonic(), _processor_times()

    def run(self) -> None:
        while not self._end.wait(0.5):
            self._peak = max(self._peak, _used_gib() - self._memory)

    def stop(self) -> dict[str, float]:
        """Seconds, the greatest rise of used memory (GiB), and the share of processor time that was stolen (0 to 1)."""
        self._end.set()
        (stolen, total), (stolen_before, total_before) = _processor_times(), self._times
        return {
            "seconds": round(time.monotonic() - self._began, 1),
            "peak_memory_gib": round(self._peak, 2),
            "stolen": round((stolen - stolen_before) / max(total - total_before, 1), 3),
        }


def _used_gib() -> float:
    lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return (int(lines["MemTotal"].split()[0]) - int(lines["MemAvailable"].split()[0])) / 2**20


def _processor_times() -> tuple[int, int]:
    """Stolen and all ticks of all processors: user, nice, system, idle, iowait, irq, softirq, steal (proc(5))."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return ticks[7], sum(ticks)
