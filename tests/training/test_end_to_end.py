"""Both stages on real parts: veRL's main_ppo, Ray, FSDP, vLLM, the rewards, and a tiny planner, on the CPU.

Stage 1 credits whole plans, stage 2 single steps, so that both ways are run.

``python -m pytest -m e2e tests/training`` (about five minutes on two cores).
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import toy

from tracer1.training import metrics
from tracer1_rewards import KEYS

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(2400)]
pytest.importorskip("verl")
pytest.importorskip("vllm")

STEPS, PROMPTS, ROLLOUTS = 3, 8, 4


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows, and a planner that writes plans and is sometimes right."""
    folder = tmp_path_factory.mktemp("end_to_end")
    train = toy.write(folder / "train.parquet", range(200))
    held_out = toy.write(folder / "val.parquet", range(900, 916))
    command = [sys.executable, "-m", "tracer1.training.warm_start", train, held_out, folder / "warm"]
    options = ["--steps", "150", "--heldout", "32", "--vocabulary", "400"]
    subprocess.run([*command, *options], check=True, timeout=600)
    return folder


def _train(work: Path, stage: str, model: Path, *options: str) -> subprocess.CompletedProcess:
    """Run a stage from a folder that has nothing to do with the package; the log ends up beside the run."""
    run = work / stage
    run.mkdir(exist_ok=True)
    command = [
        sys.executable, "-m", "verl.trainer.main_ppo", f"+tracer1={stage}", "+tracer1/device=cpu",
        f"data.train_files={work}/train.parquet", f"data.val_files={work}/val.parquet",
        f"actor_rollout_ref.model.path={model}", f"trainer.default_local_dir={run}",
        f"data.train_batch_size={PROMPTS}", f"actor_rollout_ref.rollout.n={ROLLOUTS}",
        "actor_rollout_ref.actor.optim.lr=1e-3", "data.max_response_length=96",
        f"trainer.total_training_steps={STEPS}", f"trainer.save_freq={STEPS}", "trainer.val_before_train=false",
        "trainer.test_freq=-1", *options,
    ]  # fmt: skip
    environment = {**os.environ, "VERL_PLATFORM": "cpu", "HF_HUB_OFFLINE": "1"}
    with (run / "log.txt").open("w") as log:
        return subprocess.run(command, cwd=work, env=environment, stdout=log, stderr=log, timeout=1200)


def _check(work: Path, stage: str, result: subprocess.CompletedProcess) -> dict[int, dict[str, float]]:
    log = (work / stage / "log.txt").read_text(errors="replace")
    assert result.returncode == 0, log[-3000:]
    steps = metrics.read(work / stage)
    assert list(steps) == list(range(1, STEPS + 1))
    for values in steps.values():
        assert all(math.isfinite(values[f"reward/{key}"]) for key in KEYS)
        assert values["groups/rows_lost"] == 0
        assert values["reward/unscored"] == values["reward/executor_failed"] == 0
        assert values["training/rollout_probs_diff_mean"] < 1e-3
    assert sum(values["actor/grad_norm"] for values in steps.values()) > 0
    return steps


def _weights(checkpoint: Path) -> Iterator[tuple[str, object]]:
    import torch

    state = torch.load(checkpoint / "actor" / "model_world_size_1_rank_0.pt", map_location="cpu", weights_only=False)
    return ((name, value.to_local() if hasattr(value, "to_local") else value) for name, value in state.items())


def _mean_probability_change(work: Path, checkpoint: Path) -> float:
    """How far training moved the probabilities of a text's tokens, on average."""
    import torch
    from transformers import AutoModelForImageTextToText, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(work / "warm")
    plan = "1. click(): Click the alpha button\n2. click(): Click the omega button\n3. finish(): Done"
    ids = tokenizer(f"Task: Click the alpha button, then the omega button\nPlan:{plan}", return_tensors="pt").input_ids
    planner = AutoModelForImageTextToText.from_pretrained(work / "warm", dtype=torch.float32)
    before = planner(input_ids=ids).logits.softmax(-1)
    missing, unexpected = planner.load_state_dict(dict(_weights(checkpoint)), strict=False)
    assert not unexpected and all("lm_head" in name for name in missing)
    after = planner(input_ids=ids).logits.softmax(-1)
    chosen = ids[:, 1:, None]
    return (after[:, :-1].gather(-1, chosen) - before[:, :-1].gather(-1, chosen)).abs().mean().item()


def test_stage_1_then_stage_2(work: Path) -> None:
    steps = _check(work, "stage1", _train(work, "stage1", work / "warm"))
    # vLLM has the trained weights: it agrees with the actor far better than the old weights with the new.
    change = _mean_probability_change(work, work / "stage1" / f"global_step_{STEPS}")
    disagreement = steps[STEPS]["training/rollout_probs_diff_mean"]
    assert change > 10 * disagreement > 0

    merged = work / "after_stage1"
    command = [sys.executable, "-m", "verl.model_merger", "merge", "--backend", "fsdp"]
    source = work / "stage1" / f"global_step_{STEPS}" / "actor"
    subprocess.run([*command, "--local_dir", source, "--target_dir", merged], check=True, timeout=300, cwd=work)
    _check(work, "stage2", _train(work, "stage2", merged, "+tracer1/credit=steps"))
    left = [p for p in psutil.process_iter(["cmdline"]) if str(work) in " ".join(p.info["cmdline"] or [])]
    assert left == []


def test_bad_configurations_stop_before_ray_starts(work: Path) -> None:
    for option, says in (
        (f"actor_rollout_ref.model.path={work}/nowhere", "does not exist"),
        (f"data.train_files={work}/nowhere.parquet", "nowhere.parquet does not exist"),
        ("reward.custom_reward_function.reward_kwargs.discount=2", "discount must be in (0, 1], got 2"),
        ("actor_rollout_ref.rollout.n=3", "make the one a multiple of the other"),
        ("+reward.custom_reward_function.reward_kwargs.executor=ui_tar", "unknown executor 'ui_tar'"),
    ):
        result = _train(work, "stage1", work / "warm", option)
        log = (work / "stage1" / "log.txt").read_text()
        assert result.returncode != 0
        assert "tracer1: the run was not started." in log
        assert says in log
        assert "Started a local Ray instance" not in log
