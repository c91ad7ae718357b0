"""One answer a rollout, reproducible, with each prompt processed once.

veRL's single-turn loop, and three things more. Every request has its own sampling seed, made from the training step,
the row and the rollout's number, so that a run can be repeated whatever the order in which requests arrive. A planner
cannot write the tokens that stand for a picture: one of them in a response has no picture behind it, and computing
positions then crashes the run. And the processor remembers its last results: veRL otherwise processes prompt and
screenshot three times a rollout.

Registered by importing this module (:mod:`tracer1.training.dataset` does, in every agent-loop worker).
"""

from __future__ import annotations

import zlib
from typing import Any

from verl.experimental.agent_loop.agent_loop import AgentLoopOutput, register
from verl.experimental.agent_loop.single_turn_agent_loop import SingleTurnAgentLoop

from tracer1.training.processor_memory import remember

NAME = "tracer1_planner"
PLACEHOLDERS = ("image_token_id", "video_token_id", "audio_token_id", "vision_start_token_id")
NEVER = -100.0  # vLLM's smallest bias


def sampling_seed(seed: int, step: int, row: int | str, rollout: int) -> int:
    """A 32-bit seed for one rollout; the same four arguments always give the same seed."""
    return zlib.crc32(f"{seed}/{step}/{row}/{rollout}".encode())


def forbid_placeholders(processor: Any) -> dict[int, float]:
    """vLLM's ``logit_bias`` under which a response holds no placeholder of an image, video or sound."""
    ids = (getattr(processor, name, None) for name in PLACEHOLDERS)
    return {token: NEVER for token in ids if token is not None}


@register(NAME)
class PlannerAgentLoop(SingleTurnAgentLoop):
    """veRL's single-turn loop, seeded, with text as the only output."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        remember(self.processor)
        self._logit_bias = forbid_placeholders(self.processor)

    async def run(self, sampling_params: dict[str, Any], **row: Any) -> AgentLoopOutput:
        step, rollout = int(row.get("global_steps", -1)), int(row.get("session_id", 0))
        seed = sampling_seed(self.rollout_config.seed, step, row.get("index", ""), rollout)
        return await super().run({**sampling_params, "seed": seed, "logit_bias": self._logit_bias}, **row)
