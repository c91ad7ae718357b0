"""Named, published ways to decide that a predicted action is right."""

from __future__ import annotations

from tracer1.protocols import agentnetbench, graded, gui_odyssey, gui_r1, infigui_r1, mind2web, os_atlas
from tracer1.protocols.base import Protocol, Target, Verdict

__all__ = ["PROTOCOLS", "Protocol", "Target", "Verdict", "cards", "load_protocol"]

PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        graded.PROTOCOL,
        os_atlas.PROTOCOL,
        gui_odyssey.OFFICIAL,
        gui_odyssey.STEP,
        mind2web.PROTOCOL,
        agentnetbench.PROTOCOL,
        gui_r1.PROTOCOL,
        infigui_r1.PROTOCOL,
    )
}


def load_protocol(name: str) -> Protocol:
    """The protocol of that name. Raises ValueError, which lists the names, when there is none."""
    if name not in PROTOCOLS:
        raise ValueError(f"unknown protocol {name!r}: use one of {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]


def cards() -> str:
    """All protocols in Markdown: a section each with its source, a table of its rules, and its quirks."""
    return "\n".join(_card(protocol) for protocol in PROTOCOLS.values())


def _card(protocol: Protocol) -> str:
    rules = [f"| {actions} | {rule} |" for actions, rule in protocol.rules.items()]
    quirks = [f"- {quirk}" for quirk in protocol.quirks]
    lines = [
        f"## {protocol.name}",
        "",
        f"Source: {protocol.source}",
        "",
        "| action | right when |",
        "|---|---|",
        *rules,
    ]
    return "\n".join([*lines, "", *quirks]) + "\n"
