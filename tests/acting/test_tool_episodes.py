"""Tool tasks played at the same time: a real toolbox with few workers, a real planner server."""

from __future__ import annotations

import asyncio
import json

import pytest
from planner_server import planner_server

from tracer1.answers import ExpectedAnswer
from tracer1.environments.tools import ToolEnvironment, ToolTask
from tracer1.executors.toolbox import toolbox_executor
from tracer1.loop import ExecutionFailed, Stage, run_episode
from tracer1.planner import Planner, PlannerSettings
from tracer1.sandbox import unavailable

if REASON := unavailable():
    pytest.skip(REASON, allow_module_level=True)

SETTINGS = PlannerSettings(style="compact", platform="tool", history=20, retries=0)
TASKS = {
    str(number): ToolTask(str(number), f"Twice {number}", ExpectedAnswer("gaia", str(2 * number)))
    for number in range(8)
}


def call(code: str) -> str:
    return f'1. call_tool(name="python", arguments={json.dumps({"code": code})}): Run it'


def finish(answer: str) -> str:
    return f"1. finish(answer={json.dumps(answer)}): Tell it"


def play(model, files, tasks=("1",), steps=6, **options):
    """The episodes, all at once, and what the prompts told."""
    executor = toolbox_executor(toolbox="local", files=str(files), only=["python"], **options)

    async def one(planner, task):
        async with Stage(lambda: ToolEnvironment(TASKS)) as stage:
            return await run_episode(stage, planner, executor, task, 0, steps)

    async def main(url):
        async with Planner(url, "m", SETTINGS) as planner:
            try:
                return await asyncio.gather(*(one(planner, task) for task in tasks))
            finally:
                await executor.close()

    with planner_server(model) as server:
        return asyncio.run(main(server.url))


def test_eight_episodes_share_two_workers(tmp_path):
    """Six of them wait for the end of another; none fails, none sees another's names."""

    def model(task, done, _):
        number = task.split()[1]
        steps = [call(f"import time; time.sleep(0.2); x = {number}"), call("x += x; print(x)")]
        return steps[len(done)] if len(done) < 2 else finish(done[1].rpartition("=> ")[2])

    episodes = play(model, tmp_path, list(TASKS), workers=2)
    assert [(episode.ended, episode.reward, len(episode.turns)) for episode in episodes] == [("finished", 1.0, 3)] * 8


def test_a_program_that_raises_or_is_stopped_is_told_all_of_it(tmp_path):
    told = []

    def model(task, done, _):
        told[:] = done
        steps = [call("x = 1"), call("print('so far'); y = x / 0"), call("while True: pass"), call("'x' in globals()")]
        return steps[len(done)] if len(done) < len(steps) else finish("2")

    play(model, tmp_path, seconds=2.0, workers=1)
    outputs = [line.partition(": Run it")[2] for line in told]
    assert outputs[1].startswith(" => Error: ZeroDivisionError: division by zero so far Traceback")
    assert outputs[2].startswith(" => Error: it takes longer than 2 s (what was defined before is gone")
    assert outputs[3] == " => False"


def test_a_step_that_the_next_prompt_could_not_tell_is_refused(tmp_path):
    """``<image>`` stands for a picture: it ends neither the episode nor the evaluation."""

    def model(task, done, _):
        return call("print('<' + 'image>')") if not done else call("'<image>'")

    (episode,) = play(model, tmp_path, workers=1)
    assert episode.ended == "refused" and len(episode.turns) == 4
    assert episode.turns[0].output == "<image>" and "could not tell" in episode.turns[1].execution.detail


def test_tools_that_do_not_start_are_no_lost_episode(tmp_path):
    corpus = tmp_path / "pages.jsonl"
    corpus.write_text("nothing")
    executor = toolbox_executor(toolbox="local", files=str(tmp_path), corpus=str(corpus), only=["search"])

    async def main(url):
        async with Planner(url, "m", SETTINGS) as planner, Stage(lambda: ToolEnvironment(TASKS)) as stage:
            await run_episode(stage, planner, executor, "1", 0)

    line = '1. call_tool(name="search", arguments={"query": "x"}): Look'
    with planner_server(lambda *_: line) as server, pytest.raises(ExecutionFailed, match="the toolbox does not start"):
        asyncio.run(main(server.url))
    asyncio.run(executor.close())
