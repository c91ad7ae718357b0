"""vLLM plugin (entry point ``vllm.general_plugins``): its processes sleep while they wait for each other.

For a second after each message vLLM's engine and worker watch their shared memory without pause, which on a machine with two
cores takes one of them from the processes that have work. Here they look once a millisecond instead; they must not merely wait
to be notified, because notifications may be dropped. Does nothing unless ``VERL_PLATFORM=cpu``.
"""

from __future__ import annotations

import os
import time
from typing import Any


def register() -> None:
    """Called by vLLM at the start of each of its processes."""
    if os.environ.get("VERL_PLATFORM") != "cpu":
        return
    import zmq
    from vllm.distributed.device_communicators.shm_broadcast import SpinCondition

    def wait(self: Any, timeout_ms: int | None = None) -> None:
        watching = time.monotonic() <= self.last_read + self.busy_loop_s
        events = dict(self.poller.poll(1 if watching else timeout_ms))
        if self.local_notify_socket in events:
            self.local_notify_socket.recv(flags=zmq.NOBLOCK, copy=False)

    SpinCondition.wait = wait
