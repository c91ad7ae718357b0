"""Workers, queue, sessions, cold calls, and machines where it does not run."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from leftovers import leftovers

import tracer1.sandbox
from tracer1.sandbox import Limits, Sandbox, SandboxUnavailable, command, unavailable

if REASON := unavailable():
    pytest.skip(REASON, allow_module_level=True)


def zygotes(parent: int = 0) -> list[psutil.Process]:
    found = []
    for process in psutil.Process(parent or None).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            line = process.cmdline()
            if "bwrap" not in line and "tracer1.sandbox.inside.zygote" in line:
                found.append(process)
    return found


def kill_zygotes() -> None:
    for process in zygotes():
        with suppress(psutil.NoSuchProcess):
            process.kill()


def test_concurrent_calls_do_not_mix():
    async def main():
        async with Sandbox(workers=2) as sandbox:
            code = (
                "import time; time.sleep(n % 3 / 100); open('/tmp/x', 'x').write(str(n)); [n, open('/files/a').read()]"
            )
            calls = [sandbox.run(code, {"a": str(n).encode()}, {"n": n}) for n in range(40)]
            return await asyncio.gather(*calls)

    assert [outcome.value for outcome in asyncio.run(main())] == [[n, str(n)] for n in range(40)]


def test_the_queue_is_bounded():
    async def main():
        async with Sandbox(workers=1, queue=2) as sandbox:
            return await asyncio.gather(*(sandbox.run("import time; time.sleep(0.3)") for _ in range(5)))

    statuses = [outcome.status for outcome in asyncio.run(main())]
    assert statuses.count("ok") == 3 and statuses.count("failed") == 2


def test_a_dead_worker_is_replaced_and_a_cancelled_call_stops():
    async def main():
        async with Sandbox() as sandbox:
            task = asyncio.create_task(sandbox.run("import time; time.sleep(60)", limits=Limits(wall_seconds=90)))
            await asyncio.sleep(0.3)
            kill_zygotes()
            died = await task
            again = await sandbox.run("1")
            task = asyncio.create_task(sandbox.run("import time; time.sleep(60)", limits=Limits(wall_seconds=90)))
            await asyncio.sleep(0.3)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            kill_zygotes()
            return died, again, await sandbox.run("2")

    died, again, after = asyncio.run(main())
    assert died.status == "failed" and "worker died" in died.error
    assert (again.value, after.value) == (1, 2)
    assert not leftovers()


def test_a_worker_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setattr("tracer1.sandbox.worker._GRACE_SECONDS", 0.5)

    async def main():
        async with Sandbox() as sandbox:
            os.kill(zygotes()[0].pid, signal.SIGSTOP)
            first = await sandbox.run("1", limits=Limits(wall_seconds=0.5))
            return first, await sandbox.run("2", limits=Limits(wall_seconds=30))

    first, second = asyncio.run(main())
    assert first.status == "failed" and "no answer within" in first.error and second.value == 2


def test_a_machine_without_memory_is_no_fault_of_the_code():
    """The worker's processes are put into a control group of 48 MiB; the kernel kills the largest."""
    group = Path("/sys/fs/cgroup/memory" if Path("/sys/fs/cgroup/memory").is_dir() else "/sys/fs/cgroup")
    group /= f"tracer1-test-{os.getpid()}"
    most = "memory.limit_in_bytes" if group.parent.name == "memory" else "memory.max"
    try:
        group.mkdir()
        (group / most).write_text(str(48 << 20))
    except OSError as error:
        pytest.skip(f"no memory control group can be made: {error}")

    async def main():
        async with Sandbox(Limits(memory=1 << 30)) as sandbox:
            for process in leftovers():
                (group / "cgroup.procs").write_text(str(process.pid))
            starved = await sandbox.run("x = b'1' * (200 << 20)")
            killed = await sandbox.run("import os, resource\nresource.setrlimit(0, (1, 1))\nwhile True: pass")
            return starved, killed, await sandbox.run("6 * 7")

    try:
        starved, killed, after = asyncio.run(main())
    finally:
        until = time.monotonic() + 10
        while group.is_dir() and time.monotonic() < until:
            with suppress(OSError):  # while a process is on its way out
                group.rmdir()
    assert starved.status == "failed" and "out of memory" in starved.error
    assert killed.status == "crashed" and "SIGKILL" in killed.error, "code can kill itself: that is its own fault"
    assert after.value == 42


def test_a_program_that_may_be_run_and_not_read_does_not_end_the_worker(monkeypatch):
    """Its memory cannot be looked into; it is counted as a whole."""
    if os.geteuid():
        pytest.skip("the program must belong to somebody else: root makes one")
    code = """
import hidden_program, os, subprocess, time
sleeping = subprocess.Popen([os.path.dirname(hidden_program.__file__) + "/sleep", "60"])
time.sleep(0.2)
x = b"1" * (60 << 20)
for _ in range(2):
    if os.fork() == 0:
        y = b"2" * (80 << 20)
        time.sleep(60)
time.sleep(60)
"""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        package = Path(folder, "hidden_program")
        package.mkdir()
        (package / "__init__.py").touch()
        shutil.copy("/usr/bin/sleep", package)
        (package / "sleep").chmod(0o711)
        os.chmod(folder, 0o755)
        monkeypatch.syspath_prepend(folder)

        async def main():
            async with Sandbox(Limits(memory=150 << 20, wall_seconds=20), packages=("hidden_program",)) as sandbox:
                return await sandbox.run(code)

        outcome = asyncio.run(main())
    assert outcome.status == "out_of_memory" and "its processes held more" in outcome.error, outcome


