"""AgentNetBench's files: one JSON object a task, its screenshots in ``images`` → samples with all the ways to do each step.

A step has ``image``, ``ground_truth_actions``, ``alternative_options`` (each a list of actions, too), and an ``inner_monologue`` whose
``low_level_instruction`` says the step. An action has ``type``, ``params`` (``position`` relative, ``text`` or ``content``, ``keys``,
``amount``, ``status``) and ``metadata.bboxes`` with ``rel_bbox`` (x, y, width, height, relative). ``action`` is the code that was
recorded; the reference is ``ground_truth_actions``, which reviewers corrected.

Source: xlang-ai/OpenCUA, evaluation/agentnetbench (README.md, sample_data, eval.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tracer1.actions import Action, is_text
from tracer1.coordinates import Box
from tracer1.dialects.arguments import act, join_keys, turn
from tracer1.dialects.points import place_pointer, read_point
from tracer1.evaluation.benchmarks.agentnetbench.scoring import CLICKS, KEYS, PLACED, Operation, Way
from tracer1.evaluation.harness.base import Sample
from tracer1.evaluation.harness.recorded import samples_of
from tracer1.plans import Step
from tracer1.trajectories import Fault, Gap, RecordedStep, Trajectory
from tracer1_data.derive import instruction_of
from tracer1_data.sources.image_files import ImageFiles
from tracer1_data.sources.records import Unusable, misread, parse_record, text_of, unreadable

_FIX = "download the benchmark again"
_ENTER = ("enter", "return")
_NAMES = {kind: name for name, kind in CLICKS.items()} | {"middleclick": "middle_click"}


def read(files: Sequence[Path]) -> Iterator[Sample | Fault]:
    """The steps of each task; ``truth`` are the ways to do it, the reference first. A task of an id that was there is a fault."""
    known: dict[str, str] = {}
    for file in files:
        task = _task(file)
        if isinstance(task, Fault):
            yield task
            continue
        trajectory, ways = task
        if trajectory.episode in known:
            reason = f"{known[trajectory.episode]} holds a task of this id, too"
            yield Fault("duplicate", file.name, "task_id", reason, "remove one of the two")
            continue
        known[trajectory.episode] = file.name
        for sample in samples_of(trajectory):
            yield sample if isinstance(sample, Fault) else _with_truth(sample, ways[sample.position])


def _with_truth(sample: Sample, ways: tuple[Way, ...]) -> Sample:
    """The sample with its ways, and the reference's first box in pixels."""
    box = next((box for one in ways[0] for box in one.boxes), None)
    size = sample.observation.size
    if box:
        edges = (box.left * size.width, box.top * size.height, box.right * size.width, box.bottom * size.height)
        box = Box(*edges, "pixel")
    return replace(sample, truth=ways, box=box)


def _task(file: Path) -> tuple[Trajectory, list[tuple[Way, ...]]] | Fault:
    """The task as a trajectory, and the ways of each of its steps."""
    try:
        record = parse_record(file.read_bytes(), file.name)
    except OSError as error:
        return unreadable(error, file.name)
    if isinstance(record, Fault):
        return record
    task, steps, meta = text_of(record.get("task_id")), record.get("steps"), record.get("meta_info")
    goal = text_of(record.get("high_level_task_description")) or text_of(record.get("user_task_description"))
    for name, value in (("task_id", task), ("high_level_task_description", goal)):
        if not value:
            return Fault("missing field", file.name, name, "there is no text that can be used", _FIX)
    if not isinstance(steps, list) or not steps:
        return Fault("empty episode", file.name, "steps", "there are no steps", _FIX)
    images = ImageFiles((file.parent / "images", file.parent), "put the screenshots into the folder images")
    read = [_step(raw, f"{file.name}, step {number}", images) for number, raw in enumerate(steps)]
    domain = text_of(meta.get("domain")) if isinstance(meta, dict) else ""
    trajectory = Trajectory("agentnetbench", task, goal, "desktop", tuple(step for step, _ in read), domain)
    return trajectory, [ways for _, ways in read]


