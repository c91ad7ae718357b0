"""OS-Atlas, AndroidControl (and AndroidWorld), GUI-Odyssey and GUI-R1: what phones' datasets and models write."""

import json
from pathlib import Path

import pytest

from tracer1.actions import Action
from tracer1.coordinates import Size
from tracer1.dialects import Screen, load_dialect

SCREEN = Screen(Size(1080, 2400))
SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.mark.parametrize(
    ("text", "kind", "arguments"),
    [
        ("CLICK <point>[[101, 872]]</point>", "click", {"point": [101, 872]}),
        ("CLICK <point>[[100,200,300,400]]</point>", "click", {"point": [200, 300]}),
        ("LONG_PRESS <point>[[0,1000]]</point>", "long_press", {"point": [0, 1000]}),
        ("TYPE [Shanghai [shopping] mall]", "type", {"text": "Shanghai [shopping] mall"}),
        ("SCROLL [UP]", "scroll", {"direction": "up"}),
        ("SCROLL [DOWN]", "scroll", {"direction": "down"}),
        ("OPEN_APP [Google Chrome]", "open_app", {"name": "Google Chrome"}),
        ("PRESS_BACK", "press_back", {}),
        ("PRESS_HOME", "press_home", {}),
        ("PRESS_RECENT", "press_recent", {}),
        ("ENTER", "key", {"key": "enter"}),
        ("WAIT", "wait", {}),
        ("COMPLETE", "finish", {"outcome": "success"}),
        ("IMPOSSIBLE", "finish", {"outcome": "failure"}),
    ],
)
def test_os_atlas(text, kind, arguments):
    dialect = load_dialect("os_atlas")
    assert dialect.read(text, SCREEN) == (Action(kind, arguments),)
    assert dialect.read(f"thoughts:\nDo it.\nactions:\n{text}\n", SCREEN) == (Action(kind, arguments),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "thoughts:\nnothing",
        "CLICK",
        "CLICK [here]",
        "CLICK <point>[[1,1001]]</point>",
        "CLICK <point>[[]]</point>",
        "TYPE",
        "SCROLL [SIDEWAYS]",
        "WAIT [5]",
        "FLY",
    ],
)
def test_what_os_atlas_does_not_say_is_refused(text):
    with pytest.raises(ValueError):
        load_dialect("os_atlas").read(text, SCREEN)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"action_type": "click", "x": 540, "y": 600}, [Action("click", {"point": [500, 250]})]),
        ({"action_type": "click", "x": 1080, "y": 2400, "index": None}, [Action("click", {"point": [1000, 1000]})]),
        ({"action_type": "long_press", "x": 0, "y": 0}, [Action("long_press", {"point": [0, 0]})]),
        ({"action_type": "double_tap", "x": 540, "y": 600}, [Action("double_click", {"point": [500, 250]})]),
        ({"action_type": "scroll", "direction": "down"}, [Action("scroll", {"direction": "down"})]),
        ({"action_type": "swipe", "direction": "down"}, [Action("scroll", {"direction": "up"})]),
        ({"action_type": "open_app", "app_name": "Clock"}, [Action("open_app", {"name": "Clock"})]),
        ({"action_type": "input_text", "text": "a"}, [Action("type", {"text": "a"})]),
        (
            {"action_type": "input_text", "text": "a", "x": 540, "y": 600},
            [Action("click", {"point": [500, 250]}), Action("type", {"text": "a"})],
        ),
        (
            {"action_type": "type", "text": "a", "x": 540, "y": 600},
            [Action("click", {"point": [500, 250]}), Action("type", {"text": "a\n"})],
        ),
        ({"action_type": "navigate_home"}, [Action("press_home")]),
        ({"action_type": "navigate_back"}, [Action("press_back")]),
        ({"action_type": "keyboard_enter"}, [Action("key", {"key": "enter"})]),
        ({"action_type": "wait"}, [Action("wait")]),
        ({"action_type": "answer", "text": "42"}, [Action("answer", {"text": "42"})]),
        ({"action_type": "status", "goal_status": "complete"}, [Action("finish", {"outcome": "success"})]),
        ({"action_type": "status", "goal_status": "infeasible"}, [Action("finish", {"outcome": "failure"})]),
    ],
)
def test_android_control(said, expected):
    assert load_dialect("android_control").read(json.dumps(said), SCREEN) == tuple(expected)


