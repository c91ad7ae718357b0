"""Qwen3-VL's computer_use and mobile_use, by cookbooks/utils/agent_function_call.py."""

import json

import pytest

from tracer1.actions import Action
from tracer1.coordinates import Size
from tracer1.dialects import Screen, load_dialect

SCREEN = Screen(Size(1920, 1080))
THIRD = 333 * 1000 / 999  # a third of 999, 333.33 of 1000


def call(tool, arguments):
    return f"<tool_call>\n{json.dumps({'name': tool, 'arguments': arguments})}\n</tool_call>"


@pytest.mark.parametrize(
    ("arguments", "kind", "expected"),
    [
        ({"action": "left_click", "coordinate": [333, 999]}, "click", {"point": [THIRD, 1000]}),
        ({"action": "left_click", "coordinate": [0, 1000]}, "click", {"point": [0, 1000]}),
        ({"action": "left_click"}, "click", {}),
        ({"action": "double_click", "coordinate": [0, 0]}, "double_click", {"point": [0, 0]}),
        ({"action": "triple_click", "coordinate": [0, 0]}, "triple_click", {"point": [0, 0]}),
        ({"action": "right_click", "coordinate": [0, 0]}, "right_click", {"point": [0, 0]}),
        ({"action": "middle_click", "coordinate": [0, 0]}, "middle_click", {"point": [0, 0]}),
        ({"action": "mouse_move", "coordinate": [0, 0]}, "hover", {"point": [0, 0]}),
        ({"action": "left_click_drag", "coordinate": [999, 0]}, "drag", {"end": [1000, 0]}),
        (
            {"action": "left_click_drag", "start_coordinate": [0, 0], "coordinate": [999, 0]},
            "drag",
            {"start": [0, 0], "end": [1000, 0]},
        ),
        ({"action": "scroll", "pixels": 3}, "scroll", {"direction": "up", "amount": 3}),
        ({"action": "scroll", "pixels": -3}, "scroll", {"direction": "down", "amount": 3}),
        ({"action": "hscroll", "pixels": 3}, "scroll", {"direction": "right", "amount": 3}),
        ({"action": "hscroll", "pixels": -3}, "scroll", {"direction": "left", "amount": 3}),
        ({"action": "key", "keys": ["ctrl", "c"]}, "key", {"key": "ctrl+c"}),
        ({"action": "type", "text": "</tool_call>\n"}, "type", {"text": "</tool_call>\n"}),
        ({"action": "answer", "text": "42"}, "answer", {"text": "42"}),
        ({"action": "wait", "time": 2}, "wait", {"seconds": 2}),
        ({"action": "terminate", "status": "failure"}, "finish", {"outcome": "failure"}),
    ],
)
def test_computer_use(arguments, kind, expected):
    assert load_dialect("qwen3_vl_computer").read(call("computer_use", arguments), SCREEN) == (Action(kind, expected),)


@pytest.mark.parametrize(
    ("arguments", "kind", "expected"),
    [
        ({"action": "click", "coordinate": [333, 999]}, "click", {"point": [THIRD, 1000]}),
        ({"action": "long_press", "coordinate": [0, 0], "time": 2}, "long_press", {"point": [0, 0], "seconds": 2}),
        (  # the finger goes up
            {"action": "swipe", "coordinate": [333, 999], "coordinate2": [333, 333]},
            "scroll",
            {"direction": "down", "point": [THIRD, 1000]},
        ),
        (  # the finger goes left
            {"action": "swipe", "coordinate": [999, 0], "coordinate2": [0, 0]},
            "scroll",
            {"direction": "right", "point": [1000, 0]},
        ),
        ({"action": "type", "text": "a"}, "type", {"text": "a"}),
        ({"action": "answer", "text": "a"}, "answer", {"text": "a"}),
        ({"action": "key", "text": "volume_up"}, "key", {"key": "volume_up"}),
        ({"action": "open", "text": "Clock"}, "open_app", {"name": "Clock"}),
        ({"action": "system_button", "button": "Back"}, "press_back", {}),
        ({"action": "system_button", "button": "Home"}, "press_home", {}),
        ({"action": "system_button", "button": "Menu"}, "press_recent", {}),
        ({"action": "system_button", "button": "Enter"}, "key", {"key": "enter"}),
        ({"action": "wait", "time": 1.5}, "wait", {"seconds": 1.5}),
        ({"action": "terminate", "status": "success"}, "finish", {"outcome": "success"}),
    ],
)
def test_mobile_use(arguments, kind, expected):
    assert load_dialect("qwen3_vl_mobile").read(call("mobile_use", arguments), SCREEN) == (Action(kind, expected),)


