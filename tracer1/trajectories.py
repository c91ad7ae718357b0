"""Recorded episodes: what was asked, what was seen before each step, what was done, where, and what came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tracer1.answers import ExpectedAnswer
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
    """What an agent sees: the screenshot (encoded as the dataset has it), its size, and the accessibility tree where there
    is one. Tool tasks may come with no picture (``b""`` and no size) or with several (``attachments``). ``platform`` (web,
    desktop, mobile, tool) is empty where it is not known. ``paths`` are absolute, one for each of ``pictures``, where the
    dataset has them as files. ``origin`` names the recorded state that an executor may bring a live environment to:
    ``miniwob/login-user/7#2`` is task and seed of an episode after its first two steps; empty where there is none."""

    screenshot: bytes
    size: Size | None
    elements: tuple[Element, ...] = ()
    attachments: tuple[bytes, ...] = ()
    platform: str = ""
    paths: tuple[str, ...] = ()
    origin: str = ""

    @property
    def pictures(self) -> tuple[bytes, ...]:
        """All pictures, the screenshot first."""
        return (self.screenshot, *self.attachments) if self.screenshot else self.attachments


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """The observation before a step, the step, the box (screenshot pixels) that a pointer action had to hit, and for a tool
    call what came back: ``output`` as text, ``answer`` as what the tool must answer again."""

    observation: Observation
    step: Step
    box: Box | None = None
    output: str = ""
    answer: ExpectedAnswer | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a piece of input cannot be used. ``kind`` is what it is counted by; ``where`` names file and record.

    ``expected`` says that the format is so, and nothing is damaged (a second action on the same screenshot, for example).
    """

    kind: str
    where: str
    field: str
    reason: str
    fix: str
    expected: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.field}: {self.reason} ({self.fix})"


@dataclass(frozen=True, slots=True)
class Gap:
    """A step that cannot be a decision of its own. ``step`` is what was done, where that is known: it still belongs to the
    history and to the continuation of its neighbours; to the history only, when it must not be ``taught`` (a mistake).
    ``output`` is what came back, as in :class:`RecordedStep`; ``observation`` is what was seen before the step where that
    can be used although the step is not trained on: a benchmark may score it."""

    step: Step | None
    fault: Fault
    taught: bool = True
    output: str = ""
    observation: Observation | None = None


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A recorded episode τ*. ``episode`` is unique in its source; ``complete`` says that it ends with the task solved;
    ``instructions`` whether the step instructions were recorded or are derived from the actions; ``toolbox`` names the tools
    that could be called (:data:`tracer1.toolbox.specs.TOOLBOXES`)."""

    source: str
    episode: str
    instruction: str
    platform: str
    steps: tuple[RecordedStep | Gap, ...]
    task: str = ""
    seed: int = 0
    complete: bool = True
    instructions: Literal["recorded", "derived"] = "recorded"
    toolbox: str = ""
