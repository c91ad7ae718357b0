"""Success rates over several episodes in the small environment, and what a restart does not play again."""

import asyncio
import shutil

import pytest
from board import Board, ideal
from planner_server import planner_server

from tracer1.evaluation.live import Episodes, LiveSettings, evaluate_live
from tracer1.evaluation.suite import describe
from tracer1.executors.accessibility import AccessibilityExecutor
from tracer1.executors.base import Execution
from tracer1.loop import ExecutionFailed
from tracer1.planner import Planner, PlannerError, PlannerSettings

SETTINGS = PlannerSettings(style="compact", retries=0)


def half(task, done, _=0):
    """Solves even seeds; says nothing readable for the odd ones."""
    return ideal(task, done) if int(task.removeprefix("Send bob")) % 2 == 0 else "?"


def _evaluate(model, output, seeds, planner_id="p", failures=None):
    async def evaluate(url):
        settings = LiveSettings("stage 1", "held-out seeds", planner_id, environment="board", workers=3)
        async with Planner(url, "m", SETTINGS) as planner:
            episodes = Episodes(tuple(("form", seed) for seed in seeds), Board)
            return await evaluate_live(planner, AccessibilityExecutor(), episodes, output, settings)

    with planner_server(model, failures) as server:
        return asyncio.run(evaluate(server.url)), len(server.requests)


def test_success_is_counted_with_its_interval(tmp_path):
    result, requests = _evaluate(half, tmp_path, range(4))
    assert requests == 2 * 3 + 2
    assert (result["kind"], result["policy"], result["split"]) == ("live", "stage 1", "held-out seeds")
    # Wilson's 95 % interval for 2 of 4: 0.5 ± 0.34996.
    assert result["overall"] == result["tasks"]["form"]
    assert (result["overall"]["successes"], result["overall"]["n"]) == (2, 4)
    assert result["overall"]["low"] == pytest.approx(0.15004, abs=1e-5)
    assert result["ended"] == {"done": 2, "unparsable": 2}
    assert (result["turns_per_episode"], result["unread_plans"], result["executions"]) == (2.0, 2, {"ok": 6})


def test_a_restart_plays_only_what_is_missing(tmp_path):
    _evaluate(half, tmp_path, range(4))
    shutil.rmtree(tmp_path / "form" / "2")
    (tmp_path / "form" / "3" / "episode.jsonl").write_text("{")
    result, requests = _evaluate(half, tmp_path, range(4))
    assert (requests, result["reused"], result["overall"]["successes"]) == (3 + 1, 2, 2)


def test_other_weights_play_everything_again(tmp_path):
    _evaluate(half, tmp_path, range(2))
    result, requests = _evaluate(ideal, tmp_path, range(2), planner_id="other")
    assert (requests, result["reused"], result["overall"]["successes"]) == (6, 0, 2)


class Flaky(AccessibilityExecutor):
    """Fails for the seeds that it is given, which are read off the page's name field."""

    def __init__(self, broken):
        self.broken = broken

    async def execute(self, observation, step):
        if step.action.arguments.get("text") in {f"bob{seed}" for seed in self.broken}:
            return Execution("failed", detail="connection: gone")
        return await super().execute(observation, step)


def _evaluate_with(executor, output, seeds):
    async def evaluate(url):
        settings = LiveSettings("stage 1", "held-out seeds", "p", environment="board", workers=1)
        async with Planner(url, "m", SETTINGS) as planner:
            episodes = Episodes(tuple(("form", seed) for seed in seeds), Board)
            return await evaluate_live(planner, executor, episodes, output, settings)

    with planner_server(ideal) as server:
        return asyncio.run(evaluate(server.url))


def test_an_episode_that_the_executor_cannot_play_is_named_and_counts_nowhere(tmp_path):
    result = _evaluate_with(Flaky({1, 2}), tmp_path, range(4))
    assert (result["overall"]["successes"], result["overall"]["n"]) == (2, 2)
    assert set(result["unscored"]) == {"form/1", "form/2"} and "connection: gone" in result["unscored"]["form/1"]
    assert describe(result).endswith(", 2 could not be played")
    result = _evaluate_with(Flaky({}), tmp_path, range(4))
    assert (result["overall"]["n"], result["reused"], result["unscored"]) == (4, 2, {})


def test_an_executor_that_is_gone_ends_the_evaluation(tmp_path):
    with pytest.raises(ExecutionFailed, match="connection: gone"):
        _evaluate_with(Flaky({1, 2, 3}), tmp_path, range(6))
    assert sorted(path.name for path in (tmp_path / "form").iterdir()) == ["0"]
    with pytest.raises(ExecutionFailed, match="connection: gone"):
        _evaluate_with(Flaky({1}), tmp_path / "other", [1])


def test_a_failing_server_stops_all_workers_and_keeps_what_is_finished(tmp_path):
    with pytest.raises(PlannerError, match="400"):
        _evaluate(ideal, tmp_path, range(6), failures=[400])
    result, _ = _evaluate(ideal, tmp_path, range(6))
    assert result["overall"]["successes"] == 6
    assert not list(tmp_path.glob("**/*.partial"))
