"""AndroidControl: episodes of people who carry out tasks in Android apps → trajectories, one part per file.

Source: google-research/google-research, android_control/README.md (Apache-2.0; gs://gresearch/android_control): GZIP TFRecords
of tf.train.Example, and ``splits.json`` with the episodes of each split. Traps:

- There is one more screenshot than there are actions, and no terminal action: the last screenshot gets ``finish`` here.
- Coordinates are pixels of that screenshot; ``scroll`` names the way of the view, as ours does.
- Some episodes have no action at all. Some step instructions are empty: they are derived from the action, and the trajectory
  says so.
- ``type``, of older files, is a click and a text in one recorded step: the text has no screenshot of its own.
- The element that was tapped is not recorded: its box is the smallest visible node of the accessibility tree that takes taps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tracer1.files import read_json
from tracer1.trajectories import Fault, Gap, RecordedStep, Trajectory
from tracer1_data.sources.android_episode import LEAVE_OUT, open_episode
from tracer1_data.sources.android_forest import load_forest
from tracer1_data.sources.android_steps import steps_of
from tracer1_data.sources.base import Part, Source
from tracer1_data.sources.records import UNREADABLE, Unusable
from tracer1_data.sources.tf_example import decode, take
from tracer1_data.sources.tfrecord import UnreadableFile, load_crc32c, read_records
from tracer1_data.sources.wire import BadMessage

_BUCKET = "gs://gresearch/android_control"
_NAME = re.compile(r"android_control.*-of-\d+")
_TEST_SETS = ("IDD", "app_unseen", "task_unseen", "category_unseen")


def parts(path: Path, split: str) -> Sequence[Part]:
    """One part per file of a directory, or the file that is given. Raises ValueError when there is none, no list of the
    split's episodes beside it, or a library is missing."""
    load_crc32c()
    load_forest()
    root = path if path.is_dir() else path.parent
    files = sorted(f for f in root.iterdir() if _NAME.fullmatch(f.name)) if path.is_dir() else [path]
    if not (files := [file for file in files if file.is_file()]):
        raise ValueError(f"{path} has no file android_control-000NN-of-00020: download some from {_BUCKET}")
    listing = root / ("test_subsplits.json" if split in _TEST_SETS else "splits.json")
    _episodes(listing, split)
    return [Part(file.name, (file, listing), root, weight=file.stat().st_size) for file in files]


def _episodes(listing: Path, split: str) -> frozenset[int]:
    """The ids of a split's episodes. Raises ValueError."""
    if not listing.is_file():
        raise ValueError(f"there is no {listing}, which says what belongs to {split}: download it from {_BUCKET}")
    numbers: Any = read_json(listing)
    numbers = numbers.get(split) if isinstance(numbers, dict) else None
    if not isinstance(numbers, list) or not all(isinstance(number, int) for number in numbers):
        raise ValueError(f"{listing} has no list of episode numbers called {split}: download it from {_BUCKET}")
    return frozenset(numbers)


def read(part: Part, split: str) -> Iterator[Trajectory | Fault]:
    """The trajectories of one file that belong to the split, and what is wrong with the others."""
    file, listing = part.files
    wanted, count = _episodes(listing, split), 0
    try:
        for record in read_records(file):
            yield from _read_record(record, wanted, f"{file.name}, record {count}")
            count += 1
    except UnreadableFile as error:
        reason = f"{error}; {count} records could be read"
        yield Fault(UNREADABLE, file.name, "file", reason, f"download it again from {_BUCKET}")


def _read_record(record: bytes | None, wanted: frozenset[int], where: str) -> Iterator[Trajectory | Fault]:
    if record is None:
        fix = f"download the file again from {_BUCKET}"
        yield Fault("broken record", where, "record", "the data do not fit their checksum", fix)
        return
    try:
        example = decode(record)
        numbers = take(example, "episode_id", int)
        if len(numbers) == 1 and numbers[0] not in wanted:
            return
        if len(numbers) != 1:
            raise Unusable("missing field", "episode_id", f"there are {len(numbers)} values instead of one")
        where = f"{where}, episode {numbers[0]}"
        episode = open_episode(example)
    except BadMessage as error:
        yield Fault("broken record", where, "record", str(error), LEAVE_OUT)
    except Unusable as unusable:
        yield unusable.at(where, LEAVE_OUT)
    else:
        notes: list[Fault] = []
        steps = tuple(steps_of(episode, where, notes))
        yield Trajectory(
            source="android_control",
            episode=f"android_control/{numbers[0]}",
            instruction=episode.goal,
            platform="mobile",
            steps=steps,
            task=_app(steps),
            instructions="recorded" if all(bytes(text).strip() for text in episode.instructions) else "derived",
        )
        yield from notes


def _app(steps: Sequence[RecordedStep | Gap]) -> str:
    """The first app that is opened by name; episodes that begin within an app have none."""
    actions = (step.step.action for step in steps if step.step is not None)
    return next((action.arguments["name"] for action in actions if action.type == "open_app"), "")


SOURCE = Source(
    name="android_control",
    what="15,283 episodes of people in 833 Android apps, with step instructions and accessibility trees",
    url="https://github.com/google-research/google-research/tree/master/android_control",
    licence="Apache-2.0",
    splits=("train", "validation"),
    reserved=("test", *_TEST_SETS),
    parts=parts,
    read=read,
)
