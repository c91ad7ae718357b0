"""Stage 1: values worked out by hand from the formula, and answers that must not pay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.ground_truth import GroundTruth
from tracer1.plans import Plan, Step, parse, render
from tracer1.protocols import PROTOCOLS
from tracer1_rewards import KEYS, Settings, score_plan
from tracer1_rewards.settings import settings_from

REFERENCE = Plan(
    (
        Step(Action("click"), "Click the name field"),
        Step(Action("type", {"text": "bob"}), "Enter the name"),
        Step(Action("click"), "Click Submit"),
        Step(Action("finish"), "Done"),
    )
)
TRUTH = GroundTruth(reference=REFERENCE, image=Size(160, 210), horizon=4)
PAPER = settings_from({"preset": "paper", "discount": 0.5})


def paper_score(text):
    return score_plan(parse(text), TRUTH, PAPER).score


def test_the_reference_scores_the_maximum():
    for settings in (PAPER, Settings(), Settings(alignment_weight=2.0)):
        assert score_plan(parse(render(REFERENCE)), TRUTH, settings).score == pytest.approx(settings.maximum)


def test_one_wrong_type_costs_its_discount():
    # discounts 1, 1/2, 1/4, 1/8 sum to 15/8; the second step (1/2) is lost: (15/8 - 1/2) / (15/8) = 11/15
    text = "1. click(): x\n2. click(): y\n3. click(): z\n4. finish(): Done"
    assert paper_score(text) == pytest.approx(11 / 15)


def test_arguments_count_half():
    # "bab" for "bob": Indel similarity 2*2/6 = 2/3, so the step is worth 1/2 + 1/2 * 2/3 = 5/6
    text = '1. click(): x\n2. type(text="bab"): y\n3. click(): z\n4. finish(): Done'
    assert paper_score(text) == pytest.approx((1 + 5 / 6 / 2 + 1 / 4 + 1 / 8) / (15 / 8))


def test_stopping_short_and_padding_cost():
    # two of four steps: (1 + 1/2) / (15/8) = 4/5
    assert paper_score('1. click(): x\n2. type(text="bob"): y') == pytest.approx(4 / 5)
    # a fifth step enlarges the sum of discounts to 31/16
    long = '1. click(): x\n2. type(text="bob"): y\n3. click(): z\n4. wait(): w\n5. wait(): v'
    assert paper_score(long) == pytest.approx((1 + 1 / 2 + 1 / 4) / (31 / 16))


def test_repetition_is_counted_beyond_the_reference():
    # four equal clicks: steps 1 and 3 align (1 + 1/4); repeats at 2, 3, 4 cost 1/2 * (1/2 + 1/4 + 1/8)
    text = "\n".join(f"{n}. click(): Click it" for n in range(1, 5))
    assert paper_score(text) == pytest.approx((1 + 1 / 4 - 7 / 16) / (15 / 8))
    scrolls = Plan(tuple(Step(Action("scroll", {"direction": "down"}), "Scroll down") for _ in range(3)))
    truth = GroundTruth(reference=scrolls, image=Size(160, 210), horizon=4)
    assert score_plan(parse(render(scrolls)), truth, PAPER).repetition == 0


def test_instructions_count_in_the_full_preset():
    # "Click Save" for "Click Submit": common subsequence "click s" of 7, 2*7/22; half of the step depends on it
    text = render(REFERENCE).replace("Click Submit", "Click Save")
    reward = score_plan(parse(text), TRUTH, Settings(discount=1.0, format_weight=0.0))
    assert reward.score == pytest.approx((3 + 0.5 + 0.5 * 14 / 22) / 4)
    assert reward.first_step == 1 and reward.type_match == 1


def test_an_unreadable_answer_is_flagged_and_scores_nothing():
    reward = score_plan(parse("I do not know"), TRUTH, Settings())
    assert reward.score == 0 and reward.parse_failed == 1 and reward.unscored == 0


ADVERSARIAL = [
    "",
    "<think>" + render(REFERENCE),
    render(REFERENCE) + "\n5. click(): Click Submit",
    render(REFERENCE)[:40],
    "\n".join(f"{n}. click(): Click Submit" for n in range(1, 9)),
    '1. type(text="bob"): Click the name field Enter the name Click Submit Done',
    "1. click(): Click the name field\n" * 4,
    "Task: enter bob\nDone:\n- none\nPlan:",
]


@pytest.mark.parametrize("text", ADVERSARIAL)
@pytest.mark.parametrize("preset", ["paper", "full"])
def test_no_trick_beats_the_reference(text, preset):
    settings = settings_from({"preset": preset})
    assert score_plan(parse(text), TRUTH, settings).score < settings.maximum


@given(st.text())
def test_scores_are_finite_and_in_range(text):
    values = score_plan(parse("1. click(): Click the name field\n" + text), TRUTH, Settings()).as_dict()
    assert tuple(values) == KEYS
    assert -0.5 <= values["score"] <= 1 and values["overall"] == values["score"]


def test_a_typo_in_a_setting_is_refused():
    with pytest.raises(ValueError, match="unknown reward setting discont"):
        settings_from({"discont": 0.9})
    with pytest.raises(ValueError, match="unknown preset"):
        settings_from({"preset": "papr"})


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_reference_scores_the_maximum_under_every_protocol(protocol):
    pointed = Plan((Step(Action("click", {"point": [500, 500]}), "Click it"), Step(Action("finish"), "Done")))
    box = Box(70, 95, 90, 115, "pixel")
    for reference in (REFERENCE, pointed):
        truth = GroundTruth(reference=reference, image=Size(160, 210), horizon=4, box=box, protocol=protocol)
        reward = score_plan(parse(render(reference)), truth, Settings())
        assert reward.score == pytest.approx(Settings().maximum)


def test_a_protocol_decides_where_a_click_is_right():
    # OS-Atlas: within 140 thousandths; the first of two steps (discounts 1, 1/2) is worth half when it misses
    reference = Plan((Step(Action("click", {"point": [500, 500]}), "Click it"), Step(Action("finish"), "Done")))
    truth = GroundTruth(reference=reference, image=Size(160, 210), horizon=4)
    settings = settings_from({"preset": "paper", "discount": 0.5, "protocol": "os_atlas"})
    for x, score in ((640, 1), (641, (1 / 2 + 1 / 2) / (3 / 2))):
        text = f"1. click(point=[{x}, 500]): Click it\n2. finish(): Done"
        assert score_plan(parse(text), truth, settings).score == pytest.approx(score)
