"""Step-level credit, an option beyond the paper: each predicted step is credited with what it and its successors earn.

The default gives one number, the plan's, to all of its tokens. Here a step's reward is placed on the step's last token, and
what belongs to no step (the format share) on the response's last token, so that they add up to the same score. The
advantage estimator ``tracer1_steps`` then gives the tokens of step t the rewards from there on, compared with those of the
other rollouts of the prompt that come to a step t; having stopped counts as one way to go on. Chosen by the config group
``+tracer1/credit=steps``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import torch
from pydantic import Field
from verl.experimental.agent_loop.agent_loop import AgentLoopOutput
from verl.trainer.ppo.core_algos import register_adv_est

NAME = "tracer1_steps"
VISIBLE = 1e-9  # stands for a reward of exactly 0, so that the end of its step can be seen
EPSILON = 1e-6


class PlannerOutput(AgentLoopOutput):
    """veRL's output of one rollout, whose reward may be spread over the ends of its steps (in tokens of the response)."""

    step_ends: list[int] = Field(default_factory=list)

    @classmethod
    def of(cls, output: AgentLoopOutput, step_ends: list[int]) -> PlannerOutput:
        """The same output with its steps' ends."""
        made = cls.model_construct(_fields_set=output.model_fields_set, **output.__dict__)
        made.step_ends = step_ends
        return made

    def as_dict(self) -> dict[str, Any]:
        """What the trainer receives: ``rm_scores`` holds the reward token by token."""
        fields = super().as_dict()
        ends = fields.pop("step_ends", self.step_ends)
        rewards = fields["extra_fields"].get("reward_extra_info", {}).pop("step_rewards", None)
        if rewards and "rm_scores" in fields:
            fields["rm_scores"] = spread(rewards, ends, len(fields["rm_scores"]), float(fields["rm_scores"][-1]))
        return fields


def find_step_ends(decode: Callable[[Sequence[int]], str], ids: Sequence[int], ends: Sequence[int]) -> list[int]:
    """For each character offset of the decoded response, the number of tokens that reach it."""
    return [bisect_left(range(len(ids)), end, key=lambda count: len(decode(ids[:count]))) for end in ends]


def spread(rewards: Sequence[float], ends: Sequence[int], length: int, score: float) -> torch.Tensor:
    """Token-level rewards (``length``) that add up to ``score``. Raises ValueError when rewards and ends differ in number."""
    tokens = torch.zeros(length)
    for reward, end in zip(rewards, ends, strict=True):
        tokens[max(end, 1) - 1] += reward or VISIBLE
    tokens[-1] += (score - sum(rewards)) or VISIBLE
    return tokens


@register_adv_est(NAME)
def compute_step_advantage(
    token_level_rewards: torch.Tensor, response_mask: torch.Tensor, index: Sequence[Any], config: Any = None, **_: Any
) -> tuple[torch.Tensor, torch.Tensor]:
    """Advantages and returns, both (rollouts, tokens), group-normalised for each prompt (``index``) and step number.

    ``algorithm.norm_adv_by_std_in_grpo`` divides by the group's standard deviation, as in GRPO. A step that only one
    rollout of its prompt comes to has the advantage 0.
    """
    by_std = True if config is None else bool(config.get("norm_adv_by_std_in_grpo", True))
    with torch.no_grad():
        rewards = token_level_rewards * response_mask
        returns = rewards.flip(-1).cumsum(-1).flip(-1)
        ended = (rewards != 0).long()
        numbers = ended.cumsum(-1) - ended
        advantages = torch.zeros_like(returns)
        for rows, number in _groups(numbers, response_mask, index):
            here = (numbers[rows] == number) & response_mask[rows].bool()
            values = (returns[rows] * here).sum(-1) / here.sum(-1)
            centred = values - values.mean()
            scaled = centred / (values.std() + EPSILON) if by_std else centred
            advantages[rows] += scaled[:, None] * here
        return advantages, returns * response_mask


def _groups(numbers: torch.Tensor, response_mask: torch.Tensor, index: Sequence[Any]) -> list[tuple[torch.Tensor, int]]:
    """Rows and step number of every group with at least two rollouts."""
    members: dict[tuple[Any, int], list[int]] = defaultdict(list)
    for row in range(len(numbers)):
        for number in numbers[row][response_mask[row].bool()].unique().tolist():
            members[index[row], number].append(row)
    return [(torch.tensor(rows), number) for (_, number), rows in members.items() if len(rows) > 1]
