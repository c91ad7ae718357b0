"""Demonstrators for the e-mail inbox."""

from __future__ import annotations

from tracer1.environments.miniwob.demonstrators.base import Demonstration, demonstrates
from tracer1.environments.miniwob.demonstrators.reading import groups, quoted


@demonstrates(
    "email-inbox",
    "email-inbox-delete",
    "email-inbox-forward",
    "email-inbox-important",
    "email-inbox-noscroll",
    "email-inbox-reply",
    "email-inbox-star-reply",
)
def handle_email(hands: Demonstration) -> None:
    (sender,) = groups(r"email by (\S+) and", hands.goal)
    for icon in ("trash", "star"):
        if icon in hands.goal:
            return hands.click("image", icon, sender)
    hands.click("row", "email thread", sender)
    if "reply" in hands.goal:
        hands.click("text", "Reply")
        hands.fill("reply text", quoted(hands.goal)[0], "reply")
        hands.click("image", "send reply")
    else:
        hands.click("text", "Forward")
        hands.fill("to", groups(r"to (\S+)\.$", hands.goal)[0], "recipient")
        hands.click("image", "send forward")
    return None
