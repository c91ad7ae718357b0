"""The contract with the installed veRL: its loader finds the rewards, its reward manager scores with them."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

pytest.importorskip("verl")

import torch
from hydra import compose, initialize_config_module
from tensordict import TensorDict
from verl import DataProto
from verl.experimental.reward_loop.reward_manager.naive import NaiveRewardManager
from verl.trainer.ppo.reward import get_custom_reward_fn

from tracer1.actions import Action
from tracer1.coordinates import Size
from tracer1.ground_truth import GroundTruth, dump
from tracer1.plans import Plan, Step
from tracer1_rewards import KEYS

TRUTH = GroundTruth(Plan((Step(Action("wait"), "Wait"), Step(Action("finish"), "Done"))), Size(10, 10), horizon=4)


class Letters:
    """A tokenizer whose tokens are letters: veRL only decodes with it."""

    def decode(self, ids: torch.Tensor, skip_special_tokens: bool) -> str:
        return "".join(map(chr, ids.tolist()))


def _config(*overrides: str):
    with initialize_config_module("verl.trainer.config", version_base=None):
        return compose("ppo_trainer", overrides=["+tracer1=stage1", *overrides])


def _sample(response: str, **extra: object) -> DataProto:
    ids = torch.tensor([[ord(letter) for letter in response]])
    batch = TensorDict({"responses": ids, "attention_mask": torch.ones_like(ids)}, batch_size=1)
    columns = {
        "data_source": "tracer1/toy",
        "reward_model": {"ground_truth": dump(TRUTH)},
        "extra_info": {"index": 0},
        "tool_extra_fields": extra,
    }
    return DataProto(batch=batch, non_tensor_batch={k: np.array([v], dtype=object) for k, v in columns.items()})


def _score(config, response: str, **extra: object) -> dict:
    async def run() -> dict:
        manager = NaiveRewardManager(config, Letters(), get_custom_reward_fn(config))
        return await manager.run_single(_sample(response, **extra))

    return asyncio.run(run())


def test_verls_own_manager_scores_with_our_reward() -> None:
    kwargs = "reward.custom_reward_function.reward_kwargs"
    result = _score(_config(f"{kwargs}.preset=paper", f"{kwargs}.discount=0.5"), "1. wait(): Now")
    assert result["reward_score"] == pytest.approx(2 / 3)  # discounts 1 and 1/2, the second step is missing
    assert set(result["reward_extra_info"]) == set(KEYS)


def test_what_the_agent_loop_knows_reaches_the_reward() -> None:
    assert _score(_config(), "1. wait(): Now", thinking=True)["reward_extra_info"]["parse_failed"] == 1
    assert _score(_config(), "1. wait(): Now", thinking=False)["reward_extra_info"]["parse_failed"] == 0


def test_credited_steps_travel_with_the_result() -> None:
    config = _config("+tracer1/credit=steps", "reward.custom_reward_function.reward_kwargs.preset=paper")
    assert config.algorithm.adv_estimator == "tracer1_steps"
    result = _score(config, "1. wait(): Now\n2. finish(): Done")
    # γ = 0.9: 1/1.9 and 0.9/1.9, and no format share
    assert result["reward_extra_info"]["step_rewards"] == pytest.approx([1 / 1.9, 0.9 / 1.9])