@pytest.mark.parametrize(
    "said",
    [
        {"action_type": "click", "x": 1081, "y": 0},
        {"action_type": "click", "x": 1},
        {"action_type": "click"},
        {"action_type": "click", "index": 3},
        {"action_type": "scroll", "direction": "sideways"},
        {"action_type": "swipe", "direction": ["up"]},
        {"action_type": "status", "goal_status": "maybe"},
        {"action_type": "type", "text": None},
        {"action_type": "unknown"},
        {"action_type": []},
        [],
    ],
)
def test_what_android_control_does_not_say_is_refused(said):
    with pytest.raises(ValueError):
        load_dialect("android_control").read(json.dumps(said), SCREEN)


def test_writing_for_android():
    write = load_dialect("android_control").write
    assert json.loads(write(Action("click", {"point": [500.4, 250]}), SCREEN)) == {
        "action_type": "click",
        "x": 540,
        "y": 600,
    }
    assert json.loads(write(Action("finish"), SCREEN)) == {"action_type": "status", "goal_status": "complete"}
    refused = [Action("press_recent"), Action("key", {"key": "a"}), Action("click"), Action("wait", {"seconds": 2})]
    for action in refused:
        with pytest.raises(ValueError):
            write(action, SCREEN)


@pytest.mark.parametrize(
    ("action", "info", "kind", "arguments"),
    [
        ("CLICK", [[512, 933]], "click", {"point": [512, 933]}),
        ("CLICK", "KEY_HOME", "press_home", {}),
        ("CLICK", "KEY_BACK", "press_back", {}),
        ("CLICK", "KEY_APPSELECT", "press_recent", {}),
        ("LONG_PRESS", [[1, 2]], "long_press", {"point": [1, 2]}),
        ("SCROLL", [[500, 800], [520, 300]], "scroll", {"direction": "down", "point": [500, 800]}),
        ("SCROLL", [[500, 300], [520, 800]], "scroll", {"direction": "up", "point": [500, 300]}),
        ("SCROLL", [[800, 500], [200, 480]], "scroll", {"direction": "right", "point": [800, 500]}),
        ("SCROLL", [[200, 500], [800, 480]], "scroll", {"direction": "left", "point": [200, 500]}),
        ("TEXT", "hello", "type", {"text": "hello"}),
        ("TYPE", "hello", "type", {"text": "hello"}),
        ("COMPLETE", "", "finish", {"outcome": "success"}),
        ("INCOMPLETE", "", "finish", {"outcome": "failure"}),
        ("IMPOSSIBLE", "", "finish", {"outcome": "failure"}),
    ],
)
def test_gui_odyssey(action, info, kind, arguments):
    text = json.dumps({"action": action, "info": info})
    assert load_dialect("gui_odyssey").read(text, SCREEN) == (Action(kind, arguments),)


@pytest.mark.parametrize(
    ("action", "info"),
    [
        ("CLICK", "KEY_POWER"),
        ("CLICK", [[1, 1001]]),
        ("CLICK", [None]),
        ("CLICK", []),
        ("SCROLL", [[1, 1], [1, 1]]),
        ("SCROLL", [[1, 1]]),
        ("TEXT", [1]),
        ("FLY", ""),
        (None, None),
    ],
)
def test_what_gui_odyssey_does_not_say_is_refused(action, info):
    with pytest.raises(ValueError):
        load_dialect("gui_odyssey").read(json.dumps({"action": action, "info": info}), SCREEN)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample records are not here")
def test_published_samples():
    steps = json.loads((SAMPLES / "android_control" / "ui_r1_ac_test_first_600.json").read_text())
    large = Screen(Size(3000, 3000))  # the samples come without the size of their screens
    for step in steps:
        assert len(load_dialect("android_control").read(json.dumps(step["gt"]), large)) == 1
    rows = (SAMPLES / "os_atlas" / "ac_test.jsonl").read_text().splitlines()
    read = [load_dialect("os_atlas").read(json.loads(row)["conversations"][1]["value"], SCREEN) for row in rows]
    assert read == [
        (Action("open_app", {"name": "PocketBook"}),),
        (Action("long_press", {"point": [108, 272]}),),
        (Action("click", {"point": [950, 87]}),),
    ]
