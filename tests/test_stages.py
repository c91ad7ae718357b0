"""Stages: done once, again when an input changes, and nothing left behind by a killed run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tracer1.stages import fingerprint, read_phases, run_stage


def count(path):
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_a_stage_runs_once_until_its_input_changes(tmp_path):
    data, log = tmp_path / "data", tmp_path / "log"
    data.write_text("one")
    command = [sys.executable, "-c", f"open({str(log)!r}, 'a').write('ran\\n')"]
    for expected, content in ((1, "one"), (1, "one"), (2, "two"), (2, "two")):
        data.write_text(content)
        assert run_stage(tmp_path / "run", "learn", [data], None, command) == 0
        assert count(log) == expected
    assert read_phases(tmp_path / "run")["learn"]["seconds"] >= 0


def test_a_failed_stage_is_not_done(tmp_path):
    command = [sys.executable, "-c", "raise SystemExit(3)"]
    assert run_stage(tmp_path, "learn", [], None, command) == 3
    assert "seconds" not in read_phases(tmp_path)["learn"]
    assert run_stage(tmp_path, "learn", [], None, command) == 3


def test_an_output_is_kept_after_an_interruption_and_removed_when_the_inputs_change(tmp_path):
    data, out = tmp_path / "data", tmp_path / "out"
    data.write_text("one")
    code = f"import os, sys; os.makedirs({str(out)!r}, exist_ok=True); n = len(os.listdir({str(out)!r})); "
    code += f"open({str(out)!r} + f'/{{n}}', 'w'); sys.exit(n == 0)"
    command = [sys.executable, "-c", code]
    assert run_stage(tmp_path / "run", "learn", [data], out, command) == 1
    assert run_stage(tmp_path / "run", "learn", [data], out, command) == 0
    assert len(list(out.iterdir())) == 2
    data.write_text("two")
    assert run_stage(tmp_path / "run", "learn", [data], out, command) == 1
    assert len(list(out.iterdir())) == 1


def test_a_finished_stage_runs_again_when_its_output_is_gone(tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, "-c", f"open({str(out)!r}, 'w')"]
    assert run_stage(tmp_path / "run", "learn", [], out, command) == 0
    out.unlink()
    assert run_stage(tmp_path / "run", "learn", [], out, command) == 0
    assert out.exists()


def test_the_fingerprint_sees_names_and_contents_of_a_directory(tmp_path):
    (tmp_path / "a").write_text("x")
    before = fingerprint(["c"], [tmp_path])
    (tmp_path / "a").rename(tmp_path / "b")
    assert fingerprint(["c"], [tmp_path]) != before != fingerprint(["d"], [tmp_path])


def test_what_a_killed_run_left_behind_is_ended_by_the_next(tmp_path):
    note = tmp_path / "pid"
    child = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(300)"
    driver = subprocess.Popen(
        [sys.executable, "-m", "tracer1.stages", str(tmp_path / "run"), "learn", "--", sys.executable, "-c", child]
    )
    deadline = time.monotonic() + 30
    while not (note.exists() and note.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    pid = int(note.read_text())
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    os.kill(pid, 0)
    assert run_stage(tmp_path / "run", "other", [], None, [sys.executable, "-c", ""]) == 0
    state = Path(f"/proc/{pid}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


def test_what_a_stage_cost_is_noted(tmp_path: Path) -> None:
    code = "import time; block = b'x' * (2 << 30); time.sleep(2)"
    assert run_stage(tmp_path, "costly", [], None, [sys.executable, "-c", code]) == 0
    cost = read_phases(tmp_path)["costly"]
    # The machine's memory is measured: what others take or free meanwhile counts too.
    assert cost["seconds"] >= 2 and cost["peak_memory_gib"] > 0.5 and 0 <= cost["stolen"] <= 1