def test_the_thought_is_passed_over_and_pointer_moves_are_joined():
    move = call("computer_use", {"action": "mouse_move", "coordinate": [0, 999]})
    text = f"I might <tool_call></think>\nAction: scroll there\n{move}\n{call('computer_use', {'action': 'scroll', 'pixels': -5})}"
    expected = Action("scroll", {"point": [0, 1000], "direction": "down", "amount": 5})
    assert load_dialect("qwen3_vl_computer").read(text, SCREEN) == (expected,)


def test_an_object_without_tags_and_a_call_that_was_not_closed():
    bare = '{"name": "mobile_use", "arguments": {"action": "wait"}}'
    assert load_dialect("qwen3_vl_mobile").read(bare, SCREEN) == (Action("wait"),)
    assert load_dialect("qwen3_vl_mobile").read(f"<tool_call>{bare}", SCREEN) == (Action("wait"),)


@pytest.mark.parametrize(
    "arguments",
    [
        {"action": "left_click", "coordinate": [1001, 0]},
        {"action": "left_click", "coordinate": 5},
        {"action": "left_click", "coordinate": "(1, 2)"},
        {"action": "scroll", "pixels": 0},
        {"action": "scroll"},
        {"action": "key", "keys": "enter"},
        {"action": "key", "keys": []},
        {"action": "type"},
        {"action": "terminate", "status": "maybe"},
        {"action": "fly"},
        {"action": ["left_click"]},
        {},
    ],
)
def test_what_is_no_computer_action_is_refused(arguments):
    with pytest.raises(ValueError):
        load_dialect("qwen3_vl_computer").read(call("computer_use", arguments), SCREEN)


def test_the_other_tool_is_refused():
    with pytest.raises(ValueError, match="computer_use"):
        load_dialect("qwen3_vl_computer").read(call("mobile_use", {"action": "wait"}), SCREEN)


@pytest.mark.parametrize(
    ("name", "action", "calls"),
    [
        ("computer", Action("click", {"point": [1000, 500]}), [{"action": "left_click", "coordinate": [999, 500]}]),
        ("computer", Action("scroll", {"direction": "down"}), [{"action": "scroll", "pixels": -5}]),
        ("computer", Action("scroll", {"direction": "left", "amount": 2}), [{"action": "hscroll", "pixels": -2}]),
        (
            "computer",
            Action("drag", {"start": [0, 0], "end": [1000, 0]}),
            [{"action": "mouse_move", "coordinate": [0, 0]}, {"action": "left_click_drag", "coordinate": [999, 0]}],
        ),
        ("computer", Action("finish"), [{"action": "terminate", "status": "success"}]),
        (  # from the centre, 499.5, the finger goes up by 300 of 1000, to 199.8
            "mobile",
            Action("scroll", {"direction": "down"}),
            [{"action": "swipe", "coordinate": [500, 500], "coordinate2": [500, 200]}],
        ),
        ("mobile", Action("key", {"key": "enter"}), [{"action": "system_button", "button": "Enter"}]),
        ("mobile", Action("press_recent"), [{"action": "system_button", "button": "Menu"}]),
    ],
)
def test_writing(name, action, calls):
    written = load_dialect(f"qwen3_vl_{name}").write(action, SCREEN)
    assert written == "\n".join(call(f"{name}_use", arguments) for arguments in calls)


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("computer", Action("open_app", {"name": "Clock"})),
        ("computer", Action("click")),
        ("computer", Action("scroll", {"direction": "up", "amount": 0})),
        ("computer", Action("finish", {"answer": "42"})),
        ("mobile", Action("drag", {"start": [0, 0], "end": [1, 1]})),
        ("mobile", Action("scroll", {"direction": "up", "amount": 2})),
        ("mobile", Action("click")),
    ],
)
def test_what_a_tool_cannot_say_is_refused(name, action):
    with pytest.raises(ValueError):
        load_dialect(f"qwen3_vl_{name}").write(action, SCREEN)
