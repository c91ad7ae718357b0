"""Stage 2: the first step is executed; a wrong answer and one that could not be judged are different things."""

import asyncio

import pytest

from tracer1.actions import Action
from tracer1.coordinates import Box, Point, Size
from tracer1.executors.accessibility import AccessibilityExecutor
from tracer1.executors.base import Execution
from tracer1.ground_truth import GroundTruth, dump, load
from tracer1.plans import Plan, Step, parse
from tracer1.trajectories import Element
from tracer1_rewards import KEYS, Settings
from tracer1_rewards.grounded import score_first_step
from tracer1_rewards.verl import stage1, stage2

SAVE = Box(10, 100, 50, 120, "pixel")
ELEMENTS = (
    Element("textbox", "Name", Box(10, 50, 150, 70, "pixel")),
    Element("button", "Save", SAVE),
    Element("button", "Cancel", Box(60, 100, 100, 120, "pixel")),
)
CLICK = GroundTruth(Plan((Step(Action("click"), "Click Save"),)), Size(160, 210), 4, box=SAVE, elements=ELEMENTS)
TYPE = GroundTruth(
    Plan((Step(Action("type", {"text": "Bob  Ray"}), "Enter it"),)), Size(160, 210), 4, elements=ELEMENTS
)


class Late:
    name = "late"

    async def execute(self, observation, step):
        await asyncio.sleep(60)


class Broken:
    name = "broken"

    async def execute(self, observation, step):
        return Execution("failed", detail="connection refused")


class Edge:
    name = "edge"

    async def execute(self, observation, step):
        return Execution("ok", point=Point(50, 120, "pixel"))


def score(text, truth, executor=None, **settings):
    chosen = Settings(format_weight=0.0, **settings)
    return asyncio.run(score_first_step(parse(text), truth, chosen, executor or AccessibilityExecutor()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. click(): Click Save", 1),
        ("1. click(): press the save button", 1),
        ("1. click(): Click Cancel", 0),
        ("1. click(): Click the moon", 0),
        ("1. hover(): Click Save", 0),
        ("nothing", 0),
    ],
)
def test_a_click_is_right_inside_the_box(text, expected):
    reward = score(text, CLICK)
    assert (reward.grounding, reward.score, reward.unscored) == (expected, expected, 0)


def test_the_edge_of_the_box_counts():
    assert score("1. click(): Click Save", CLICK, Edge()).grounding == 1


def test_typing_is_an_answer_match():
    assert score('1. type(text="Bob Ray"): whatever', TYPE).answer == 1
    assert score('1. type(text="Bob Raye"): whatever', TYPE).answer == 0
    assert score('1. key(key="Bob Ray"): whatever', TYPE).answer == 0


@pytest.mark.parametrize(("executor", "flag"), [(Late(), "timed_out"), (Broken(), "executor_failed")])
def test_what_could_not_be_judged_is_flagged(executor, flag):
    reward = score("1. click(): Click Save", CLICK, executor, executor_seconds=0.05)
    assert getattr(reward, flag) == 1 and reward.unscored == 1 and reward.score == 0


@pytest.mark.parametrize("executor", [Late(), Broken()])
def test_another_action_type_is_wrong_even_if_it_cannot_be_executed(executor):
    """Otherwise a call that is sure to fail would leave a sample unscored at will."""
    reward = score('1. call_tool(name="nothing"): Call it', CLICK, executor, executor_seconds=0.05)
    assert (reward.score, reward.unscored, reward.executor_failed, reward.timed_out) == (0, 0, 0, 0)


def test_ground_truth_survives_its_json():
    for truth in (CLICK, TYPE):
        assert load(dump(truth)) == truth


def test_verl_calls_get_all_keys_and_bad_rows_are_unscored():
    arguments = {"data_source": "tracer1/test", "extra_info": {"index": 7}}
    for call in (stage1, stage2):
        good = asyncio.run(call(solution_str="1. click(): Click Save", ground_truth=dump(CLICK), **arguments))
        assert tuple(good) == KEYS and good["score"] == pytest.approx(1) and good["unscored"] == 0
        for broken in ("", "{}", '{"version": 9}', "[]"):
            bad = asyncio.run(call(solution_str="1. click(): Click Save", ground_truth=broken, **arguments))
            assert tuple(bad) == KEYS and bad["unscored"] == 1
