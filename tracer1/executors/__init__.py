"""Frozen tool agents. ``load_executor(name)`` gives one by name; ``EXECUTORS`` lists them."""

from __future__ import annotations

from collections.abc import Callable

from tracer1.executors.accessibility import AccessibilityExecutor
from tracer1.executors.base import Executor

EXECUTORS: dict[str, Callable[[], Executor]] = {"accessibility": AccessibilityExecutor}


def load_executor(name: str) -> Executor:
    """The executor of that name. Raises ValueError, naming those that exist."""
    if name not in EXECUTORS:
        raise ValueError(f"unknown executor {name!r}: use one of {', '.join(EXECUTORS)}")
    return EXECUTORS[name]()
