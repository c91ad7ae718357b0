"""The steps of an AndroidControl episode: what was on the screen, what was done there, and where it had to be done.

The format and its traps are described in :mod:`tracer1_data.sources.android_control`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.dialects.android_control import ANDROID_CONTROL
from tracer1.dialects.base import Screen
from tracer1.dialects.objects import read_object
from tracer1.executors.base import POINTER_ACTIONS
from tracer1.plans import Step
from tracer1.trajectories import Fault, Gap, Observation, RecordedStep
from tracer1_data.derive import instruction_of
from tracer1_data.pictures import BadPicture, size_of_whole
from tracer1_data.sources.android_episode import LEAVE_OUT, Episode, read_text
from tracer1_data.sources.android_tree import Node, elements_of, read_nodes, target_of
from tracer1_data.sources.records import Unusable, unseen
from tracer1_data.sources.wire import BadMessage

FINISH = Step(Action("finish"), instruction_of(Action("finish")))


@dataclass(frozen=True, slots=True)
class _Sight:
    """What is on the screen, and its visible nodes."""

    observation: Observation
    nodes: list[Node]


def steps_of(episode: Episode, where: str, notes: list[Fault]) -> Iterator[RecordedStep | Gap]:
    """The steps in order, with ``finish`` at the last screenshot. ``notes`` gets the faults that cost no step."""
    for number in range(len(episode.pictures)):
        yield from _steps_at(episode, number, f"{where}, step {number}", notes)


def _steps_at(episode: Episode, number: int, where: str, notes: list[Fault]) -> Iterator[RecordedStep | Gap]:
    sight = fault = None
    try:
        sight = _look(episode, number, where, notes)
    except Unusable as unusable:
        fault = unusable.at(where, LEAVE_OUT)
    steps, problem = _done(episode, number, sight.observation.size if sight else None)
    fault = fault or (problem.at(where, LEAVE_OUT) if problem else None)
    if not steps:
        yield Gap(None, fault)
    for place, step in enumerate(steps):
        if place:
            yield unseen(step, where, "actions")
        elif sight is None or fault:
            yield Gap(step, fault)
        else:
            yield RecordedStep(sight.observation, step, _target(step.action, sight))


def _look(episode: Episode, number: int, where: str, notes: list[Fault]) -> _Sight:
    """Raises Unusable for a screenshot that cannot be used."""
    picture = bytes(episode.pictures[number])
    try:
        size = size_of_whole(picture)
    except BadPicture as error:
        raise Unusable("unreadable image", "screenshots", str(error)) from error
    if episode.sizes and (said := episode.sizes[number]) != (size.width, size.height):
        reason = f"{size.width}x{size.height} pixels, but the record says {said[0]}x{said[1]}"
        raise Unusable("wrong image size", "screenshots", reason)
    nodes: list[Node] = []
    try:
        nodes = read_nodes(episode.trees[number], size) if episode.trees else []
    except BadMessage as error:
        fix = "none is needed: the target is the point itself"
        notes.append(Fault("unreadable tree", where, "accessibility_trees", str(error), fix, expected=True))
    return _Sight(Observation(picture, size, elements_of(nodes)), nodes)


def _target(action: Action, sight: _Sight) -> Box | None:
    point, size = action.arguments.get("point"), sight.observation.size
    if action.type not in POINTER_ACTIONS or point is None:
        return None
    x, y = (round(value * edge / 1000, 3) for value, edge in zip(point, (size.width, size.height), strict=True))
    return target_of(sight.nodes, x, y, size)


def _done(episode: Episode, number: int, size: Size | None) -> tuple[list[Step], Unusable | None]:
    """What was done at a screenshot of this size, as far as it can be read, and what is wrong with it.

    A place that is not on the screen, or on a screen of unknown size, is left out of the step.
    """
    if number == len(episode.actions):
        return [FINISH], None
    try:
        text = read_text(episode.actions[number], "actions")
        says = " ".join(read_text(episode.instructions[number], "step_instructions").split())
        away = _off_screen(text, size) if size else None
        if size and not away:
            return [_step(action, says) for action in _read(text, size)], None
        return [_step(_without_place(action), says) for action in _read(_moved(text), Size(1, 1))], away
    except Unusable as unusable:
        return [], unusable


def _read(text: str, size: Size) -> tuple[Action, ...]:
    try:
        return ANDROID_CONTROL.read(text, Screen(size))
    except ValueError as error:
        raise Unusable("unknown action", "actions", str(error)) from error


def _off_screen(text: str, size: Size) -> Unusable | None:
    said = _object(text)
    for name, edge in (("x", size.width), ("y", size.height)):
        value = said.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and not 0 <= value <= edge:
            reason = f"{name} is {value!r:.20} on a screen of {size.width}x{size.height} pixels"
            return Unusable("off-screen coordinates", "actions", reason)
    return None


def _moved(text: str) -> str:
    """The action with its place, where it has one, at the origin."""
    said = _object(text)
    return json.dumps({**said, **{name: 0 for name in ("x", "y") if name in said}})


def _object(text: str) -> dict[str, Any]:
    try:
        return read_object(text)
    except ValueError as error:
        raise Unusable("unknown action", "actions", str(error)) from error


def _without_place(action: Action) -> Action:
    return Action(action.type, {name: value for name, value in action.arguments.items() if name != "point"})


def _step(action: Action, says: str) -> Step:
    try:
        return Step(action, says or instruction_of(action))
    except ValueError as error:
        raise Unusable("broken record", "step_instructions", str(error)) from error
