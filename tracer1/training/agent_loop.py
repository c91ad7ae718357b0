"""One answer a rollout, reproducible, with each prompt processed once.

veRL's single-turn loop, and a few things more. Every request has its own sampling seed, made from the training step,
the row and the rollout's number, so that a run can be repeated whatever the order in which requests arrive. A planner
cannot write the tokens that stand for a picture: one of them in a response has no picture behind it, and computing
positions then crashes the run. Where steps are credited (:mod:`tracer1.training.step_credit`), their ends go with the
response. And the processor remembers its last results: veRL otherwise processes prompt and screenshot three times a
rollout.

Registered by importing this module (:mod:`tracer1.training.dataset` does, in every agent-loop worker).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import partial
from typing import Any

from verl.experimental.agent_loop.agent_loop import AgentLoopOutput, register
from verl.experimental.agent_loop.single_turn_agent_loop import SingleTurnAgentLoop

from tracer1.plans import parse
from tracer1.training.processor_memory import remember
from tracer1.training.step_credit import PlannerOutput, find_step_ends

NAME = "tracer1_planner"
PLACEHOLDER_NAMES = ("image_token_id", "video_token_id", "audio_token_id", "vision_start_token_id")
NEVER = -100.0  # vLLM's smallest bias


def sampling_seed(seed: int, step: int, row: int | str, rollout: int) -> int:
    """A 32-bit seed for one rollout; the same four arguments always give the same seed."""
    return zlib.crc32(f"{seed}/{step}/{row}/{rollout}".encode())


def forbid_placeholders(processor: Any) -> dict[int, float]:
    """vLLM's ``logit_bias`` under which a response holds no placeholder of an image, video or sound."""
    ids = (getattr(processor, name, None) for name in PLACEHOLDER_NAMES)
    return {token: NEVER for token in ids if token is not None}


def opens_thought(processor: Any, options: Mapping[str, Any]) -> bool:
    """Whether the chat template (with ``options``) begins the answer with ``<think>``, as those of thinking models do."""
    message = [{"role": "user", "content": "?"}]
    text = processor.apply_chat_template(message, add_generation_prompt=True, tokenize=False, **options)
    return text.rstrip().endswith("<think>")


@register(NAME)
class PlannerAgentLoop(SingleTurnAgentLoop):
    """veRL's single-turn loop, seeded, with text as the only output."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        remember(self.processor)
        self._logit_bias = forbid_placeholders(self.processor)
        reward = self.config.reward.custom_reward_function.get("reward_kwargs") or {}
        self._credits_steps = bool(reward.get("step_credit"))
        self._thinking = opens_thought(self.processor or self.tokenizer, self.apply_chat_template_kwargs)

    async def run(self, sampling_params: dict[str, Any], **row: Any) -> AgentLoopOutput:
        step, rollout = int(row.get("global_steps", -1)), int(row.get("session_id", 0))
        seed = sampling_seed(self.rollout_config.seed, step, row.get("index", ""), rollout)
        output = await super().run({**sampling_params, "seed": seed, "logit_bias": self._logit_bias}, **row)
        output.extra_fields["thinking"] = self._thinking  # veRL hands these fields to the reward
        return PlannerOutput.of(output, self._step_ends(output.response_ids)) if self._credits_steps else output

    def _step_ends(self, ids: list[int]) -> list[int]:
        """Where the steps of a response end, in tokens. The text is the one that the reward reads."""
        decode = partial(self.tokenizer.decode, skip_special_tokens=True)
        return find_step_ends(decode, ids, parse(decode(ids), self._thinking).ends)