def _step(raw: Any, where: str, images: ImageFiles) -> tuple[RecordedStep | Gap, tuple[Way, ...]]:
    try:
        given = raw if isinstance(raw, dict) else {}
        ways = [
            _way(given.get("ground_truth_actions"), "ground_truth_actions"),
            *_others(given.get("alternative_options")),
        ]
    except Unusable as unusable:
        return Gap(None, unusable.at(where, _FIX)), ()
    try:
        action = _action(ways[0])
    except ValueError as error:
        return Gap(None, misread(error, where, "ground_truth_actions")), ()
    said = given.get("inner_monologue")
    sentence = text_of(said.get("low_level_instruction")) if isinstance(said, dict) else ""
    step = Step(action, sentence or instruction_of(action))
    seen = images.observe(given.get("image"), where, "image")
    return (Gap(step, seen) if isinstance(seen, Fault) else RecordedStep(seen, step)), tuple(ways)


def _others(options: Any) -> list[Way]:
    """The alternative ways. An empty one stays empty: it scores 0, and the step is scored."""
    field = "alternative_options"
    if not isinstance(options, list | None):
        raise Unusable("broken record", field, "it must be a list of lists of actions")
    return [() if option == [] else _way(option, field) for option in options or ()]


def _way(actions: Any, field: str) -> Way:
    """The operations of a list of actions; one enter that follows text belongs to it, a second is an operation of its own."""
    if not isinstance(actions, list) or not actions:
        raise Unusable("missing field", field, "there is no list of actions")
    way: list[Operation] = []
    joined = False
    for one in (_operation(action, field) for action in actions):
        joined = not joined and bool(way) and way[-1].type == "write" and _is_enter(one)
        if joined:
            way[-1] = replace(way[-1], value=way[-1].value + "\n")
        else:
            way.append(one)
    return tuple(way)


def _is_enter(one: Operation) -> bool:
    return one.type in KEYS and len(one.value) == 1 and one.value[0].lower() in _ENTER


def _operation(action: Any, field: str) -> Operation:
    try:
        kind, params = action["type"].lower(), action["params"]
        if kind in PLACED or kind == "middleclick":
            position = params["position"]
            boxes = action.get("metadata", {}).get("bboxes", ())
            return Operation(kind, read_point([position["x"], position["y"]], (1, 1)), tuple(map(_box, boxes)))
        if kind == "write":
            text = params.get("content", "") or params.get("text", "")
            if not is_text(text):
                raise ValueError("the text cannot be compared")
            return Operation(kind, text)
        if kind in KEYS:
            join_keys(params["keys"])
            return Operation(kind, tuple(params["keys"]))
        return Operation(kind, params.get("amount", params.get("status")))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Unusable("broken record", field, f"an action is not as described: {error!r:.80}") from error


def _box(given: dict[str, Any]) -> Box:
    left, top, width, height = map(float, given["rel_bbox"])
    return Box(left, top, left + width, top + height, "unit")


def _action(way: Way) -> Action:
    """The first action that the operations are. Raises ValueError for what is none of ours."""
    return place_pointer(map(_act, way))[0]


def _act(one: Operation) -> Action:
    match one.type:
        case kind if kind in _NAMES:
            return act(_NAMES[kind], point=one.value)
        case "dragto":
            return act("drag", end=one.value)
        case "write":
            return act("type", text=one.value)
        case "press" | "hotkey":
            return act("key", key=join_keys(one.value))
        case "scroll":
            return act("scroll", **turn(one.value, "up", "down"))
        case "hscroll":
            return act("scroll", **turn(one.value, "right", "left"))
        case "terminate":
            return act("finish", outcome=one.value)
        case "wait":
            return act("wait")
    raise ValueError(f"the action {one.type} is not known")
