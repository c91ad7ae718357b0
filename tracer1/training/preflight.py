"""Checks a training configuration before Ray starts. Each finding is one line: what is wrong, what to do."""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from omegaconf import DictConfig, ListConfig, OmegaConf

from tracer1.executors import NEED_SCREENSHOT
from tracer1.training.preflight_data import find_data_problems
from tracer1.training.preflight_model import find_model_problems

MEBIBYTE = 1 << 20


def find_problems(config: DictConfig) -> list[str]:
    """All problems of a composed ``main_ppo`` configuration; an empty list lets the run start."""
    found = [*_plugin(config), *_groups(config), *_reward(config), *_batches(config)]
    return found or [*_files(config), *find_model_problems(config), *_space(config)]


def _plugin(config: DictConfig) -> Iterator[str]:
    from verl.utils import tensordict_utils

    if not hasattr(tensordict_utils.maybe_fix_3d_position_ids, "corrected"):
        yield (
            "TraceR1's veRL plugin is not active: install the package (pip install -e .) in the environment that runs "
            "veRL, and leave VERL_USE_EXTERNAL_PLUGINS unset"
        )
    if config.trainer.device == "cpu":
        asked = os.environ.get("VERL_PLATFORM", "")
        if asked.strip().lower() != "cpu":
            yield f"tracer1/device=cpu: VERL_PLATFORM is {asked!r} in the environment: export VERL_PLATFORM=cpu"
        elif (chosen := _platform()) != "cpu":
            yield f"veRL has the platform {chosen} although VERL_PLATFORM=cpu: reinstall tracer1[cpu]"
    elif "RAY_ADDRESS" not in os.environ and not _has_accelerator():
        yield "this machine shows no GPU: add +tracer1/device=cpu (and export VERL_PLATFORM=cpu), or set RAY_ADDRESS"


def _platform() -> str:
    """The device of veRL's platform; a reason in words when there is none."""
    from verl.plugin.platform import get_platform

    try:
        return get_platform().device_name
    except ValueError as error:
        return f"nothing ({error})"


def _has_accelerator() -> bool:
    import torch

    return torch.accelerator.is_available()


def _groups(config: DictConfig) -> Iterator[str]:
    given = [item.lstrip("+") for item in OmegaConf.select(config, "hydra.overrides.task", default=[])]
    stage = [i for i, item in enumerate(given) if item.startswith("tracer1=")]
    for group in ("device", "executor", "executor_server"):
        chosen = [i for i, item in enumerate(given) if item.startswith(f"tracer1/{group}=")]
        if stage and chosen and chosen[0] < stage[0]:
            yield f"put +tracer1/{group}=... behind +tracer1=stage...: the later group wins, and the {group} must"
    reward = config.reward.custom_reward_function.get("reward_kwargs") or {}
    if reward.get("executor") in NEED_SCREENSHOT and not config.data.get("keep_screenshot", False):
        name = reward.executor
        yield f"executor {name} looks at the screenshot: use +tracer1/executor={name}, or set data.keep_screenshot=true"
    credited = bool(reward.get("step_credit"))
    if credited != (config.algorithm.adv_estimator == "tracer1_steps"):
        yield "algorithm.adv_estimator=tracer1_steps and reward_kwargs.step_credit=true go together: use +tracer1/credit=steps"


def _reward(config: DictConfig) -> Iterator[str]:
    """A reward module may offer ``check_settings(**reward_kwargs)``, which raises ValueError for what it cannot use."""
    custom = config.reward.custom_reward_function
    path = custom.path or ""
    if not path.startswith("pkg://"):
        return
    try:
        module = importlib.import_module(path.removeprefix("pkg://"))
        settings = OmegaConf.to_container(custom.get("reward_kwargs") or OmegaConf.create({}), resolve=True)
        if not hasattr(module, custom.name):
            yield f"reward.custom_reward_function: {path} has no {custom.name}"
        elif check := getattr(module, "check_settings", None):
            check(**settings)
    except (ImportError, ValueError, TypeError) as error:
        yield f"reward.custom_reward_function: {error}"


