"""Derived step instructions: one readable line for every action of the registry, places in words."""

from __future__ import annotations

import pytest

from tracer1.actions import REGISTRY, Action
from tracer1.plans import Step
from tracer1_data.derive import instruction_of, place_of

VALUES = {
    "point": [512, 933],
    "number": 3,
    "direction": "left",
    "outcome": "failure",
    "object": {"a": 1},
    "text": "two\n words" + 200 * "x",
}


@pytest.mark.parametrize("name", REGISTRY)
def test_every_action_has_one(name: str) -> None:
    kind = REGISTRY[name]
    for names in (kind.required, tuple(kind.arguments)):
        action = Action(name, {one: VALUES[kind.arguments[one]] for one in names})
        said = Step(action, instruction_of(action)).instruction  # Step refuses what is no line
        assert len(said) < 120 and not any(sign.isdigit() for sign in said)


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (Action("click"), "Click"),
        (Action("click", {"point": [0, 0]}), "Click at the top left of the screen"),
        (Action("long_press", {"point": [500, 500]}), "Press and hold at the middle of the screen"),
        (Action("hover", {"point": [1000, 500]}), "Move the pointer to the right of the screen"),
        (Action("drag", {"start": [10, 900], "end": [500, 100]}), "Drag from the bottom left to the top of the screen"),
        (Action("drag", {"end": [500, 100]}), "Drag to the top of the screen"),
        (Action("drag"), "Drag"),
        (Action("type", {"text": "a\tb \n"}), 'Type "a b" and press Enter'),
        (Action("type", {"text": "\n"}), "Press Enter"),
        (Action("type", {"text": "  "}), "Type spaces"),
        (Action("key", {"key": " "}), "Press space"),
        (Action("key", {"key": "ctrl+c"}), "Press ctrl+c"),
        (Action("scroll", {"direction": "down", "amount": 3}), "Scroll down"),
        (Action("open_app", {"name": "Maps"}), 'Open "Maps"'),
        (Action("finish"), "Done"),
        (Action("finish", {"outcome": "failure"}), "Stop: the task cannot be done"),
    ],
)
def test_what_is_said(action: Action, said: str) -> None:
    assert instruction_of(action) == said


def test_places_are_thirds_of_the_screen() -> None:
    assert [place_of([x, 0]) for x in (0, 333, 334, 666, 667, 1000)] == [
        "top left", "top left", "top", "top", "top right", "top right",
    ]  # fmt: skip
    assert [place_of([500, y]) for y in (0, 500, 1000)] == ["top", "middle", "bottom"]
