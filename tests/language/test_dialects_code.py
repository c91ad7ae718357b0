"""AgentNet, OSWorld and GUI-R1: actions spelled as Python."""

import json
from pathlib import Path

import pytest

from tracer1.actions import Action
from tracer1.coordinates import Size
from tracer1.dialects import Screen, load_dialect

SCREEN = Screen(Size(1920, 1080), Size(960, 540))
SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("pyautogui.click(x=0.25, y=0.5)", [("click", {"point": [250, 500]})]),
        ("pyautogui.click(0.25, 0.5)", [("click", {"point": [250, 500]})]),
        ("pyautogui.click(x=1, y=0)", [("click", {"point": [1000, 0]})]),
        ("pyautogui.click(x=960, y=1080)", [("click", {"point": [500, 1000]})]),
        ("pyautogui.click()", [("click", {})]),
        ("pyautogui.click(x=0, y=0, clicks=2)", [("double_click", {"point": [0, 0]})]),
        ("pyautogui.click(x=0, y=0, clicks=3, button='left')", [("triple_click", {"point": [0, 0]})]),
        ("pyautogui.click(x=0, y=0, button='right')", [("right_click", {"point": [0, 0]})]),
        ("pyautogui.click(x=0, y=0, button='middle')", [("middle_click", {"point": [0, 0]})]),
        ("pyautogui.doubleClick(x=0, y=0)", [("double_click", {"point": [0, 0]})]),
        ("pyautogui.rightClick(x=0, y=0)", [("right_click", {"point": [0, 0]})]),
        ("pyautogui.middleClick(x=0, y=0)", [("middle_click", {"point": [0, 0]})]),
        ("computer.tripleClick(x=0, y=0)", [("triple_click", {"point": [0, 0]})]),
        ("computer.triple_click(x=0, y=0)", [("triple_click", {"point": [0, 0]})]),
        ("pyautogui.moveTo(x=0.5, y=0.5)", [("hover", {"point": [500, 500]})]),
        (
            "pyautogui.moveTo(x=0.5, y=0.5)\npyautogui.dragTo(x=0.25, y=0.5, button='left')",
            [("drag", {"start": [500, 500], "end": [250, 500]})],
        ),
        ("pyautogui.dragTo(x=0.25, y=0.5, button='left')", [("drag", {"end": [250, 500]})]),
        (
            "pyautogui.moveTo(x=0.5, y=0.5)\npyautogui.scroll(-3)",
            [("scroll", {"point": [500, 500], "direction": "down", "amount": 3})],
        ),
        ("pyautogui.scroll(5, x=960, y=540)", [("scroll", {"point": [500, 500], "direction": "up", "amount": 5})]),
        ("pyautogui.hscroll(2)", [("scroll", {"direction": "right", "amount": 2})]),
        ("pyautogui.hscroll(-2)", [("scroll", {"direction": "left", "amount": 2})]),
        ("pyautogui.write(message='it\\'s')", [("type", {"text": "it's"})]),
        ("pyautogui.typewrite('a', interval=0.1)", [("type", {"text": "a"})]),
        ("pyautogui.write(message='SPOTIFY')\npyautogui.press(keys=['enter'])", [("type", {"text": "SPOTIFY\n"})]),
        ("pyautogui.press(keys=['enter'])", [("key", {"key": "enter"})]),
        ("pyautogui.press('tab', presses=2)", [("key", {"key": "tab"}), ("key", {"key": "tab"})]),
        ("pyautogui.press(keys=['up', 'down'])", [("key", {"key": "up"}), ("key", {"key": "down"})]),
        ("pyautogui.hotkey(keys=['ctrl', 'c'])", [("key", {"key": "ctrl+c"})]),
        ("pyautogui.hotkey(['ctrl', 'c'])", [("key", {"key": "ctrl+c"})]),
        ("pyautogui.hotkey('ctrl', 'c')", [("key", {"key": "ctrl+c"})]),
        ("computer.wait()", [("wait", {})]),
        ("import time\ntime.sleep(2)", [("wait", {"seconds": 2})]),
        ("computer.terminate(status='success')", [("finish", {"outcome": "success"})]),
        ("computer.terminate(status='failure')", [("finish", {"outcome": "failure"})]),
    ],
)
def test_agentnet(code, expected):
    actions = tuple(Action(kind, arguments) for kind, arguments in expected)
    assert load_dialect("agentnet").read(code, SCREEN) == actions


