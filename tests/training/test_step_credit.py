"""Step-level credit: where rewards are placed, and the advantages of small groups, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("verl")

import torch
from verl.experimental.agent_loop.agent_loop import AgentLoopMetrics, AgentLoopOutput
from verl.trainer.ppo.core_algos import get_adv_estimator_fn

from tracer1.plans import parse
from tracer1.training.step_credit import PlannerOutput, compute_step_advantage, find_step_ends, spread

HALF = 0.5**0.5  # two values normalised by their mean and sample deviation are ±1/√2


def test_steps_end_with_the_token_that_completes_their_line() -> None:
    pieces = ["1. click", "(): A", "\n2", ". wait(): B", ""]
    text = "".join(pieces)
    ends = parse(text).ends
    assert find_step_ends(lambda ids: "".join(pieces[i] for i in ids), range(5), ends) == [3, 4]


def test_token_rewards_add_up_to_the_score() -> None:
    tokens = spread([0.5, 0.0], [3, 4], 6, 0.6)
    assert tokens.tolist() == pytest.approx([0, 0, 0.5, 1e-9, 0, 0.1])
    assert tokens[3] != 0, "the end of a step that earns nothing stays visible"
    assert spread([0.5], [2], 2, 0.6).tolist() == pytest.approx([0, 0.6])


def test_an_output_carries_its_steps_to_the_trainer() -> None:
    plain = AgentLoopOutput(
        prompt_ids=[1],
        response_ids=[5, 6, 7],
        response_mask=[1, 1, 1],
        metrics=AgentLoopMetrics(),
        reward_score=0.6,
        extra_fields={"reward_extra_info": {"score": 0.6, "step_rewards": [0.5]}},
    )
    fields = PlannerOutput.of(plain, [2]).as_dict()
    assert fields["rm_scores"].tolist() == pytest.approx([0, 0.5, 0.1])
    assert fields["extra_fields"]["reward_extra_info"] == {"score": 0.6}
    assert "step_ends" not in fields


def test_each_step_is_compared_with_the_same_step_of_the_others() -> None:
    # A: steps end at tokens 1 and 2, the response at 3; returns .7 .7 .3 .1. B: a step ends at 0, then it stops; .2 .1
    rewards = torch.tensor([[0, 0.4, 0.2, 0.1], [0.1, 0.1, 0, 0]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
    advantages, returns = compute_step_advantage(rewards, mask, np.array(["p", "p"], dtype=object))
    assert returns.tolist() == [pytest.approx([0.7, 0.7, 0.3, 0.1]), pytest.approx([0.2, 0.1, 0, 0])]
    # first step: .7 against .2; second: A goes on (.3), B stops (.1); nobody but A comes to a third
    assert advantages[0].tolist() == pytest.approx([HALF, HALF, HALF, 0], abs=1e-4)
    assert advantages[1].tolist() == pytest.approx([-HALF, -HALF, 0, 0], abs=1e-4)


def test_without_the_deviation_the_advantage_is_the_difference_to_the_mean() -> None:
    rewards, mask = torch.tensor([[0.9], [0.3], [0.5]]), torch.ones(3, 1)
    config = {"norm_adv_by_std_in_grpo": False}
    advantages, _ = compute_step_advantage(rewards, mask, ["p", "p", "q"], config)
    assert advantages[:, 0].tolist() == pytest.approx([0.3, -0.3, 0])


def test_one_step_is_plain_grpo() -> None:
    rewards = torch.tensor([[0, 0.9], [0, 0.3], [0, 0.6], [0, 0.6]])
    arguments = {"response_mask": torch.ones(4, 2), "index": np.array(list("pppp"), dtype=object)}
    ours, _ = get_adv_estimator_fn("tracer1_steps")(token_level_rewards=rewards, **arguments)
    grpo, _ = get_adv_estimator_fn("grpo")(token_level_rewards=rewards, **arguments)
    assert torch.allclose(ours, grpo, atol=1e-5)