def _batches(config: DictConfig) -> Iterator[str]:
    """veRL cuts what each GPU gets into micro batches, and fails in the first step when that does not come out even. Batches
    that are dynamic go by tokens. The actor updates and gives log probabilities by one engine: both dynamic, or neither."""
    worker = config.actor_rollout_ref
    update, log_prob = worker.actor.use_dynamic_bsz, worker.rollout.log_prob_use_dynamic_bsz
    if update != log_prob:
        yield (
            f"actor_rollout_ref.actor.use_dynamic_bsz={update}, but actor_rollout_ref.rollout.log_prob_use_dynamic_bsz="
            f"{log_prob}: veRL wants both alike, so leave the second out"
        )
        return
    if worker.actor.ulysses_sequence_parallel_size > 1:
        return
    gpus, rollouts = config.trainer.nnodes * config.trainer.n_gpus_per_node, worker.rollout.n
    with_reference = worker.actor.use_kl_loss or config.algorithm.use_kl_in_reward
    for cut, asked, key in (
        (not log_prob, "data.train_batch_size", "rollout.log_prob_micro_batch_size_per_gpu"),
        (
            with_reference and not worker.ref.log_prob_use_dynamic_bsz,
            "data.train_batch_size",
            "ref.log_prob_micro_batch_size_per_gpu",
        ),
        (not update, "actor_rollout_ref.actor.ppo_mini_batch_size", "actor.ppo_micro_batch_size_per_gpu"),
    ):
        prompts, micro = OmegaConf.select(config, asked), OmegaConf.select(worker, key)
        if cut and micro and prompts * rollouts % (gpus * micro):
            yield (
                f"{asked}={prompts} x {rollouts} rollouts over {gpus} GPUs cannot be cut into pieces of "
                f"actor_rollout_ref.{key}={micro}: make the one a multiple of the other"
            )


def _files(config: DictConfig) -> Iterator[str]:
    for key in ("train_files", "val_files"):
        value = config.data[key]
        for path in value if isinstance(value, ListConfig) else [value]:
            if path is None:
                continue
            problems = find_data_problems(Path(path).expanduser(), config.data)
            yield from (f"data.{key}: {problem}" for problem in problems)


def _space(config: DictConfig) -> Iterator[str]:
    folder = Path(config.trainer.default_local_dir).absolute()
    while not folder.exists():
        folder = folder.parent
    model = Path(config.actor_rollout_ref.model.path).expanduser()
    weights = sum(file.stat().st_size for file in model.glob("*.safetensors")) if model.is_dir() else 0
    # A checkpoint holds fp32 weights and two moments; the next one is written before the oldest goes.
    kept = (config.trainer.max_actor_ckpt_to_keep or 1) + 1 if config.trainer.save_freq > 0 else 0
    needed = 3 * weights * kept + 100 * MEBIBYTE
    free = shutil.disk_usage(folder).free
    if free < needed:
        yield (
            f"{folder} has {free // MEBIBYTE} MiB free and the checkpoints need about {needed // MEBIBYTE}: free "
            "some, or set trainer.default_local_dir to another disk"
        )
    shared = Path("/dev/shm")
    wanted = int(config.actor_rollout_ref.rollout.checkpoint_engine.update_weights_bucket_megabytes) * MEBIBYTE
    wanted += int(OmegaConf.select(config, "ray_kwargs.ray_init.object_store_memory", default=None) or 0)
    available = shutil.disk_usage(shared).free if shared.is_dir() else wanted
    if available < wanted:
        yield (
            f"/dev/shm has {available // MEBIBYTE} MiB free and the run needs {wanted // MEBIBYTE}: "
            "enlarge it (docker run --shm-size=2g) or lower ray_kwargs.ray_init.object_store_memory"
        )
