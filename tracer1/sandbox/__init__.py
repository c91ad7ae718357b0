"""Containment of code that a model wrote, and of the parsers that read files for it. ``README.md`` says what it covers.

    async with Sandbox(workers=4, preload=("numpy",)) as sandbox:
        outcome = await sandbox.run("sum(int(line) for line in open('/files/a.txt'))", {"a.txt": path})

``Sandbox`` and ``Session`` are loaded when first used: the processes inside the sandbox import this package too.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tracer1.sandbox.limits import Limits, Outcome

if TYPE_CHECKING:
    from tracer1.sandbox.command import SandboxUnavailable, unavailable
    from tracer1.sandbox.inputs import file_in
    from tracer1.sandbox.pool import Sandbox
    from tracer1.sandbox.session import Session

__all__ = ["Limits", "Outcome", "Sandbox", "SandboxUnavailable", "Session", "file_in", "unavailable"]
_HOMES = {
    "Sandbox": "pool",
    "SandboxUnavailable": "command",
    "Session": "session",
    "file_in": "inputs",
    "unavailable": "command",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"tracer1.sandbox.{_HOMES[name]}"), name)
