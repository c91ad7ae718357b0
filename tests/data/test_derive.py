"""Derived step instructions: one readable line for every action of the registry, with an element's name or a place in words."""

from __future__ import annotations

import pytest

from tracer1.actions import REGISTRY, Action
from tracer1.plans import Step
from tracer1_data.derive import instruction_of

VALUES = {
    "point": [512, 933],
    "number": 3,
    "direction": "left",
    "outcome": "failure",
    "object": {"a": 1},
    "text": "two\n words" + 200 * "x",
}
ELEMENTS = [(), (("button", "Next\n page"),), (("svg", ""),), (("div", " "),), (("", "x" * 300), ("link", "A"))]


@pytest.mark.parametrize("elements", ELEMENTS)
@pytest.mark.parametrize("name", REGISTRY)
def test_every_action_has_one(name: str, elements: tuple[tuple[str, str], ...]) -> None:
    kind = REGISTRY[name]
    for names in (kind.required, tuple(kind.arguments)):
        action = Action(name, {one: VALUES[kind.arguments[one]] for one in names})
        said = Step(action, instruction_of(action, *elements)).instruction  # Step refuses what is no line
        assert len(said) < 160 and said[0].isupper() and not any(sign.isdigit() for sign in said)


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (Action("click"), "Click"),
        (Action("click", {"point": [0, 0]}), "Click at the top left of the screen"),
        (Action("click", {"point": [990, 500]}), "Click on the right of the screen"),
        (Action("long_press", {"point": [500, 500]}), "Press and hold in the middle of the screen"),
        (Action("hover", {"point": [400, 1000]}), "Hover at the bottom of the screen"),
        (Action("drag", {"start": [10, 900], "end": [500, 100]}), "Drag from the bottom left to the top of the screen"),
        (Action("drag", {"start": [400, 100], "end": [600, 120]}), "Drag right at the top of the screen"),
        (Action("drag", {"start": [600, 400], "end": [400, 400]}), "Drag left in the middle of the screen"),
        (Action("drag", {"start": [10, 600], "end": [10, 400]}), "Drag up on the left of the screen"),
        (Action("drag", {"start": [10, 400], "end": [210, 600]}), "Drag down on the left of the screen"),
        (Action("drag", {"start": [10, 400], "end": [10, 400]}), "Drag on the left of the screen"),
        (Action("drag", {"end": [500, 100]}), "Drag to the top of the screen"),
        (Action("drag"), "Drag"),
        (Action("type", {"text": "a\tb \n"}), 'Type "a b" and press Enter'),
        (Action("type", {"text": "a", "point": [500, 100]}), 'Type "a" at the top of the screen'),
        (Action("type", {"text": "x" * 61}), f'Type "{"x" * 60}…"'),
        (Action("type", {"text": "\n"}), "Press Enter"),
        (Action("type", {"text": "  "}), "Type spaces"),
        (Action("type", {"text": ""}), "Clear the field"),
        (Action("select", {"value": "XL "}), 'Select "XL"'),
        (Action("key", {"key": " "}), "Press Space"),
        (Action("key", {"key": "enter"}), "Press Enter"),
        (Action("key", {"key": "ctrl+shift+c"}), "Press Ctrl+Shift+C"),
        (Action("key", {"key": "ctrl++"}), "Press Ctrl++"),
        (Action("scroll", {"direction": "down", "amount": 3, "point": [1, 1]}), "Scroll down"),
        (Action("open_app", {"name": "Maps"}), "Open the Maps app"),
        (Action("open_app", {"name": "Cash App"}), "Open the Cash App"),
        (Action("press_back"), "Go back"),
        (Action("press_home"), "Go to the home screen"),
        (Action("press_recent"), "Show the recent apps"),
        (Action("wait", {"seconds": 2}), "Wait"),
        (Action("answer", {"text": "42"}), 'Tell the user "42"'),
        (Action("ask_user"), "Ask the user"),
        (Action("ask_user", {"question": "Which\none?"}), 'Ask the user "Which one?"'),
        (Action("finish", {"answer": "42"}), "Done"),
        (Action("finish", {"outcome": "failure"}), "Stop: the task cannot be done"),
        (Action("call_tool", {"name": "ocr", "arguments": {"a": 1}}), "Call the ocr tool"),
    ],
)
def test_what_is_said_without_an_element(action: Action, said: str) -> None:
    assert instruction_of(action) == said


@pytest.mark.parametrize(
    ("action", "element", "said"),
    [
        (Action("click"), ("button", "Search"), "Click the Search button"),
        (Action("click", {"point": [1, 1]}), ("button", "Search"), "Click the Search button"),
        (Action("click"), ("BUTTON", " Search\nnow "), "Click the Search now button"),
        (Action("click"), ("searchbox", "Site search box"), "Click the Site search box"),
        (Action("click"), ("tab", "Crosstab"), "Click the Crosstab tab"),
        (Action("click"), ("div", "18"), 'Click "18"'),
        (Action("click"), ("tab", "x" * 90), f"Click the {'x' * 60}… tab"),
        (Action("click"), ("svg", ""), "Click the icon"),
        (Action("click", {"point": [1, 1]}), ("svg", ""), "Click the icon at the top left of the screen"),
        (Action("click"), ("", ""), "Click the element"),
        (Action("click", {"point": [1, 1]}), ("div", ""), "Click the element at the top left of the screen"),
        (Action("hover"), ("a", "Men"), "Hover over the Men link"),
        (Action("type", {"text": "x"}), ("input", ""), 'Type "x" into the field'),
        (Action("type", {"text": "x\n"}), ("textbox", "To"), 'Type "x" into the To text box and press Enter'),
        (Action("type", {"text": "\n"}), ("textbox", "To"), "Press Enter in the To text box"),
        (Action("type", {"text": ""}), ("textbox", "To"), "Clear the To text box"),
        (Action("select", {"value": "XL"}), ("select", "Size"), 'Select "XL" in the Size list'),
        (Action("key", {"key": "down"}), ("listbox", "Cities"), "Press Down in the Cities list box"),
        (Action("scroll", {"direction": "up"}), ("listbox", "Cities"), "Scroll up in the Cities list box"),
    ],
)
def test_what_is_said_with_an_element(action: Action, element: tuple[str, str], said: str) -> None:
    assert instruction_of(action, element) == said


def test_a_drag_has_two_elements() -> None:
    assert instruction_of(Action("drag"), ("img", "Map"), ("td", "")) == "Drag the Map image to the cell"


def test_places_are_thirds_of_the_screen() -> None:
    def place(x: float, y: float) -> str:
        return instruction_of(Action("click", {"point": [x, y]})).removeprefix("Click ").removesuffix(" of the screen")

    assert [place(x, 0) for x in (0, 333, 334, 666, 667, 1000)] == [
        "at the top left", "at the top left", "at the top", "at the top", "at the top right", "at the top right",
    ]  # fmt: skip
    assert [place(500, y) for y in (0, 500, 1000)] == ["at the top", "in the middle", "at the bottom"]
    assert [place(x, 500) for x in (0, 1000)] == ["on the left", "on the right"]
