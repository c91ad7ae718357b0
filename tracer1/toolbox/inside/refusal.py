"""The two errors that these functions raise on purpose."""

from __future__ import annotations


class CannotDo(ValueError):
    """What was asked for cannot be done; the message is for the planner."""


class NotWorking(RuntimeError):
    """A program that is needed does not do its work here; the message is for who set it up."""
