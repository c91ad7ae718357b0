"""The EasyR1 adapter, loaded and called as EasyR1's reward manager does (verl/workers/reward/function.py there)."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from functools import partial
from pathlib import Path

import pytest
import yaml

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.ground_truth import GroundTruth, dump
from tracer1.plans import Plan, Step
from tracer1.trajectories import Element
from tracer1_rewards import KEYS, verl

HOME = Path(__file__).parents[2]
CONFIG = yaml.safe_load((HOME / "examples" / "easyr1" / "stage1.yaml").read_text())["worker"]["reward"]
BOX = Box(10, 10, 60, 30, "pixel")
TRUTH = GroundTruth(
    reference=Plan((Step(Action("click"), "Click Save"), Step(Action("finish"), "Done"))),
    image=Size(160, 210),
    horizon=4,
    box=BOX,
    elements=(Element("button", "Save", BOX),),
)
PERFECT, HALF, NONE = "1. click(): Click Save\n2. finish(): Done", "1. click(): Click Save", "no plan"


@pytest.fixture
def load():
    """EasyR1's way: a file and a name, in a module called custom_reward_fn."""

    def by_name(name: str, **settings: object):
        path = HOME / CONFIG["reward_function"].rsplit(":", 1)[0]
        spec = importlib.util.spec_from_file_location("custom_reward_fn", path)
        module = importlib.util.module_from_spec(spec)
        sys.modules["custom_reward_fn"] = module
        spec.loader.exec_module(module)
        assert ("tracer1", CONFIG["reward_type"]) == (module.REWARD_NAME, module.REWARD_TYPE)
        return partial(getattr(module, name), **settings)

    yield by_name
    sys.modules.pop("custom_reward_fn", None)


def _inputs(*responses: str) -> list[dict]:
    return [{"response": text, "response_length": len(text), "ground_truth": dump(TRUTH)} for text in responses]


def test_a_batch_is_scored_in_its_order(load) -> None:
    scores = load("stage1", preset="paper", discount=0.5)(_inputs(NONE, PERFECT, HALF))
    # discounts 1 and 1/2: the first step alone is worth 1 / (3/2)
    assert [score["overall"] for score in scores] == pytest.approx([0, 1, 2 / 3])
    assert all(set(score) == set(KEYS) and all(type(value) is float for value in score.values()) for score in scores)


@pytest.mark.parametrize("stage", ["stage1", "stage2"])
def test_both_frameworks_get_the_same_numbers(load, stage) -> None:
    for response, score in zip((PERFECT, HALF, NONE), load(stage)(_inputs(PERFECT, HALF, NONE)), strict=True):
        other = getattr(verl, f"{stage}_sync")("tracer1/toy", response, dump(TRUTH))
        assert score == other == asyncio.run(getattr(verl, stage)("tracer1/toy", response, dump(TRUTH)))


def test_the_example_configuration_fits(load) -> None:
    name = CONFIG["reward_function"].rsplit(":", 1)[1]
    good, draft = load(name, **CONFIG["reward_function_kwargs"])(_inputs(f"so\n</think>\n{PERFECT}", PERFECT))
    assert good["overall"] == pytest.approx(1) and draft["parse_failed"] == 1, "thinking: true"


def test_a_bad_row_is_unscored_and_a_bad_setting_an_error(load) -> None:
    broken = [{"response": PERFECT, "response_length": 3, "ground_truth": "{"}]
    assert [(score["overall"], score["unscored"]) for score in load("stage1")(broken)] == [(0, 1)]
    with pytest.raises(ValueError, match="unknown reward setting gamma"):
        load("stage1", gamma=0.9)(_inputs(PERFECT))
