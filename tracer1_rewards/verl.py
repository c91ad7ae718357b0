"""The rewards as veRL custom reward functions: ``reward.custom_reward_function.path=pkg://tracer1_rewards.verl``.

veRL calls ``stage1`` or ``stage2`` once per sample and awaits it. Keys under ``reward_kwargs`` are :class:`Settings`.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

from tracer1.executors import Executor, load_executor
from tracer1.ground_truth import GroundTruth, load
from tracer1.plans import parse
from tracer1_rewards.grounded import score_first_step
from tracer1_rewards.result import Reward
from tracer1_rewards.settings import Settings, settings_from
from tracer1_rewards.trajectory import score_plan

log = logging.getLogger(__name__)
_FROM_VERL = ("reward_router_address", "reward_model_tokenizer")


async def stage1(
    data_source: str, solution_str: str, ground_truth: str, extra_info: dict[str, Any] | None = None, **settings: Any
) -> dict[str, float]:
    """Stage-1 reward of one response. An unreadable ``ground_truth`` gives ``unscored``, never an exception."""
    chosen = _settings(settings)
    truth = _truth(ground_truth, data_source, extra_info)
    if truth is None:
        return Reward(unscored=1.0).as_dict()
    return score_plan(parse(solution_str), truth, chosen).as_dict()


async def stage2(
    data_source: str, solution_str: str, ground_truth: str, extra_info: dict[str, Any] | None = None, **settings: Any
) -> dict[str, float]:
    """Stage-2 reward of one response: the first step executed by ``settings.executor``."""
    chosen = _settings(settings)
    truth = _truth(ground_truth, data_source, extra_info)
    if truth is None:
        return Reward(unscored=1.0).as_dict()
    reward = await score_first_step(parse(solution_str), truth, chosen, _executor(chosen.executor))
    return reward.as_dict()


@lru_cache(maxsize=8)
def _executor(name: str) -> Executor:
    return load_executor(name)


@lru_cache(maxsize=64)
def _cached_settings(items: tuple[tuple[str, Any], ...]) -> Settings:
    return settings_from(dict(items))


def _settings(values: dict[str, Any]) -> Settings:
    return _cached_settings(tuple(sorted((key, value) for key, value in values.items() if key not in _FROM_VERL)))


@lru_cache(maxsize=4096)
def _load(text: str) -> GroundTruth:
    return load(text)


def _truth(text: str, data_source: str, extra_info: dict[str, Any] | None) -> GroundTruth | None:
    try:
        return _load(text)
    except (ValueError, TypeError) as error:
        log.error("row %s of %s cannot be scored: %s", (extra_info or {}).get("index", "?"), data_source, error)
        return None