@pytest.mark.parametrize(
    "code",
    [
        "",
        "import pyautogui",
        "x = 1",
        "pyautogui.click(x=x, y=1)",
        "pyautogui.click(x=0.5)",
        "pyautogui.click(x=0.5, y=-0.5)",
        "pyautogui.click(x=1921, y=5)",
        "pyautogui.click(x=0.5, y=0.5, clicks=4)",
        "pyautogui.click(x=0.5, y=0.5, z=1)",
        "pyautogui.click(1, 2, 3, 4, 5, 6)",
        "pyautogui.scroll(0)",
        "pyautogui.scroll('up')",
        "pyautogui.hotkey()",
        "pyautogui.press(keys=5)",
        "pyautogui.write(message=5)",
        "pyautogui.keyDown('a')",
        "os.system('true')",
        "pyautogui.click(x=0.5, y=0.5) if True else None",
        "computer.terminate(status='maybe')",
        f"pyautogui.write(message='{'a' * 20_000}')",
    ],
)
def test_other_code_is_refused(code):
    with pytest.raises(ValueError):
        load_dialect("agentnet").read(code, SCREEN)


@pytest.mark.parametrize(
    ("action", "agentnet", "osworld"),
    [
        (Action("click", {"point": [500, 250]}), "pyautogui.click(x=0.5, y=0.25)", "pyautogui.click(x=960, y=270)"),
        (
            Action("triple_click", {"point": [0, 1000]}),
            "computer.tripleClick(x=0.0, y=1.0)",
            "pyautogui.tripleClick(x=0, y=1080)",
        ),
        (
            Action("scroll", {"direction": "down", "point": [500, 500]}),
            "pyautogui.moveTo(x=0.5, y=0.5)\npyautogui.scroll(-5)",
            "pyautogui.moveTo(x=960, y=540)\npyautogui.scroll(-5)",
        ),
        (
            Action("type", {"text": "a\n"}),
            "pyautogui.write(message='a')\npyautogui.press(keys=['enter'])",
            "pyautogui.write(message='a')\npyautogui.press(keys=['enter'])",
        ),
        (Action("key", {"key": "enter"}), "pyautogui.press(keys=['enter'])", "pyautogui.hotkey('enter')"),
        (Action("key", {"key": "ctrl+c"}), "pyautogui.hotkey(keys=['ctrl', 'c'])", "pyautogui.hotkey('ctrl', 'c')"),
        (Action("wait"), "computer.wait()", "WAIT"),
        (Action("wait", {"seconds": 2}), "computer.wait(2)", "time.sleep(2)"),
        (Action("finish"), "computer.terminate(status='success')", "DONE"),
        (Action("finish", {"outcome": "failure"}), "computer.terminate(status='failure')", "FAIL"),
    ],
)
def test_writing_code(action, agentnet, osworld):
    assert load_dialect("agentnet").write(action, SCREEN) == agentnet
    assert load_dialect("osworld").write(action, SCREEN) == osworld


@pytest.mark.parametrize("name", ["agentnet", "osworld"])
@pytest.mark.parametrize(
    "action",
    [
        Action("press_back"),
        Action("drag", {"start": [0, 0]}),
        Action("finish", {"answer": "42"}),
        Action("key", {"key": "page down"}),
        Action("scroll", {"direction": "up", "amount": 0}),
    ],
)
def test_what_code_cannot_say_is_refused(name, action):
    with pytest.raises(ValueError):
        load_dialect(name).write(action, SCREEN)


