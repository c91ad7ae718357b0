"""veRL's own command line finds TraceR1's groups from any directory, composes them, and lists them after a typo."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("verl")
yaml = pytest.importorskip("yaml")
pytestmark = pytest.mark.slow


def _main_ppo(folder: Path, *options: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "verl.trainer.main_ppo", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)


def test_groups_compose_from_any_directory(tmp_path: Path) -> None:
    options = ("+tracer1=stage2", "+tracer1/device=cpu", "actor_rollout_ref.rollout.n=5", "--cfg", "job")
    result = _main_ppo(tmp_path, *options)
    assert result.returncode == 0, result.stderr[-2000:]
    config = yaml.safe_load(result.stdout[result.stdout.index("actor_rollout_ref:") :])
    assert config["reward"]["custom_reward_function"]["name"] == "stage2"
    assert config["trainer"]["device"] == "cpu"
    assert config["actor_rollout_ref"]["actor"]["optim"]["lr"] == 1e-4
    assert config["actor_rollout_ref"]["rollout"]["n"] == 5
    assert not list(tmp_path.iterdir())


def test_a_typo_lists_the_options(tmp_path: Path) -> None:
    result = _main_ppo(tmp_path, "+tracer1=stage3")
    assert result.returncode != 0
    assert "tracer1/stage3" in result.stderr
    assert "stage1" in result.stderr and "stage2" in result.stderr
