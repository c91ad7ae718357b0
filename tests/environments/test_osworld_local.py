"""OSWorld's own code with our agent, where there is a checkout:

PYTHONPATH=<checkout of xlang-ai/OSWorld>:<packages> pytest tests/environments/test_osworld_local.py

and Xvfb, openbox, xterm and bubblewrap are installed. What is real and what is not: examples/local_benchmarks/README.md.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer1.environments.osworld.keyboard import type_text
from tracer1.evaluation.benchmarks.osworld import BENCHMARK
from tracer1.evaluation.harness.base import Judgement

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("Xvfb", "openbox", "xterm", "bwrap")


def checkout():
    """Where ``desktop_env`` lies; not imported, because that needs dozens of packages."""
    spec = importlib.util.find_spec("desktop_env")
    root = Path(spec.submodule_search_locations[0]).parent if spec else None
    if root is None or not (root / "desktop_env" / "server").is_dir():
        pytest.skip("no checkout of OSWorld in PYTHONPATH (the package desktop_env of an index lacks the server)")
    return root


def test_osworlds_own_patch_leaves_typed_text_alone():
    source = (checkout() / "desktop_env" / "desktop_env.py").read_text(encoding="utf-8")
    (function,) = (
        node for node in ast.parse(source).body if getattr(node, "name", "") == "_fix_pyautogui_less_than_bug"
    )
    scope = {"re": re}
    exec(compile(ast.Module([function], []), "patch", "exec"), scope)  # noqa: S102  (OSWorld's own function)

    @settings(deadline=None)
    @given(
        st.text(st.sampled_from("<>'\"\\u003c()aé\n"), min_size=1)
        | st.sampled_from(["pyautogui.typewrite('a<b')", 'pyautogui.press("<")', "pyautogui.press('\\u003c')"])
    )
    def check(text):
        for line in type_text(text):
            assert scope[function.name](line) == line

    check()


@pytest.mark.slow
def test_real_tasks_to_the_verdict_of_their_evaluators(tmp_path):
    osworld = checkout()
    if lacking := [program for program in PROGRAMS if not shutil.which(program)]:
        pytest.skip(f"not installed: {', '.join(lacking)}")
    packages = _packages()
    script = ROOT / "examples" / "local_benchmarks" / "osworld_run.sh"
    command = ["bash", str(script), str(osworld), str(tmp_path), str(packages)]
    played = subprocess.run(
        command, env={**os.environ, "PYTHON": sys.executable}, capture_output=True, text=True, timeout=500
    )
    assert played.returncode == 0, played.stdout[-2000:] + played.stderr[-4000:]
    found = [one for one in BENCHMARK.results(tmp_path, "test_nogdrive") if isinstance(one, Judgement)]
    scores = {one.sample.partition("-")[0]: one.marks["success"] for one in found}
    # A directory renamed in the terminal; FAIL on an infeasible task; DONE on another.
    assert scores == {"os/e0df059f": 1.0, "os/b3d4a89c": 1.0, "os/fe41f596": 0.0}
    # What the keyboard lacks, and what PyAutoGUI types wrongly, arrived in a real terminal.
    assert (tmp_path / "written.txt").read_text(encoding="utf-8") == "if a < b: print('naïve – 漢字')\n"
    (log,) = tmp_path.glob("pyautogui/screenshot/tracer1/os/e0df059f*/traj.jsonl")
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert lines[0]["action"] == "pyautogui.click(x=960, y=540)" and lines[-1]["action"] == "DONE"


def _packages():
    """The directory with PyAutoGUI, which may be the checkout's own environment."""
    spec = importlib.util.find_spec("pyautogui")
    if spec is None:
        pytest.skip("pyautogui is not installed")
    return Path(spec.origin).parents[1]
