"""Demonstrators for copying, finding and completing text."""

from __future__ import annotations

from tracer1.environments.miniwob.demonstrators.base import Demonstration, demonstrates
from tracer1.environments.miniwob.demonstrators.reading import groups, quoted


@demonstrates("copy-paste", "copy-paste-2")
def copy_and_paste(hands: Demonstration) -> None:
    source = "to copy"
    if hands.task == "copy-paste-2":
        source = groups(r"the (\d\w\w) text", hands.goal)[0]
    hands.click("textbox", source)
    hands.key("Control+a", "Select all")
    hands.key("Control+c", "Copy")
    hands.click("textbox", "answer input")
    hands.key("Control+v", "Paste")
    hands.click("button", "Submit")


@demonstrates("use-autocomplete", "use-autocomplete-nodelay")
def complete(hands: Demonstration) -> None:
    start, *end = quoted(hands.goal)
    hands.fill("Tags", start, "start")
    option = next(e for e in hands.all("option") if e.name.endswith(tuple(end) or ""))
    hands.click("option", option.name)
    hands.click("button", "Submit")


@demonstrates("search-engine")
def search(hands: Demonstration) -> None:
    query, position = groups(r'enter "(.*?)" and press.*?the (\d+)', hands.goal)
    hands.fill("search text", query, "query")
    hands.click("button", "Search")
    page, row = divmod(int(position) - 1, 3)
    if page:
        hands.click("link", str(page + 1))
    hands.click_element(hands.all("link")[row])
