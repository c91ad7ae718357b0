"""Processes of the sandbox that are still there: this process may have other children, of tests that ran before."""

from __future__ import annotations

from contextlib import suppress

import psutil


def leftovers() -> list[psutil.Process]:
    """Living children, at any depth, that bubblewrap or a worker runs in."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            line = " ".join(process.cmdline())
            if "bwrap" in line or "tracer1.sandbox" in line:
                found.append(process)
    return found
