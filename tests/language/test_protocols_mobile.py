"""Protocols for phones, with values worked out by hand: OS-Atlas, GUI-Odyssey (both), InfiGUI-R1."""

import pytest

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.protocols import Target, load_protocol

PHONE = Size(1080, 2400)
SQUARE = Size(1000, 1000)  # one thousandth is one pixel
MOBILE = ("os_atlas", "gui_odyssey_official", "gui_odyssey_step", "infigui_r1")


def click(x, y, kind="click"):
    return Action(kind, {"point": [x, y]})


def typed(text):
    return Action("type", {"text": text})


def opened(name):
    return Action("open_app", {"name": name})


def scrolled(direction):
    return Action("scroll", {"direction": direction})


def judge(protocol, predicted, reference, *boxes, image=SQUARE):
    return load_protocol(protocol).judge(predicted, Target(reference, image, boxes))


@pytest.mark.parametrize("protocol", ["os_atlas", "gui_odyssey_official", "gui_odyssey_step"])
@pytest.mark.parametrize("kind", ["click", "long_press"])
@pytest.mark.parametrize(
    ("point", "right"),
    [
        ([640, 500], True),  # 140 across
        ([584, 612], True),  # sqrt(84^2 + 112^2) = sqrt(19600) = 140
        ([500, 640.1], False),  # 140.1 down
        ([600, 600], False),  # sqrt(20000) = 141.4
    ],
)
def test_a_point_within_140_thousandths_is_right_whatever_the_shape_of_the_screen(protocol, kind, point, right):
    found = judge(protocol, click(*point, kind), click(500, 500, kind), image=PHONE)
    assert (found.type_right, found.right, found.score, found.grounding) == (True, right, float(right), right)


def test_only_the_official_odyssey_rule_and_infigui_look_at_boxes():
    far_but_inside = Box(600, 600, 900, 900, "pixel")  # (900, 900) is 565.7 from (500, 500)
    answers = {name: judge(name, click(900, 900), click(500, 500), far_but_inside).right for name in MOBILE}
    assert answers == {"os_atlas": False, "gui_odyssey_official": True, "gui_odyssey_step": False, "infigui_r1": True}


def test_outside_the_box_the_official_odyssey_rule_still_takes_a_near_point():
    box = Box(490, 490, 510, 510, "pixel")
    assert judge("gui_odyssey_official", click(640, 500), click(500, 500), box).right
    assert not judge("gui_odyssey_official", click(640.1, 500), click(500, 500), box).right


def test_boxes_are_pixels_and_points_are_thousandths():
    # (1080 x 2400): the point (250, 500) is the pixel (270, 1200).
    box = Box(0, 1200, 270, 1300, "pixel")
    assert judge("gui_odyssey_official", click(250, 500), click(900, 900), box, image=PHONE).right
    assert not judge("gui_odyssey_official", click(250, 499.9), click(900, 900), box, image=PHONE).right  # 1199.76


@pytest.mark.parametrize(
    ("predicted", "reference", "os_atlas", "official", "step", "infigui"),
    [
        ("New York", "New York", True, True, True, True),
        # OS-Atlas: [new = [new. Official: 'New ' shared, Levenshtein('New Delhi', 'New York') = 5 of 9 letters: 1 - 5/9 = 0.44.
        # Step: {type, [new} of {type, [new, delhi]} and {type, [new, york]}: F1 = 2 * 2 / (3 + 3) = 0.67.
        ("New Delhi", "New York", True, False, True, False),
        # OS-Atlas: [new] against [new. Step: only type is shared: 2 * 1 / (2 + 3) = 0.4.
        ("New", "New York", False, True, False, True),
        # Case: OS-Atlas and step lower tokens; official: N/n, Y/y differ, 1 - 2/8 = 0.75; Infi lowers.
        ("new york", "New York", True, True, True, True),
        # Step: {type, [a]} and {type, [b]}: 2 * 1 / (2 + 2) = 0.5, which does not exceed 0.5.
        ("a", "b", False, False, False, False),
        # Official: 1 - 2/4 = 0.5 is enough.
        ("abxx", "abcd", False, True, False, False),
        # Official: 1 - 3/5 = 0.4 is not.
        ("abxxx", "abcde", False, False, False, False),
        # Official: only what is before the first colon counts, '10' and '10'.
        ("10:45", "10:30", False, True, False, False),
        # The empty text is part of every text; OS-Atlas: [] against [a]; step: 2 * 1 / (2 + 2) = 0.5.
        ("", "a", False, True, False, True),
        # Official and Infi strip; OS-Atlas: 'TYPE [ a]' has the second token '['.
        (" a", "a", False, True, False, True),
        ("", "", True, True, True, True),
    ],
)
def test_typed_text(predicted, reference, os_atlas, official, step, infigui):
    right = [judge(name, typed(predicted), typed(reference)).right for name in MOBILE]
    assert right == [os_atlas, official, step, infigui]


