"""One answer a rollout, reproducible, with each prompt processed once.

veRL's single-turn loop, and two things more. Every request has its own sampling seed, made from the training step,
the row and the rollout's number, so that a run can be repeated whatever the order in which requests arrive. And the
processor remembers its last results: veRL otherwise processes prompt and screenshot three times a rollout.

Registered by importing this module (:mod:`tracer1.training.dataset` does, in every agent-loop worker).
"""

from __future__ import annotations

import zlib
from typing import Any

from verl.experimental.agent_loop.agent_loop import AgentLoopOutput, register
from verl.experimental.agent_loop.single_turn_agent_loop import SingleTurnAgentLoop

from tracer1.training.processor_memory import remember

NAME = "tracer1_planner"


def sampling_seed(seed: int, step: int, row: int | str, rollout: int) -> int:
    """A 32-bit seed for one rollout; the same four arguments always give the same seed."""
    return zlib.crc32(f"{seed}/{step}/{row}/{rollout}".encode())


@register(NAME)
class PlannerAgentLoop(SingleTurnAgentLoop):
    """veRL's single-turn loop, seeded."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        remember(self.processor)

    async def run(self, sampling_params: dict[str, Any], **row: Any) -> AgentLoopOutput:
        step, rollout = int(row.get("global_steps", -1)), int(row.get("session_id", 0))
        seed = sampling_seed(self.rollout_config.seed, step, row.get("index", ""), rollout)
        return await super().run({**sampling_params, "seed": seed}, **row)
