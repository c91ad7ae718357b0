"""What OSWorld's desktop is told to do, run against a PyAutoGUI that records. Expected values are worked out by hand."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer1.actions import Action
from tracer1.coordinates import Size
from tracer1.environments.osworld.commands import commands
from tracer1.environments.osworld.keyboard import LONGEST, press_key, type_text

SCREEN = Size(1920, 1080)
# What OSWorld rewrites before it runs a command (desktop_env/desktop_env.py).
REWRITTEN = re.compile(r"""pyautogui\.typewrite\(["']|pyautogui\.press\(["'](?:<|\\u003c)["']\)""")


@pytest.fixture(scope="module")
def desktop():
    command = [sys.executable, Path(__file__).with_name("recording_desktop.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def run(lines):
            process.stdin.write(json.dumps({"commands": lines}) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield run
        process.stdin.close()


def act(kind, **arguments):
    return commands(Action(kind, arguments), SCREEN)


@pytest.mark.parametrize(
    ("kind", "arguments", "expected"),
    [
        ("click", {"point": [500, 500]}, ["click", [], {"x": 960, "y": 540}]),
        ("click", {"point": [0, 0]}, ["click", [], {"x": 0, "y": 0}]),
        # The far edge is the last pixel, not the one behind it.
        ("click", {"point": [1000, 1000]}, ["click", [], {"x": 1919, "y": 1079}]),
        ("double_click", {"point": [250, 250]}, ["doubleClick", [], {"x": 480, "y": 270}]),
        ("triple_click", {"point": [250, 250]}, ["tripleClick", [], {"x": 480, "y": 270}]),
        ("right_click", {"point": [100, 200]}, ["rightClick", [], {"x": 192, "y": 216}]),
        ("middle_click", {"point": [100, 200]}, ["middleClick", [], {"x": 192, "y": 216}]),
        ("hover", {"point": [100, 200]}, ["moveTo", [], {"x": 192, "y": 216}]),
        # Down is negative for PyAutoGUI, right is positive.
        ("scroll", {"direction": "down"}, ["scroll", [-5], {}]),
        ("scroll", {"direction": "up", "amount": 3}, ["scroll", [3], {}]),
        ("scroll", {"direction": "right", "amount": 2, "point": [500, 500]}, ["hscroll", [2], {"x": 960, "y": 540}]),
        ("scroll", {"direction": "left", "amount": 0.2}, ["hscroll", [-1], {}]),
        ("scroll", {"direction": "down", "amount": 100_000}, ["scroll", [-50], {}]),
        ("key", {"key": "Enter"}, ["press", ["enter"], {}]),
        ("key", {"key": "ctrl+shift+t"}, ["hotkey", ["ctrl", "shift", "t"], {}]),
        ("key", {"key": "Control+A"}, ["hotkey", ["ctrl", "a"], {}]),
        ("key", {"key": "A"}, ["press", ["A"], {}]),
        ("key", {"key": "ctrl++"}, ["hotkey", ["ctrl", "+"], {}]),
        ("key", {"key": "Alt+F4"}, ["hotkey", ["alt", "f4"], {}]),
        ("key", {"key": "cmd+Page_Down"}, ["hotkey", ["win", "pagedown"], {}]),
        ("key", {"key": "ctrl+<"}, ["hotkey", ["ctrl", "shift", ","], {}]),
        ("key", {"key": "ArrowUp"}, ["press", ["up"], {}]),
        ("wait", {"seconds": 2}, ["sleep", [2], {}]),
        ("wait", {"seconds": 900_000}, ["sleep", [60.0], {}]),
    ],
)
def test_one_action_is_one_call(desktop, kind, arguments, expected):
    assert desktop(act(kind, **arguments))["events"] == [expected]


@pytest.mark.parametrize(
    ("kind", "arguments", "word"),
    [
        ("finish", {}, "DONE"),
        ("finish", {"outcome": "success"}, "DONE"),
        ("finish", {"outcome": "failure"}, "FAIL"),
        ("finish", {"answer": "42"}, "DONE"),
        ("ask_user", {}, "FAIL"),
        ("wait", {}, "WAIT"),
        ("answer", {"text": "42"}, "WAIT"),
    ],
)
def test_words_of_the_runner(kind, arguments, word):
    assert act(kind, **arguments) == [word]


def test_drag_goes_from_one_place_to_the_other(desktop):
    assert desktop(act("drag", start=[100, 100], end=[200, 300]))["events"] == [
        ["moveTo", [], {"x": 192, "y": 108}],
        ["dragTo", [], {"x": 384, "y": 324, "duration": 1.0, "button": "left"}],
    ]


def test_text_at_a_place_is_a_click_and_text(desktop):
    said = desktop(act("type", text="it's", point=[500, 500]))
    assert said == {"typed": "it's", "events": [["click", [], {"x": 960, "y": 540}]]}


def test_an_application_is_opened_by_name(desktop):
    said = desktop(act("open_app", name="Text Editor"))
    assert [name for name, _, _ in said["events"]] == ["press", "sleep", "sleep", "press"]
    assert (said["events"][0][1], said["typed"], said["events"][-1][1]) == (["win"], "Text Editor", ["enter"])


@pytest.mark.parametrize(
    ("kind", "arguments", "why"),
    [
        ("click", {}, "needs its point"),
        ("drag", {"start": [1, 1]}, "needs its end"),
        ("type", {"text": ""}, "no text"),
        ("type", {"text": "a\x07b"}, "no key types"),
        ("key", {"key": "hyper"}, "no key 'hyper'"),
        ("key", {"key": "ctrl+é"}, "no combination"),
        ("key", {"key": "ctrl c"}, "is not a key"),
        ("open_app", {"name": "a\nb"}, "no application's name"),
        ("long_press", {"point": [1, 1]}, "cannot do long_press"),
        ("press_back", {}, "cannot do press_back"),
        ("select", {"value": "a"}, "cannot do select"),
    ],
)
def test_what_cannot_be_done_is_refused(kind, arguments, why):
    with pytest.raises(ValueError, match=why):
        act(kind, **arguments)


TEXTS = (
    "plain",
    "quotes ' and \" and \\ and \\n and %s {command} {0}",
    "if a < b:\n\tprint('<')\n",
    "\n<\n<<\n",
    "naïve café – 漢字 🙂 ½",
    "é < ü",
    "pyautogui.typewrite('a<b')",
    'pyautogui.typewrite("caf\\u00e9 <")',
    "pyautogui.press('<') and pyautogui.press(\"\\u003c\")",
    "'''\"\"\"",
    "'; import os; os.abort(); '",
    "x" * (3 * LONGEST + 1),
    "漢" * (LONGEST + 1),
)


@pytest.mark.parametrize("text", TEXTS)
def test_text_comes_out_as_it_went_in(desktop, text):
    lines = type_text(text)
    assert desktop(lines) == desktop(lines) | {"typed": text}
    assert not any(REWRITTEN.search(line) for line in lines)
    assert all(line.isascii() for line in lines)


def test_line_ends_are_enter_once(desktop):
    assert desktop(type_text("a\r\nb\rc"))["typed"] == "a\nb\nc"


def test_a_single_letter_beyond_the_keyboard_is_typed(desktop):
    assert desktop([press_key("é")])["typed"] == "é"
    assert desktop([press_key("<")])["typed"] == "<"


LETTERS = st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t")


@settings(max_examples=300, deadline=None)
@given(st.text(LETTERS | st.sampled_from("<>'\"\\\n{}%"), min_size=1, max_size=200))
def test_any_text_comes_out_as_it_went_in(desktop, text):
    lines = type_text(text)
    assert desktop(lines)["typed"] == text
    assert not any(REWRITTEN.search(line) for line in lines)


NUMBERS = st.floats(0, 1000)
PLACES = st.lists(NUMBERS, min_size=2, max_size=2)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["click", "double_click", "triple_click", "right_click", "middle_click", "hover"]),
    PLACES,
    st.integers(1, 8000),
    st.integers(1, 8000),
)
def test_no_place_is_off_the_screen(kind, point, width, height):
    (line,) = commands(Action(kind, {"point": point}), Size(width, height))
    x, y = map(int, re.findall(r"[xy]=(-?\d+)", line))
    assert 0 <= x < width and 0 <= y < height
    assert abs(x - point[0] * width / 1000) <= 1 and abs(y - point[1] * height / 1000) <= 1


@given(st.integers(1, 8000), st.data())
def test_a_pixel_that_was_found_is_that_pixel(width, data):
    x = data.draw(st.integers(0, width - 1))
    (line,) = commands(Action("click", {"point": [x * 1000 / width, 0]}), Size(width, 10))
    assert line == f"pyautogui.click(x={x}, y=0)"
