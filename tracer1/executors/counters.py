"""What an executor did so far: how often, with what outcome, how quickly. Safe from any thread."""

from __future__ import annotations

import threading
from collections import Counter, deque

REMEMBERED = 4096
QUANTILES = (0.5, 0.9, 0.99)


class Counters:
    """Counts by name, and the seconds that the last answers took."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._seconds: deque[float] = deque(maxlen=REMEMBERED)

    def add(self, name: str) -> int:
        """Count one; gives how many that makes."""
        with self._lock:
            self._counts[name] += 1
            return self._counts[name]

    def took(self, seconds: float) -> None:
        """An answer (or the lack of one) took that long."""
        with self._lock:
            self._seconds.append(seconds)

    def snapshot(self) -> dict[str, float]:
        """All counts by name, and ``seconds_p50``, ``seconds_p90``, ``seconds_p99`` of the last 4096 calls to a server."""
        with self._lock:
            counts, seconds = dict(sorted(self._counts.items())), sorted(self._seconds)
        quantiles = {
            f"seconds_p{round(share * 100)}": seconds[min(len(seconds) - 1, int(share * len(seconds)))]
            for share in QUANTILES
            if seconds
        }
        return counts | quantiles


def is_worth_telling(count: int) -> bool:
    """True for 1, 2, 4, 8 …: what happens a million times is told twenty times."""
    return count & (count - 1) == 0
