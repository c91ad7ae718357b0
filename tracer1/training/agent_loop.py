"""One answer a rollout, reproducible, with each screenshot processed once.

veRL's single-turn loop, and two things more. Every request has its own sampling seed, made from the training step, the row
and the rollout's number, so that a run can be repeated whatever the order in which requests arrive. And the image processor
remembers its last results: veRL otherwise processes a prompt's screenshot three times for each of its n rollouts.

Registered by importing this module (:mod:`tracer1.training.dataset` does, in every agent-loop worker).
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from typing import Any

from verl.experimental.agent_loop.agent_loop import AgentLoopOutput, register
from verl.experimental.agent_loop.single_turn_agent_loop import SingleTurnAgentLoop

NAME = "tracer1_planner"


def sampling_seed(seed: int, step: int, row: int | str, rollout: int) -> int:
    """A 32-bit seed for one rollout; the same four arguments always give the same seed."""
    return zlib.crc32(f"{seed}/{step}/{row}/{rollout}".encode())


class ImageMemory:
    """Wraps an image processor's ``preprocess``: the same pictures with the same options are processed once.

    Keeps the last ``size`` results. Pictures are told apart by their size, mode and pixels.
    """

    def __init__(self, preprocess: Any, size: int = 256) -> None:
        self._preprocess = preprocess
        self._size = size
        self._results: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    def __call__(self, images: Any, *arguments: Any, **options: Any) -> Any:
        pictures = images if isinstance(images, list | tuple) else [images]
        if arguments or not all(hasattr(picture, "tobytes") and hasattr(picture, "mode") for picture in pictures):
            return self._preprocess(images, *arguments, **options)
        key = (*((p.size, p.mode, hash(p.tobytes())) for p in pictures), repr(sorted(options.items(), key=str)))
        if key not in self._results:
            self._results[key] = self._preprocess(images, **options)
            while len(self._results) > self._size:
                self._results.popitem(last=False)
        self._results.move_to_end(key)
        kept = self._results[key]
        return type(kept)(data=dict(kept.data))


def remember_images(processor: Any) -> None:
    """Give a multimodal processor an :class:`ImageMemory`. Does nothing the second time, or without an image processor."""
    image_processor = getattr(processor, "image_processor", None)
    if image_processor is not None and not isinstance(image_processor.preprocess, ImageMemory):
        image_processor.preprocess = ImageMemory(image_processor.preprocess)


@register(NAME)
class PlannerAgentLoop(SingleTurnAgentLoop):
    """veRL's single-turn loop, seeded."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        remember_images(self.processor)

    async def run(self, sampling_params: dict[str, Any], **row: Any) -> AgentLoopOutput:
        seed = sampling_seed(
            self.rollout_config.seed, int(row.get("global_steps", -1)), row.get("index", ""), int(row.get("session_id", 0))
        )
        return await super().run({**sampling_params, "seed": seed}, **row)
