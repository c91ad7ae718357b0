"""Demonstrators for fields, boxes, buttons and drop-downs."""

from __future__ import annotations

from tracer1.environments.miniwob.demonstrators.base import Demonstration, demonstrates
from tracer1.environments.miniwob.demonstrators.reading import groups, quoted


@demonstrates("login-user")
def log_in(hands: Demonstration) -> None:
    user, password = quoted(hands.goal)[:2]
    hands.fill("Username", user)
    hands.fill("Password", password)
    hands.click("button", "Login")


@demonstrates("login-user-popup")
def log_in_past_popup(hands: Demonstration) -> None:
    for name, text in zip(("Username", "Password"), quoted(hands.goal), strict=False):
        hands.click("textbox", name)
        if hands.find("button", "Cancel"):
            hands.click("button", "Cancel")
            hands.click("textbox", name)
        hands.type(text, name.lower())
    hands.click("button", "OK")


@demonstrates("click-checkboxes", "click-checkboxes-large", "click-checkboxes-transfer")
def tick_boxes(hands: Demonstration) -> None:
    (wanted,) = groups(r"Select (.*) and click", hands.goal)
    for name in [] if wanted == "nothing" else wanted.split(", "):
        hands.click("checkbox", name)
    hands.click("button", "Submit")


@demonstrates("form-sequence-2")
def radio_and_number(hands: Demonstration) -> None:
    radio, number, field = groups(r'the (\w+) radio button .* "(.*)" into the (\w+) textbox', hands.goal)
    hands.click("radio", radio)
    hands.fill(field, number, "number")
    hands.click("button", "Submit")


@demonstrates("form-sequence-3")
def dropdown_and_button(hands: Demonstration) -> None:
    option, button = groups(r'Choose (.*) from the dropdown, .* "(.*)"', hands.goal)
    hands.click("combobox")
    hands.click("option", option)
    hands.click("button", button)


@demonstrates("multi-layouts", "multi-orderings")
def movie_search(hands: Demonstration) -> None:
    texts = groups(r"Search for (.*) movies directed by (.*) from year (\d+)", hands.goal)
    for words, text in zip((("genre",), ("director",), ("year", "date")), texts, strict=True):
        field = next(e for e in hands.all("textbox") if any(word in e.name.lower() for word in words))
        hands.fill(field.name, text, words[0])
    hands.click("button")


@demonstrates("form-sequence")
def slider_and_checkbox(hands: Demonstration) -> None:
    number, box = groups(r"Select (-?\d+) with the slider, click the (\w+) checkbox", hands.goal)
    hands.click("slider")
    while (value := hands.get("slider").value) != number:
        towards = "right" if int(value) < int(number) else "left"
        hands.key(f"Arrow{towards.title()}", f"Move the slider {towards}")
    hands.click("checkbox", box)
    hands.click("button", "Submit")


@demonstrates("choose-list")
def choose_from_list(hands: Demonstration) -> None:
    (option,) = groups(r"Select (.*) from the list", hands.goal)
    hands.click("combobox")
    hands.type(option, "option")
    hands.key("Enter", "Take the option")
    hands.click("button", "Submit")


@demonstrates("read-table-2")
def copy_from_table(hands: Demonstration) -> None:
    for field in hands.all("textbox"):
        value = next(e.name for e in hands.all("text") if e.group == field.name)
        hands.fill(field.name, value)
    hands.click("button", "Submit")
