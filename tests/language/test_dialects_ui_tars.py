"""UI-TARS 1.0 and 1.5, by the examples of README_v1.md and prompt.py."""

import json
from pathlib import Path

import pytest

from tracer1.actions import Action
from tracer1.coordinates import Size
from tracer1.dialects import Screen, load_dialect

SCREEN = Screen(Size(1920, 1080), Size(1400, 700))
BOX = "<|box_start|>({},{})<|box_end|>"
SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "ui_tars"


def read(text, name="ui_tars"):
    return load_dialect(name).read(text, SCREEN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("click(start_box='<|box_start|>(250,750)<|box_end|>')", [("click", {"point": [250, 750]})]),
        ("left_single(start_box='<|box_start|>(250,750)<|box_end|>')", [("click", {"point": [250, 750]})]),
        ("left_double(start_box='<|box_start|>(250, 750)<|box_end|>')", [("double_click", {"point": [250, 750]})]),
        ("right_single(start_box='<|box_start|>(0,1000)<|box_end|>')", [("right_click", {"point": [0, 1000]})]),
        ("hover(start_box='<|box_start|>(1,2)<|box_end|>')", [("hover", {"point": [1, 2]})]),
        ("select(start_box='<|box_start|>(1,2)<|box_end|>')", [("click", {"point": [1, 2]})]),
        (
            "drag(start_box='<|box_start|>(1,2)<|box_end|>', end_box='<|box_start|>(3,4)<|box_end|>')",
            [("drag", {"start": [1, 2], "end": [3, 4]})],
        ),
        (
            "select(start_box='<|box_start|>(1,2)<|box_end|>', end_box='<|box_start|>(3,4)<|box_end|>')",
            [("drag", {"start": [1, 2], "end": [3, 4]})],
        ),
        (
            "scroll(start_box='<|box_start|>(10,20)<|box_end|>', direction='down')",
            [("scroll", {"point": [10, 20], "direction": "down"})],
        ),
        (  # the finger goes up by 600, so the view goes down
            "scroll(start_box='<|box_start|>(500,800)<|box_end|>', end_box='<|box_start|>(490,200)<|box_end|>')",
            [("scroll", {"point": [500, 800], "direction": "down"})],
        ),
        (  # the finger goes right, so the view goes left
            "scroll(start_box='<|box_start|>(100,500)<|box_end|>', end_box='<|box_start|>(900,500)<|box_end|>')",
            [("scroll", {"point": [100, 500], "direction": "left"})],
        ),
        (
            "type(content='Bob', start_box='<|box_start|>(10,20)<|box_end|>')",
            [("click", {"point": [10, 20]}), ("type", {"text": "Bob"})],
        ),
        (
            "long_press(start_box='<|box_start|>(10,20)<|box_end|>', time='2')",
            [("long_press", {"point": [10, 20], "seconds": 2})],
        ),
        ("long_press(start_box='<|box_start|>(10,20)<|box_end|>', time='')", [("long_press", {"point": [10, 20]})]),
        ("click(start_box='<|box_start|>(10,20,30,60)<|box_end|>')", [("click", {"point": [20, 40]})]),
    ],
)
def test_places_of_1_0_with_and_without_box_tokens(text, expected):
    actions = tuple(Action(kind, arguments) for kind, arguments in expected)
    assert read(text) == actions
    assert read(text.replace("<|box_start|>", "").replace("<|box_end|>", "")) == actions


@pytest.mark.parametrize("name", ["ui_tars", "ui_tars_1_5"])
@pytest.mark.parametrize(
    ("text", "kind", "arguments"),
    [
        ("hotkey(key='ctrl c')", "key", {"key": "ctrl+c"}),
        ("hotkey(key='arrowleft')", "key", {"key": "left"}),
        ("type(content='a\\nb\\'c\\\\n')", "type", {"text": "a\nb'c\\n"}),
        ("type(content='it's (ok'), isn't it')", "type", {"text": "it's (ok'), isn't it"}),
        ('type(content="say \\"hi\\"")', "type", {"text": 'say "hi"'}),
        ("type(content='')", "type", {"text": ""}),
        ("press_home()", "press_home", {}),
        ("press_back()", "press_back", {}),
        ("wait()", "wait", {}),
        ("finished()", "finish", {}),
        ("finished(content='')", "finish", {}),
        ("finished(content='42')", "finish", {"answer": "42"}),
        ("call_user()", "ask_user", {}),
        ("open_app(app_name='Clock')", "open_app", {"name": "Clock"}),
        ("scroll(direction='up')", "scroll", {"direction": "up"}),
    ],
)
def test_actions_without_a_place(name, text, kind, arguments):
    assert read(text, name) == (Action(kind, arguments),)


