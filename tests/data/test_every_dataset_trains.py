"""A set of each dataset, made in its own format, prepared, and trained on together: three real steps of stage 1."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import agentnet_records
import android_control_records
import gui_odyssey_records
import mind2web_rows
import pytest
import test_agenttrek
import test_mm_traj

from tracer1.training import metrics
from tracer1_data.convert import Job
from tracer1_data.prepare import prepare
from tracer1_data.rows import read_rows
from tracer1_data.settings import RowSettings
from tracer1_data.tool_tasks.make import make
from tracer1_rewards import KEYS

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(2400)]
pytest.importorskip("verl")
pytest.importorskip("vllm")

REPOSITORY = Path(__file__).resolve().parents[2]
STEPS, PROMPTS, ROLLOUTS, ROWS = 3, 8, 4, 4


def make_agentnet(folder: Path) -> Path:
    a = agentnet_records
    return a.write(folder, a.record(*map(a.step, range(3)), a.step(3, a.SUCCESS, "Done.")))


def make_android_control(folder: Path) -> Path:
    return android_control_records.dataset(folder, [android_control_records.episode(0)])


def make_gui_odyssey(folder: Path) -> Path:
    g = gui_odyssey_records
    clicks = [g.second("CLICK", [[512, 233], [512, 233]], box=[470, 205, 548, 260]) for _ in range(3)]
    gui_odyssey_records.write(folder, g.episode(*clicks, g.second("COMPLETE")))
    return folder


def make_mind2web(folder: Path) -> Path:
    mind2web_rows.write(folder, [row for name in ("a", "b") for row in mind2web_rows.task(name)])
    return folder


def make_agenttrek(folder: Path) -> Path:
    return test_agenttrek.write(folder, test_agenttrek.task())


def make_mm_traj(folder: Path) -> Path:
    m = test_mm_traj
    asked = [m.record(m.FIND, m.FOUND, m.DONE, id=f"episode{n}") for n in range(2)]
    return m.dataset(folder, *asked)


def make_tool_tasks(folder: Path) -> Path:
    make(folder, train=3, heldout=1)
    return folder


def make_miniwob(folder: Path) -> Path:
    return REPOSITORY / "examples" / "miniwob"


def rows_of(source: str, work: Path) -> Path:
    """The dataset, made and prepared for a tiny planner: at least ``ROWS`` rows, pictures scaled down."""
    made = globals()[f"make_{source}"](work / "raw" / source)
    settings = RowSettings(horizon=3, history=2, style="compact", max_pixels=160 * 210)
    manifest = prepare(Job(source, made, work / "rows" / source, settings), 1)
    assert manifest["counts"]["rows"] >= ROWS, manifest["counts"]
    return work / "rows" / source


def test_every_dataset_trains(tmp_path: Path) -> None:
    sources = (
        "agentnet",
        "android_control",
        "gui_odyssey",
        "mind2web",
        "agenttrek",
        "mm_traj",
        "tool_tasks",
        "miniwob",
    )
    prepared = [rows_of(source, tmp_path) for source in sources]
    mixture = {"rows": STEPS * PROMPTS, "sources": [{"rows": str(path), "cap": ROWS} for path in prepared]}
    (tmp_path / "mixture.yaml").write_text(json.dumps(mixture))  # JSON is YAML
    mix = [sys.executable, "-m", "tracer1_data", "mix", tmp_path / "mixture.yaml", "--output", tmp_path / "mixed"]
    subprocess.run(mix, check=True, timeout=120)
    mixed = Counter(row["extra_info"]["source"] for row in read_rows(tmp_path / "mixed"))
    assert set(mixed) == set(sources) and sum(mixed.values()) == STEPS * PROMPTS

    planner = tmp_path / "planner"
    warm = [sys.executable, "-m", "tracer1.training.warm_start", prepared[-1], prepared[-1], planner]
    subprocess.run([*warm, "--steps", "10", "--heldout", "4"], check=True, timeout=300)
    command = [
        sys.executable, "-m", "verl.trainer.main_ppo", "+tracer1=stage1", "+tracer1/device=cpu",
        f"data.train_files={tmp_path}/mixed", f"data.val_files={tmp_path}/mixed",
        f"actor_rollout_ref.model.path={planner}", f"trainer.default_local_dir={tmp_path}/run",
        f"data.train_batch_size={PROMPTS}", f"actor_rollout_ref.rollout.n={ROLLOUTS}",
        "data.max_prompt_length=2048", "data.max_response_length=32", "actor_rollout_ref.rollout.max_model_len=2080",
        f"trainer.total_training_steps={STEPS}", "trainer.save_freq=-1", "trainer.val_before_train=false",
        "trainer.test_freq=-1", f"trainer.rollout_data_dir={tmp_path}/rollouts",
    ]  # fmt: skip
    environment = {**os.environ, "VERL_PLATFORM": "cpu", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    steps = metrics.read(tmp_path / "run")
    assert list(steps) == list(range(1, STEPS + 1))
    for values in steps.values():
        assert all(math.isfinite(values[f"reward/{key}"]) for key in KEYS)
        assert values["groups/rows_lost"] == values["reward/unscored"] == 0