def test_closing_ends_what_runs_and_what_waits():
    async def main():
        sandbox = Sandbox()
        before = await sandbox.run("1")
        async with sandbox:
            tasks = [asyncio.create_task(sandbox.run("import time; time.sleep(60)")) for _ in range(3)]
            await asyncio.sleep(0.3)
        return [before, *[await task for task in tasks], await sandbox.run("1")]

    began = time.monotonic()
    statuses = [outcome.status for outcome in asyncio.run(main())]
    assert statuses == ["failed"] * 5 and time.monotonic() - began < 10
    assert not leftovers()


def test_nothing_outlives_the_process_that_started_it():
    script = """
    import asyncio
    from tracer1.sandbox import Limits, Sandbox
    async def main():
        async with Sandbox() as sandbox:
            await sandbox.run("print(1)")
            print("ready", flush=True)
            await sandbox.run("while True: pass", limits=Limits(wall_seconds=100, cpu_seconds=100))
    asyncio.run(main())
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE)
    parent.stdout.readline()
    children = psutil.Process(parent.pid).children(recursive=True)
    assert len(children) >= 4
    parent.kill()
    parent.wait()
    parent.stdout.close()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive


def test_cold_calls_share_nothing():
    async def main():
        async with Sandbox(warm=False, preload=("nothing_like_it",)) as sandbox:
            assert not zygotes()
            first = await sandbox.run("import os; [open('/tmp/x', 'x').close(), 6 * 7]")
            assert not leftovers()
            return (
                first,
                await sandbox.run("open('/tmp/x', 'x').close()"),
                await sandbox.run("while True: pass", limits=Limits(wall_seconds=0.5)),
            )

    first, second, third = asyncio.run(main())
    assert (first.value, second.status, third.status) == ([None, 42], "ok", "timed_out")


def test_what_is_not_there_is_told(monkeypatch, tmp_path):
    async def main(**options):
        async with Sandbox(**options):
            pass

    with pytest.raises(SandboxUnavailable, match="No module named 'nothing_like_it'"):
        asyncio.run(main(preload=("nothing_like_it",)))
    with pytest.raises(ValueError, match="no package 'nothing_like_it'"):
        asyncio.run(main(packages=("nothing_like_it",)))
    (tmp_path / "hidden_package.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match="install it elsewhere"):
        asyncio.run(main(packages=("hidden_package",)))


def test_a_user_without_rights_gets_the_same():
    if os.geteuid() or not os.access("/usr/bin/python3", os.X_OK):
        pytest.skip("needs root, to become somebody else, and the system's Python")
    script = """
    import asyncio, os
    from tracer1.sandbox import Sandbox
    async def main():
        async with Sandbox() as sandbox:
            first = await sandbox.run("import os; os.getuid(), os.listdir('/tmp'), os.path.exists('/etc/passwd')")
            second = await sandbox.run("import os; [os.fork() for _ in range(100)]")
            print(os.getuid(), first.value, second.status, (await sandbox.run("6 * 7")).value)
    asyncio.run(main())
    """
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        shutil.copytree(Path(tracer1.sandbox.__file__).parent, f"{folder}/tracer1/sandbox")
        Path(folder, "tracer1/__init__.py").touch()
        os.chmod(folder, 0o755)
        line = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "/usr/bin/python3", "-c"]
        done = subprocess.run(
            [*line, textwrap.dedent(script)],
            env={"PYTHONPATH": folder, "PATH": "/usr/bin"},
            capture_output=True,
            text=True,
        )
    assert done.stdout == "12345 [1000, [], False] error 42\n", done.stderr


@pytest.mark.parametrize("field", ["memory", "wall_seconds", "processes"])
def test_limits_must_be_positive(field):
    with pytest.raises(ValueError, match=field):
        Limits(**{field: 0})


def test_where_it_does_not_run_nothing_is_executed(monkeypatch, tmp_path):
    async def main():
        async with Sandbox() as sandbox:
            await sandbox.run("1")

    def reason(name, value):
        unavailable.cache_clear()
        monkeypatch.setattr(name, value)
        try:
            with pytest.raises(SandboxUnavailable) as raised:
                asyncio.run(main())
            assert "\n" not in str(raised.value)
            return str(raised.value)
        finally:
            monkeypatch.undo()
            unavailable.cache_clear()

    assert unavailable() == ""
    assert "needs Linux" in reason("platform.machine", lambda: "riscv64")
    assert "apt-get install bubblewrap" in reason("shutil.which", lambda name: None)
    real = command.command
    without = lambda *a: [word for word in real(*a) if word != "--cap-add" and not word.startswith("CAP_")]  # noqa: E731
    assert "does not start" in reason("tracer1.sandbox.command.command", without)
