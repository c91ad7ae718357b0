"""Servers that are slow, broken, busy or gone: what becomes of a call, how long it takes and how often it is tried."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import resource
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
import toys

from tracer1.actions import Action
from tracer1.executors.base import Execution
from tracer1.executors.served import ServedExecutor
from tracer1.plans import Step

SEEN = toys.seen()


def run(executor: ServedExecutor, answer: str = "(500,500)") -> Execution:
    return asyncio.run(executor.execute(SEEN, toys.click(answer)))


def run_all(executor: ServedExecutor, answers: list[str]) -> list[Execution]:
    async def gather() -> list[Execution]:
        return await asyncio.gather(*(executor.execute(SEEN, toys.click(answer)) for answer in answers))

    return asyncio.run(gather())


@pytest.fixture(scope="module")
def server():
    with toys.running() as one:
        yield one


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_click_is_found(server: toys.Server) -> None:
    found = run(toys.executor(server.url), "(250,500)")  # thousandths of 200 x 100
    assert found.status == "ok" and (found.point.x, found.point.y, found.point.space) == (50, 50, "pixel")


def test_other_steps_ask_nobody() -> None:
    executor = toys.executor(f"http://127.0.0.1:{free_port()}/v1")
    typed = asyncio.run(executor.execute(SEEN, Step(Action("type", {"text": "Bob  Ray"}), "Enter it")))
    assert typed == Execution("ok", answer="type: Bob Ray") and executor.snapshot() == {}


def test_256_at_once_are_as_one_by_one_and_never_more_than_allowed() -> None:
    random_ = random.Random(1)
    answers = [f"({random_.randint(0, 1200)},{random_.randint(0, 1000)})" for _ in range(256)]
    with toys.running() as server:
        together = run_all(toys.executor(server.url, model="slow 0.02", concurrency=32), answers)
        assert 16 <= server.stats()["peak"] <= 32 and server.stats()["requests"] == 256
        alone = toys.executor(server.url)
        assert together == [run(alone, answer) for answer in answers]
    assert {one.status for one in together} == {"ok", "refused"}  # some lie outside the screen


def test_one_limit_for_all_loops_and_threads_of_a_process() -> None:
    with toys.running() as server:
        executor = toys.executor(server.url, model="slow 0.05", concurrency=4)
        threads = [threading.Thread(target=run_all, args=(executor, ["(1,1)"] * 8)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.stats()["peak"] == 4 and executor.snapshot()["ok"] == 32


@pytest.mark.parametrize(
    ("model", "status", "detail", "requests"),
    [
        ("status 500", "failed", "status 500: http", 4),
        ("status 503", "failed", "made to fail with 503", 4),
        ("status 429", "failed", "status 429", 4),
        ("status 400", "failed", "status 400", 1),
        ("status 404", "failed", "status 404", 1),
        ("junk", "failed", "bad json: ", 4),
        ("page", "failed", "bad json: ", 4),
        ("half", "failed", "half answer: ", 4),
        ("silent", "failed", "connection: ", 4),
        ("status 500 x2", "ok", "(500,500)", 3),
        ("status 429 x3", "ok", "(500,500)", 4),
        ("status 500 x4", "failed", "status 500", 4),
        ("cut", "refused", "cut off", 1),
        ("nothing", "refused", "no action", 1),
    ],
)
def test_what_becomes_of_a_call_and_how_often_it_is_tried(model: str, status: str, detail: str, requests: int) -> None:
    with toys.running() as server:
        executor = toys.executor(server.url, model=model, retries=3)
        found = run(executor)
        assert found.status == status and detail in found.detail
        assert server.stats()["requests"] == requests == executor.snapshot()["requests"]
        assert executor.snapshot().get("retries", 0) == requests - 1


def test_nobody_there() -> None:
    executor = toys.executor(f"http://127.0.0.1:{free_port()}/v1", retries=2)
    found = run(executor)
    assert found.status == "failed" and found.detail.startswith("connection: ")
    assert executor.snapshot()["failed: connection"] == 1 and executor.snapshot()["requests"] == 3


@pytest.mark.parametrize("model", ["slow 30", "trickle"])  # the latter sends a byte every 50 ms, for ever
def test_the_deadline_holds(server: toys.Server, model: str) -> None:
    began = time.monotonic()
    found = run(toys.executor(server.url, model=model, seconds=0.4), "(5,5)" * 100)
    assert found.status == "timed_out" and found.detail.startswith("deadline: ") and "0.4 s" in found.detail
    assert 0.4 <= time.monotonic() - began < 1.5


def test_a_pause_that_the_deadline_does_not_allow_is_not_made(server: toys.Server) -> None:
    began = time.monotonic()
    assert "status 429" in run(toys.executor(server.url, model="status 429 after 60")).detail
    assert time.monotonic() - began < 10


def test_retry_after_is_respected(server: toys.Server) -> None:
    began = time.monotonic()
    assert run(toys.executor(server.url, model="status 429 after 1", retries=1)).status == "failed"
    assert 1 <= time.monotonic() - began < 3


def test_the_api_key_is_sent(server: toys.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER1_TEST_KEY", "secret")
    assert run(toys.executor(server.url, key_variable="TRACER1_TEST_KEY")).status == "ok"
    assert server.stats()["authorization"] == "Bearer secret"


def test_a_compressed_answer_is_not_unpacked(server: toys.Server) -> None:
    """The limit on an answer's size would be looked at when the gigabyte is there."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = run(toys.executor(server.url, model="zipped", retries=0))
    assert found.status == "failed" and found.detail.startswith("compressed answer: ")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 << 10


