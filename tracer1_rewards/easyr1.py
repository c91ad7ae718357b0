"""The rewards for EasyR1 (hiyouga/EasyR1): ``worker.reward.reward_function: <this file>:stage1`` or ``:stage2``.

EasyR1 passes a batch of ``{response, response_length, ground_truth}`` and nothing else; ``ground_truth`` is the JSON string
of our rows, and ``overall`` is what it optimises. ``worker.reward.reward_function_kwargs`` are
:class:`tracer1_rewards.Settings`. ``examples/easyr1`` has a configuration; ``python -m tracer1_data prepare … --format
easyr1`` makes rows.
"""

from __future__ import annotations

import asyncio
from typing import Any

from tracer1_rewards.scoring import Stage, cached_settings, score_response

REWARD_NAME = "tracer1"
REWARD_TYPE = "batch"


def stage1(reward_inputs: list[dict[str, Any]], **settings: Any) -> list[dict[str, float]]:
    """Stage-1 rewards of a batch, in its order."""
    return asyncio.run(_score(1, reward_inputs, settings))


def stage2(reward_inputs: list[dict[str, Any]], **settings: Any) -> list[dict[str, float]]:
    """Stage-2 rewards of a batch, in its order; the first steps are executed side by side."""
    return asyncio.run(_score(2, reward_inputs, settings))


async def _score(stage: Stage, inputs: list[dict[str, Any]], values: dict[str, Any]) -> list[dict[str, float]]:
    settings = cached_settings({**values, "step_credit": False})
    scores = (
        score_response(stage, one["response"], one["ground_truth"], settings, f"sample {number} of the batch")
        for number, one in enumerate(inputs)
    )
    return [reward.as_dict() for reward in await asyncio.gather(*scores)]
