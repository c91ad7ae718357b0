"""Stale processes are ended, foreign ones and those of living runs are not; a dead engine ends a run."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tracer1.training import processes
from tracer1.training.watchdog import EXIT_CODE, find_dead_engine


@pytest.fixture
def sleeper():
    """A process that would live for a minute."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(processes, "folder", lambda: tmp_path)
    return tmp_path


def _dead_identity() -> processes.Identity:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    identity = processes.identify(psutil.Process(process.pid))
    process.wait()
    return identity


def _write(folder: Path, driver: processes.Identity, children: list[processes.Identity]) -> Path:
    path = folder / f"{driver[0]}.json"
    path.write_text(json.dumps({"driver": driver, "processes": children}))
    return path


def test_processes_of_a_killed_run_are_ended(own_folder: Path, sleeper: subprocess.Popen) -> None:
    path = _write(own_folder, _dead_identity(), [processes.identify(psutil.Process(sleeper.pid))])
    assert processes.end_orphans() == 1
    assert not psutil.pid_exists(sleeper.pid)
    assert not path.exists()


def test_processes_of_a_living_run_stay(own_folder: Path, sleeper: subprocess.Popen) -> None:
    identity = processes.identify(psutil.Process(sleeper.pid))
    path = _write(own_folder, processes.identify(psutil.Process()), [identity])
    assert processes.end_orphans() == 0
    assert sleeper.poll() is None
    assert path.exists()


def test_a_reused_process_number_is_not_touched(own_folder: Path, sleeper: subprocess.Popen) -> None:
    number, started = processes.identify(psutil.Process(sleeper.pid))
    _write(own_folder, _dead_identity(), [(number, started - 1000)])
    assert processes.end_orphans() == 0
    assert sleeper.poll() is None


def test_an_unreadable_record_is_forgotten(own_folder: Path) -> None:
    path = own_folder / "7.json"
    path.write_text("{")
    assert processes.end_orphans() == 0
    assert not path.exists()


def test_session_record_lists_what_was_seen(own_folder: Path) -> None:
    session = processes.Session()
    session.record([(1, 1.5)])
    session.record([(2, 2.5)])
    (path,) = own_folder.glob("*.json")
    assert json.loads(path.read_text())["processes"] == [[1, 1.5], [2, 2.5]]
    session.close()
    assert not path.exists()


def test_dead_engine_is_named(sleeper: subprocess.Popen) -> None:
    alive = processes.identify(psutil.Process(sleeper.pid))
    assert find_dead_engine({alive: "VLLM::Worker"}) is None
    dead = _dead_identity()
    assert find_dead_engine({dead: "VLLM::EngineCore   "}) == f"VLLM::EngineCore (process {dead[0]})"


DRIVER = """
import subprocess, sys, time
from tracer1.training.watchdog import Watchdog
child = "import sys, setproctitle, time; setproctitle.setproctitle(sys.argv[1]); time.sleep(60)"
engine = subprocess.Popen([sys.executable, "-c", child, "VLLM::Worker"])
other = subprocess.Popen([sys.executable, "-c", child, "ray::Actor"])
Watchdog(interval=0.3, grace=0.3).start()
print(engine.pid, other.pid, flush=True)
time.sleep(60)
"""


def test_a_run_ends_with_a_clear_line_when_its_engine_dies(tmp_path: Path) -> None:
    environment = {"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(filter(None, sys.path))}
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    engine, other = map(int, driver.stdout.readline().split())
    time.sleep(2)
    psutil.Process(engine).kill()
    _, errors = driver.communicate(timeout=20)
    assert driver.returncode == EXIT_CODE
    assert f"tracer1: VLLM::Worker (process {engine}) died" in errors
    assert not psutil.pid_exists(other)
    assert not list(tmp_path.glob("tracer1-*/*.json"))