def test_official_odyssey_counts_letter_case():
    # 'ABCD' and 'abcd' differ in all four letters: 1 - 4/4 = 0.
    assert not judge("gui_odyssey_official", typed("ABCD"), typed("abcd")).right
    assert judge("infigui_r1", typed("ABCD"), typed("abcd")).right


@pytest.mark.parametrize(
    ("predicted", "os_atlas", "infigui"),
    [("Google Maps", True, True), ("google photos", True, False), ("Maps", False, True), ("Gmail", False, False)],
)
def test_opened_applications(predicted, os_atlas, infigui):
    assert judge("os_atlas", opened(predicted), opened("Google Maps")).right == os_atlas
    assert judge("infigui_r1", opened(predicted), opened("Google Maps")).right == infigui
    assert judge("gui_odyssey_step", opened(predicted), opened("Google Maps")).right  # the type alone


@pytest.mark.parametrize("protocol", MOBILE)
def test_scroll_needs_the_direction_and_nothing_else(protocol):
    reference = Action("scroll", {"direction": "down", "point": [500, 500], "amount": 3})
    assert judge(protocol, scrolled("down"), reference).right
    wrong = judge(protocol, scrolled("up"), reference)
    assert (wrong.type_right, wrong.right, wrong.grounding) == (True, False, None)


@pytest.mark.parametrize("protocol", MOBILE)
def test_actions_without_arguments_are_judged_by_type(protocol):
    for name in ("press_back", "press_home", "press_recent", "wait", "finish"):
        assert judge(protocol, Action(name), Action(name)).right
        assert not judge(protocol, Action(name), scrolled("up")).type_right
    assert judge(protocol, Action("wait", {"seconds": 5}), Action("wait", {"seconds": 1})).right
    assert judge(protocol, Action("finish", {"outcome": "success"}), Action("finish", {"answer": "4"})).right


@pytest.mark.parametrize("protocol", ["os_atlas", "gui_odyssey_official", "gui_odyssey_step"])
def test_giving_up_is_not_completing(protocol):
    found = judge(protocol, Action("finish", {"outcome": "failure"}), Action("finish"))
    assert (found.type_right, found.right) == (False, False)


def test_actions_that_the_data_do_not_have():
    ours, theirs = Action("answer", {"text": "4"}), Action("answer", {"text": "5"})
    assert [judge(name, ours, theirs).right for name in MOBILE] == [False, True, True, False]
    assert all(judge(name, ours, ours).right for name in MOBILE)


def test_infigui_enlarges_boxes_by_a_fifth():
    # 100 x 50 becomes 120 x 60 around the same centre: from (390, 395) to (510, 455).
    box, away = Box(400, 400, 500, 450, "pixel"), click(900, 900)
    for point, right in ([390, 395], True), ([510, 455], True), ([389.9, 420], False), ([450, 455.1], False):
        assert judge("infigui_r1", click(*point), away, box).right == right


@pytest.mark.parametrize(
    ("point", "right"),
    [
        ([500, 540], True),  # 40 thousandths of 2400 are 96 pixels = 0.04 * 2400
        ([500, 540.1], False),  # 96.24 pixels
        ([588, 500], True),  # 88 thousandths of 1080 are 95.04 pixels
        ([589, 500], False),  # 96.12 pixels
    ],
)
def test_infigui_measures_pixels_against_the_longer_side(point, right):
    assert judge("infigui_r1", click(*point), click(500, 500), image=PHONE).right == right


def test_infigui_opens_an_application_by_a_click_on_its_icon():
    icon = Box(100, 100, 200, 200, "pixel")  # enlarged: 90 to 210; its centre is (150, 150)
    hit, miss = (judge("infigui_r1", click(x, 150), opened("Maps"), icon) for x in (210, 211))
    assert (hit.type_right, hit.right, hit.grounding) == (True, True, True)
    assert (miss.type_right, miss.right, miss.grounding) == (True, False, False)
    small = Box(148, 148, 152, 152, "pixel")
    assert judge("infigui_r1", click(190, 150), opened("Maps"), small).right  # 40 from the centre
    assert not judge("infigui_r1", click(190.1, 150), opened("Maps"), small).right
    assert not judge("infigui_r1", click(150, 150), opened("Maps")).type_right


def test_infigui_counts_any_system_button_as_the_type():
    found = judge("infigui_r1", Action("press_home"), Action("press_back"))
    assert (found.type_right, found.right, found.score) == (True, False, 0.0)
    assert not judge("os_atlas", Action("press_home"), Action("press_back")).type_right


def test_grounding_is_judged_only_where_the_type_is_right():
    for protocol in MOBILE:
        found = judge(protocol, click(500, 500, "long_press"), click(500, 500))
        assert (found.type_right, found.right, found.score, found.grounding) == (False, False, 0.0, None)


def test_without_a_reference_point_the_first_box_gives_it():
    # The centre of the box is the pixel (540, 1200), (500, 500) in thousandths.
    box = Box(440, 1100, 640, 1300, "pixel")
    assert judge("os_atlas", click(640, 500), Action("click"), box, image=PHONE).right
    assert not judge("os_atlas", click(640.1, 500), Action("click"), box, image=PHONE).right
