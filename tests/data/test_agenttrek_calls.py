"""BrowserGym's calls as steps: what each says, what the language cannot say, and what is no call."""

from __future__ import annotations

import pytest
from test_agenttrek import TREE

from tracer1.actions import Action
from tracer1.plans import Step
from tracer1_data.sources.agenttrek_steps import read_action
from tracer1_data.sources.agenttrek_turns import Turn


def turn(action: str, tree: str = TREE) -> Turn:
    return Turn("here", 0, "goal", (), tree, action)


@pytest.mark.parametrize(
    ("call", "action", "instruction"),
    [
        ("click('a51')", Action("click"), "Click the What's new link"),
        ('click("16", button="right")', Action("right_click"), "Right-click the Search button"),
        ("click('16', 'middle')", Action("middle_click"), "Middle-click the Search button"),
        ("click('20')", Action("click"), "Click the element"),
        ("click('23')", Action("click"), "Click the image"),
        ("click('5')", Action("click"), "Click the Buy [16] now button"),
        ("click(5)", Action("click"), "Click the Buy [16] now button"),
        ("dblclick('16')", Action("double_click"), "Double-click the Search button"),
        ("hover('a51')", Action("hover"), "Hover over the What's new link"),
        ("fill('15', 'it\\'s\\nred')", Action("type", {"text": "it's\nred"}), 'Type "it\'s red" into the Search products search box'),
        ("fill('15', '')", Action("type", {"text": ""}), "Clear the Search products search box"),
        ("fill(bid='15', value='x')", Action("type", {"text": "x"}), 'Type "x" into the Search products search box'),
        ("keyboard_type('abc')", Action("type", {"text": "abc"}), 'Type "abc"'),
        ("select_option('21', 'Name')", Action("select", {"value": "Name"}), 'Select "Name" in the Sort by combo box'),
        ("select_option('21', ['Name'])", Action("select", {"value": "Name"}), 'Select "Name" in the Sort by combo box'),
        ("press('15', 'Enter')", Action("key", {"key": "enter"}), "Press Enter in the Search products search box"),
        ("press('15', 'ControlOrMeta+a')", Action("key", {"key": "ctrl+a"}), "Press Ctrl+A in the Search products search box"),
        ("keyboard_press('ArrowDown')", Action("key", {"key": "down"}), "Press Down"),
        ("scroll(0, -200.5)", Action("scroll", {"direction": "up", "amount": 200.5}), "Scroll up"),
        ("scroll(300, -100)", Action("scroll", {"direction": "right", "amount": 300}), "Scroll right"),
        ("scroll(-50, 10)", Action("scroll", {"direction": "left", "amount": 50}), "Scroll left"),
        ("drag_and_drop('16', '21')", Action("drag"), "Drag the Search button to the Sort by combo box"),
        ("noop()", Action("wait"), "Wait"),
        ("noop(500)", Action("wait", {"seconds": 0.5}), "Wait"),
        ("# first this\nclick('16')", Action("click"), "Click the Search button"),
    ],
)  # fmt: skip
def test_calls(call: str, action: Action, instruction: str) -> None:
    assert list(read_action(turn(call), last=True)) == [Step(action, instruction)]


@pytest.mark.parametrize(
    "call",
    [
        "goto('https://x.example')",
        "go_back()",
        "new_tab()",
        "tab_focus(1)",
        "focus('15')",
        "clear('15')",
        "upload_file('5', 'a.pdf')",
        "click('5', modifiers=['Shift'])",
        "select_option('21', ['a', 'b'])",
    ],
)
def test_what_the_language_cannot_say_is_left_out(call: str) -> None:
    (fault,) = read_action(turn(call), last=False)
    assert fault.kind == "unknown action" and fault.expected


@pytest.mark.parametrize(
    "call",
    [
        *("", "click('16'", "fly('16')", "fly()", "click()", "click('16', 'left', [], 4)", "click(x)", "click(**{})"),
        *("x.click('16')", "1 + 1", "import os", "(" * 5000, "click('16\0')", "click('\ud83d')", "x" * 20_000),
        *("scroll(0, 0)", "scroll('a', 'b')", "scroll(0, 1e999)", "noop('long')", "noop(-1)", "fill('15', 3)"),
        *("press('15', '')", "press('15', 3)", "click('16', ['left'])", "click('16', modifiers=[1j])"),
        *("report_infeasible('x')", "keyboard_type('<think>')"),
    ],
)
def test_what_is_no_call_is_a_fault(call: str) -> None:
    (fault,) = read_action(turn(call), last=False)
    assert fault.kind in ("unknown action", "target not on the page") and fault.where == "here"


def test_an_element_that_the_tree_does_not_list() -> None:
    for bid in ("99", "1", "a5", ".*", "12] banner"):
        (fault,) = read_action(turn(f"click({bid!r})"), last=True)
        assert fault.kind == "target not on the page" and fault.field == "action"
