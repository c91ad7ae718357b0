"""AndroidWorld's own runner with our agent, where AndroidWorld can be imported:

PYTHONPATH=<checkout of google-research/android_world>:<packages> pytest tests/environments/test_android_world_local.py

What is real and what is not: examples/local_benchmarks/README.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tracer1.evaluation.benchmarks.android_world.benchmark import BENCHMARK
from tracer1.evaluation.harness.base import Judgement
from tracer1.evaluation.harness.index import read_results
from tracer1.trajectories import Fault

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "local_benchmarks" / "android_phone.py"
TASKS = ("LoginUser", "EnterDate", "ClickCheckboxesTransfer")


def play(results, *options):
    played = subprocess.run([sys.executable, SCRIPT, results, *options], capture_output=True, text=True, timeout=400)
    assert played.returncode == 0, played.stderr[-4000:]
    return played.stdout


def read(results):
    found = list(BENCHMARK.results(results, "android_world"))
    return [one for one in found if isinstance(one, Judgement)], [one for one in found if isinstance(one, Fault)]


@pytest.mark.slow
@pytest.mark.browser
def test_episodes_in_the_real_runner_to_their_results(tmp_path):
    pytest.importorskip("android_world", reason="AndroidWorld is not in PYTHONPATH")
    pytest.importorskip("playwright")
    results = tmp_path / "run"
    tasks = [{"task_name": name, "difficulty": "easy", "tags": []} for name in TASKS]
    (tmp_path / "task_metadata.json").write_text(json.dumps(tasks))

    # The planner's server fails: nothing is scored, and everything is said.
    play(results, "--broken")
    judgements, faults = read(results)
    assert not judgements
    failures = [fault for fault in faults if fault.kind == "exception"]
    assert len(failures) == 6 and all("made to fail with 400" in fault.reason for fault in failures)

    # Once more, with a server that works: the runner plays what failed.
    play(results)
    judgements, _ = read_results(BENCHMARK, results, "android_world")
    scores = {one.sample: one.marks["success"] for one in judgements}
    # What the demonstrators solve is solved; EnterDate needs a key that the phone has not, and is given up.
    assert scores == {f"{task}_{n}": float(task != "EnterDate") for task in TASKS for n in range(2)}
    (overall, *_) = BENCHMARK.summarise(judgements, "android_world")
    assert overall.value == pytest.approx(2 / 3)

    # And again: nothing is left to play.
    assert play(results).count("Skipping already processed") == 6
