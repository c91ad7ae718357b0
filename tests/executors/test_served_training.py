"""Stage 2 with a served executor on real parts: veRL's main_ppo, Ray, the transfer queue, vLLM, and a server for the executor.

The server always points at the uppermost of the toy's three buttons, which is the right one a third of the time.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import toys

from tracer1.training import metrics
from tracer1_rewards.verl import stage2

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(2400)]
pytest.importorskip("verl")
pytest.importorskip("vllm")
sys.path.append(str(Path(__file__).parents[1] / "training"))

STEPS, PROMPTS, ROLLOUTS = 2, 8, 4
OPTIONS = "reward.custom_reward_function.reward_kwargs.executor_options"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows, and a planner that writes plans."""
    import toy

    folder = tmp_path_factory.mktemp("executor")
    train = toy.write(folder / "train.parquet", range(200))
    held_out = toy.write(folder / "val.parquet", range(900, 908))
    command = [sys.executable, "-m", "tracer1.training.warm_start", train, held_out, folder / "warm"]
    options = ["--steps", "120", "--heldout", "16", "--vocabulary", "400"]
    subprocess.run([*command, *options], check=True, timeout=900)
    return folder


def test_the_executor_is_asked_and_its_screenshots_are_not_logged(work: Path) -> None:
    run = work / "run"
    run.mkdir()
    with toys.running() as server:
        command = [
            sys.executable, "-m", "verl.trainer.main_ppo", "+tracer1=stage2", "+tracer1/device=cpu",
            "+tracer1/executor=ui_tars",
            f"reward.custom_reward_function.reward_kwargs.executor_options.base_urls=[{server.url}]",
            "reward.custom_reward_function.reward_kwargs.executor_options.model=uppermost",
            f"data.train_files={work}/train.parquet", f"data.val_files={work}/val.parquet",
            f"actor_rollout_ref.model.path={work}/warm", f"trainer.default_local_dir={run}",
            f"trainer.rollout_data_dir={run}/rollouts", f"trainer.validation_data_dir={run}/validation",
            f"data.train_batch_size={PROMPTS}", f"actor_rollout_ref.rollout.n={ROLLOUTS}", "data.max_response_length=96",
            f"trainer.total_training_steps={STEPS}", "trainer.save_freq=-1", "trainer.val_before_train=true",
            "trainer.test_freq=-1",
        ]  # fmt: skip
        environment = {**os.environ, "VERL_PLATFORM": "cpu", "HF_HUB_OFFLINE": "1"}
        with (run / "log.txt").open("w") as log:
            result = subprocess.run(command, cwd=work, env=environment, stdout=log, stderr=log, timeout=1800)
        assert result.returncode == 0, (run / "log.txt").read_text(errors="replace")[-3000:]
        assert server.stats()["requests"] > 0
    steps = metrics.read(run)
    for values in (steps[number] for number in range(1, STEPS + 1)):
        assert values["reward/unscored"] == 0 and values["groups/rows_lost"] == 0
    assert 0 < sum(steps[number]["reward/grounding"] for number in range(1, STEPS + 1)) < STEPS
    dumps = [*(run / "rollouts").glob("*.jsonl"), *(run / "validation").glob("*.jsonl")]
    lines = [json.loads(line) for dump in dumps for line in dump.read_text().splitlines()]
    assert len(lines) >= STEPS * PROMPTS * ROLLOUTS
    assert all("screenshot" not in line and "PNG" not in json.dumps(line) for line in lines)
    log_text = (run / "log.txt").read_text(errors="replace")
    assert "'screenshot'" not in log_text and "PNG" not in log_text


