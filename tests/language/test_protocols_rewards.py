"""Protocols that are also rewards, with values worked out by hand: GUI-R1's, and our own graded one."""

import pytest

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.protocols import Target, load_protocol
from tracer1.protocols.gui_r1 import text_f1

SQUARE = Size(1000, 1000)  # one thousandth is one pixel
BUTTON = Box(480, 480, 520, 520, "pixel")


def click(x, y, kind="click"):
    return Action(kind, {"point": [x, y]})


def typed(text):
    return Action("type", {"text": text})


def gui_r1(predicted, reference, *boxes, image=SQUARE):
    return load_protocol("gui_r1").judge(predicted, Target(reference, image, boxes))


def ours(predicted, reference, *boxes, image=SQUARE):
    return load_protocol("tracer1").judge(predicted, Target(reference, image, boxes))


@pytest.mark.parametrize(
    ("point", "right"),
    [
        ([639.9, 500], True),
        ([640, 500], False),  # 0.14 is not less than 0.14
        ([584, 612], False),  # sqrt(84^2 + 112^2) = 140
        ([583, 612], True),  # sqrt(83^2 + 112^2) = sqrt(19433) = 139.4
        ([640.1, 500], False),
    ],
)
def test_gui_r1_without_a_box_less_than_140_thousandths(point, right):
    found = gui_r1(click(*point), click(500, 500), image=Size(1080, 2400))
    assert (found.type_right, found.right, found.grounding) == (True, right, right)


def test_gui_r1_strictly_inside_a_box():
    for point, right in ([480.1, 519.9], True), ([480, 500], False), ([500, 520], False), ([521, 500], False):
        assert gui_r1(click(*point), click(500, 500), BUTTON).right == right
    assert gui_r1(click(500, 500), Action("click"), BUTTON).right  # the reference need not give its point


@pytest.mark.parametrize(
    ("predicted", "reference", "f1"),
    [
        ("e", "weather", 1),  # one word each, and one contains the other
        ("weather", "e", 1),
        ("Weather", "[weather]", 1),
        ("sunny", "weather", 0),
        ("e", "weather today", 0),  # the substring rule is for one word each
        ("weather", "weather today now", 0.5),  # 2 * 1 / (1 + 3)
        ("weather", "weather today right now", 0.4),  # 2 * 1 / (1 + 4)
        ("weather today", "weather tomorrow", 0.5),  # 2 * 1 / (2 + 2)
        ("", "", 0),
        ("[]", "[]", 0),
    ],
)
def test_gui_r1_texts(predicted, reference, f1):
    assert text_f1(predicted, reference) == pytest.approx(f1)
    assert gui_r1(typed(predicted), typed(reference)).right == (f1 >= 0.5)
    chosen = gui_r1(Action("select", {"value": predicted}), Action("select", {"value": reference}))
    assert (chosen.right, chosen.grounding) == (f1 >= 0.5, None)


def test_gui_r1_other_types():
    assert gui_r1(Action("scroll", {"direction": "up"}), Action("scroll", {"direction": "up"})).right
    assert not gui_r1(Action("scroll", {"direction": "up"}), Action("scroll", {"direction": "down"})).right
    assert gui_r1(Action("open_app", {"name": "Maps"}), Action("open_app", {"name": "Mail"})).right
    pressed = gui_r1(Action("long_press"), click(500, 500, "long_press"))
    assert (pressed.right, pressed.grounding) == (True, None)
    other = gui_r1(click(500, 500), click(500, 500, "long_press"))
    assert (other.type_right, other.right, other.score) == (False, False, 0)


@pytest.mark.parametrize(
    ("predicted", "score", "grounding"),
    [
        (click(640, 500), 1, True),  # 140 thousandths
        (click(640.1, 500), 0.5, False),  # one half for the type, nothing for the only argument
        (Action("click"), 0.5, False),
        (click(500, 500, "hover"), 0, None),
    ],
)
def test_ours_without_boxes(predicted, score, grounding):
    found = ours(predicted, click(500, 500))
    assert (found.score, found.right, found.grounding) == (score, score == 1, grounding)


@pytest.mark.parametrize(
    ("predicted", "reference", "score", "right", "grounding"),
    [
        (click(520, 520), click(500, 500), 1, True, True),
        (click(521, 500), click(500, 500), 1, False, False),  # near the point, but outside the box
        (click(500, 500), click(900, 900), 0.5, False, True),  # inside the box, but far from the point
        (Action("click"), Action("click"), 1, True, None),  # the executor finds the place
        (click(500, 500), Action("click"), 1, True, True),
        (click(700, 500), Action("click"), 1, False, False),
    ],
)
def test_ours_with_boxes(predicted, reference, score, right, grounding):
    found = ours(predicted, reference, BUTTON)
    assert (found.type_right, found.score, found.right, found.grounding) == (True, score, right, grounding)


def test_ours_with_nothing_known_of_the_place():
    found = ours(click(700, 500), Action("click"))
    assert (found.score, found.right, found.grounding) == (1, True, None)


@pytest.mark.parametrize(
    ("predicted", "reference", "score"),
    [
        (typed("new  york"), typed("new york"), 1),
        # 'abcd' and 'abxy': two letters kept, 4 of 8 inserted or deleted, similarity 0.5: 0.5 + 0.5 * 0.5
        (typed("abxy"), typed("abcd"), 0.75),
        (typed("xy"), typed("ab"), 0.5),
        (Action("scroll", {"direction": "up"}), Action("scroll", {"direction": "up"}), 1),
        (Action("scroll", {"direction": "up"}), Action("scroll", {"direction": "down"}), 0.5),
        (Action("press_back"), Action("press_back"), 1),
        (Action("press_back"), Action("press_home"), 0),
    ],
)
def test_ours_is_graded(predicted, reference, score):
    found = ours(predicted, reference)
    assert (found.score, found.right, found.grounding) == (pytest.approx(score), score == 1, None)
