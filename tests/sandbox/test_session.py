"""The steps of an episode share a process, and only they do."""

from __future__ import annotations

import asyncio
import resource
import time

import pytest
from leftovers import leftovers

from tracer1.sandbox import Limits, Sandbox, SandboxUnavailable, unavailable

if REASON := unavailable():
    pytest.skip(REASON, allow_module_level=True)


def steps(*codes, files=None, between=0.0, **limits):
    """The outcomes of the steps, and of a call after the session, in the same worker."""

    async def main():
        async with Sandbox(Limits(**limits)) as sandbox:
            async with sandbox.session(files) as session:
                outcomes = []
                for code in codes:
                    outcomes.append(await session.run(code))
                    await asyncio.sleep(between)
            after = await sandbox.run("import os; [os.listdir('/tmp'), 'x' in globals(), os.listdir('/files')]")
            assert after.value == [[], False, []], after
            return outcomes

    outcomes = asyncio.run(main())
    assert not leftovers()
    return outcomes


def test_variables_files_and_imports_stay():
    codes = (
        "import math; x = 1",
        "open('/tmp/a', 'w').write('kept')",
        "1 / 0",
        "x += 1",
        "[x, open('/tmp/a').read(), math.pi > 3]",
        "open('/files/t').read()",
    )
    outcomes = steps(*codes, files={"t": b"given"})
    assert [outcome.status for outcome in outcomes] == ["ok", "ok", "error", "ok", "ok", "ok"]
    assert outcomes[4].value == [2, "kept", True] and outcomes[5].value == "given"


def test_output_belongs_to_its_step():
    outcomes = steps("print('a')", "print('b' * 100000)", "print('c')", "def f(): return 1 / 0", "f()")
    assert (
        outcomes[0].stdout == "a\n"
        and outcomes[1].stdout.endswith("[cut at 65536 bytes]")
        and outcomes[2].stdout == "c\n"
    )
    assert '"<code 4>", line 1, in f\n    def f(): return 1 / 0' in outcomes[4].trace


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("while True: pass", "timed_out"),
        ("import os; os._exit(1)", "crashed"),
        ("x = bytes(10 ** 12)", "out_of_memory"),
    ],
)
def test_a_step_that_is_killed_ends_the_session(code, status):
    first, second, third = steps("x = 1", code, "x", wall_seconds=1.5)
    assert (first.status, second.status, third.status) == ("ok", status, "refused")
    assert third.error.startswith(f"the session has ended: {status}")


def test_a_session_is_limited_in_time_even_while_nothing_asks():
    first, second = steps("import os\nif os.fork() == 0:\n    while True: pass", "1", session_seconds=1, between=1.5)
    assert first.status == "ok" and second.status == "refused" and "open for 1 s" in second.error


def test_a_session_that_ends_during_a_step():
    began = time.monotonic()
    (outcome,) = steps("import time; time.sleep(60)", session_seconds=1, wall_seconds=100)
    assert outcome.status == "timed_out" and time.monotonic() - began < 20


def test_memory_is_watched_across_steps():
    grow = "import os, time\nif os.fork() == 0:\n    x = b'1' * (40 << 20); time.sleep(60)\ntime.sleep(0.5)"
    outcomes = steps(*[grow] * 6, memory=100 << 20)
    assert "out_of_memory" in [outcome.status for outcome in outcomes]


def test_memory_is_watched_between_steps():
    """Processes that a step leaves behind, and that grow when nothing runs."""
    grow = "time.sleep(0.5); x = b'1' * (40 << 20); time.sleep(60)"
    code = f"import os, time\nfor _ in range(8):\n    if os.fork() == 0: {grow}"

    async def main():
        async with Sandbox(Limits(memory=100 << 20)) as sandbox:
            async with sandbox.session() as session:
                await session.run("1")
                before, worker = len(leftovers()), sandbox._workers[0]._process
                first = await session.run(code)
                until = time.monotonic() + 20
                while len(leftovers()) >= before and time.monotonic() < until:  # the session's own goes as well
                    await asyncio.sleep(0.05)
                assert len(leftovers()) < before
                second, third = await session.run("1"), await session.run("1")
            after = await sandbox.run("6 * 7")
            assert after.value == 42 and worker is sandbox._workers[0]._process
            return first, second, third

    first, second, third = asyncio.run(main())
    assert first.status == "ok"
    assert second.status == "out_of_memory" and "its processes held more" in second.error
    assert third.status == "refused" and third.error.startswith("the session has ended: out_of_memory")
    assert not leftovers()


def test_a_session_that_cannot_be_ended_leaves_nothing_to_the_next_call():
    """As when this process has no descriptors left."""

    async def main():
        async with Sandbox() as sandbox:
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            try:
                async with sandbox.session() as session:
                    await session.run("secret = 42")
                    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            return await sandbox.run("globals().get('secret', 'nothing')")

    assert asyncio.run(main()).value == "nothing"
    assert not leftovers()


def test_sessions_wait_for_a_worker_and_give_it_back():
    async def episode(sandbox, number):
        async with sandbox.session() as session:
            await session.run(f"x = {number}")
            return (await session.run("x")).value

    async def main():
        async with Sandbox(workers=2, queue=3) as sandbox:
            found = await asyncio.gather(*(episode(sandbox, number) for number in range(6)), return_exceptions=True)
            return found, (await sandbox.run("1")).value

    found, after = asyncio.run(main())
    assert found[:5] == [0, 1, 2, 3, 4] and isinstance(found[5], SandboxUnavailable) and after == 1


def test_a_cancelled_step_ends_the_session():
    async def main():
        async with Sandbox() as sandbox:
            async with sandbox.session() as session:
                await session.run("x = 1")
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(session.run("import time; time.sleep(60)"), 0.3)
                refused = await session.run("x")
            return refused, await sandbox.run("6 * 7")

    refused, after = asyncio.run(main())
    assert (refused.status, refused.error) == ("refused", "the session has ended: a step was cancelled")
    assert after.value == 42 and not leftovers()


def test_two_steps_at_once_come_one_after_the_other():
    async def main():
        async with Sandbox() as sandbox, sandbox.session() as session:
            await session.run("x = 0")
            await asyncio.gather(*(session.run("y = x; import time; time.sleep(0.02); x = y + 1") for _ in range(5)))
            return await session.run("x")

    assert asyncio.run(main()).value == 5
