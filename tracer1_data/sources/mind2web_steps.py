"""One row of Multimodal-Mind2Web → one step: the operation, the target's box, and the viewport that shows it.

Traps of the format: ``operation`` and each item of ``pos_candidates`` are JSON strings, ``attributes`` is JSON within that JSON
(SeeAct's samples have objects instead: both are read). ``pos_candidates`` may be empty, ``bounding_box_rect`` may be
``-1,-1,-1,-1`` (not rendered), and ``screenshot`` may be null in the train split: such a step has no decision of its own, and
is left out as the format's own. HOVER and ENTER are clicks by the published metric, and so they are here.

Sources: Hugging Face osunlp/Multimodal-Mind2Web, dataset card; OSU-NLP-Group/SeeAct, data/examples.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from PIL import Image

from tracer1.coordinates import Box, Size
from tracer1.dialects import Screen, load_dialect
from tracer1.dialects.objects import read_object
from tracer1.plans import Step
from tracer1.trajectories import Fault, Gap, Observation, RecordedStep
from tracer1_data.pictures import BadPicture
from tracer1_data.sources.mind2web_files import FIX
from tracer1_data.sources.viewport import View, cut
from tracer1_data.sources.wording import Named, describe

_REPR = re.compile(r"\s*\[([^\]]*)\]\s*(.*?)\s*->\s*(CLICK|HOVER|ENTER|TYPE|SELECT)\b(?:\s*:\s?(.*))?\s*", re.DOTALL)
_NOWHERE = Screen(Size(1, 1))
_READ = load_dialect("mind2web").read


class _Unusable(Exception):
    """Why a row cannot be a decision."""

    def __init__(self, kind: str, field: str, reason: str, expected: bool = False) -> None:
        super().__init__(reason)
        self.kind, self.field, self.expected = kind, field, expected


@dataclass(frozen=True, slots=True)
class _Meant:
    """What ``[button]  Search -> CLICK`` says: the element, and the operation that was done."""

    element: Named
    operation: dict[str, str]

    def step(self, operation: dict[str, Any], screen: Screen = _NOWHERE) -> Step:
        """The step of an operation on this element. Raises ValueError when it is none."""
        (action,) = _READ(json.dumps(operation), screen)
        return Step(action, describe(action, self.element))


def read_step(row: dict[str, Any], where: str) -> RecordedStep | Gap:
    """The step of one row, or why it can only stand in the history and reference of others."""
    done: Step | None = None
    try:
        meant = _meant(row.get("target_action_reprs"))
        done = _said(meant)
        operation = _object(row.get("operation"), "operation")
        done = _step(meant, operation)
        view = _view(row, _target(row.get("pos_candidates")))
        return RecordedStep(Observation(view.picture, view.size), _step(meant, operation, view), view.box)
    except _Unusable as why:
        fix = "nothing: the dataset is so" if why.expected else FIX
        return Gap(done, Fault(why.kind, where, why.field, str(why), fix, why.expected))


def read_repr(text: Any) -> Step | None:
    """The step that a line of ``action_reprs`` says, without its place; None when it cannot be read."""
    try:
        return _said(_meant(text))
    except _Unusable:
        return None


def _meant(text: Any) -> _Meant:
    found = _REPR.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        reason = "it does not say what was done: [role]  name -> OPERATION"
        raise _Unusable("missing field", "target_action_reprs", reason)
    role, name, kind, value = found.groups()
    return _Meant(Named(role, name), {"op": kind, "value": value or ""})


def _said(meant: _Meant) -> Step | None:
    try:
        return meant.step(meant.operation)
    except ValueError:
        return None


def _object(value: Any, field: str) -> dict[str, Any]:
    """An object, or the JSON string of one."""
    try:
        if isinstance(value, dict):
            return value
        if isinstance(value, str):
            return read_object(value)
    except ValueError as error:
        raise _Unusable("broken record", field, f"it is not JSON: {error}") from error
    raise _Unusable("broken record", field, f"it must be a JSON object, got {type(value).__name__}")


def _step(meant: _Meant, operation: dict[str, Any], view: View | None = None) -> Step:
    try:
        if view is None:
            return meant.step(operation)
        box = view.box
        edges = (box.left, box.top, box.right - box.left, box.bottom - box.top)
        written = ",".join(f"{edge:.6f}" for edge in edges)
        return meant.step({**operation, "bounding_box_rect": written}, Screen(view.size))
    except (ValueError, RecursionError) as error:
        raise _Unusable("unknown action", "operation", str(error)) from error


def _target(candidates: Any) -> Box:
    """The target's box on the page: that of the element which the annotator chose, or else of the first candidate."""
    if not isinstance(candidates, list | None):
        raise _Unusable("broken record", "pos_candidates", f"it must be a list, got {type(candidates).__name__}")
    found = [_object(candidate, "pos_candidates") for candidate in candidates or ()]
    if not found:
        raise _Unusable("target not on the page", "pos_candidates", "no candidate is the target", expected=True)
    chosen = next((one for one in found if one.get("is_original_target") is True), found[0])
    field = "pos_candidates.attributes.bounding_box_rect"
    written = _object(chosen.get("attributes"), "pos_candidates.attributes").get("bounding_box_rect", "-1,-1,-1,-1")
    try:
        left, top, width, height = map(float, str(written).split(","))
        if width <= 0 or height <= 0:
            raise _Unusable("target not on the page", field, "the target was not rendered", expected=True)
        return Box(left, top, left + width, top + height, "pixel")
    except ValueError as error:
        raise _Unusable("broken record", field, 'it is not "x,y,width,height"') from error


def _view(row: dict[str, Any], box: Box) -> View:
    page = (row.get("screenshot") or {}).get("bytes")
    if not page:
        raise _Unusable("missing image", "screenshot", "there is none", expected=True)
    try:
        return cut(page, box, str(row.get("action_uid")))
    except (BadPicture, Image.DecompressionBombError) as error:
        raise _Unusable("unreadable image", "screenshot", str(error)) from error
    except ValueError as error:
        raise _Unusable("off-screen coordinates", "pos_candidates.attributes.bounding_box_rect", str(error)) from error