def test_osworld_counts_pixels_even_where_they_are_few():
    assert load_dialect("osworld").read("pyautogui.click(x=1, y=1)", Screen(Size(100, 50))) == (
        Action("click", {"point": [10, 20]}),
    )


@pytest.mark.parametrize(
    ("said", "kind", "arguments"),
    [
        ("'action': 'click', 'point': [480, 270], 'input_text': 'no input text'", "click", {"point": [500, 500]}),
        ('"action": "click", "point": [480, 270], "input_text": "no input text"', "click", {"point": [500, 500]}),
        (
            "'action': 'long_press', 'point': [960, 540], 'input_text': 'no input text'",
            "long_press",
            {"point": [1000, 1000]},
        ),
        ("'action': 'moveto', 'point': [0, 0], 'input_text': 'no input text'", "hover", {"point": [0, 0]}),
        ("'action': 'doubleclick', 'point': [0, 0], 'input_text': ''", "double_click", {"point": [0, 0]}),
        ("'action': 'rightclick', 'point': [0, 0], 'input_text': ''", "right_click", {"point": [0, 0]}),
        ("'action': 'type', 'point': [-100, -100], 'input_text': 'it\\'s'", "type", {"text": "it's"}),
        ("'action': 'open_app', 'point': [-100, -100], 'input_text': 'Clock'", "open_app", {"name": "Clock"}),
        ("'action': 'scroll', 'point': [-100, -100], 'input_text': 'down'", "scroll", {"direction": "down"}),
        ("'action': 'select', 'point': [480, 0], 'input_text': 'US'", "select", {"value": "US", "point": [500, 0]}),
        ("'action': 'press_back', 'point': [-100, -100], 'input_text': 'no input text'", "press_back", {}),
        ("'action': 'press_home', 'point': [-100, -100], 'input_text': 'no input text'", "press_home", {}),
        ("'action': 'press_recent', 'point': [-100, -100], 'input_text': 'no input text'", "press_recent", {}),
        ("'action': 'press_pgdn', 'point': [-100, -100], 'input_text': 'no input text'", "key", {"key": "pagedown"}),
        ("'action': 'enter', 'point': [-100, -100], 'input_text': 'no input text'", "key", {"key": "enter"}),
        ("'action': 'wait', 'point': [-100, -100], 'input_text': 'no input text'", "wait", {}),
        (
            "'action': 'complete', 'point': [-100, -100], 'input_text': 'no input text'",
            "finish",
            {"outcome": "success"},
        ),
        ("'action': 'impossible', 'point': [-100, -100], 'input_text': ''", "finish", {"outcome": "failure"}),
    ],
)
def test_gui_r1(said, kind, arguments):
    read = load_dialect("gui_r1").read
    assert read(f"<think>why</think> <answer>[{{{said}}}]</answer>", SCREEN) == (Action(kind, arguments),)
    assert read(f"[{{{said}}}]", SCREEN) == (Action(kind, arguments),)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "[]",
        "[1]",
        "{'action': 'wait'}",
        "[{'action': 'click'}]",
        "[{'action': 'click', 'point': [961, 0]}]",
        "[{'action': 'click', 'point': [-100, -100]}]",
        "[{'action': 'type', 'input_text': 'no input text'}]",
        "[{'action': 'close/delete'}]",
        "[{'action': ['click']}]",
        "[{'action': enum['click']}]",
    ],
)
def test_other_answers_are_refused(answer):
    with pytest.raises(ValueError):
        load_dialect("gui_r1").read(f"<answer>{answer}</answer>", SCREEN)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample records are not here")
def test_published_samples():
    steps = json.loads((SAMPLES / "agentnet" / "raw_example.jsonl").read_text())["traj"]
    read = [load_dialect("agentnet").read(step["value"]["code"], SCREEN) for step in steps]
    assert all(len(actions) == 1 for actions in read)
    assert [read[index][0].type for index in (0, 1, 3, 5, 14)] == ["click", "right_click", "drag", "scroll", "finish"]
