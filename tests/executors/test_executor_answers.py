"""What each model may answer, and the pixel that it means, worked out by hand. The screenshot has 1600 x 900 pixels.

UI-TARS 1.0 counts thousandths: x * 1.6, y * 0.9. UI-TARS 1.5 counts pixels of the picture resized to multiples of 28, which is
1596 x 896: x * 1600 / 1596, y * 900 / 896. Qwen3-VL counts from 0 to 999: x * 1600 / 999, y * 900 / 999.
"""

from __future__ import annotations

import pytest
import toys

from tracer1.executors.forms import Form, question
from tracer1.executors.options import options_from
from tracer1.executors.qwen3_vl import QWEN3_VL
from tracer1.executors.ui_tars import UI_TARS, UI_TARS_1_5

OPTIONS = options_from({"base_urls": "http://127.0.0.1:8000/v1", "model": "any"})
BOX = "<|box_start|>({})<|box_end|>"


def place(form: Form, answer: str, platform: str = "web") -> tuple[float, float]:
    observation = toys.seen(1600, 900, platform=platform)
    point = question(form, OPTIONS, observation, toys.click("")).place(answer, observation.size)
    assert point.space == "pixel"
    return point.x, point.y


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("(500,500)", (800, 450)),
        ("(0,0)", (0, 0)),
        ("(1000,1000)", (1600, 900)),
        ("(250, 100)", (400, 90)),
        ("[250,100]", (400, 90)),
        ("250,100", (400, 90)),
        (" (250,100)\n", (400, 90)),
        ("(100,200,300,400)", (320, 270)),  # a box means its centre
        (BOX.format("500,500"), (800, 450)),
        ("<point>500 500</point>", (800, 450)),
        ("(12.5,50)", (20, 45)),
        ("(7,290)", (11.2, 261)),
        (f"click(start_box='{BOX.format('500,500')}')", (800, 450)),
        ("click(start_box='(500,500)')", (800, 450)),
        ("Action: click(start_box='(500,500)')", (800, 450)),
        ("Thought: It is the blue one.\nAction: click(start_box='(125,300)')", (200, 270)),
        ("Thought: 我要点击它。\nAction: click(start_box='(125,300)')", (200, 270)),
        ("Action: left_double(start_box='(10,10)')", (16, 9)),
        ("Action: right_single(start_box='(10,10)')", (16, 9)),
        ("Action: long_press(start_box='(10,10)', time='2')", (16, 9)),
        ("Action: hover(start_box='(10,10)')", (16, 9)),
        ("Action: click(start_box='(10,10)')\n\nAction: type(content='x')", (16, 9)),  # the first counts
        ("Action: type(content='x', start_box='(10,10)')", (16, 9)),  # begins with a click there
    ],
)
def test_ui_tars_1_0(answer: str, expected: tuple[float, float]) -> None:
    assert place(UI_TARS, answer) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("click(point='<point>798 448</point>')", (800, 450)),
        ("Action: click(point='<point>798 448</point>')", (800, 450)),
        ("Thought: Here.\nAction: click(point='<point>399 224</point>')", (400, 225)),
        ("click(start_box='(798,448)')", (800, 450)),
        ("click(start_box='<|box_start|>(798,448)<|box_end|>')", (800, 450)),
        ("click(point='<point>0 0</point>')", (0, 0)),
        ("click(point='<point>1596 896</point>')", (1600, 900)),
        ("click(point='<point>1197 672</point>')", (1200, 675)),
        ("click(point='<bbox>0 0 798 448</bbox>')", (400, 225)),
        ("(798,448)", (800, 450)),
        ("<point>798 448</point>", (800, 450)),
        ("click(point='<point>199.5 112</point>')", (200, 112.5)),
        ("left_double(point='<point>798 448</point>')", (800, 450)),
        ("right_single(point='<point>798 448</point>')", (800, 450)),
        ("long_press(point='<point>798 448</point>')", (800, 450)),
        ("Action: click(point='<point>798 448</point>')\n", (800, 450)),
        ("Thought: a (b) c, d='e'\nAction: click(point='<point>798 448</point>')", (800, 450)),
        ("Action: click(point='<point>798 448</point>')\n\nAction: wait()", (800, 450)),
        ("click(point='<point>798, 448</point>')", (800, 450)),
        ("click(point='(798 448)')", (800, 450)),
    ],
)
def test_ui_tars_1_5(answer: str, expected: tuple[float, float]) -> None:
    assert place(UI_TARS_1_5, answer) == pytest.approx(expected)