def test_a_redirect_is_not_followed_and_the_key_stays(server: toys.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER1_TEST_KEY", "secret")
    with toys.running() as other:
        model = f"moved {other.url}/chat/completions"
        found = run(toys.executor(server.url, model=model, key_variable="TRACER1_TEST_KEY"))
        assert found.status == "failed" and found.detail.startswith("status 307")
        assert other.stats()["requests"] == 0


def test_a_query_of_an_address_is_not_told() -> None:
    found = run(toys.executor(f"http://127.0.0.1:{free_port()}/v1?key=secret", retries=0))
    assert found.status == "failed" and "/v1:" in found.detail and "secret" not in found.detail


def test_servers_share_the_load() -> None:
    with toys.running() as one, toys.running() as two:
        run_all(toys.executor(one.url, two.url, model="slow 0.02", concurrency=16), ["(5,5)"] * 128)
        counts = [one.stats()["requests"], two.stats()["requests"]]
        assert sum(counts) == 128 and min(counts) >= 48 and max(one.stats()["peak"], two.stats()["peak"]) <= 12


def test_a_dead_server_is_left_alone_and_costs_no_call() -> None:
    with toys.running() as alive:
        dead = f"http://127.0.0.1:{free_port()}/v1"
        executor = toys.executor(dead, alive.url, open_after=3, probe_after=60)
        assert {one.status for one in run_all(executor, ["(5,5)"] * 100)} == {"ok"}
        counts = executor.snapshot()
        # The circuit opens after 3 failures; those that were under way by then are at most half of 64.
        assert 103 <= counts["requests"] <= 132 and counts["ok"] == 100
        before = counts["requests"]
        run_all(executor, ["(5,5)"] * 20)
        assert executor.snapshot()["requests"] == before + 20


def test_an_open_circuit_ends_the_call_at_its_deadline() -> None:
    executor = toys.executor(f"http://127.0.0.1:{free_port()}/v1", open_after=1, probe_after=60, seconds=0.5)
    began = time.monotonic()
    found = run(executor)
    assert found.status == "failed" and found.detail.startswith("circuit open: http") and "connect" in found.detail
    assert time.monotonic() - began < 1.5 and executor.snapshot()["requests"] == 1


def test_a_server_killed_in_mid_batch_and_started_again_takes_over() -> None:
    with toys.running() as server:
        executor = toys.executor(server.url, model="slow 0.05", concurrency=16, retries=2)

        def fail() -> None:
            time.sleep(0.3)
            server.kill()
            time.sleep(1.5)
            server.start()

        vandal = threading.Thread(target=fail)
        vandal.start()
        found = run_all(executor, [f"({number},7)" for number in range(256)])
        vandal.join()
        assert [one.status for one in found] == ["ok"] * 256
        assert [one.point.x for one in found] == pytest.approx([number / 5 for number in range(256)])
        assert executor.snapshot()["retries"] > 0


def test_a_cancelled_call_frees_its_place(server: toys.Server) -> None:
    executor = toys.executor(server.url, model="slow 3", concurrency=1, seconds=20)

    async def go() -> float:
        with pytest.raises((TimeoutError, asyncio.TimeoutError)):
            await asyncio.wait_for(executor.execute(SEEN, toys.click("(1,1)")), 0.2)
        began = time.monotonic()
        await executor.execute(SEEN, toys.click("(2,2)"))
        return time.monotonic() - began

    assert 3 <= asyncio.run(go()) < 4.5


def test_a_forked_process_asks_for_itself(server: toys.Server) -> None:
    executor = toys.executor(server.url)
    assert run(executor).status == "ok"
    child = multiprocessing.get_context("fork").Process(target=lambda: sys.exit(run(executor).status != "ok"))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert run(executor).status == "ok"


def test_a_process_that_ends_with_calls_under_way_ends_quietly(server: toys.Server) -> None:
    code = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
import asyncio, toys
executor = toys.executor({server.url!r}, model="slow 5")
async def go():
    asyncio.ensure_future(executor.execute(toys.seen(), toys.click("(2,2)")))
    await asyncio.wait_for(executor.execute(toys.seen(), toys.click("(1,1)")), 0.3)
try:
    asyncio.run(go())
except asyncio.TimeoutError:
    print("ended")
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout, result.stderr) == (0, "ended\n", "")


