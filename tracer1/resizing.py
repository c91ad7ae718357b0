"""The size to which a model's own preprocessing resizes a screenshot: the far edge of ``resized`` coordinates.

The arithmetic is qwen-vl-utils' own ``smart_resize`` (both sides multiples of a factor, the area within limits). Models that
read and write ``thousand`` need none of it.
"""

from __future__ import annotations

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
    # QwenLM/Qwen3-VL: patches of 16 pixels, merged two by two
    "qwen3_vl": ResizeRule(32, 64 * 32 * 32, 16384 * 32 * 32),
}


def smart_resize(image: Size, rule: ResizeRule) -> Size:
    """The resized image's size. Raises ModuleNotFoundError without qwen-vl-utils, ValueError beyond an aspect of 200."""
    try:
        from qwen_vl_utils.vision_process import smart_resize as resize
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("smart-resized coordinates need qwen-vl-utils: pip install 'tracer1[cpu]'") from error
    height, width = resize(image.height, image.width, factor=rule.factor, min_pixels=rule.least, max_pixels=rule.most)
    return Size(width, height)
