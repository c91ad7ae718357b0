"""vLLM plugin (entry point ``vllm.general_plugins``): its processes sleep while they wait for each other.

vLLM's engine and worker otherwise watch their shared memory without pause for a second after each message, which on a
machine with two cores takes one of them from the processes that have work. Does nothing unless ``VERL_PLATFORM=cpu``.
"""

from __future__ import annotations

import os
import time
from typing import Any


def register() -> None:
    """Called by vLLM at the start of each of its processes."""
    if os.environ.get("VERL_PLATFORM") != "cpu":
        return
    from vllm.distributed.device_communicators.shm_broadcast import SpinCondition

    def record_read(self: Any) -> None:
        self.last_read = time.monotonic() - self.busy_loop_s  # the watch is over: the first message has come

    SpinCondition.record_read = record_read