def test_counters_tell_what_happened(server: toys.Server, caplog: pytest.LogCaptureFixture) -> None:
    executor = toys.executor(server.url, retries=0, open_after=99, model="junk")
    run_all(executor, ["(5,5)"] * 9)
    counts = executor.snapshot()
    assert counts["calls"] == counts["failed"] == counts["failed: bad json"] == counts["requests"] == 9
    assert 0 < counts["seconds_p50"] <= counts["seconds_p90"] <= counts["seconds_p99"] < 2
    assert [record.args[1] for record in caplog.records] == [1, 2, 4, 8]


def test_no_screenshot_is_a_failure_with_a_reason() -> None:
    executor = toys.executor(f"http://127.0.0.1:{free_port()}/v1")
    for observation, says in (
        (toys.Observation(b"", toys.Size(20, 10)), "no screenshot: "),
        (toys.Observation(b"GIF89a", toys.Size(20, 10)), "bad screenshot: 6 bytes that are no PNG"),
        (toys.seen(4001, 10), "aspect beyond 200"),
    ):
        found = asyncio.run(executor.execute(observation, toys.click("(1,1)")))
        assert found.status == "failed" and says in found.detail
    assert executor.snapshot().get("requests", 0) == 0
    small = toys.Observation(toys.picture()[:-60], toys.Size(200, 100))  # cut off, and 1.5 must have it larger
    found = asyncio.run(toys.executor(executor.options.base_urls[0], name="ui_tars_1_5").execute(small, toys.click("")))
    assert found.status == "failed" and "the picture is damaged or cut off" in found.detail


def test_the_servers_tool_is_real() -> None:
    """The toy server says nothing that a client would not get from another one."""
    with toys.running() as server:
        body = {"model": "fine", "messages": [{"role": "user", "content": [{"type": "text", "text": "«hello»"}]}]}
        answer = httpx.post(f"{server.url}/chat/completions", json=body, trust_env=False)
        assert answer.json()["choices"][0]["message"]["content"] == "hello"
