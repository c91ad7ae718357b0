"""The executor of tool calls: from several loops, threads and processes, with options from a configuration."""

from __future__ import annotations

import asyncio
import multiprocessing
import pickle
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import psutil
import pytest
from asks_tools import NOTHING, ask, calculate, step
from PIL import Image

import tracer1.training
from tracer1.actions import Action
from tracer1.executors.toolbox import ToolboxExecutor, toolbox_executor
from tracer1.plans import Step
from tracer1.sandbox import unavailable
from tracer1.toolbox.episode import LOST

if REASON := unavailable():
    pytest.skip(REASON, allow_module_level=True)


@pytest.fixture(scope="module")
def executor(folder):
    made = toolbox_executor(toolbox="local", files=str(folder / "files"), only=["calculator", "python"], workers=1)
    yield made
    asyncio.run(made.close())


@pytest.fixture
def light(tmp_path):
    """An executor that starts quickly."""
    Image.new("RGB", (9, 9), "red").save(tmp_path / "red.png")
    made = toolbox_executor(toolbox="local", files=str(tmp_path), only=["calculator", "crop"], workers=1)
    yield made
    asyncio.run(made.close())


def test_a_call_is_answered_and_other_steps_enter_what_they_say(executor):
    call, refused, unknown, other = ask(
        executor,
        step("calculator", expression="6 * 7"),
        step("python", code="print('seen'); 1 / 0"),
        Step(Action("call_tool", {"name": "telescope"}), "Go on"),
        Step(Action("finish", {"answer": "42"}), "Go on"),
    )
    assert (call.status, call.answer, call.point) == ("ok", "42", None)
    assert refused.status == "refused" and refused.answer.startswith("seen\nTraceback")
    assert refused.detail == "ZeroDivisionError: division by zero"
    assert unknown.status == "refused" and "there is no tool 'telescope'" in unknown.detail
    assert (other.status, other.answer) == ("ok", "finish: 42 success")
    assert executor.snapshot()["calls"] == 3


def test_it_works_from_several_loops_and_threads(executor):
    answers: dict[int, str | None] = {}

    def work(number: int) -> None:
        answers[number] = calculate(executor, f"{number} * 2")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: str(2 * number) for number in range(6)}


def test_an_episode_keeps_what_python_defines(executor):
    async def main():
        async with executor.episode() as episode:
            await episode.execute(NOTHING, step("python", code="x = 41"))
            return await episode.execute(NOTHING, step("python", code="x + 1"))

    assert asyncio.run(main()).answer == "42"
    assert ask(executor, step("python", code="x"))[0].status == "refused"


def test_a_call_that_is_cancelled_ends_and_the_episode_goes_on(executor):
    """What waits for its turn and what runs: a caller may give either up, each in an event loop of its own."""

    async def main():
        async with executor.episode() as episode:
            await episode.execute(NOTHING, step("python", code="x = 1"))
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(
                    episode.execute(NOTHING, step("python", code="import time; time.sleep(60)")), 0.5
                )
            with pytest.raises(asyncio.TimeoutError):  # the only worker is the episode's
                await asyncio.wait_for(executor.execute(NOTHING, step("python", code="1")), 0.5)
            return await episode.execute(NOTHING, step("python", code="'x' in globals()"))

    for _ in range(2):
        after = asyncio.run(main())
        assert (after.status, after.answer) == ("ok", f"{LOST}\nFalse")


def test_calls_in_training_may_wait_for_their_turn():
    """The reward's deadline includes the wait: in the configuration it is longer than 64 calls of the longest kind take."""
    import yaml

    text = (Path(tracer1.training.__file__).parent / "conf/tracer1/executor/toolbox.yaml").read_text()
    settings = yaml.safe_load(text)["reward"]["custom_reward_function"]["reward_kwargs"]
    options = settings["executor_options"]
    assert settings["executor_seconds"] >= 64 * options["seconds"] / options["workers"]


def test_it_may_be_pickled_and_closed(light):
    copy = pickle.loads(pickle.dumps(light))
    assert isinstance(copy, ToolboxExecutor) and copy.specs == light.specs
    assert calculate(copy, "1 + 1") == "2"
    asyncio.run(copy.close())
    asyncio.run(copy.close())
    assert calculate(copy, "1 + 2") == "3"
    asyncio.run(copy.close())


@pytest.mark.parametrize("how", ["forkserver", "fork"])
def test_other_processes_have_their_own(light, how):
    name = ask(light, step("crop", image_path="red.png", box=[0, 0, 5, 5]))[0].answer
    with ProcessPoolExecutor(1, multiprocessing.get_context(how)) as pool:
        assert pool.submit(calculate, light, "3 * 3").result(120) == "9"
    assert ask(light, step("crop", image_path=name, box=[0, 0, 2, 2]))[0].status == "ok"


def test_its_processes_end_with_it(tmp_path):
    script = f"""
    import sys
    sys.path.insert(0, {str(Path(__file__).parent)!r})
    import psutil
    from asks_tools import calculate
    from tracer1.executors.toolbox import toolbox_executor
    executor = toolbox_executor(toolbox="local", files={str(tmp_path)!r}, only=["calculator"], workers=1)
    print(calculate(executor, "5 + 5"))
    print(*[child.pid for child in psutil.Process().children(recursive=True)])
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    answer, pids = done.stdout.splitlines()
    until = time.monotonic() + 20  # the kernel ends what is in a namespace after its first process
    while (left := [pid for pid in pids.split() if psutil.pid_exists(int(pid))]) and time.monotonic() < until:
        time.sleep(0.05)
    assert answer == "10" and pids and not left


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "toolbox is missing"),
        ({"toolbox": "local"}, "files is missing"),
        ({"toolbox": "local", "files": ".", "telescope": 1}, "unknown option telescope: use toolbox, files"),
        ({"toolbox": "toolshed", "files": "."}, "unknown toolbox 'toolshed'"),
        ({"toolbox": "local", "files": 3}, "files is a text"),
        ({"toolbox": "local", "files": ".", "only": "ocr"}, "only is a list"),
        ({"toolbox": "local", "files": ".", "workers": 1.5}, "workers is a whole number"),
        ({"toolbox": "local", "files": ".", "seconds": "10"}, "seconds is a number"),
        ({"toolbox": "local", "files": ".", "endpoints": ["ocr"]}, "endpoints holds names and values"),
    ],
)
def test_options_that_cannot_be_used(options, why):
    with pytest.raises(ValueError, match=f"executor toolbox: {why}"):
        toolbox_executor(**options)


def test_empty_options_are_those_that_were_not_given(tmp_path):
    made = toolbox_executor(
        toolbox="local", files=str(tmp_path), corpus="", output="", cache_dir="", endpoints={}, mcp=[]
    )
    assert set(made.missing) - {"ocr"} == {"search", "visit_page"} and made.snapshot() == {}


def test_a_toolbox_that_does_not_start_fails_the_call_and_is_tried_again(tmp_path):
    corpus = tmp_path / "pages.jsonl"
    corpus.write_text("nothing")
    made = toolbox_executor(toolbox="local", files=str(tmp_path), corpus=str(corpus), only=["search"])
    failed = ask(made, step("search", query="word"))[0]
    assert failed.status == "failed" and "line 1" in failed.detail
    corpus.write_text('{"url": "a", "text": "a word"}')
    assert ask(made, step("search", query="word"))[0].status == "ok"
    asyncio.run(made.close())
