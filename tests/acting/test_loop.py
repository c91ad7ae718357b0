"""The plan–act loop and its log, in a small real environment and a real planner server."""

import asyncio
import json

import pytest
from board import SEND, Board, ideal
from planner_server import planner_server

from tracer1.episodes import FILE, read_episode, write_episode
from tracer1.executors.accessibility import AccessibilityExecutor
from tracer1.loop import Stage, run_episode
from tracer1.planner import Planner, PlannerError, PlannerSettings

SETTINGS = PlannerSettings(style="compact", retries=0)


def _play(model, task="form", seed=3, max_steps=10, failures=None):
    async def play(url):
        async with Planner(url, "m", SETTINGS) as planner, Stage(Board) as stage:
            board = stage.environment
            episode = await run_episode(stage, planner, AccessibilityExecutor(), task, seed, max_steps)
        assert board.closed
        return episode

    with planner_server(model, failures) as server:
        return asyncio.run(play(server.url))


def test_the_first_step_is_performed_and_the_rest_planned_anew():
    episode = _play(ideal)
    assert (episode.ended, episode.reward, episode.success) == ("done", 1.0, True)
    assert [len(turn.prediction.parsed.plan.steps) for turn in episode.turns] == [3, 2, 1]
    last = episode.turns[-1].execution.point
    assert (last.x, last.y) == ((SEND.left + SEND.right) / 2, (SEND.top + SEND.bottom) / 2)


@pytest.mark.parametrize(
    ("answer", "ended", "turns"),
    [
        ("nothing to see", "unparsable", 1),
        ("1. finish(): All done", "finished", 1),
        ("1. click(): Click the unicorn", "refused", 3),
        ('1. type(text="x"): Enter x', "refused", 3),
        ("1. click(): Click the Name textbox", "step_limit", 4),
        ("1. click(): Click the Send button", "done", 1),
    ],
)
def test_how_an_episode_ends(answer, ended, turns):
    episode = _play(lambda *_: answer, max_steps=4)
    assert (episode.ended, len(episode.turns), episode.success) == (ended, turns, False)


def test_a_refused_step_is_no_history():
    told = []

    def model(task, done, _):
        told.append(done)
        return "1. click(): Click the unicorn" if len(told) == 1 else ideal(task, done)

    assert _play(model).success
    assert told[:3] == [[], [], ["click(): Click the Name textbox"]]


def test_a_failing_server_and_an_unknown_task_raise():
    with pytest.raises(PlannerError, match="400"):
        _play(ideal, failures=[400])
    with pytest.raises(ValueError, match="unknown task 'other'"):
        _play(ideal, task="other")


def test_the_log_tells_the_episode(tmp_path):
    episode = _play(ideal)
    directory = tmp_path / "form" / "3"
    (tmp_path / "form" / "3.partial").mkdir(parents=True)
    write_episode(directory, episode, {"planner_id": "p"})
    log = read_episode(directory)
    assert log.header["instruction"] == "Send bob3" and log.header["settings"] == {"planner_id": "p"}
    assert log.outcome == log.outcome | {"ended": "done", "success": True, "reward": 1.0, "turns": 3}
    assert [turn["plan"][0] for turn in log.turns][1] == 'type(text="bob3"): Enter bob3'
    assert [turn["execution"]["answer"] for turn in log.turns] == [None, "type: bob3", None]
    assert all((directory / turn["screenshot"]).read_bytes()[:4] == b"\x89PNG" for turn in log.turns)
    assert sorted(path.name for path in (tmp_path / "form").iterdir()) == ["3"]


def test_a_log_keeps_every_character_that_a_model_may_write(tmp_path):
    said = "a\u2028b\u2029c\x85d\x0be\x1cf"
    write_episode(tmp_path / "e", _play(lambda *_: f"{said}\n1. finish(): {said}"), {})
    assert read_episode(tmp_path / "e").turns[0]["text"].startswith(said)


@pytest.mark.parametrize("keep", [0, 1, 3])
def test_a_log_that_is_not_whole_is_refused(tmp_path, keep):
    write_episode(tmp_path / "e", _play(ideal), {})
    path = tmp_path / "e" / FILE
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:keep]))
    with pytest.raises(ValueError, match="delete the episode's directory"):
        read_episode(tmp_path / "e")
    path.write_text(json.dumps({"kind": "episode"})[:-3])
    with pytest.raises(ValueError, match="damaged"):
        read_episode(tmp_path / "e")


@pytest.mark.browser
def test_a_scripted_planner_solves_real_pages():
    """References as plans, the accessibility executor, a real Chromium."""
    pytest.importorskip("playwright")
    from tracer1.environments.miniwob.demonstrators import demonstrate
    from tracer1.environments.miniwob.environment import MiniWob
    from tracer1.plans import Plan, render

    async def play(url):
        async with Planner(url, "m", PlannerSettings(style="compact", history=30)) as planner, Stage(MiniWob) as stage:
            recorded["it"] = await stage.call(demonstrate, stage.environment, "login-user", 5)
            return await run_episode(stage, planner, AccessibilityExecutor(), "login-user", 5)

    recorded = {}

    def model(_task, done, _):
        return render(Plan(tuple(record.step for record in recorded["it"].steps[len(done) :])))

    with planner_server(model) as server:
        episode = asyncio.run(play(server.url))
    assert episode.success and episode.ended == "done"
    assert len(episode.turns) == len(recorded["it"].steps)
