"""The size to which a model's own preprocessing resizes a screenshot: the far edge of ``resized`` coordinates.

The arithmetic is qwen-vl-utils' own ``smart_resize`` (both sides multiples of a factor, the area within limits). Models that
read and write ``thousand`` need none of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tracer1.coordinates import Size


@dataclass(frozen=True, slots=True)
class ResizeRule:
    """Sides are multiples of ``factor``; the area is between ``least`` and ``most`` pixels where possible."""

    factor: int
    least: int
    most: int


RULES: dict[str, ResizeRule] = {
    # bytedance/UI-TARS, codes/ui_tars/action_parser.py
    "ui_tars_1_5": ResizeRule(28, 100 * 28 * 28, 16384 * 28 * 28),
    # xlang-ai/OpenCUA, model/README.md (OpenCUA-7B and 32B)
    "opencua": ResizeRule(28, 3136, 12_845_056),
    # Qwen/Qwen2.5-VL-7B-Instruct, preprocessor_config.json: patches of 14 pixels, merged two by two
    "qwen2_5_vl": ResizeRule(28, 3136, 12_845_056),
    # QwenLM/Qwen3-VL: patches of 16 pixels, merged two by two
    "qwen3_vl": ResizeRule(32, 64 * 32 * 32, 16384 * 32 * 32),
}


def smart_resize(image: Size, rule: ResizeRule) -> Size:
    """The resized image's size, as ``qwen_vl_utils.vision_process.smart_resize`` works it out (a test compares the two; that
    module takes seconds to import). Raises ValueError beyond an aspect of 200."""
    if max(image.width, image.height) > 200 * min(image.width, image.height):
        raise ValueError(f"{image.width}x{image.height}: the model takes no picture with an aspect beyond 200")
    factor = rule.factor
    width, height = (max(factor, round(side / factor) * factor) for side in (image.width, image.height))
    if width * height > rule.most:
        shrink = math.sqrt(image.width * image.height / rule.most)
        width, height = (
            max(factor, math.floor(side / shrink / factor) * factor) for side in (image.width, image.height)
        )
    elif width * height < rule.least:
        grow = math.sqrt(rule.least / (image.width * image.height))
        width, height = (math.ceil(side * grow / factor) * factor for side in (image.width, image.height))
    return Size(width, height)


def image_tokens(image: Size, rule: ResizeRule) -> int:
    """How many tokens the model makes of a picture: one for each ``factor`` x ``factor`` pixels after resizing."""
    resized = smart_resize(image, rule)
    return resized.width * resized.height // rule.factor**2
