"""Demonstrators for tabs, collapsible sections and a terminal."""

from __future__ import annotations

from tracer1.environments.miniwob.demonstrators.base import Demonstration, demonstrates
from tracer1.environments.miniwob.demonstrators.reading import quoted


@demonstrates("click-tab-2", "click-tab-2-easy", "click-tab-2-hard")
def search_tabs(hands: Demonstration) -> None:
    (wanted,) = quoted(hands.goal)
    tabs = [tab.name for tab in hands.all("tab")]
    for tab in tabs:
        if hands.find("link", wanted):
            break
        hands.click("tab", tab)
    hands.click("link", wanted)


@demonstrates("click-collapsible-2", "click-collapsible-2-nodelay")
def search_sections(hands: Demonstration) -> None:
    (wanted,) = quoted(hands.goal)
    for section in [heading.name for heading in hands.all("heading")]:
        hands.click("heading", section)
        if hands.find("link", wanted):
            break
    hands.click("link", wanted)


@demonstrates("terminal")
def delete_file(hands: Demonstration) -> None:
    extension = hands.goal.rpartition(".")[2] if " extension ." in hands.goal else ""
    hands.click("text", "terminal")
    hands.type("ls", "command")
    hands.key("Enter", "Run the command")
    listed = [name for line in hands.all("text") for name in line.name.split()]
    fits = (lambda file: file.endswith(f".{extension}")) if extension else str.isalnum
    name = next(file for file in reversed(listed) if file.isascii() and fits(file))
    hands.type(f"rm {name}", "command")
    hands.key("Enter", "Run the command")
