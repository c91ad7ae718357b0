"""One response scored from the strings that a training framework passes: what the veRL and the EasyR1 adapter share.

Bad settings raise; a row or an executor that fails gives an ``unscored`` result, never an exception.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from tracer1.executors import Executor, load_executor
from tracer1.ground_truth import GroundTruth, load
from tracer1.plans import parse
from tracer1_rewards.grounded import score_first_step
from tracer1_rewards.result import Reward
from tracer1_rewards.settings import Settings, settings_from
from tracer1_rewards.trajectory import score_plan

log = logging.getLogger(__name__)
Stage = Literal[1, 2]


async def score_response(
    stage: Stage,
    response: str,
    ground_truth: str,
    settings: Settings,
    where: str,
    thinking: bool | None = None,
    screenshot: bytes = b"",
) -> Reward:
    """The reward of one response under one row's ``ground_truth`` (JSON). ``where`` names the row in the log.

    ``thinking`` says whether the prompt opened a thought; None: as the settings say. ``screenshot`` is for executors that
    look at one.
    """
    try:
        truth = _load(ground_truth)
    except (ValueError, TypeError) as error:
        log.error("%s cannot be scored: %s", where, error)
        return Reward(unscored=1.0)
    parsed = parse(response, settings.thinking if thinking is None else thinking)
    if stage == 1:
        return score_plan(parsed, truth, settings)
    executor = _executor(settings.executor, json.dumps(settings.executor_options, sort_keys=True))
    return await score_first_step(parsed, truth, settings, executor, screenshot)


def cached_settings(values: dict[str, Any]) -> Settings:
    """:func:`settings_from`, remembered: a framework passes the same values with every sample. Raises ValueError.

    The values are what a configuration holds: texts, numbers, and lists and mappings of them (also OmegaConf's).
    """
    return _settings(json.dumps(values, sort_keys=True, default=_plain))


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else list(value)


@lru_cache(maxsize=64)
def _settings(values: str) -> Settings:
    return settings_from(json.loads(values))


@lru_cache(maxsize=8)
def _executor(name: str, options: str) -> Executor:
    return load_executor(name, **json.loads(options))


@lru_cache(maxsize=4096)
def _load(text: str) -> GroundTruth:
    return load(text)
