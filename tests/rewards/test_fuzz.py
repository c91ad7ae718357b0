"""Broken responses in numbers, and long ones in linear time. A million: ``python benchmarks/fuzz.py --workers 2``."""

import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tracer1.plans import parse
from tracer1_rewards import Settings, score_plan

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import fuzz

MEGABYTE = 1_000_000
ENOUGH = 5.0  # seconds of process time on a busy machine; an idle core takes less than a tenth of it
MONOTONE = Settings(alignment="monotone", step_credit=True)


def test_twenty_thousand_broken_responses():
    findings = fuzz.Findings()
    for found in fuzz.run(20_000, seed=0, workers=1):
        findings.merge(found)
    assert findings.responses == 20_000 and findings.readable > 5_000, "most responses are noise: nothing is tested"
    assert not findings.problems, findings.examples


def test_the_same_seed_gives_the_same_responses_in_any_number_of_processes():
    one, two = ([(f.readable, f.problems) for f in fuzz.run(2_500, 3, workers)] for workers in (1, 2))
    assert one == two and one != [(f.readable, f.problems) for f in fuzz.run(2_500, 4, 1)]


def test_the_script_leaves_with_1_if_there_is_a_problem(monkeypatch):
    app = fuzz.typer.Typer()
    app.command()(fuzz.main)
    arguments = ["--responses", "50", "--workers", "1"]
    assert CliRunner().invoke(app, arguments).exit_code == 0

    def broken(*_):
        raise KeyError("broken on purpose")

    monkeypatch.setattr(fuzz, "score_plan", broken)
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1 and "broken on purpose" in result.stdout and "50 problems" in result.stdout


def fill(before, piece, after="", size=MEGABYTE):
    return before + piece * ((size - len(before) - len(after)) // len(piece)) + after


def numbered(step):
    lines, size = [], 0
    while size < MEGABYTE and len(lines) < 9_999:
        lines.append(f"{len(lines) + 1}. {step}")
        size += len(lines[-1]) + 1
    return "\n".join(lines)


NASTY = {
    "one text": fill('1. type(text="', "weather ", '"): Enter the name'),
    "one text of escapes, never closed": fill("1. type(text='", "\\'"),
    "one instruction": fill("1. click(): ", "Click "),
    "nine thousand steps": numbered("click(): " + "Click the name field " * 5),
    "brackets": fill("1. click(point=", "["),
    "objects in objects": fill("1. call_tool(name='a', arguments=", '{"a": [', ""),
    "many arguments of a tool": fill("1. call_tool(name='search', arguments={'a': [", "{}, ", "1]}): Look"),
    "many letters, no equals sign": fill("1. click(", "a"),
    "starts of steps": fill("", "1. click("),
    "numbers": fill("1. click(point=[", "9"),
    "line breaks": fill("1. click(): Click", "\n \n", "2. click(): Click"),
    "thoughts": fill("", "<think></think>", "1. click(): Click"),
    "keys": fill('1. key(key="', "+ ", '"): Copy the name'),
    "spaces": fill("1. click(point=", " "),
}
QUADRATIC = {
    "spaces instead of an argument": fill("1. click(", " ", "!", size=10_000),
    "spaces behind an argument": fill('1. type(text="a"', " ", "!", size=10_000),
}


def seconds(text):
    truth = fuzz.TRUTHS[1]
    began = time.process_time()
    reward = score_plan(parse(text), truth, MONOTONE)
    assert reward.score <= MONOTONE.maximum
    return time.process_time() - began


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_a_megabyte_takes_linear_time(text):
    assert len(text) > 0.2 * MEGABYTE
    assert seconds(text) < ENOUGH, "quadratic time would be minutes"


@pytest.mark.parametrize("text", QUADRATIC.values(), ids=QUADRATIC)
def test_a_run_of_spaces_takes_linear_time(text):
    assert seconds(text) < 0.2, "10 kB take a millisecond in linear time"
