"""Which tasks are for training and which are held out: names only, no browser needed.

Held-out tasks share words and widgets with training tasks: a log-in with a pop-up, forwarding instead of replying, the
same form in another order, a copy of one text among several.
"""

from __future__ import annotations

import difflib

TRAIN = (
    "login-user",
    "enter-date",
    "enter-time",
    "choose-date-easy",
    "choose-date-medium",
    "choose-list",
    "form-sequence-2",
    "form-sequence-3",
    "copy-paste",
    "email-inbox-reply",
    "email-inbox-star-reply",
    "search-engine",
    "multi-layouts",
    "click-checkboxes",
)
HELD_OUT = ("login-user-popup", "email-inbox-forward", "copy-paste-2", "multi-orderings")


def resolve(text: str) -> tuple[str, ...]:
    """Task names from a comma-separated list of ``train``, ``heldout``, ``all`` (every demonstrated task) and names.

    Raises ValueError, with the nearest names, for a task without a demonstrator.
    """
    from tracer1.environments.miniwob.demonstrators import REGISTRY

    sets = {"train": TRAIN, "heldout": HELD_OUT, "all": tuple(sorted(REGISTRY))}
    parts = [part.strip() for part in text.split(",") if part.strip()]
    names = list(dict.fromkeys(name for part in parts for name in sets.get(part, (part,))))
    for name in names:
        if name not in REGISTRY:
            near = difflib.get_close_matches(name, REGISTRY, 3, 0.5)
            hint = f" (did you mean {' or '.join(near)}?)" if near else ""
            raise ValueError(f"no demonstrator for task {name!r}{hint}; there are: {', '.join(sorted(REGISTRY))}")
    if not names:
        raise ValueError("no task given: use train, heldout, all or names separated by commas")
    return tuple(names)
