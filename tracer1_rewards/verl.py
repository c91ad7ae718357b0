"""The rewards as veRL custom reward functions: ``reward.custom_reward_function.path=pkg://tracer1_rewards.verl``.

veRL calls ``stage1`` or ``stage2`` once per sample and awaits it; managers that do not await take ``stage1_sync`` or
``stage2_sync``. Keys under ``reward_kwargs`` are :class:`tracer1_rewards.Settings`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from tracer1.executors import load_executor
from tracer1_rewards.scoring import Stage, cached_settings, score_response
from tracer1_rewards.settings import settings_from

_FROM_VERL = ("reward_router_address", "reward_model_tokenizer")
IN_RAY = ["ray"]
"""As an executor's ``base_urls``: veRL serves it, behind a router (``+tracer1/executor_server=ray``)."""


async def stage1(
    data_source: str, solution_str: str, ground_truth: str, extra_info: dict[str, Any] | None = None, **settings: Any
) -> dict[str, Any]:
    """Stage-1 reward of one response. An unreadable ``ground_truth`` gives ``unscored``, never an exception."""
    return await _score(1, data_source, solution_str, ground_truth, extra_info or {}, settings)


async def stage2(
    data_source: str, solution_str: str, ground_truth: str, extra_info: dict[str, Any] | None = None, **settings: Any
) -> dict[str, Any]:
    """Stage-2 reward of one response: the first step executed by ``settings.executor``."""
    return await _score(2, data_source, solution_str, ground_truth, extra_info or {}, settings)


def stage1_sync(*arguments: Any, **options: Any) -> dict[str, Any]:
    """:func:`stage1` for a thread without an event loop."""
    return asyncio.run(stage1(*arguments, **options))


def stage2_sync(*arguments: Any, **options: Any) -> dict[str, Any]:
    """:func:`stage2` for a thread without an event loop."""
    return asyncio.run(stage2(*arguments, **options))


def check_settings(**settings: Any) -> None:
    """Raises ValueError for ``reward_kwargs`` that cannot be used; TraceR1 asks before Ray starts."""
    chosen = settings_from(_with_router(settings, "127.0.0.1:1"))
    load_executor(chosen.executor, **chosen.executor_options)


async def _score(
    stage: Stage, source: str, response: str, ground_truth: str, extra: dict[str, Any], settings: dict[str, Any]
) -> dict[str, Any]:
    chosen = cached_settings(_with_router(settings, settings.get("reward_router_address") or ""))
    where = f"row {extra.get('index', '?')} of {source}"
    # Our agent loop knows whether the chat template has opened a thought (tracer1.training.agent_loop), our data set has
    # the screenshot, where that was asked (tracer1.training.dataset).
    thinking, screenshot = extra.get("thinking"), extra.get("screenshot") or b""
    reward = await score_response(stage, response, ground_truth, chosen, where, thinking, screenshot)
    return reward.as_dict()


def _with_router(settings: dict[str, Any], address: str) -> dict[str, Any]:
    """The settings without what veRL adds, the address (host:port) of its router where they ask for it. Raises ValueError when
    it has none."""
    own = {key: value for key, value in settings.items() if key not in _FROM_VERL}
    options = own.get("executor_options")
    urls = options.get("base_urls") if isinstance(options, Mapping) else None
    if not isinstance(urls, Sequence) or list(urls) != IN_RAY:
        return own
    if not address:
        raise ValueError("executor_options.base_urls=[ray] needs reward.reward_model.enable=true: +tracer1/executor_server=ray")
    return own | {"executor_options": {**options, "base_urls": [f"http://{address}/v1"]}}
