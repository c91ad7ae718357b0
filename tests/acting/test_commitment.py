"""Several steps of one plan, and what tools answered, in the plan–act loop."""

import asyncio

import pytest
from board import Board, ideal
from planner_server import planner_server

from tracer1.answers import ExpectedAnswer
from tracer1.commitment import read_commitment
from tracer1.environments.tools import ToolEnvironment, ToolTask
from tracer1.executors.accessibility import AccessibilityExecutor
from tracer1.executors.base import Execution, answer_of
from tracer1.loop import ExecutionFailed, Stage, run_episode
from tracer1.planner import Planner, PlannerSettings

SETTINGS = PlannerSettings(style="compact", retries=0)
TASKS = {"sum": ToolTask("sum", "Add the numbers of a.txt", ExpectedAnswer("gaia", "5"))}


def _play(model, environment, executor, task, commitment=1, max_steps=10, settings=SETTINGS):
    async def play(url):
        async with Planner(url, "m", settings) as planner, Stage(environment) as stage:
            return await run_episode(stage, planner, executor, task, 3, max_steps, commitment=commitment)

    with planner_server(model) as server:
        return asyncio.run(play(server.url)), server


@pytest.mark.parametrize(
    ("commitment", "positions"), [(1, [0, 0, 0]), (2, [0, 1, 0]), (4, [0, 1, 2]), ("adaptive", [0, 1, 2])]
)
def test_steps_of_one_plan(commitment, positions):
    episode, server = _play(ideal, Board, AccessibilityExecutor(), "form", commitment)
    assert episode.success and [turn.position for turn in episode.turns] == positions
    assert len(server.requests) == positions.count(0)


def test_adaptive_plans_anew_when_nothing_changed_or_the_next_step_is_not_found():
    """Clicking the focused field changes nothing; the unicorn is on no screen."""

    def model(task, done, _):
        if not done:
            return "1. click(): Click the Name textbox\n2. click(): Click the Name textbox\n3. click(): Click the Send button"
        if len(done) == 2:
            return '1. type(text="bob3"): Enter bob3\n2. click(): Click the unicorn'
        return "1. click(): Click the Send button"

    episode, server = _play(model, Board, AccessibilityExecutor(), "form", "adaptive")
    assert episode.success and [turn.position for turn in episode.turns] == [0, 1, 0, 0]
    assert len(server.requests) == 3


class Arithmetic:
    """A tool agent: ``read`` answers, ``add`` is refused once, ``dead`` never answers."""

    name = "arithmetic"

    def __init__(self):
        self.calls = []

    async def execute(self, observation, step):
        arguments = step.action.arguments
        if step.action.type != "call_tool":
            return Execution("ok", answer=answer_of(step))
        self.calls.append(arguments["name"])
        if arguments["name"] == "dead":
            return Execution("failed", detail="connection: refused")
        if arguments["name"] == "add" and self.calls.count("add") == 1:
            return Execution("refused", detail="add needs 'numbers'")
        return Execution("ok", answer={"read": "2\n3", "add": "5"}[arguments["name"]])


def test_what_tools_answered_is_told_and_the_answer_judged():
    told = []

    def model(task, done, _):
        told.append(done)
        lines = ['1. call_tool(name="read"): Read a.txt\n2. finish(answer="?"): Guess', '1. call_tool(name="add"): Add']
        return [*lines, lines[1], '1. finish(answer="5.0"): Tell the sum'][len(done)]

    episode, _ = _play(model, lambda: ToolEnvironment(TASKS), Arithmetic(), "sum", commitment=4)
    assert (episode.ended, episode.reward, len(episode.turns)) == ("finished", 1.0, 4)
    assert told[-1] == [
        'call_tool(name="read"): Read a.txt => 2 3',
        "call_tool(name=\"add\"): Add => Error: add needs 'numbers'",
        'call_tool(name="add"): Add => 5',
    ]


@pytest.mark.parametrize("answer", ["6", ""])
def test_a_wrong_answer_is_no_success(answer):
    episode, _ = _play(
        lambda *_: f'1. finish(answer="{answer}"): Guess', lambda: ToolEnvironment(TASKS), Arithmetic(), "sum"
    )
    assert (episode.ended, episode.success) == ("finished", False)


def test_an_executor_that_fails_is_no_lost_episode():
    executor = Arithmetic()
    with pytest.raises(ExecutionFailed, match="arithmetic failed: connection: refused"):
        _play(lambda *_: '1. call_tool(name="dead"): Try', lambda: ToolEnvironment(TASKS), executor, "sum")
    assert executor.calls == ["dead"] * 3


def test_a_click_is_no_tool_call():
    episode, _ = _play(lambda *_: "1. wait(): Wait", lambda: ToolEnvironment(TASKS), Arithmetic(), "sum")
    assert episode.ended == "refused" and "cannot do 'wait'" in episode.turns[0].problem


def test_commitments_are_read():
    assert (read_commitment("4"), read_commitment("adaptive")) == (4, "adaptive")
    for text in ("0", "-1", "two", ""):
        with pytest.raises(ValueError, match="at least 1, or adaptive"):
            read_commitment(text)
