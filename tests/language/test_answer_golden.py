"""``answer_golden.jsonl``: answers whose verdict people worked out from the published scorers' text, each with its reason.

GAIA's ``question_scorer`` (Hugging Face Space gaia-benchmark/leaderboard, scorer.py), GTA's ``iscorrect`` (open-compass/GTA,
opencompass/datasets/gta_bench.py) and T3-Agent's loop (mat-agent/MAT-Agent, examples/gta/eval.py). The lines are the truth: after a
change of the rules they stay, unless a published scorer changes.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from tracer1.answers import ExpectedAnswer

FILE = Path(__file__).with_name("answer_golden.jsonl")
LINES = [json.loads(line) for line in FILE.open(encoding="utf-8")]


@pytest.mark.parametrize("line", LINES, ids=[f"{line['rule']}: {line['why']}" for line in LINES])
def test_an_answer_is_right_when_the_published_scorer_says_so(line):
    assert ExpectedAnswer(line["rule"], line["expected"]).matches(line["answer"]) is line["right"]


def test_every_rule_has_answers_of_either_kind():
    counted = Counter((line["rule"], line["right"]) for line in LINES)
    assert set(counted) == {(rule, right) for rule in ("gaia", "gta", "t3_agent") for right in (True, False)}
    assert counted["gaia", True] + counted["gaia", False] >= 60
