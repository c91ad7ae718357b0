"""Recorded episodes: what was asked, what was seen before each step, what was done, and where."""

from __future__ import annotations

from dataclasses import dataclass

from tracer1.coordinates import Box, Size
from tracer1.plans import Step


@dataclass(frozen=True, slots=True)
class Element:
    """A visible node of a page's accessibility tree. ``name`` is its accessible name, ``group`` the name of the nearest
    titled container (a row, a section, a dialog), ``box`` its place in screenshot pixels."""

    role: str
    name: str
    box: Box
    group: str = ""
    value: str = ""
    focused: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """What an agent sees: the screenshot (PNG or WebP bytes), its size, and the accessibility tree where there is one."""

    screenshot: bytes
    size: Size
    elements: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """The observation before a step, the step, and the box (screenshot pixels) that a pointer action had to hit."""

    observation: Observation
    step: Step
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A recorded episode τ*. ``episode`` is unique in its source; ``complete`` says that it ends with the task solved."""

    source: str
    episode: str
    instruction: str
    platform: str
    steps: tuple[RecordedStep, ...]
    task: str = ""
    seed: int = 0
    complete: bool = True
