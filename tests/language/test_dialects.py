"""What holds for every dialect: reading is total and linear, nothing is run, and what is written is read back."""

import functools
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tracer1.actions import Action
from tracer1.coordinates import Size
from tracer1.dialects import DIALECTS, Screen, load_dialect
from tracer1.dialects.arguments import join_keys, split_keys
from tracer1.dialects.points import read_point, swipe_of, write_point

SCREEN = Screen(Size(1080, 2400), Size(1008, 2240))
LONG = 10**6
HOSTILE = {
    "code": "__import__('os').system('touch broken')",
    "code in a call": "click(start_box=__import__('os').system('touch broken'))",
    "code in an argument": "pyautogui.write(message=__import__('os').system('touch broken'))",
    "code in an answer": "<answer>[{'action': __import__('os').system('touch broken')}]</answer>",
    "code in a box": 'click(start_box=\'(__import__("os").system("touch broken"),1)\')',
    "code in JSON": '{"action_type": __import__("os")}',
    "f-string": "pyautogui.write(message=f'{open(0)}')",
    "unpacking": "pyautogui.click(**{'x': 1})",
    "many presses": "pyautogui.press(keys=['a'], presses=10**9)",
    "unhashable": "<answer>[{[]: 1}]</answer>",
    "round brackets": "(" * 100_000,
    "square brackets": "[" * 100_000,
    "objects": '{"a":' * 100_000,
    "objects in a tool call": "<tool_call>" + '{"a":' * 100_000,
    "signs": "-" * 9_000 + "1",
    "brackets in an answer": "<answer>" + "[" * 9_000,
    "letters": "A" * LONG + "a",
    "blanks": " " * LONG,
    "line breaks": "\n" * LONG,
    "backslashes": "type(content='" + "\\" * LONG,
    "quotes": "type(content='" + "'" * LONG,
    "quotes and blanks": "type(content='" + "' \n" * (LONG // 3),
    "quotes and commas": "type(content='" + "', a" * (LONG // 4),
    "commas": "click(" + "," * LONG,
    "headings": "Action:" * (LONG // 7),
    "tool calls": "<tool_call>" * (LONG // 11),
    "empty tool calls": "<tool_call>{}" * (LONG // 13),
    "answers": "<answer>" * (LONG // 8),
    "points": "CLICK <point>[[" * (LONG // 15),
    "digits": f"click(start_box='({'9' * LONG},1)')",
    "JSON digits": '{"action_type": "click", "x": ' + "9" * LONG + ', "y": 1}',
    "a large number": f"pyautogui.click(x=0x{'f' * 9000}, y=1)",
    "null": "\0",
    "half a surrogate pair": "\ud800",
}


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_refused_quickly(name, hostile, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    started = time.process_time()
    with pytest.raises(ValueError):
        load_dialect(name).read(HOSTILE[hostile], SCREEN)
    assert time.process_time() - started < 5
    assert not list(tmp_path.iterdir())


SPELLINGS = (
    "click( start_box=' (500,500) ') <point>1 2</point> Action: Thought: type(content=' scroll( direction='down' "
    '<tool_call> </tool_call> {"name":"computer_use","arguments":{ "action":"scroll", "pixels":-3 "coordinate":[1,2] }} '
    'CLICK <point>[[1,2]]</point> TYPE [a] SCROLL [UP] {"action_type":"click", "x":1, "y":2} {"action":"SCROLL","info": '
    "[[1,2],[3,4]]} pyautogui.click(x=0.5, y=0.5) pyautogui.moveTo( pyautogui.hotkey('a') keys=['enter']) <answer>[{ "
    "'action':'click', 'point':[1,2], 'input_text':'a'}]</answer> {\"op\":\"CLICK\"} -1 1e999 null \\ \n"
)
FRAGMENTS = st.sampled_from(SPELLINGS.split(" "))


@pytest.mark.parametrize("name", DIALECTS)
@settings(max_examples=60, deadline=None)
@given(text=st.text(st.characters(), max_size=60) | st.lists(FRAGMENTS, max_size=8).map(" ".join))
def test_any_text_gives_actions_or_a_value_error(name, text):
    try:
        actions = load_dialect(name).read(text, SCREEN)
    except ValueError:
        return
    assert actions and all(isinstance(action, Action) for action in actions)


def on_grid(width, height):
    return st.tuples(st.integers(0, width), st.integers(0, height)).map(
        lambda point: [point[0] * 1000 / width, point[1] * 1000 / height]
    )


GRIDS = {
    "ui_tars": on_grid(1000, 1000),
    "ui_tars_1_5": on_grid(1008, 2240),
    "qwen3_vl_computer": on_grid(999, 999),
    "qwen3_vl_mobile": on_grid(999, 999),
    "os_atlas": on_grid(1000, 1000),
    "android_control": on_grid(1080, 2400),
    "agentnet": st.lists(st.integers(0, 10_000).map(lambda number: number / 10_000 * 1000), min_size=2, max_size=2),
    "osworld": on_grid(1080, 2400),
}
TEXT = st.text(max_size=30)
LINE = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=30)
KEYS = st.sampled_from(["enter", "ctrl+c", "ctrl+shift+t", "ctrl++", "+", "pagedown", "a", "space"])
NUMBER = st.integers(1, 1000) | st.floats(0.5, 1000)
OUTCOME = st.sampled_from(["success", "failure"])
DIRECTION = st.sampled_from(["up", "down", "left", "right"])
SAYS = {
    "ui_tars": "click:point double_click:point right_click:point long_press:point,seconds drag:start,end scroll:direction,point "
    "scroll:direction key:key type:text press_home press_back wait finish finish:said ask_user",
    "ui_tars_1_5": "click:point double_click:point right_click:point long_press:point drag:start,end scroll:direction,point "
    "scroll:direction key:key type:text press_home press_back wait finish finish:said open_app:name",
    "qwen3_vl_computer": "click:point double_click:point triple_click:point right_click:point middle_click:point hover:point "
    "drag:start,end drag:end scroll:direction,point,amount scroll:direction,amount key:key type:text answer:text wait "
    "wait:seconds finish:outcome",
    "qwen3_vl_mobile": "click:point long_press:point long_press:point,seconds scroll:direction,point key:key type:text answer:text "
    "press_back press_home press_recent open_app:name wait wait:seconds finish:outcome",
    "os_atlas": "click:point long_press:point scroll:direction type:line open_app:line key:enter press_back press_home press_recent "
    "wait finish:outcome",
    "android_control": "click:point double_click:point long_press:point scroll:direction scroll:direction,point open_app:name "
    "type:text key:enter press_home press_back wait answer:text finish:outcome",
    "agentnet": "click click:point double_click:point triple_click:point right_click:point middle_click:point hover:point "
    "drag:start,end drag:end scroll:direction,point,amount scroll:direction,amount key:key type:text wait wait:seconds "
    "finish:outcome",
}
SAYS["osworld"] = SAYS["agentnet"]


@functools.cache
def actions_of(name):
    """The actions that a dialect can say exactly, points on its grid."""
    point = GRIDS[name]
    values = {
        **dict.fromkeys(["point", "start", "end"], point),
        **{"seconds": NUMBER, "amount": NUMBER, "direction": DIRECTION, "outcome": OUTCOME, "key": KEYS},
        **{
            "text": TEXT,
            "name": TEXT,
            "line": LINE,
            "said": st.text(min_size=1, max_size=30),
            "enter": st.just("enter"),
        },
    }
    ours = {"said": "answer", "enter": "key"}
    choices = []
    for entry in SAYS[name].split():
        kind, _, arguments = entry.partition(":")
        line = "name" if kind == "open_app" else "text"
        chosen = {{**ours, "line": line}.get(key, key): values[key] for key in arguments.split(",") if key}
        choices.append(st.builds(Action, st.just(kind), st.fixed_dictionaries(chosen)))
    return st.one_of(choices)


@pytest.mark.parametrize("name", SAYS)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_what_is_written_is_read_back(name, data):
    action = data.draw(actions_of(name))
    dialect = load_dialect(name)
    try:
        written = dialect.write(action, SCREEN)
    except ValueError as error:
        assume("no room" not in str(error))  # a swipe at the edge
        raise
    assert dialect.read(written, SCREEN) == (action,)


def test_every_dialect_that_writes_is_tried():
    assert set(SAYS) == {name for name, dialect in DIALECTS.items() if dialect.write}


def test_an_unknown_name_is_answered_with_those_that_exist():
    with pytest.raises(ValueError, match="ui_tars, ui_tars_1_5"):
        load_dialect("uitars")


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [([0, 0], [0, 0]), ([200, 100], [1000, 1000]), ([50, 25], [250, 250]), ([0, 0, 100, 50], [250, 250]), (None, None)],
)
def test_points_of_a_grid(numbers, expected):
    assert read_point(numbers, (200, 100)) == expected


@pytest.mark.parametrize("numbers", [[201, 0], [-1, 0], ["1", 0], [True, 0], [float("nan"), 0], [None, 0]])
def test_the_coordinate_at_fault_is_named(numbers):
    with pytest.raises(ValueError, match="coordinate x"):
        read_point(numbers, (200, 100))
    with pytest.raises(ValueError, match="coordinate y"):
        read_point(numbers[::-1], (200, 200))


def test_points_are_rounded_half_up_and_must_be_there():
    assert write_point([2.5, 997.5], (200, 200)) == [1, 200]  # 0.5 and 199.5
    with pytest.raises(ValueError, match="without a point"):
        write_point(None, (200, 200))


def test_a_swipe_goes_against_the_view_and_needs_room():
    assert swipe_of("down", [100, 800]) == ([100, 800], [100, 500])
    assert swipe_of("left", None) == ([500, 500], [800, 500])
    assert swipe_of("up", [100, 900]) == ([100, 900], [100, 1000])
    with pytest.raises(ValueError, match="no room"):
        swipe_of("right", [5, 500])


def test_keys():
    assert join_keys(["Control", "C"]) == "ctrl+c"
    assert join_keys(["ctrl", "+"]) == "ctrl++"
    assert split_keys("ctrl++") == ["ctrl", "+"]
    assert join_keys([" "]) == "space"
    for key in ("", "a++b", "ctrl+", "page down"):
        with pytest.raises(ValueError):
            split_keys(key)
