"""Mind2Web as SeeClick publishes it: one JSON list of tasks a split, and a folder of screenshots → trajectories.

``mind2web_data_test_task.json`` (``_website``, ``_domain``) holds tasks with ``annotation_id``, ``confirmed_task``, ``action_reprs``
and ``actions``; an action has ``action_uid``, ``operation`` and, where its target is on the screen, ``bbox`` (``x``, ``y``,
``width``, ``height`` in pixels of its screenshot). The screenshot is ``<annotation_id>-<action_uid>.jpg`` and is seen whole.
``operation.original_op`` says what was done; HOVER and ENTER are clicks.

Source: njucckevin/SeeClick, agent_tasks/readme_agent.md and mind2web_test.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tracer1.coordinates import Box, Size
from tracer1.dialects import Screen, load_dialect
from tracer1.plans import Step
from tracer1.trajectories import Fault, Gap, RecordedStep, Trajectory
from tracer1_data.derive import instruction_of
from tracer1_data.sources import json_list
from tracer1_data.sources.image_files import ImageFiles
from tracer1_data.sources.mind2web_steps import read_repr
from tracer1_data.sources.records import Unusable, text_of

_DIALECT = load_dialect("mind2web")
_FIX = "download the annotations again"
_UNZIP = "unzip the screenshots beside the annotations: their files are called <annotation_id>-<action_uid>.jpg"


def find(path: Path, split: str) -> Path | None:
    """The split's annotations: the file itself, or one in the directory or in its ``data``."""
    name = f"mind2web_data_{split}.json"
    places = [path / name, path / "data" / name] if path.is_dir() else [path]
    return next((place for place in places if place.name == name and place.is_file()), None)


def read(file: Path) -> Iterator[Trajectory | Fault]:
    """The tasks in the file's order, one in memory at a time. What is none is a fault at its place."""
    root = file.parent.parent if file.parent.name == "data" else file.parent
    images = ImageFiles((root / "mind2web_images", root / "images", root), _UNZIP)
    for position, record in json_list.iterate(file):
        where = f"{file.name}, byte {position}"
        yield record if isinstance(record, Fault) else _trajectory(record, where, images)


def _trajectory(record: dict[str, Any], where: str, images: ImageFiles) -> Trajectory | Fault:
    task, goal = text_of(record.get("annotation_id")), text_of(record.get("confirmed_task"))
    for name, value in (("annotation_id", task), ("confirmed_task", goal)):
        if not value:
            return Fault("missing field", where, name, "there is no text that can be used", _FIX)
    actions, reprs = record.get("actions"), record.get("action_reprs")
    if not isinstance(actions, list) or not actions:
        return Fault("empty episode", where, "actions", "there are no steps", "remove the task")
    says = [read_repr(text) for text in reprs] if isinstance(reprs, list) else []
    says += [None] * (len(actions) - len(says))
    steps = [
        _step(raw, says[number], f"{where}, {task}, step {number}", task, images) for number, raw in enumerate(actions)
    ]
    return Trajectory(
        "mind2web", task, goal, "web", tuple(steps), text_of(record.get("website")), instructions="derived"
    )


def _step(raw: Any, said: Step | None, where: str, task: str, images: ImageFiles) -> RecordedStep | Gap:
    try:
        operation, box = _operation(raw), _box(raw)
    except Unusable as unusable:
        return Gap(said, unusable.at(where, _FIX))
    seen = images.observe(f"{task}-{raw.get('action_uid')}.jpg", where, "action_uid")
    if isinstance(seen, Fault):
        return Gap(said, seen)
    try:
        (action,) = _DIALECT.read(json.dumps(operation), Screen(seen.size))
    except ValueError as error:
        return Gap(said, Unusable("unknown action", "operation", str(error)).at(where, _FIX))
    action = replace(action, arguments=action.arguments | _place(box, seen.size))
    return RecordedStep(seen, Step(action, said.instruction if said else instruction_of(action)), box)


def _operation(raw: Any) -> dict[str, Any]:
    operation = raw.get("operation") if isinstance(raw, dict) else None
    if not isinstance(operation, dict):
        raise Unusable("missing field", "operation", "it must be an object with original_op and value")
    return {"op": operation.get("original_op"), "value": operation.get("value")}


def _box(raw: dict[str, Any]) -> Box:
    if "bbox" not in raw:
        raise Unusable("target not on the page", "bbox", "there is none", expected=True)
    try:
        left, top, width, height = (float(raw["bbox"][edge]) for edge in ("x", "y", "width", "height"))
        return Box(left, top, left + width, top + height, "pixel")
    except (KeyError, TypeError, ValueError) as error:
        raise Unusable("broken record", "bbox", f"it needs the numbers x, y, width, height: {error!r:.60}") from error


def _place(box: Box, image: Size) -> dict[str, list[float]]:
    """The box's centre in ``thousand``; nothing where it lies outside the screenshot."""
    point = [box.centre.x / image.width * 1000, box.centre.y / image.height * 1000]
    return {"point": point} if all(0 <= value <= 1000 for value in point) else {}
