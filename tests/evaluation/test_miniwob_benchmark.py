"""MiniWoB++ as a benchmark: the real command line, Chromium and a planner server; what is counted, by hand."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_benchmark import APP, planner_server
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "acting"))
from board import Board, ideal

from tracer1.actions import Action
from tracer1.episodes import read_episode
from tracer1.evaluation.benchmarks.miniwob import BENCHMARK, CALLS, SECONDS, SUCCESS
from tracer1.evaluation.harness.base import Judgement, Prediction, Sample
from tracer1.evaluation.harness.card import describe
from tracer1.evaluation.harness.live_predictor import LivePlanner, PlaySettings
from tracer1.evaluation.harness.metrics import ratio
from tracer1.executors.accessibility import AccessibilityExecutor
from tracer1.planner import PlannerSettings
from tracer1.plans import Plan, Step, render
from tracer1.trajectories import Observation


def samples(split: str, seeds: str = "") -> list[Sample]:
    chosen = BENCHMARK.with_seeds(seeds) if seeds else BENCHMARK
    return list(chosen.samples(Path(), split))


def judged(sample: Sample, reward: float, plans: int, actions: int, seconds: float) -> Judgement:
    played = {"reward": reward, "plans": plans, "actions": actions}
    return BENCHMARK.judge(sample, Prediction(sample.id, "ok", seconds=seconds, played=played), "miniwob")


def test_the_splits_are_tasks_times_seeds() -> None:
    seeds, tasks, every = (samples(split) for split in BENCHMARK.splits)
    assert (len(seeds), len(tasks), len(every)) == (14 * 10, 4 * 10, 125 * 10)
    assert (seeds[0].id, seeds[9].id, seeds[10].id) == (
        "miniwob.login-user/1000", "miniwob.login-user/1009", "miniwob.enter-date/1000",
    )  # fmt: skip
    assert {one.truth.task for one in tasks} == {
        "login-user-popup", "email-inbox-forward", "copy-paste-2", "multi-orderings",
    }  # fmt: skip
    assert {one.truth.task for one in (*seeds, *tasks)} < {one.truth.task for one in every}
    assert "miniwob.chase-circle/1000" not in {one.id for one in every}
    assert [one.id for one in samples("heldout_tasks", "7:9")][:3] == [
        "miniwob.login-user-popup/7", "miniwob.login-user-popup/8", "miniwob.email-inbox-forward/7",
    ]  # fmt: skip
    assert "page seeds 7 to 8" in BENCHMARK.with_seeds("7:9").protocols["miniwob"].other
    assert "page seeds 1000 to 1009" in BENCHMARK.protocols["miniwob"].other


@pytest.mark.parametrize("text", ["", "5", "5:5", "6:5", "a:b", "-1:3", "1:2:3"])
def test_other_seeds_are_first_and_end(text: str) -> None:
    with pytest.raises(ValueError, match=r"write FIRST:END, e\.g\. 1000:1005"):
        BENCHMARK.with_seeds(text)


def test_success_calls_and_seconds_by_hand() -> None:
    first, second, third = samples("heldout_seeds", "1:2")[:3]
    marks = [judged(first, 1, 4, 4, 2.0), judged(second, 0.25, 2, 3, 4.0), judged(third, -1, 3, 1, 9.0)]
    metrics = {(one.name, one.part): one for one in BENCHMARK.summarise(marks, "miniwob")}
    assert metrics[SUCCESS, ""].value == pytest.approx(2 / 3)
    assert (metrics[CALLS, ""].value, metrics[CALLS, ""].n) == (pytest.approx(9 / 8), 3)
    assert (metrics[SECONDS, ""].value, metrics[SECONDS, ""].unit) == (pytest.approx(5), "s")
    assert [(part, one.value) for (_, part), one in metrics.items() if part] == [
        ("login-user", 1), ("enter-date", 1), ("enter-time", 0),
    ]  # fmt: skip
    assert next(iter(metrics)) == (BENCHMARK.headline, "") and set(BENCHMARK.protocols["miniwob"].measures) == {
        name for name, _ in metrics
    }
    with pytest.raises(ValueError, match="was not played"):
        BENCHMARK.judge(first, Prediction(first.id, "ok", Action("finish")), "miniwob")


def test_a_ratio_without_anything_below_has_no_n_and_is_told_in_its_unit() -> None:
    assert ratio([], "x", "s").n == ratio([(3, 0)], "x", "s").n == 0
    one = ratio([(3, 2)], "x", "calls")
    assert (one.value, one.low, one.high, one.n) == (1.5, 1.5, 1.5, 1)
    card = {"benchmark": "b", "split": "s", "protocol": {"name": "p"}, "samples": {"partial": ""}}
    entry = {"name": "x", "part": "", "value": 1.5, "low": 1.25, "high": 2, "n": 3, "of": "episodes", "unit": "calls"}
    assert describe(card, entry) == "b s, p: x 1.50 calls (95 % 1.25 calls to 2.00 calls, n = 3 episodes)"


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 20)), min_size=1, max_size=8))
def test_a_ratio_is_that_of_the_sums_and_lies_between_its_pairs(pairs: list[tuple[int, int]]) -> None:
    found = ratio(pairs, "x", "calls")
    above, below = map(sum, zip(*pairs, strict=True))
    assert found.n == (len(pairs) if below else 0)
    if below:
        assert found.value == pytest.approx(above / below)
        assert found.low <= found.high and found.low >= 0
        if all(down for _, down in pairs):
            least, most = min(up / down for up, down in pairs), max(up / down for up, down in pairs)
            assert least - 1e-9 <= found.low and found.high <= most + 1e-9


class Broken(RuntimeError):
    """What a browser raises that is gone."""


class Breaking(Board):
    """The small form; the first that is made breaks at its second look."""

    made = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).made += 1
        self.looks, self.weak = 0, type(self).made == 1

    def observe(self) -> Observation:
        self.looks += 1
        if self.weak and self.looks == 2:
            raise Broken("it is gone")
        return super().observe()


def test_a_broken_environment_is_not_used_again_and_its_episode_is_not_scored(tmp_path: Path) -> None:
    Breaking.made = 0

    async def play(url: str) -> list[Prediction]:
        agent = LivePlanner(
            PlannerSettings(style="compact", retries=0), "w", AccessibilityExecutor(), {"name": "accessibility"},
            address=(url, "m"), environment=Breaking, broken=Broken, live=PlaySettings(tmp_path, 2, 9, 1),
        )  # fmt: skip
        asked = [
            Sample(f"form/{n}", "form", 0, "", Observation(b"", None), "web", truth=("form", n)) for n in (0, 1, 0)
        ]
        async with agent.predictor(5) as predictor:
            assert predictor.identity["commitment"] == 2 and predictor.identity["seed"] == 5
            return [await predictor.predict(one) for one in asked]

    with planner_server(lambda task, done, number: ideal(task, done)) as server:
        first, second, again = asyncio.run(play(server.url))
    assert (first.status, first.detail, first.played) == ("failed", "Broken: it is gone", None)
    assert Breaking.made == 2, "the second and the third episode are played in one environment"
    # Three actions, two of each plan at a time: two plans.
    assert second.played == again.played == {"reward": 1.0, "plans": 2, "actions": 3}
    assert (again.status, again.detail, again.text.count("1. ")) == ("ok", "done", 2)
    log = read_episode(tmp_path / "episodes-5" / "form" / "1")
    assert log.header["settings"]["commitment"] == 2 and [turn["position"] for turn in log.turns] == [0, 1, 0]


def log_in(task: str, done: list[str], number: int) -> str:
    """Plans the rest of login-user; of other tasks it says nothing that can be read."""
    quoted = re.findall(r'"(.*?)"', task)
    if "press login" not in task or len(quoted) != 2:
        return "?"
    steps = [
        Step(Action("click"), 'Click the "Username" text box'), Step(Action("type", {"text": quoted[0]}), "Enter the name"),
        Step(Action("click"), 'Click the "Password" text box'), Step(Action("type", {"text": quoted[1]}), "Enter the password"),
        Step(Action("click"), 'Click the "Login" button'),
    ]  # fmt: skip
    return render(Plan(tuple(steps[len(done) :])))


def run(*words: object, code: int = 0) -> tuple[str, str]:
    result = CliRunner().invoke(APP, list(map(str, words)), catch_exceptions=True)
    assert result.exit_code == code, result.output[-2000:] + repr(result.exception)
    return result.stdout, str(result.exception)


@pytest.mark.browser
def test_commitments_side_by_side(tmp_path: Path) -> None:
    """login-user takes five actions; the other episode gets one plan that cannot be read."""
    calls = {"1": 5, "2": 3, "4": 2, "adaptive": 1}
    for commit, plans in calls.items():
        with planner_server(log_in, [400] if commit == "1" else []) as server:
            words = ("evaluate", "miniwob", "--url", server.url, "--weights", "w", "--style", "compact", "--limit", 2)
            words = (*words, "--page-seeds", "1000:1001", "--commit", commit, "--concurrency", 1)
            out, _ = run(*words, "--output", tmp_path / commit)
            asked = len(server.requests)
            assert asked == plans + 1 + (commit == "1"), "a plan that the server refused is asked for again"
            again, _ = run(*words, "--output", tmp_path / commit)
            assert len(server.requests) == asked and "2 of 2 predictions are there" in again
        assert "PARTIAL, 2 of 14 samples: --limit 2" in out
        card = json.loads((tmp_path / commit / "card.json").read_text())
        values = {one["name"]: one["value"] for one in card["metrics"] if not one["part"]}
        assert (values[SUCCESS], values[CALLS]) == (0.5, pytest.approx((plans + 1) / 5))
        assert card["made_with"]["commitment"] == (commit if commit == "adaptive" else int(commit))
        assert (
            card["made_with"] | {"max_steps": 20, "executor": {"name": "accessibility"}, "workers": 1}
            == card["made_with"]
        )
        log = read_episode(tmp_path / commit / "episodes-0" / "login-user" / "1000")
        assert log.outcome["success"] and (log.directory / "step_04.png").is_file()
    out, _ = run("compare", *(tmp_path / commit for commit in calls), "--output", tmp_path / "compared")
    assert f"miniwob: {CALLS}" in out and f"miniwob: {SECONDS}" in out
    assert "commitment: 1 here, 2 there" in out and "commitment: 1 here, adaptive there" in out
    groups = {one["metric"]: one for one in json.loads((tmp_path / "compared" / "compare.json").read_text())}
    assert list(groups) == [SUCCESS, CALLS, SECONDS]
    assert [one["value"] for one in groups[CALLS]["numbers"]] == [pytest.approx(n / 5) for n in (6, 4, 3, 2)]
    assert all(one["unit"] == "s" and one["value"] > 0 for one in groups[SECONDS]["numbers"])
    assert "</svg>" in (tmp_path / "compared" / "compare.svg").read_text()


def test_what_cannot_be_played_is_said_before_anything_starts(tmp_path: Path) -> None:
    url = ("--url", "http://127.0.0.1:9/v1", "--output", tmp_path / "out")
    for words, problem in (
        (("evaluate", "miniwob", "--data", tmp_path, *url), "give no --data, no --results"),
        (("evaluate", "miniwob", "--predictions", tmp_path / "x", "--output", tmp_path), "played, not predicted"),
        (("evaluate", "miniwob", "--page-seeds", "3", *url), "write FIRST:END"),
        (("evaluate", "miniwob", "--commit", "some", *url), "cannot read the commitment"),
        (("evaluate", "miniwob", "--split", "train", *url), "no split 'train': use one of heldout_seeds"),
        (("evaluate", "gta", "--data", tmp_path, "--commit", "2", *url), "not for gta"),
        (("evaluate", "osworld", "--results", tmp_path, "--page-seeds", "1:2", *url), "not for osworld"),
    ):
        _, error = run(*words, code=1)
        assert problem in error
    assert not (tmp_path / "out" / "card.json").exists()
