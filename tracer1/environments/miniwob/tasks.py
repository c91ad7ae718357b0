"""Which tasks are for training and which are held out: names only, no browser needed.

Held-out tasks share words and widgets with training tasks, never the whole plan: a log-in with a pop-up, forwarding instead
of replying, the other field of the same search form.
"""

from __future__ import annotations

import difflib

TRAIN = (
    "login-user",
    "enter-date",
    "choose-date-easy",
    "choose-date-medium",
    "form-sequence-2",
    "form-sequence-3",
    "copy-paste",
    "email-inbox-reply",
    "email-inbox-noscroll",
    "search-engine",
    "multi-layouts",
    "click-checkboxes",
)
HELD_OUT = ("login-user-popup", "email-inbox-forward", "click-checkboxes-transfer", "copy-paste-2")
SETS = {"train": TRAIN, "heldout": HELD_OUT}


def resolve(text: str) -> tuple[str, ...]:
    """Task names from ``train``, ``heldout``, ``all`` (every demonstrated task) or a comma-separated list.

    Raises ValueError, with the nearest names, for a task without a demonstrator.
    """
    from tracer1.environments.miniwob.demonstrators import REGISTRY

    if text == "all":
        return tuple(sorted(REGISTRY))
    names = SETS.get(text) or tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in REGISTRY:
            near = difflib.get_close_matches(name, REGISTRY, 3, 0.5)
            hint = f" (did you mean {' or '.join(near)}?)" if near else ""
            raise ValueError(f"no demonstrator for task {name!r}{hint}; there are: {', '.join(sorted(REGISTRY))}")
    if not names:
        raise ValueError("no task given: use train, heldout, all or names separated by commas")
    return names
