"""Answers are kept on disk: across restarts and processes, never half of one, and never at the price of the run."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import toys

from tracer1.executors.base import Execution
from tracer1.executors.cache import Answer, Cache
from tracer1.executors.counters import Counters

HERE = Path(__file__).parent
KEYS = [f"{number:064x}" for number in range(200)]


def run(executor, answer: str, shade: int = 90) -> Execution:
    return asyncio.run(executor.execute(toys.seen(shade=shade), toys.click(answer)))


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def python(code: str, *arguments: object) -> subprocess.Popen:
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(HERE)!r})\n{code}", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_the_same_question_is_asked_once(tmp_path: Path) -> None:
    with toys.running() as server:
        executor = toys.executor(server.url, cache_dir=str(tmp_path / "cache"))
        first = run(executor, "(250,500)")
        assert first == run(executor, "(250,500)") and first.point.x == 50
        assert server.stats()["requests"] == 1 and executor.snapshot()["cache_hits"] == 1
        run(executor, "(251,500)")
        run(executor, "(250,500)", shade=91)
        assert server.stats()["requests"] == 3
    # After a restart, and although the server is gone.
    again = toys.executor(server.url, cache_dir=str(tmp_path / "cache"))
    assert run(again, "(250,500)") == first and again.snapshot().get("requests", 0) == 0


@pytest.mark.parametrize(
    ("model", "answer", "status", "kept"),
    [
        ("fine", "(5,5)", "ok", True),
        ("fine", "I will not.", "refused", True),
        ("cut", "(5,5)", "refused", True),
        ("status 500", "(5,5)", "failed", False),
        ("status 400", "(5,5)", "failed", False),
        ("junk", "(5,5)", "failed", False),
        ("slow 9", "(5,5)", "timed_out", False),
    ],
)
def test_only_answers_are_kept(tmp_path: Path, model: str, answer: str, status: str, kept: bool) -> None:
    with toys.running() as server:
        executor = toys.executor(server.url, model=model, retries=0, cache_dir=str(tmp_path), seconds=1.5)
        found = run(executor, answer)
        assert found.status == status and len(files(tmp_path)) == kept
        assert run(executor, answer) == found
        assert server.stats()["requests"] == (1 if kept else 2)


def test_processes_share_it(tmp_path: Path) -> None:
    code = """
import asyncio, toys
executor = toys.executor(sys.argv[1], cache_dir=sys.argv[2], model="slow 0.01")
async def go():
    return await asyncio.gather(*(executor.execute(toys.seen(), toys.click(f"({n},7)")) for n in range(40)))
print([one.point.x for one in asyncio.run(go())])
"""
    with toys.running() as server:
        workers = [python(code, server.url, tmp_path) for _ in range(3)]
        said = {worker.communicate(timeout=120)[0] for worker in workers}
        assert said == {f"{[number / 5 for number in range(40)]}\n"}
        asked = server.stats()["requests"]
        assert 40 <= asked <= 120 and len(files(tmp_path)) == 40
        assert python(code, server.url, tmp_path).communicate(timeout=120)[0] in said
        assert server.stats()["requests"] == asked


def test_many_writers_of_the_same_entries_leave_whole_ones(tmp_path: Path) -> None:
    code = """
from pathlib import Path
from tracer1.executors.cache import Answer, Cache
from tracer1.executors.counters import Counters
counters = Counters()
cache = Cache(Path(sys.argv[1]), counters)
for _ in range(20):
    for number in range(20):
        key = f"{number:064x}"
        cache.put(key, Answer(str(number) * 2000, "stop"))
        assert cache.get(key).text == str(number) * 2000
print(counters.snapshot().get("cache_errors", 0))
"""
    workers = [python(code, tmp_path) for _ in range(4)]
    assert [worker.communicate(timeout=120)[0] for worker in workers] == ["0\n"] * 4
    assert len(files(tmp_path)) == 20


def test_damaged_entries_are_asked_again(tmp_path: Path) -> None:
    with toys.running() as server:
        executor = toys.executor(server.url, cache_dir=str(tmp_path))
        run(executor, "(250,500)")
        (path,) = files(tmp_path)
        for damage in (b"", b'{"text": "(25', b"[]", b'{"text": "(5,5)"}', b"\xff"):
            path.write_bytes(damage)
            assert run(executor, "(250,500)").point.x == 50
            assert json.loads(path.read_bytes()) == {"text": "(250,500)", "finish": "stop"}
        assert executor.snapshot()["cache_errors"] == 5


def test_a_full_disk_costs_the_cache_and_nothing_else(tmp_path: Path) -> None:
    """RLIMIT_FSIZE 0: every write to a file fails, as on a full disk."""
    code = """
import asyncio, resource, toys
executor = toys.executor(sys.argv[1], cache_dir=sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
async def go():
    return await asyncio.gather(*(executor.execute(toys.seen(), toys.click(f"({n},7)")) for n in range(20)))
print([one.status for one in asyncio.run(go())].count("ok"), executor.snapshot()["cache_errors"])
"""
    with toys.running() as server:
        assert python(code, server.url, tmp_path).communicate(timeout=120)[0] == "20 20\n"
    assert files(tmp_path) == []


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with toys.running() as server:
        executor = toys.executor(server.url, cache_dir=str(tmp_path / "file" / "cache"))
        assert [run(executor, "(250,500)").status for _ in range(2)] == ["ok", "ok"]
        assert executor.snapshot()["cache_errors"] >= 2 and server.stats()["requests"] == 2


def test_a_hit_takes_less_than_a_millisecond(tmp_path: Path) -> None:
    cache = Cache(tmp_path, Counters())
    for key in KEYS:
        cache.put(key, Answer("Action: click(start_box='(5,5)')", "stop"))
    began = time.process_time()
    assert all(cache.get(key) for key in KEYS)
    assert (time.process_time() - began) / len(KEYS) < 1e-3
    assert not any(name.startswith(".") for name in os.listdir(tmp_path))
