"""Protocols for the web and the desktop, with values worked out by hand: SeeClick's Mind2Web, AgentNetBench."""

from math import exp, sqrt

import pytest

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.protocols import Target, load_protocol
from tracer1.protocols.mind2web import operation_f1

SQUARE = Size(1000, 1000)  # one thousandth is one pixel
BUTTON = Box(100, 200, 300, 240, "pixel")


def click(x, y, kind="click"):
    return Action(kind, {"point": [x, y]})


def typed(text):
    return Action("type", {"text": text})


def selected(value, x=150, y=220):
    return Action("select", {"value": value, "point": [x, y]})


def key(name):
    return Action("key", {"key": name})


def mind2web(predicted, reference, *boxes, image=SQUARE):
    return load_protocol("seeclick_mind2web").judge(predicted, Target(reference, image, boxes))


def agentnet(predicted, reference, *boxes, image=SQUARE):
    return load_protocol("agentnetbench").judge(predicted, Target(reference, image, boxes))


@pytest.mark.parametrize(
    ("point", "right"),
    [([100, 200], True), ([300, 240], True), ([300.1, 240], False), ([200, 199.9], False)],
)
def test_mind2web_clicks_inside_the_box_edges_included(point, right):
    found = mind2web(click(*point), Action("click"), BUTTON)
    assert (found.type_right, found.right, found.grounding) == (True, right, right)


def test_mind2web_rounds_the_box_to_three_decimals():
    # 333 pixels of 10,000 are 0.0333, rounded to 0.033: a point at 0.033 is inside, though it is the pixel 330.
    page = Size(1000, 10_000)
    box = Box(100, 333, 300, 366, "pixel")  # 0.0366 is rounded to 0.037
    for y, right in (33, True), (37, True), (32.9, False), (37.1, False):
        assert mind2web(click(200, y), Action("click"), box, image=page).right == right


def test_mind2web_takes_hover_and_enter_for_clicks():
    assert mind2web(click(200, 220), Action("hover"), BUTTON).right
    assert mind2web(click(200, 220, "hover"), Action("click"), BUTTON).right
    assert mind2web(click(200, 220), key("Enter"), BUTTON).right
    assert mind2web(key("enter"), key("Enter")).right
    # Enter gives no point, so it misses the element of a click; a click without a point misses that of Enter.
    for predicted, reference in ((key("enter"), Action("click")), (Action("click"), key("enter"))):
        found = mind2web(predicted, reference, BUTTON)
        assert (found.type_right, found.right, found.grounding) == (True, False, False)


@pytest.mark.parametrize(
    ("predicted", "reference", "f1"),
    [
        (typed("New York"), typed("new york"), 1),  # {3, new, york} twice
        (typed("york new new"), typed("new york"), 1),  # a set has neither order nor repetition
        (typed("new"), typed("new york"), 0.8),  # 2 shared of 2 and 3: 2 * 2 / 5
        (typed("boston"), typed("new york"), 0.4),  # only the 3 is shared: 2 * 1 / 5
        (selected("boston"), typed("boston"), 0.5),  # {2, boston} and {3, boston}: 2 * 1 / 4
        (click(1, 1), typed("boston"), 0),  # {4} and {3, boston}
        (typed("3"), typed(""), 1),  # {3} twice
        (selected("3"), typed("2"), 1),  # {2, 3} twice
        (key("tab"), key("tab"), 1),
        (key("tab"), key("escape"), 0),
    ],
)
def test_mind2web_operation_f1(predicted, reference, f1):
    assert operation_f1(predicted, reference) == pytest.approx(f1, abs=1e-12)
    assert f"{f1:.3f}" in mind2web(predicted, reference).rule


def test_mind2web_step_success_needs_place_and_operation():
    reference = Action("select", {"value": "Two adults"})
    assert mind2web(selected("two adults"), reference, BUTTON).right
    assert not mind2web(selected("two"), reference, BUTTON).right  # F1 = 2 * 2 / 5 = 0.8
    missed = mind2web(selected("two adults", x=500), reference, BUTTON)
    assert (missed.type_right, missed.right, missed.grounding) == (True, False, False)


def test_mind2web_asks_the_place_of_type_where_the_field_is_known():
    inside = Action("type", {"text": "boston", "point": [200, 220]})
    found = mind2web(inside, typed("Boston"), BUTTON)
    assert (found.right, found.grounding) == (True, True)
    found = mind2web(typed("boston"), typed("Boston"), BUTTON)
    assert (found.type_right, found.right, found.grounding) == (True, False, False)
    found = mind2web(typed("boston"), typed("Boston"))
    assert (found.right, found.grounding) == (True, None)


