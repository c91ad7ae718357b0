"""Stage 1 against ``golden.jsonl``: hundreds of responses, whose plans people wrote down and whose values ``oracle.py`` gave.

After a deliberate change of the reward: change ``oracle.py`` by its definition, run ``python tests/rewards/make_golden.py``,
and look at the difference.
"""

import json

import pytest
from make_golden import GOLDEN, ODDITIES, PLANS, cases, golden

from tracer1.actions import Action
from tracer1.coordinates import Size
from tracer1.ground_truth import GroundTruth
from tracer1.plans import Plan, Step, parse
from tracer1_rewards import score_plan
from tracer1_rewards.settings import settings_from

CASES = [json.loads(line) for line in GOLDEN.open(encoding="utf-8")]


def plan_of(steps):
    return Plan(tuple(Step(Action(kind, arguments), says) for kind, arguments, says in steps))


@pytest.mark.parametrize("case", CASES, ids=[f"{case['id']} {case['why']}" for case in CASES])
def test_a_response_is_worth_what_the_definition_says(case):
    truth = GroundTruth(plan_of(case["reference"]), Size(1000, 1000), case["horizon"])
    parsed = parse(case["response"])
    reward = score_plan(parsed, truth, settings_from(case["settings"]))
    assert (parsed.status, reward.plan_length) == (case["status"], case["steps"])
    for component in ("alignment", "repetition", "format", "score"):
        assert getattr(reward, component) == pytest.approx(case[component], abs=1e-9), component


def test_the_parser_reads_what_a_careful_reader_reads():
    for case in cases():
        assert parse(case.response).plan == plan_of(case.plan), case.why


def test_the_golden_file_is_what_its_script_writes():
    assert GOLDEN.read_bytes() == golden().encode()
    assert len(CASES) >= 300 and len(ODDITIES) + len(PLANS) >= 60 and GOLDEN.stat().st_size < 400_000