def call(action: str, x: float, y: float, tool: str = "computer_use") -> str:
    arguments = f'{{"action": "{action}", "coordinate": [{x}, {y}]}}'
    return f'<tool_call>\n{{"name": "{tool}", "arguments": {arguments}}}\n</tool_call>'


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (call("left_click", 999, 999), (1600, 900)),
        (call("left_click", 0, 0), (0, 0)),
        (call("left_click", 499.5, 499.5), (800, 450)),
        (call("left_click", 333, 666), (1600 / 3, 600)),
        (call("left_click", 111, 111), (1600 / 9, 100)),
        (call("left_click", 1000, 1000), (1600, 900)),  # OSWorld's prompt allows it: the far edge
        (call("right_click", 333, 333), (1600 / 3, 300)),
        (call("middle_click", 333, 333), (1600 / 3, 300)),
        (call("double_click", 333, 333), (1600 / 3, 300)),
        (call("triple_click", 333, 333), (1600 / 3, 300)),
        (call("mouse_move", 333, 333), (1600 / 3, 300)),
        ("Action: Click it.\n" + call("left_click", 333, 333), (1600 / 3, 300)),
        ("Thought: So.\nAction: Click it.\n" + call("left_click", 333, 333), (1600 / 3, 300)),
        ("I see it.\n</think>\n\n" + call("left_click", 333, 333), (1600 / 3, 300)),
        (  # a draft within the thought is none
            "Perhaps " + call("left_click", 1, 1) + "? No.\n</think>\n\n" + call("left_click", 333, 333),
            (1600 / 3, 300),
        ),
        (call("left_click", 333, 333).replace("\n", ""), (1600 / 3, 300)),
        (call("left_click", 333, 333).removesuffix("\n</tool_call>"), (1600 / 3, 300)),
        (call("left_click", 333, 333) + "\n" + call("left_click", 1, 1), (1600 / 3, 300)),
        ('{"name": "computer_use", "arguments": {"action": "left_click", "coordinate": [333, 333]}}', (1600 / 3, 300)),
        (call("left_click", 333, 333) + "<|im_end|>", (1600 / 3, 300)),
    ],
)
def test_qwen3_vl_on_a_computer(answer: str, expected: tuple[float, float]) -> None:
    assert place(QWEN3_VL, answer) == pytest.approx(expected)


def test_an_edge_is_not_missed_by_a_floats_error() -> None:
    for number in range(1001):
        assert place(UI_TARS, f"({number},{number})") == (number * 16 / 10, number * 9 / 10)


def test_qwen3_vl_on_a_mobile_screen() -> None:
    assert place(QWEN3_VL, call("click", 333, 333, "mobile_use"), "mobile") == pytest.approx((1600 / 3, 300))
    assert place(QWEN3_VL, call("long_press", 0, 999, "mobile_use"), "mobile") == pytest.approx((0, 900))
    with pytest.raises(ValueError):
        place(QWEN3_VL, call("click", 333, 333, "mobile_use"), "desktop")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("Action: type(content='bob')", "answers type"),
        ("Action: scroll(start_box='(5,5)', direction='down')", "answers scroll"),
        ("Action: drag(start_box='(1,2)', end_box='(3,4)')", "answers drag"),
        ("Action: finished()", "answers finish"),
        ("Action: wait()", "answers wait"),
        ("Action: wait()\n\nAction: click(start_box='(5,5)')", "answers wait"),
        ("Action: click(start_box='(1200,5)')", "outside the image"),
        ("Action: click(start_box='(-5,5)')", "outside the image"),
        ("(5,1001)", "outside the image"),
        ("(5)", "x, y"),
        ("()", "a place is"),
        ("Action: click(start_box='(50", "never ends"),
        ("Thought: I cannot see it.", "expected an action"),
        ("", "no action"),
        ("I would rather not.", "expected an action"),
        ("NaN,inf", "expected an action"),
    ],
)
def test_what_is_no_place(answer: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        place(UI_TARS, answer)


@pytest.mark.parametrize(
    "answer",
    [
        '<tool_call>\n{"name": "computer_use", "arguments": {"action": "type", "text": "bob"}}\n</tool_call>',
        '<tool_call>\n{"name": "computer_use", "arguments": {"action": "terminate", "status": "failure"}}\n</tool_call>',
        '<tool_call>\n{"name": "computer_use", "arguments": {"action": "left_click"}}\n</tool_call>',
        '<tool_call>\n{"name": "computer_use", "arguments": {"action": "left_click", "coordinate": [3',
        '<tool_call>\n{"name": "browser", "arguments": {"action": "left_click", "coordinate": [3, 3]}}\n</tool_call>',
        call("left_click", 1400, 3),
        call("left_click", 1, 1) + " is my draft, and </think> nothing follows",
        "The button is at [333, 333].",
    ],
)
def test_what_qwen3_vl_may_not_answer(answer: str) -> None:
    with pytest.raises(ValueError):
        place(QWEN3_VL, answer)