def test_the_executor_lives_in_the_same_ray_cluster(work: Path) -> None:
    """veRL serves it behind its router, on a (logical) GPU of its own. The planner itself plays it: what it answers is poor."""
    run, planner = work / "run_in_ray", work / "warm"
    run.mkdir()
    command = [
        sys.executable, "-m", "verl.trainer.main_ppo", "+tracer1=stage2", "+tracer1/device=cpu",
        "+tracer1/executor=qwen3_vl", "+tracer1/executor_server=ray", f"reward.reward_model.model_path={planner}",
        "reward.reward_model.rollout.max_model_len=4096", "reward.reward_model.rollout.max_num_batched_tokens=4096",
        "reward.custom_reward_function.reward_kwargs.executor_options.max_tokens=48", "ray_kwargs.ray_init.num_gpus=2",
        f"data.train_files={work}/train.parquet", f"data.val_files={work}/val.parquet",
        f"actor_rollout_ref.model.path={planner}", f"trainer.default_local_dir={run}",
        f"data.train_batch_size={PROMPTS}", f"actor_rollout_ref.rollout.n={ROLLOUTS}", "data.max_response_length=96",
        "trainer.total_training_steps=1", "trainer.save_freq=-1", "trainer.val_before_train=false", "trainer.test_freq=-1",
    ]  # fmt: skip
    environment = {**os.environ, "VERL_PLATFORM": "cpu", "HF_HUB_OFFLINE": "1"}
    with (run / "log.txt").open("w") as log:
        result = subprocess.run(command, cwd=work, env=environment, stdout=log, stderr=log, timeout=1800)
    assert result.returncode == 0, (run / "log.txt").read_text(errors="replace")[-3000:]
    values = metrics.read(run)[1]
    assert values["reward/unscored"] == values["reward/executor_failed"] == 0
    assert list((run / "executor_cache").iterdir())  # answers of a server that was asked


@pytest.mark.long
def test_a_server_that_dies(work: Path) -> None:
    """Killed and started again, it costs nothing but time; killed for good, it stops the run and says why."""
    run = work / "run_with_kills"
    run.mkdir()
    with toys.running() as server:
        command = [
            sys.executable, "-m", "verl.trainer.main_ppo", "+tracer1=stage2", "+tracer1/device=cpu",
            "+tracer1/executor=ui_tars", f"{OPTIONS}.base_urls=[{server.url}]", f"{OPTIONS}.model=uppermost",
            f"{OPTIONS}.seconds=30", f"{OPTIONS}.cache_dir=''",
            f"data.train_files={work}/train.parquet", f"data.val_files={work}/val.parquet",
            f"actor_rollout_ref.model.path={work}/warm", f"trainer.default_local_dir={run}",
            f"data.train_batch_size={PROMPTS}", f"actor_rollout_ref.rollout.n={ROLLOUTS}", "data.max_response_length=96",
            "trainer.total_training_steps=50", "trainer.save_freq=-1", "trainer.val_before_train=false",
            "trainer.test_freq=-1",
        ]  # fmt: skip
        environment = {**os.environ, "VERL_PLATFORM": "cpu", "HF_HUB_OFFLINE": "1"}
        with (run / "log.txt").open("w") as log:
            process = subprocess.Popen(command, cwd=work, env=environment, stdout=log, stderr=log)
        wait_for_step(process, run, 1)
        server.kill()
        time.sleep(5)
        server.start()
        wait_for_step(process, run, 3)
        server.kill()
        assert process.wait(600) != 0
    steps = metrics.read(run)
    assert all(values["reward/unscored"] == 0 for values in list(steps.values())[:3])
    said = (run / "log.txt").read_text(errors="replace")
    assert "rollouts could not be scored (limit 20%)" in said


def wait_for_step(process: subprocess.Popen[bytes], run: Path, step: int) -> None:
    """Until that step's metrics are written."""
    deadline = time.monotonic() + 900
    while time.monotonic() < deadline and process.poll() is None:
        if (run / "metrics.jsonl").exists() and step in metrics.read(run):
            return
        time.sleep(0.5)
    raise AssertionError((run / "log.txt").read_text(errors="replace")[-3000:])


def test_an_executor_in_ray_without_its_server_is_told_before_ray_starts() -> None:
    with pytest.raises(ValueError, match=r"executor_server=ray"):
        asyncio.run(
            stage2(
                "toy",
                "1. click(): Click",
                "{}",
                executor="ui_tars",
                executor_options={"base_urls": ["ray"], "model": "m"},
            )
        )
