"""Attacks on the machine's time, memory, disk, processes and output."""

from __future__ import annotations

import pytest

SHORT = {"wall_seconds": 1.0}
LOOPS = {
    "python": "while True: pass",
    "power": "len(str(10 ** 10 ** 8))",
    "generator": "sum(x * x for x in range(10 ** 9 * 100))",
    "sleep": "import time; time.sleep(60)",
    "regex": "import re; re.match(r'(a+)+$', 'a' * 40 + 'b')",
    "signals_ignored": "import signal, time\nfor n in (1, 2, 15, 24): signal.signal(n, signal.SIG_IGN)\nwhile True: pass",
    "swallowed_exceptions": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "uninterruptible_thread": "import threading\nt = threading.Thread(target=lambda: sum(range(10**12)))\nt.start()\nt.join()",
    "waits_for_a_child": "import os\nif os.fork(): os.wait()\nelse:\n    while True: pass",
    "repr": "class A:\n    def __repr__(self):\n        while True: pass\nA()",
    "str_of_error": "class A(Exception):\n    def __str__(self):\n        while True: pass\nraise A",
}
MEMORY = {
    "list": "x = []\nwhile True: x.append(bytes(1 << 20))",
    "bytes": "bytes(10 ** 11)",
    "string": "'x' * (3 * 10 ** 9)",
    "small_objects": "x = []\nwhile True: x.append([len(x)])",
    "mapping": "import mmap\nx = []\nwhile True:\n    x.append(mmap.mmap(-1, 1 << 20)); x[-1].write(b'1' * (1 << 20))",
    "numpy": "import numpy\nnumpy.ones((10 ** 5, 10 ** 6))",
}


@pytest.mark.parametrize("code", LOOPS.values(), ids=LOOPS)
def test_endless_work_is_killed_at_the_wall_time(contained, code):
    outcome = contained.attack(f"print('began')\n{code}", **SHORT)
    assert outcome.status == "timed_out" and outcome.error == "stopped after 1 s"
    assert outcome.stdout == "began\n" and 1.0 <= outcome.seconds < 8


def test_processor_time_is_limited_too(contained):
    outcome = contained.attack("while True: pass", cpu_seconds=1, wall_seconds=60)
    assert outcome.status == "timed_out" and "1 s of processor time" in outcome.error


@pytest.mark.parametrize("code", MEMORY.values(), ids=MEMORY)
def test_memory_of_one_process_is_limited(contained, code):
    outcome = contained.attack(code, wall_seconds=60, cpu_seconds=30)
    if "numpy" in code and "ModuleNotFoundError" in outcome.error:
        pytest.skip("NumPy is not installed")
    assert outcome.status in ("out_of_memory", "error")
    assert "Memory" in outcome.error or "Cannot allocate" in outcome.error


def test_memory_of_all_processes_together_is_limited(contained):
    code = "import os, time\nfor _ in range(12):\n    if not os.fork():\n        x = b'1' * (50 << 20); time.sleep(60)\ntime.sleep(60)"
    outcome = contained.attack(code)
    assert outcome.status == "out_of_memory" and "its processes held more" in outcome.error


def test_memory_taken_over_from_the_worker_counts_too(contained):
    code = """
import ctypes, os, parsers, time
for _ in range(8):
    if not os.fork():
        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
        parsers.BALLAST[:] = bytes([1]) * len(parsers.BALLAST); time.sleep(60)
time.sleep(60)"""
    assert contained.attack(code).status == "out_of_memory"
    few = code.replace("range(8)", "range(1)").replace("sleep(60)", "sleep(0.5)")
    assert contained.attack(few).status == "ok"


def test_a_preloaded_worker_leaves_as_much_memory(contained):
    assert contained.run("len(bytearray(200 << 20))").value == 200 << 20
    assert contained.run("len(bytearray(300 << 20))").status == "out_of_memory"


def test_memory_that_no_limit_counts_cannot_be_had(contained):
    code = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
[os.strerror(ctypes.get_errno()) for call in (
    lambda: libc.memfd_create(b'x', 0), lambda: libc.shmget(0, 1 << 30, 0o1600), lambda: libc.msgget(0, 0o1600),
    lambda: libc.semget(0, 1, 0o1600)) if call() == -1]"""
    assert contained.attack(code).value == ["Operation not permitted"] * 4


def test_fork_bomb(contained):
    outcome = contained.attack("import os\nwhile True: os.fork()", **SHORT)
    assert (
        outcome.status in ("error", "timed_out", "crashed") and "Resource temporarily" in outcome.error + outcome.stderr
    )


def test_processes_are_counted(contained):
    code = """
import os, time
count = 1
try:
    while os.fork(): count += 1
    time.sleep(60)
except BlockingIOError: pass
count"""
    assert contained.attack(code, processes=5).value == 5


def test_thread_bomb(contained):
    code = "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(60,)).start()"
    outcome = contained.attack(code)
    assert outcome.status == "error" and "can't start new thread" in outcome.error


@pytest.mark.parametrize("folder", ["/tmp", "/dev/shm"])
def test_disk_fill(contained, folder):
    code = f"i = 0\nwhile True:\n    i += 1; open(f'{folder}/{{i}}', 'wb').write(bytes(1 << 20))"
    outcome = contained.attack(code)
    assert outcome.status == "error" and "No space left" in outcome.error


def test_a_huge_file(contained):
    outcome = contained.attack("f = open('/tmp/f', 'wb')\nwhile True: f.write(bytes(1 << 20))")
    assert outcome.status == "error" and "File too large" in outcome.error


def test_very_many_files(contained):
    outcome = contained.attack("i = 0\nwhile True:\n    i += 1; open(f'/tmp/{i}', 'w').close()")
    assert outcome.status == "error" and "No space left" in outcome.error


def test_very_many_descriptors(contained):
    outcome = contained.attack("import os\nx = []\nwhile True: x.append(os.pipe())")
    assert outcome.status == "error" and "Too many open files" in outcome.error


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_flood_of_output_is_cut_and_says_so(contained, stream):
    outcome = contained.attack(
        f"import os\nfor _ in range(1 << 10): os.write({1 + (stream == 'stderr')}, b'x' * (1 << 20))\n7"
    )
    assert (outcome.status, outcome.value) == ("ok", 7)
    assert getattr(outcome, stream) == "x" * 4096 + "\n[cut at 4096 bytes]"


def test_an_endless_flood(contained):
    outcome = contained.attack("while True: print('x' * 10000)", **SHORT)
    assert outcome.status == "timed_out" and outcome.stdout.endswith("[cut at 4096 bytes]")


def test_a_huge_value_is_cut(contained):
    outcome = contained.attack("'x' * 10 ** 7")
    assert outcome.status == "ok" and outcome.value.endswith("[cut]") and len(outcome.value) < 4096


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("def f(n): return f(n + 1)\nf(0)", "error"),
        (
            "import sys\nsys.setrecursionlimit(10 ** 9)\nclass A:\n    def __getattr__(s, n): return repr(getattr(s, n))\nA().x",
            "crashed",
        ),
        ("import ctypes\nctypes.string_at(0)", "crashed"),
        ("x = []\nx.append(x)\nx", "ok"),
        ("x = []\nfor _ in range(10 ** 5): x = [x]\nx", "error"),
    ],
)
def test_deep_recursion_and_crashes(contained, code, status):
    outcome = contained.attack(code)
    assert outcome.status == status, outcome
    assert status != "crashed" or "SIGSEGV" in outcome.error
