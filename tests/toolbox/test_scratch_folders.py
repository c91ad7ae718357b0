"""Temporary folders go with their process, also with one that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from tracer1.toolbox.scratch import PREFIX, make_scratch, remove_scratch

HOLD = "from tracer1.toolbox.scratch import make_scratch\nprint(make_scratch()[0], flush=True)\ninput()"


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return lambda: sorted(path.name for path in tmp_path.iterdir())


def holder() -> tuple[subprocess.Popen, str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return process, os.path.basename(process.stdout.readline().strip())


def end(process: subprocess.Popen, how: int) -> None:
    process.send_signal(how)
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_what_a_killed_process_leaves_is_removed_by_the_next_one(folders, tmp_path):
    (killed, left), (living, used) = holder(), holder()
    (tmp_path / left / "picture.png").write_bytes(b"x")
    (tmp_path / "other").mkdir()
    end(killed, signal.SIGKILL)
    assert folders() == sorted([left, used, "other"])
    mine, lock = make_scratch()
    assert folders() == sorted([used, mine.name, "other"]) and mine.name.startswith(PREFIX)
    remove_scratch(mine, lock)
    end(living, signal.SIGKILL)
    assert folders() == sorted([used, "other"])


def test_a_fork_that_ends_leaves_the_folder_to_its_owner(folders):
    mine, lock = make_scratch()
    if (child := os.fork()) == 0:
        os._exit(0)
    os.waitpid(child, 0)
    other, second = make_scratch()
    assert folders() == sorted([mine.name, other.name])
    remove_scratch(mine, lock)
    remove_scratch(other, second)
    assert folders() == []


def test_many_at_once_do_not_take_each_others(folders):
    def work(_: int) -> bool:
        folder, lock = make_scratch()
        (folder / "x").write_text("x")
        kept = (folder / "x").is_file()
        remove_scratch(folder, lock)
        return kept

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(200)))
    assert folders() == []
