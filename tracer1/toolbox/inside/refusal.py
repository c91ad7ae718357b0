"""The one error that these functions raise on purpose."""

from __future__ import annotations


class CannotDo(ValueError):
    """What was asked for cannot be done; the message is for the planner."""
