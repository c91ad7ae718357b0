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
from typing import Any

from tracer1.coordinates import Box, Size
from tracer1.dialects import Screen, load_dialect
from tracer1.dialects.objects import read_object
from tracer1.plans import Step
from tracer1.trajectories import Gap, Observation, RecordedStep
from tracer1_data.derive import instruction_of
from tracer1_data.pictures import BadPicture
from tracer1_data.sources.mind2web_files import FIX
from tracer1_data.sources.mind2web_viewport import View, cut
from tracer1_data.sources.records import Unusable

_REPR = re.compile(r"\s*\[([^\]]*)\]\s*(.*?)\s*->\s*(CLICK|HOVER|ENTER|TYPE|SELECT)\b(?:\s*:\s?(.*))?\s*", re.DOTALL)
_READ = load_dialect("mind2web").read


def read_step(row: dict[str, Any], where: str) -> RecordedStep | Gap:
    """The step of one row, or why it can only stand in the history and reference of others."""
    done = read_repr(row.get("target_action_reprs"))
    try:
        element, _ = _represented(row.get("target_action_reprs"))
        operation = _object(row.get("operation"), "operation")
        done = _step(operation, element)
        view = _view(row, _target(row.get("pos_candidates")))
        return RecordedStep(Observation(view.picture, view.size), _step(operation, element, view), view.box)
    except Unusable as unusable:
        return Gap(done, unusable.at(where, FIX))


def read_repr(text: Any) -> Step | None:
    """The step that a line of ``action_reprs`` says, without its place; None when it cannot be read."""
    try:
        element, operation = _represented(text)
        return _step(operation, element)
    except Unusable:
        return None


def _represented(text: Any) -> tuple[tuple[str, str], dict[str, Any]]:
    """What ``[button]  Search -> CLICK`` says: the element's role and name, and the operation."""
    found = _REPR.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        reason = "it does not say what was done: [role]  name -> OPERATION"
        raise Unusable("missing field", "target_action_reprs", reason)
    role, name, kind, value = found.groups()
    return (role, name), {"op": kind, "value": value or ""}


def _step(operation: dict[str, Any], element: tuple[str, str], view: View | None = None) -> Step:
    """The step of an operation on this element, at its place in the view."""
    size = Size(1, 1)
    if view:
        box, size = view.box, view.size
        edges = (box.left, box.top, box.right - box.left, box.bottom - box.top)
        operation = {**operation, "bounding_box_rect": ",".join(f"{edge:.6f}" for edge in edges)}
    try:
        (action,) = _READ(json.dumps(operation), Screen(size))
        return Step(action, instruction_of(action, element))
    except (ValueError, RecursionError) as error:
        raise Unusable("unknown action", "operation", str(error)) from error


def _object(value: Any, field: str) -> dict[str, Any]:
    """An object, or the JSON string of one."""
    try:
        if isinstance(value, dict):
            return value
        if isinstance(value, str):
            return read_object(value)
    except ValueError as error:
        raise Unusable("broken record", field, f"it is not JSON: {error}") from error
    raise Unusable("broken record", field, f"it must be a JSON object, got {type(value).__name__}")


def _target(candidates: Any) -> Box:
    """The target's box on the page: that of the element which the annotator chose, or else of the first candidate."""
    if not isinstance(candidates, list | None):
        raise Unusable("broken record", "pos_candidates", f"it must be a list, got {type(candidates).__name__}")
    found = [_object(candidate, "pos_candidates") for candidate in candidates or ()]
    if not found:
        raise Unusable("target not on the page", "pos_candidates", "no candidate is the target", expected=True)
    chosen = next((one for one in found if one.get("is_original_target") is True), found[0])
    field = "pos_candidates.attributes.bounding_box_rect"
    written = _object(chosen.get("attributes"), "pos_candidates.attributes").get("bounding_box_rect", "-1,-1,-1,-1")
    try:
        left, top, width, height = map(float, str(written).split(","))
        if width <= 0 or height <= 0:
            raise Unusable("target not on the page", field, "the target was not rendered", expected=True)
        return Box(left, top, left + width, top + height, "pixel")
    except ValueError as error:
        raise Unusable("broken record", field, 'it is not "x,y,width,height"') from error


def _view(row: dict[str, Any], box: Box) -> View:
    page = (row.get("screenshot") or {}).get("bytes")
    if not page:
        raise Unusable("missing image", "screenshot", "there is none", expected=True)
    try:
        return cut(page, box, str(row.get("action_uid")))
    except BadPicture as error:
        raise Unusable("unreadable image", "screenshot", str(error)) from error
    except ValueError as error:
        raise Unusable("off-screen coordinates", "pos_candidates.attributes.bounding_box_rect", str(error)) from error
