"""veRL's own command line finds TraceR1's groups from any directory, composes them, and lists them after a typo."""

from __future__ import annotations

import os
import shutil
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


def test_a_run_without_the_plugin_is_not_started(tmp_path: Path) -> None:
    options = ["+tracer1=stage1", "+tracer1/device=cpu", f"trainer.default_local_dir={tmp_path}/run"]
    environment = {**os.environ, "VERL_PLATFORM": "", "VERL_USE_EXTERNAL_PLUGINS": "none"}
    command = [sys.executable, "-m", "verl.trainer.main_ppo", *options]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert result.returncode != 0
    assert "TraceR1's veRL plugin is not active" in result.stderr
    assert "Started a local Ray instance" not in result.stderr


def test_a_full_disk_is_known_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from omegaconf import OmegaConf

    from tracer1.training import preflight

    config = OmegaConf.create(
        {
            "trainer": {"default_local_dir": f"{tmp_path}/run", "max_actor_ckpt_to_keep": 2, "save_freq": 10},
            "actor_rollout_ref": {
                "model": {"path": str(tmp_path)},
                "rollout": {"checkpoint_engine": {"update_weights_bucket_megabytes": 16}},
            },
        }
    )
    (tmp_path / "model.safetensors").write_bytes(b"\0" * 1000)
    assert list(preflight._space(config)) == []
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=50 << 20))
    (problem,) = preflight._space(config)
    assert problem.startswith(f"{tmp_path} has 50 MiB free and the checkpoints need about 100: free some")
