"""What lengths to set in veRL for a set of rows, and what a training step then takes: host memory, KV cache.

What the numbers rest on: veRL keeps the processed pictures of every rollout of a step in host memory (``multi_modal_inputs``);
Qwen3-VL's processor makes of each image token 32 x 32 pixels x 3 colours x 2 frames of float32; Qwen3-VL-8B has 36 layers
with 8 KV heads of 128 numbers in bfloat16 (their ``config.json`` and ``preprocessor_config.json``).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tracer1_data.counts.counting import Counts, mean, quantile

STEP = 64
PIXELS_OF_A_TOKEN = 32 * 32 * 3 * 2 * 4
CACHE_OF_A_TOKEN = 2 * 36 * 8 * 128 * 2


@dataclass(frozen=True, slots=True)
class Load:
    """What is trained with: ``response`` is the planned response in tokens, 0 for that of the longest reference plan."""

    train_batch: int = 128
    rollouts: int = 8
    gpus: int = 8
    response: int = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """A length to set, and how many rows are longer."""

    tokens: int
    over: int


@dataclass(frozen=True, slots=True)
class Budget:
    """The lengths for a set (``most``: no prompt is longer; ``usual``: 99 of 100 are not), and what a step takes."""

    most: Limit
    usual: Limit
    response: Limit
    sequences: int
    encoded_bytes: int
    pixel_bytes: int
    cache_tokens: int

    @property
    def cache_bytes(self) -> int:
        """The KV cache of these tokens on a GPU, for Qwen3-VL-8B."""
        return self.cache_tokens * CACHE_OF_A_TOKEN

    @property
    def host_bytes(self) -> int:
        """Pictures of a step, as files and as pixels."""
        return self.encoded_bytes + self.pixel_bytes


def budget(counts: Counts, load: Load) -> Budget:
    """The lengths to set for ``counts``, and what a step of ``load`` takes with them."""
    prompts, plans = counts.number("prompt tokens"), counts.number("plan tokens")
    most = _limit(prompts, _rounded(quantile(prompts, 100)))
    response = _limit(plans, load.response or _rounded(quantile(plans, 100)))
    sequences = load.train_batch * load.rollouts
    return Budget(
        most=most,
        usual=_limit(prompts, _rounded(quantile(prompts, 99))),
        response=response,
        sequences=sequences,
        encoded_bytes=sequences * counts.image_bytes // max(1, counts.rows),
        pixel_bytes=round(sequences * mean(counts.number("image tokens")) * PIXELS_OF_A_TOKEN),
        cache_tokens=-(-sequences // load.gpus) * (most.tokens + response.tokens),
    )


def _rounded(tokens: int) -> int:
    return -(-tokens // STEP) * STEP


def _limit(numbers: Counter[int], tokens: int) -> Limit:
    return Limit(tokens, sum(times for number, times in numbers.items() if number > tokens))
