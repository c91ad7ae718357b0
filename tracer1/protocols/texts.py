"""How the published scripts compare texts: the F1 of two sets of words, and actions spelled as strings."""

from __future__ import annotations

from tracer1.actions import Action

SPELLED = {"type": "text", "open_app": "name", "scroll": "direction"}
BARE = ("click", "long_press", "wait", "press_back", "press_home", "press_recent", "finish")


def token_f1(predicted: str, reference: str) -> float:
    """F1 of the two sets of lower-cased, white-space separated tokens, in [0, 1]; 0 when either text has no token."""
    ours, theirs = set(predicted.lower().split()), set(reference.lower().split())
    return 2 * len(ours & theirs) / (len(ours) + len(theirs)) if ours and theirs else 0.0


def spelled(action: Action) -> str:
    """The action as OS-Atlas writes it, ``TYPE [new york]``, but without its point.

    Of an action that OS-Atlas does not have, only the type. ``finish`` is COMPLETE, or IMPOSSIBLE where it reports failure.
    """
    if action.type == "finish":
        return "IMPOSSIBLE" if action.arguments.get("outcome") == "failure" else "COMPLETE"
    word = action.type.upper()
    return f"{word} [{action.arguments[SPELLED[action.type]]}]" if action.type in SPELLED else word


def word(action: Action) -> str:
    """The first word of the spelled action: what OS-Atlas and GUI-Odyssey compare as its type."""
    return spelled(action).split()[0]


def same(predicted: Action, reference: Action) -> bool:
    """Exact equality: of the spelling, and for an action that OS-Atlas does not have, of all arguments."""
    if reference.type in SPELLED or reference.type in BARE:
        return spelled(predicted) == spelled(reference)
    return predicted == reference
