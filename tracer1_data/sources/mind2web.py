"""Multimodal-Mind2Web: the Parquet files of Hugging Face → trajectories, one for each task.

One row is one action; a task's rows share ``annotation_id``, and ``target_action_index`` (a string) is the step's place among the
task's ``action_reprs``. Rows need not be in order, and a task may cross the border of two files: an index over these two
columns says where its rows lie, and a part, fifty tasks, is read in one pass over the row groups that hold them.

A step whose row is missing keeps its place: ``action_reprs`` says what was done. Screenshots are full pages; a viewport round
the target is cut out (:mod:`tracer1_data.sources.mind2web_viewport`), which encodes the picture anew, without loss. Step instructions
are derived from ``target_action_reprs``. The candidates that are not the target are not read, so there are no elements.

Source: Hugging Face osunlp/Multimodal-Mind2Web; Deng et al., Mind2Web (arXiv 2306.06070); Zheng et al., SeeAct (arXiv 2401.01614).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from tracer1.plans import Step
from tracer1.trajectories import Fault, Gap, RecordedStep, Trajectory
from tracer1_data.sources.base import Part, Source
from tracer1_data.sources.mind2web_files import FIX, Found, find_files, index, read_rows
from tracer1_data.sources.mind2web_steps import read_repr, read_step
from tracer1_data.sources.records import text_of

TASKS_IN_A_PART = 50
LONGEST_TASK = 1000
"""An index beyond this is damage: the longest task has some thirty steps."""


def parts(path: Path, split: str) -> Sequence[Part]:
    """Fifty tasks each, in the order in which tasks begin. Raises ValueError, naming the file and the fix, when the input has
    no file of the split, or one that is not this dataset's."""
    files = find_files(path, split)
    sizes = [len(places) for places in index(files).values()]
    starts = range(0, len(sizes), TASKS_IN_A_PART)
    ends = [*starts[1:], len(sizes)]
    return [
        Part(f"{split}-{start:05d}", files, path, start, end, sum(sizes[start:end]))
        for start, end in zip(starts, ends, strict=False)
    ]


def read(part: Part, split: str) -> Iterator[Trajectory | Fault]:
    """The part's tasks, each as soon as its last row was read: memory holds the rows of the tasks that are not complete."""
    tasks = dict(list(index(part.files).items())[part.start : part.stop])
    found: dict[bytes, list[Found]] = defaultdict(list)
    places = sorted(place for task in tasks.values() for place in task)
    for (file, group), wanted in groupby(places, key=lambda place: (place.file, place.group)):
        for task, row in read_rows(part.files[file], group, list(wanted)):
            found[task].append(row)
            if len(found[task]) == len(tasks[task]):
                yield from _trajectory(found.pop(task))


def _trajectory(rows: Sequence[Found]) -> Iterator[Trajectory | Fault]:
    """The task of these rows; before it, as faults, the rows that have no place in it."""
    task = next((found.row for found in rows if isinstance(found.row, dict) and _is_named(found.row)), None)
    steps: dict[int, Found] = {}
    for found in rows:
        if fault := _misplaced(found, steps, task):
            yield fault
        else:
            steps[found.step] = found
    if task and steps:
        says = [read_repr(text) for text in task["action_reprs"] or ()]
        says += [None] * (max(steps) + 1 - len(says))
        yield Trajectory(
            source=SOURCE.name,
            episode=task["annotation_id"],
            instruction=text_of(task["confirmed_task"]),
            platform="web",
            steps=tuple(_step(steps.get(n), said, n, task["annotation_id"]) for n, said in enumerate(says)),
            task=task["website"] or "",
            instructions="derived",
        )


def _is_named(row: dict[str, Any]) -> bool:
    return bool(row["annotation_id"] and text_of(row["confirmed_task"]))


def _misplaced(found: Found, steps: dict[int, Found], task: dict[str, Any] | None) -> Fault | None:
    """Why a row has no place in its task."""
    if task is None and isinstance(found.row, Fault):
        return found.row
    if task is None:
        return Fault("missing field", found.where, "annotation_id, confirmed_task", "the task has no name or text", FIX)
    if not 0 <= found.step < LONGEST_TASK:
        return Fault("broken record", found.where, "target_action_index", "it is not the index of a step", FIX)
    if found.step in steps:
        reason = f"step {found.step} of the task is {steps[found.step].where}"
        return Fault("duplicate", found.where, "target_action_index", reason, "remove one of the two")
    return None


def _step(found: Found | None, said: Step | None, number: int, task: str) -> RecordedStep | Gap:
    if found is None:
        fix = "download all files of the split"
        return Gap(said, Fault("missing step", f"{task}, step {number}", "target_action_index", "it has no row", fix))
    if isinstance(found.row, Fault):
        return Gap(said, found.row)
    return read_step(found.row, f"{found.where}, step {number}")


SOURCE = Source(
    name="mind2web",
    what="Multimodal-Mind2Web: 1,009 tasks on websites, recorded from people",
    url="https://huggingface.co/datasets/osunlp/Multimodal-Mind2Web",
    licence="OpenRAIL",
    splits=("train",),
    reserved=("test_task", "test_website", "test_domain"),
    parts=parts,
    read=read,
)
