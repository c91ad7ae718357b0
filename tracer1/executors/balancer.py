"""Which of several equal servers is asked next: the least loaded of those that work.

Each has a circuit breaker. After ``open_after`` failures in a row its circuit opens: nothing is sent there. After
``probe_after`` seconds one request is let through as a probe; an answer closes the circuit, a failure opens it for as long
again. Belongs to one event loop.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(slots=True)
class Upstream:
    """One server: how many requests it holds, how many it got, its failures in a row and what the last one said."""

    url: str
    in_flight: int = 0
    taken: int = 0
    failures: int = 0
    trouble: str = ""
    probe_at: float = 0.0
    probed: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to send one request to a server; a ``probe`` when its circuit is open."""

    upstream: Upstream
    probe: bool


class Balancer:
    """Gives out leases; each must be settled."""

    def __init__(self, urls: Sequence[str], open_after: int, probe_after: float) -> None:
        self._upstreams = [Upstream(url) for url in urls]
        self._open_after, self._probe_after = open_after, probe_after

    def take(self) -> Lease | None:
        """A server to ask; None while every circuit is open and no probe is due. An open one that is due goes first."""
        now = time.monotonic()
        due = [one for one in self._upstreams if self._is_open(one) and not one.probed and now >= one.probe_at]
        ready = due or [one for one in self._upstreams if not self._is_open(one)]
        if not ready:
            return None
        chosen = min(ready, key=lambda one: (one.in_flight, one.taken))
        chosen.in_flight += 1
        chosen.taken += 1
        chosen.probed = bool(due)
        return Lease(chosen, probe=bool(due))

    def settle(self, lease: Lease, works: bool | None, trouble: str = "") -> None:
        """Say whether the server ``works``, and if not, what the ``trouble`` is; None when that was not found out."""
        upstream = lease.upstream
        upstream.in_flight -= 1
        if lease.probe:
            upstream.probed = False
        if works:
            upstream.failures = 0
        elif works is False:
            upstream.failures += 1
            upstream.trouble = trouble
            upstream.probe_at = time.monotonic() + self._probe_after

    @property
    def trouble(self) -> str:
        """What the servers whose circuit is open said last."""
        return "; ".join(one.trouble for one in self._upstreams if self._is_open(one))

    def _is_open(self, upstream: Upstream) -> bool:
        return upstream.failures >= self._open_after
