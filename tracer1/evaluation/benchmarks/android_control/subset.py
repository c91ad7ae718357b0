"""AndroidControl's test split as samples, and which of its steps OS-Atlas counts.

Read from the data as they are downloaded: the files ``android_control-000NN-of-00020``, ``splits.json`` and
``test_subsplits.json`` of gs://gresearch/android_control, and beside them ``ac_idx.txt``, the 7,708 step ids
(``episode_140_screenshot_0``) of OS-Copilot/OS-Atlas, ``eval/data``; it is not shipped here. Without it the whole split can be
read: 8,444 recorded actions of 1,543 episodes.

Source: google-research/google-research, android_control/README.md. Traps: the sub-splits overlap, so an episode may belong to
several; a step is named by its screenshot, of which the older ``type`` action gives two steps one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tracer1.evaluation.harness.base import Sample
from tracer1.evaluation.harness.recorded import samples_of
from tracer1.files import read_json
from tracer1.plans import Step
from tracer1.trajectories import Fault, Gap, Trajectory
from tracer1_data.derive import instruction_of
from tracer1_data.sources.android_control import SOURCE

IDS = "ac_idx.txt"
SUBSPLITS = "test_subsplits.json"
_ID = re.compile(r"episode_(\d+)_screenshot_(\d+)")
_AGAIN = "download it again from gs://gresearch/android_control"
_NEXT_IN_LINE = "no image of its own"


def raw_samples(path: Path, level: str, whole: bool) -> Iterator[Sample | Fault]:
    """The test split in the order of the files: all of it, or OS-Atlas' subset. Raises ValueError, naming file and fix."""
    root = path if path.is_dir() else path.parent
    parts = SOURCE.parts(path, "test")
    subsplits = read_subsplits(root / SUBSPLITS)
    wanted = None if whole else read_ids(root / IDS)
    met: set[str] = set()
    episodes: set[str] = set()
    for part in parts:
        for episode in SOURCE.read(part, "test"):
            if isinstance(episode, Fault):
                yield episode
            elif episode.episode in episodes:
                yield twice(f"{part.name}, {episode.episode}")
            else:
                episodes.add(episode.episode)
                for name, item in _named(episode, subsplits):
                    met.add(name)
                    yield _chosen(name, item, wanted, level)
    yield from (_missing(name, root / IDS) for name in wanted or () if name not in met)


def _named(episode: Trajectory, subsplits: Mapping[str, frozenset[int]]) -> Iterator[tuple[str, Sample | Fault]]:
    """Each step's sample or fault, with the name of its screenshot."""
    number = int(episode.episode.rpartition("/")[2])
    parts = tuple(name for name, episodes in subsplits.items() if number in episodes)
    screenshot = -1
    for recorded, item in zip(episode.steps, samples_of(episode, parts), strict=True):
        screenshot += not (isinstance(recorded, Gap) and recorded.fault.kind == _NEXT_IN_LINE)
        yield f"episode_{number}_screenshot_{screenshot}", item


def _chosen(name: str, item: Sample | Fault, wanted: Collection[str] | None, level: str) -> Sample | Fault:
    if wanted is not None and name not in wanted:
        return Fault(
            "not in OS-Atlas' subset", name, "step", f"{IDS} does not list it", "none is needed", expected=True
        )
    if isinstance(item, Fault):
        return item
    if wanted is None and item.reference.type == "finish":
        reason = "the screenshot after the last action: no action is recorded"
        return Fault("no recorded action", name, "actions", reason, "none is needed", expected=True)
    return ask(replace(item, id=name), level)


def ask(sample: Sample, level: str) -> Sample:
    """The sample at a level: ``high`` gives the goal, ``low`` the goal and the step instruction in OS-Atlas' words.

    A step instruction that was not recorded is not asked for: the one that stands in for it would tell the action.
    """
    step: Step = sample.future[0]
    if level == "high" or step.instruction == instruction_of(step.action):
        return sample
    return replace(sample, instruction=f"{sample.instruction} You need to: {step.instruction}")


def read_ids(file: Path) -> dict[str, None]:
    """The step ids of a file, one a line, in order. Raises ValueError, naming the line, for what is none or stands there twice."""
    if not file.is_file():
        raise ValueError(
            f"there is no {file}, the list of the 7,708 steps: take ac_idx.txt from OS-Copilot/OS-Atlas, eval/data, "
            "or evaluate the whole test split: high_all, low_all"
        )
    ids: dict[str, None] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").split(), 1):
        if not _ID.fullmatch(line):
            raise ValueError(f"{file}, line {number}: {line!r:.60} is no step id such as episode_140_screenshot_0")
        if line in ids:
            raise ValueError(f"{file}, line {number}: {line} stands there twice: take the file again")
        ids[line] = None
    if not ids:
        raise ValueError(f"{file} is empty: take ac_idx.txt again from OS-Copilot/OS-Atlas, eval/data")
    return ids


def read_subsplits(file: Path) -> dict[str, frozenset[int]]:
    """The episodes of each sub-split, in the file's order. Raises ValueError, naming the file."""
    said: Any = read_json(file)
    if not isinstance(said, dict) or not said:
        raise ValueError(f"{file} is no object of sub-splits: {_AGAIN}")
    for name, episodes in said.items():
        if not isinstance(episodes, list) or not all(isinstance(one, int) for one in episodes):
            raise ValueError(f"{file}: {name} is no list of episode numbers: {_AGAIN}")
    return {name: frozenset(episodes) for name, episodes in said.items()}


def twice(where: str) -> Fault:
    """The fault of an episode that was read already."""
    return Fault("duplicate episode", where, "episode_id", "it was read already", "remove the copy")


def _missing(name: str, listing: Path) -> Fault:
    reason = f"{listing.name} lists it, but no episode of the test split has it"
    return Fault("missing step", name, "step", reason, "download the files that are missing")
