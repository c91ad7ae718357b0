"""Batch sizes that veRL cannot cut are named before Ray starts, with veRL's own configuration composed."""

from __future__ import annotations

import pytest
from hydra import compose, initialize_config_module
from omegaconf import DictConfig

from tracer1.training.preflight import _batches

pytest.importorskip("verl")
ACTOR, ROLLOUT, REF = (f"actor_rollout_ref.{name}" for name in ("actor", "rollout", "ref"))


def composed(*options: str) -> DictConfig:
    """128 prompts x 8 rollouts on 8 GPUs: 128 rollouts each, in pieces of 4 and 8."""
    with initialize_config_module("verl.trainer.config", version_base=None):
        return compose("ppo_trainer", ["+tracer1=stage1", "trainer.n_gpus_per_node=8", *options])


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ([], []),
        ([f"{ROLLOUT}.log_prob_micro_batch_size_per_gpu=128"], []),
        ([f"{ROLLOUT}.log_prob_micro_batch_size_per_gpu=48"], ["rollout.log_prob_micro_batch_size_per_gpu=48"]),
        ([f"{ACTOR}.ppo_micro_batch_size_per_gpu=3"], ["actor.ppo_micro_batch_size_per_gpu=3"]),
        # 10 prompts x 8 rollouts are 10 for each GPU, which neither 4 nor 8 divides
        (["data.train_batch_size=10"], ["rollout.log_prob_micro", "actor.ppo_micro"]),
        (["data.train_batch_size=10", f"{ACTOR}.use_dynamic_bsz=true"], []),
        (["data.train_batch_size=10", f"{ACTOR}.ulysses_sequence_parallel_size=2"], []),
        # the reference policy is there with a KL term only
        ([f"{REF}.log_prob_micro_batch_size_per_gpu=5"], []),
        ([f"{REF}.log_prob_micro_batch_size_per_gpu=5", f"{ACTOR}.use_kl_loss=true"], ["ref.log_prob_micro"]),
        ([f"{REF}.log_prob_micro_batch_size_per_gpu=5", "algorithm.use_kl_in_reward=true"], ["ref.log_prob_micro"]),
        (
            [
                f"{REF}.log_prob_micro_batch_size_per_gpu=5",
                f"{ACTOR}.use_kl_loss=true",
                f"{REF}.log_prob_use_dynamic_bsz=true",
            ],
            [],
        ),
        ([f"{REF}.log_prob_micro_batch_size_per_gpu=32", f"{ACTOR}.use_kl_loss=true"], []),
        # one engine updates and gives log probabilities
        ([f"{ROLLOUT}.log_prob_use_dynamic_bsz=true", "data.train_batch_size=10"], ["veRL wants both alike"]),
        ([f"{ROLLOUT}.log_prob_use_dynamic_bsz=false", f"{ACTOR}.use_dynamic_bsz=true"], ["veRL wants both alike"]),
    ],
)
def test_pieces_that_do_not_come_out_even_are_named(options: list[str], named: list[str]) -> None:
    found = list(_batches(composed(*options)))
    assert len(found) == len(named)
    assert all(name in problem for name, problem in zip(named, found, strict=True)), found