@pytest.mark.parametrize(
    ("text", "kind", "arguments"),
    [
        ("click(point='<point>700 350</point>')", "click", {"point": [500, 500]}),
        ("click(start_box='(700,350)')", "click", {"point": [500, 500]}),
        ("left_double(point='<point>1400 700</point>')", "double_click", {"point": [1000, 1000]}),
        ("right_single(point='<point>0 0</point>')", "right_click", {"point": [0, 0]}),
        ("long_press(point='<point>140 70</point>')", "long_press", {"point": [100, 100]}),
        (
            "drag(start_point='<point>140 70</point>', end_point='<point>280 70</point>')",
            "drag",
            {"start": [100, 100], "end": [200, 100]},
        ),
        (
            "scroll(point='<point>140 70</point>', direction='right')",
            "scroll",
            {"point": [100, 100], "direction": "right"},
        ),
        ("click(start_box='(0,0,1400,700)')", "click", {"point": [500, 500]}),
    ],
)
def test_places_of_1_5_are_pixels_of_the_resized_image(text, kind, arguments):
    assert read(text, "ui_tars_1_5") == (Action(kind, arguments),)


def test_thought_and_several_actions():
    text = "Thought: Click (the field), then\ntype.\nAction: click(start_box='(1,2)')\n\ntype(content='Action: x')\n\nwait()"
    assert read(text) == (Action("click", {"point": [1, 2]}), Action("type", {"text": "Action: x"}), Action("wait"))
    assert read("Action: wait()\n\nAction: press_back()") == (Action("wait"), Action("press_back"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Thought: nothing to do",
        "Action: fly()",
        "click()",
        "click(start_box='')",
        "click(start_box='(1)')",
        "click(start_box='(1,2,3)')",
        "click(start_box='(a,b)')",
        "click(start_box=(1,2))",
        "click(start_box='(1,2)'",
        "click(start_box='(1,2)', start_box='(1,2)')",
        "click(start_box='(1,2)', colour='red')",
        "click(start_box='(1,2)') and more",
        "scroll(start_box='(1,2)', end_box='(1,2)')",
        "scroll(start_box='(1,2)', direction='sideways')",
        "hotkey(key='')",
        "long_press(start_box='(1,2)', time='soon')",
    ],
)
def test_what_is_no_action_is_refused(text):
    with pytest.raises(ValueError):
        read(text)


def test_a_place_outside_the_image_is_named():
    with pytest.raises(ValueError, match="coordinate y = 1001"):
        read("click(start_box='(1000,1001)')")
    with pytest.raises(ValueError, match="coordinate x = 1401"):
        read("click(point='<point>1401 700</point>')", "ui_tars_1_5")
    with pytest.raises(ValueError, match=r"Screen\(resized="):
        load_dialect("ui_tars_1_5").read("click(start_box='(1,1)')", Screen(Size(10, 10)))


@pytest.mark.parametrize(
    ("kind", "arguments", "first", "later"),
    [
        (
            "click",
            {"point": [500, 500]},
            f"click(start_box='{BOX.format(500, 500)}')",
            "click(point='<point>700 350</point>')",
        ),
        (
            "drag",
            {"start": [0, 0], "end": [1000, 1000]},
            f"drag(start_box='{BOX.format(0, 0)}', end_box='{BOX.format(1000, 1000)}')",
            "drag(start_point='<point>0 0</point>', end_point='<point>1400 700</point>')",
        ),
        ("type", {"text": "it's\n"}, "type(content='it\\'s\\n')", "type(content='it\\'s\\n')"),
        ("key", {"key": "ctrl+c"}, "hotkey(key='ctrl c')", "hotkey(key='ctrl c')"),
        ("finish", {"answer": "42"}, "finished(content='42')", "finished(content='42')"),
    ],
)
def test_writing(kind, arguments, first, later):
    action = Action(kind, arguments)
    assert load_dialect("ui_tars").write(action, SCREEN) == first
    assert load_dialect("ui_tars_1_5").write(action, SCREEN) == later


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("click", {}),
        ("drag", {"start": [1, 1]}),
        ("triple_click", {"point": [1, 1]}),
        ("scroll", {"direction": "down", "amount": 3}),
        ("finish", {"outcome": "failure"}),
        ("open_app", {"name": "Clock"}),
        ("call_tool", {"name": "search"}),
    ],
)
def test_what_1_0_cannot_say_is_refused(kind, arguments):
    with pytest.raises(ValueError):
        load_dialect("ui_tars").write(Action(kind, arguments), SCREEN)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample records are not here")
def test_the_published_training_example():
    turns = json.loads((SAMPLES / "training_example.json").read_text())
    written = [turn["content"] for turn in turns if turn["role"] == "assistant"]
    assert [read(text) for text in written][:2] == [
        (Action("click", {"point": [495, 30]}),),
        (Action("click", {"point": [381, 153]}),),
    ]
    assert len([read(text) for text in written]) == 8
