"""What decides how rows are made of trajectories: the same settings and input give the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from tracer1.prompts import Style
from tracer1.protocols import PROTOCOLS
from tracer1.resizing import RULES, ResizeRule

Images = Literal["inline", "paths"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSettings:
    """How rows are made. Raises ValueError for an unknown style, protocol, model or kind of images, for numbers that are too
    small, and for paths to pictures that are to be scaled."""

    horizon: int = 8
    """T: steps in a plan."""
    history: int = 4
    """K: past steps in the prompt."""
    style: Style = "full"
    """``full`` explains the format in the prompt; ``compact`` suits a planner that knows it."""
    split: str = "train"
    """Name of the split, kept in ``extra_info``."""
    protocol: str = "tracer1"
    """The protocol by which a predicted step is compared with the reference."""
    points: bool = False
    """Keep points in the reference. Off, the executor finds the place from the instruction, as in the paper; the recorded
    point stays the target of stage 2."""
    model: str = "qwen3_vl"
    """Whose image tokens are counted (:data:`tracer1.resizing.RULES`)."""
    max_pixels: int = 0
    """Larger pictures are scaled down to this area and stored again as PNG; 0 leaves every picture as it is."""
    images: Images = "inline"
    """``inline``: rows hold their pictures; ``paths``: they name the dataset's own files, which then must stay where they are."""

    def __post_init__(self) -> None:
        if self.style not in get_args(Style):
            raise ValueError(f"unknown style {self.style!r}: use one of {', '.join(get_args(Style))}")
        if self.protocol not in PROTOCOLS:
            raise ValueError(f"unknown protocol {self.protocol!r}: use one of {', '.join(PROTOCOLS)}")
        if self.model not in RULES:
            raise ValueError(f"unknown model {self.model!r}: use one of {', '.join(RULES)}")
        if self.horizon < 1 or self.history < 0 or self.max_pixels < 0:
            raise ValueError("horizon must be at least 1, history and max_pixels at least 0")
        if self.images not in get_args(Images):
            raise ValueError(f"unknown images {self.images!r}: use one of {', '.join(get_args(Images))}")
        if self.images == "paths" and self.max_pixels:
            raise ValueError("max_pixels makes new pictures, which are no files of the dataset: use --images inline")

    @property
    def rule(self) -> ResizeRule:
        """The model's resizing."""
        return RULES[self.model]
