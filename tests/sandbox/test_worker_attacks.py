"""Attacks on the worker, on later calls and on the result."""

from __future__ import annotations

import json
import math
import os

import pytest

KILLS = {
    "all": "os.kill(-1, 9)",
    "all_stop": "os.kill(-1, signal.SIGSTOP)",
    "parent": "os.kill(os.getppid(), 9)",
    "group": "os.killpg(0, 9)",
    "self": "os.kill(os.getpid(), signal.SIGSTOP); os.kill(os.getpid(), 9)",
    "others": "[os.kill(n, 9) for n in range(2, 100)]",
    "from_a_child": "os.fork() or [os.kill(-1, 9), os._exit(0)]; time.sleep(0.2)",
}


@pytest.mark.parametrize("code", KILLS.values(), ids=KILLS)
def test_signals_reach_nobody_else(contained, code):
    outcome = contained.attack(f"import os, signal, time\n{code}\n1", wall_seconds=3)
    assert outcome.status in ("ok", "error", "crashed"), outcome


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("import os; os._exit(0)", "crashed"),
        ("import os; os.abort()", "crashed"),
        ("import sys; print(1); sys.exit()", "ok"),
        ("import sys; sys.exit(3)", "error"),
        ("raise KeyboardInterrupt", "error"),
        ("raise GeneratorExit", "error"),
        ("raise MemoryError", "out_of_memory"),
        ("import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()", "ok"),
        ("import atexit, time\natexit.register(time.sleep, 60)", "ok"),
        ("import os\nos.fork()\n5", "ok"),
        ("import os, sys\nos.execv('/usr/bin/true', ['true'])", "crashed"),
        ("class A(Exception):\n    def __str__(self): raise KeyboardInterrupt\nraise A", "error"),
        ("class A(Exception):\n    def __str__(self): raise SystemExit\nraise A", "error"),
    ],
)
def test_unusual_ends(contained, code, status):
    assert contained.attack(code).status == status


def test_processes_left_behind_are_gone(contained):
    code = """
import os, subprocess, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True: time.sleep(0.01); open('/tmp/alive', 'w').close()
        os._exit(0)
subprocess.Popen(['sleep', '60'], start_new_session=True)
"""
    assert contained.attack(code).status == "ok"


def test_nothing_that_code_changes_is_there_in_the_next_call(contained):
    code = """
import builtins, sys, os, json, socket, threading, tempfile, linecache
builtins.print = builtins.len = None
json.dumps = json.loads = os.write = os.getpid = socket.recv_fds = lambda *a, **k: os._exit(1)
sys.modules['math'] = sys.modules['json'] = None
sys.path.clear(); sys.stdout = sys.stderr = None
os.environ['X'] = 'y'; os.umask(0o777); os.nice(5)
x = 1
"""
    contained.attack(code)
    code = "import json, math, os, sys\nprint(len(sys.path) > 2)\n"
    code += "[os.environ.get('X'), os.nice(0), 'x' in globals(), json.dumps(math.pi)]"
    outcome = contained.run(code)
    assert outcome.value == [None, os.nice(0), False, str(math.pi)] and outcome.stdout == "True\n"


def test_files_and_sockets_do_not_stay(contained):
    code = """
import os, socket
open('/tmp/file', 'w').write('x'); open('/dev/shm/shared', 'w').write('x'); os.mkdir('/tmp/folder'); os.chmod('/tmp', 0)
s = socket.socket(socket.AF_UNIX); s.bind('\\0left'); s.listen()
t = socket.create_server(('127.0.0.1', 4567)); print(os.fork())
"""
    contained.attack(code)
    look = "import os, socket\nprint(os.listdir('/tmp'), os.listdir('/dev/shm'))\nsocket.socket(socket.AF_UNIX).connect('\\0left')"
    outcome = contained.run(look)
    assert outcome.stdout == "[] []\n" and outcome.error.startswith("ConnectionRefusedError")


def test_no_descriptor_leads_outside(contained):
    code = "import os\n[os.readlink(f'/proc/self/fd/{n}').split(':')[0] for n in range(99) if os.path.lexists(f'/proc/self/fd/{n}')]"
    assert sorted(contained.attack(code).value) == ["/dev/null", "pipe", "pipe", "pipe", "socket"]


@pytest.mark.parametrize(
    "code",
    [
        "os.closerange(0, 1000)",
        "[os.write(n, b'\\xff' * 1000) for n in ends()]",
        "[os.write(n, b'!' * 100) for n in ends()]",
        "[os.dup2(0, n) for n in ends()]",
        "[socket.socket(fileno=os.dup(n)).shutdown(2) for n in ends('socket')]",
        "[socket.send_fds(socket.socket(fileno=os.dup(n)), [b'!'], [0, 1, 2]) for n in ends('socket')]",
        "[os.set_blocking(n, False) for n in ends()]; [os.write(n, b'x' * 10 ** 7) for n in ends()]",
        "[os.write(n, struct.pack('>I', 2 ** 32 - 1) + b'x' * 10 ** 6) for n in ends('pipe')]",
        "[os.write(n, struct.pack('>I', 0)) for n in ends('pipe')]",
        "[(fcntl.fcntl(n, 1031, 1 << 20), os.write(n, b'x' * 10 ** 5)) for n in ends('pipe')]",
    ],
)
def test_games_with_the_workers_pipes_hurt_nobody_else(contained, code):
    start = """
import fcntl, os, socket, struct
def ends(kind=''):
    found = {n: os.readlink(f'/proc/self/fd/{n}') for n in range(3, 30) if os.path.lexists(f'/proc/self/fd/{n}')}
    return [n for n, to in found.items() if to.startswith((kind,) if kind else ('pipe', 'socket'))]
"""
    outcome = contained.attack(start + code + "\n3", wall_seconds=2)
    assert outcome.status in ("ok", "error", "crashed", "timed_out")


def forge(frame: bytes) -> str:
    return f"""
import os, struct, time
links = [f'/proc/self/fd/{{n}}' for n in range(3, 30)]
pipe = next(int(link[14:]) for link in links if os.path.lexists(link) and os.readlink(link).startswith('pipe'))
frame = {frame!r}
os.write(pipe, struct.pack('>I', len(frame)) + frame); time.sleep(60)"""


@pytest.mark.parametrize("status", ["refused", "timed_out", "crashed", "OK", None, 1, ["ok"]])
def test_a_forged_result_cannot_claim_what_only_the_sandbox_knows(contained, status):
    outcome = contained.attack(forge(json.dumps({"status": status, "value": 1}).encode()))
    assert (outcome.status, outcome.value) == ("crashed", None) and "cannot be read" in outcome.error


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 3000,
        b'{"status": "ok", "value": NaN}',
        b'{"status": "ok", "value": 1e999}',
        b'{"status": "ok", "value": "\\ud800"}',
        b'{"status": "ok", "value": ' + b"[" * 2000 + b"]" * 2000 + b"}",
        b'{"status": "ok", "value": ' + b"1" * 4500 + b"}",
    ],
)
def test_a_forged_result_that_is_not_json(contained, frame):
    assert contained.attack(forge(frame)).status == "crashed"


def test_a_forged_result_is_only_the_codes_own_word(contained):
    frame = {"status": "ok", "value": "forged", "stdout": "no", "stderr": "no", "seconds": -1, "error": [], "more": 1}
    outcome = contained.attack("print('yes')\n" + forge(json.dumps(frame).encode()))
    assert (outcome.status, outcome.value, outcome.stdout, outcome.stderr) == ("ok", "forged", "yes\n", "")
    assert outcome.seconds >= 0 and outcome.error == "[]"