def test_mind2web_judges_the_element_whatever_the_type():
    found = mind2web(click(200, 220), Action("select", {"value": "a"}), BUTTON)
    assert (found.type_right, found.right, found.grounding) == (False, False, True)


@pytest.mark.parametrize("kind", ["click", "hover", "select"])
def test_mind2web_refuses_a_row_without_a_box(kind):
    arguments = {"point": [1, 1]} | ({"value": "a"} if kind == "select" else {})
    with pytest.raises(ValueError, match="give the target the element's box"):
        mind2web(typed("a"), Action(kind, arguments))


@pytest.mark.parametrize("kind", ["click", "double_click", "triple_click", "right_click", "middle_click", "hover"])
@pytest.mark.parametrize(
    ("point", "score"),
    [
        ([500, 500], 1),
        ([510, 510], 1),  # 0.01 * sqrt(2), the threshold
        ([500, 514.2], exp(-120 * (0.0142 - 0.01 * sqrt(2)))),  # 0.0142 is beyond 0.014142: 0.9931
        ([520, 500], exp(-120 * (0.02 - 0.01 * sqrt(2)))),  # 0.4951
        ([600, 500], exp(-120 * (0.1 - 0.01 * sqrt(2)))),  # 0.0000335
    ],
)
def test_agentnetbench_clicks_fall_off_with_the_distance(kind, point, score):
    found = agentnet(click(*point, kind), click(500, 500, kind))
    assert found.score == pytest.approx(score, rel=1e-9)
    assert (found.type_right, found.right, found.grounding) == (True, score == 1, score == 1)


def test_agentnetbench_clicks_in_a_box_are_right():
    # A real record: click at (0.3395, 0.6307) in the box x 0.2321, y 0.5981, width 0.6552, height 0.0788.
    screen = Size(1212, 758)
    box = Box(0.2321 * 1212, 0.5981 * 758, 0.8873 * 1212, 0.6769 * 758, "pixel")
    reference = click(339.5, 630.7)
    assert agentnet(click(880, 660), reference, box, image=screen).score == 1
    # (0.3395, 0.5907) is above the box and 0.04 from the point: exp(-120 * (0.04 - 0.014142)) = exp(-3.10294) = 0.044917
    assert agentnet(click(339.5, 590.7), reference, box, image=screen).score == pytest.approx(0.044917, rel=1e-4)


def test_agentnetbench_judges_the_end_of_a_drag():
    reference = Action("drag", {"start": [100, 100], "end": [500, 500]})
    assert agentnet(Action("drag", {"start": [900, 900], "end": [505, 500]}), reference).right
    assert agentnet(Action("drag", {"start": [100, 100]}), reference).score == 0


@pytest.mark.parametrize(
    ("predicted", "reference", "score"),
    [
        ("Spotify", "spotify", 1),
        ("spotify\n", "spotify", 1),  # stripped before the new line is looked for
        ("abcdefghxx", "abcdefghij", 1),  # 1 - 2/10 = 0.8
        ("abcdefgxxx", "abcdefghij", 0.875),  # 1 - 3/10 = 0.7; 0.7 / 0.8
        ("ab", "abcd", 0.625),  # 1 - 2/4 = 0.5; 0.5 / 0.8
        ("xyz", "abc", 0),
        ("", "", 1),
        ("", "a", 0),
    ],
)
def test_agentnetbench_text(predicted, reference, score):
    found = agentnet(typed(predicted), typed(reference))
    assert found.score == pytest.approx(score)
    assert (found.type_right, found.right, found.grounding) == (True, score == 1, None)


def test_agentnetbench_keys_are_sets():
    for ours, theirs in ("Ctrl+C", "ctrl+c"), ("c + ctrl", "ctrl+c"), ("+", "+"), ("ctrl++", "ctrl++"):
        assert agentnet(key(ours), key(theirs)).right
    for ours, theirs in ("ctrl+c", "ctrl+v"), ("ctrl", "ctrl+c"), ("+", "ctrl++"):
        assert not agentnet(key(ours), key(theirs)).right


def test_agentnetbench_other_types():
    assert agentnet(Action("scroll", {"direction": "up"}), Action("scroll", {"direction": "down"})).right
    assert agentnet(Action("finish"), Action("finish", {"outcome": "success"})).right
    failed = agentnet(Action("finish", {"outcome": "failure"}), Action("finish", {"outcome": "success"}))
    assert (failed.type_right, failed.right, failed.score) == (True, False, 0)
    assert agentnet(Action("wait", {"seconds": 2}), Action("wait")).right
    assert not agentnet(Action("press_back"), Action("press_home")).type_right
    assert not agentnet(click(5, 5, "double_click"), click(5, 5)).type_right
