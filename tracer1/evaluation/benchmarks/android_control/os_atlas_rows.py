"""AndroidControl in OS-Atlas' own rows: one JSON object a line, ``{id, image, conversations}``, a screenshot and what was done there.

The first turn of the conversation is OS-Atlas' prompt, which ends with ``Task: <goal> You need to: <step>``, ``History:`` and the
steps before; the second is ``thoughts:`` with the step instruction and ``actions:`` with the action, in thousandths. The
screenshots lie beside the file, or below its folder, by the names that the rows give them (``episode_140_screenshot_0.png``).

Source: OS-Copilot/OS-Atlas, ``eval/data/ac_test.jsonl``. Traps: the rows have no boxes; an episode's rows follow one another;
history is made of the rows before, and a row that is missing there is reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from tracer1.coordinates import Size
from tracer1.dialects import Screen, load_dialect
from tracer1.evaluation.benchmarks.android_control.subset import SUBSPLITS, ask, read_subsplits, twice
from tracer1.evaluation.harness.base import Sample
from tracer1.evaluation.harness.recorded import samples_of
from tracer1.plans import Step
from tracer1.trajectories import Fault, Gap, RecordedStep, Trajectory
from tracer1_data.derive import instruction_of
from tracer1_data.sources.image_files import ImageFiles
from tracer1_data.sources.records import misread, parse_record, text_of

_NAME = re.compile(r"episode_(\d{1,9})_screenshot_(\d{1,3})\.\w+")  # a thousand screenshots are damage
_TASK = re.compile(r"\nTask: (.*?)(?: You need to: (.*?))?\nHistory:", re.DOTALL)
_SAID = re.compile(r"(?:thoughts:\n(.*?)\n?)?^actions:\n(.*)", re.DOTALL | re.MULTILINE)
_SCREEN = Screen(Size(1000, 1000))  # the dialect looks at no screen: its grid is always thousand
_PICTURES = "put the screenshots beside the rows"
_MEND = "take the row again from OS-Atlas' file"


@dataclass(frozen=True, slots=True)
class _Row:
    where: str
    image: str
    episode: int
    screenshot: int
    goal: str
    step: Step | Fault


def row_samples(file: Path, level: str) -> Iterator[Sample | Fault]:
    """The rows in order as samples. A sub-split's name is known where ``test_subsplits.json`` lies beside the rows."""
    subsplits = read_subsplits(file.parent / SUBSPLITS) if (file.parent / SUBSPLITS).is_file() else {}
    images = ImageFiles((file.parent / "screenshots", file.parent), _PICTURES)
    seen: set[int] = set()
    for episode, group in groupby(_rows(file), key=lambda row: row.episode if isinstance(row, _Row) else row):
        if isinstance(episode, Fault):
            yield episode
        elif episode in seen:
            yield from (twice(row.where) for row in group)
        else:
            seen.add(episode)
            parts = tuple(name for name, episodes in subsplits.items() if episode in episodes)
            yield from _episode(list(group), images, parts, level)


def _rows(file: Path) -> Iterator[_Row | Fault]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _row(line, f"{file.name}, line {number}")


def _row(line: bytes, where: str) -> _Row | Fault:
    record = parse_record(line, where)
    if isinstance(record, Fault):
        return record
    image = record.get("image")
    name = _NAME.fullmatch(image.replace("\\", "/").rpartition("/")[2]) if isinstance(image, str) else None
    if name is None:
        return _lacking(where, "image", "no picture such as episode_140_screenshot_0.png is named")
    asked, answered = _turns(record.get("conversations"))
    task, said = _TASK.search(asked), _SAID.search(answered)
    if task is None or not (goal := text_of(task[1])):
        return _lacking(where, "conversations", "the prompt has no line `Task: ` before `History:`")
    if said is None:
        return _lacking(where, "conversations", "the answer has no line `actions:`")
    step = _step(said[2], text_of(task[2]) or text_of(said[1]), where)
    return _Row(where, image, int(name[1]), int(name[2]), goal, step)


def _turns(conversations: Any) -> tuple[str, str]:
    turns = conversations if isinstance(conversations, list) else []
    texts = [turn.get("value") if isinstance(turn, Mapping) else None for turn in turns[:2]]
    return tuple(text if isinstance(text, str) else "" for text in [*texts, "", ""][:2])


def _step(words: str, says: str, where: str) -> Step | Fault:
    try:
        action, *_ = load_dialect("os_atlas").read(words, _SCREEN)
    except ValueError as error:
        return misread(error, where, "conversations")
    return Step(action, says or instruction_of(action))


def _episode(rows: list[_Row], images: ImageFiles, parts: tuple[str, ...], level: str) -> Iterator[Sample | Fault]:
    first = rows[0]
    by_number: dict[int, _Row] = {}
    for row in rows:
        if row.screenshot in by_number:
            yield twice(row.where)
        by_number.setdefault(row.screenshot, row)
    steps = [_recorded(by_number.get(number), number, first, images) for number in range(max(by_number) + 1)]
    episode = Trajectory(
        "android_control", f"android_control/{first.episode}", first.goal, "mobile", tuple(steps), complete=False
    )
    for sample in samples_of(episode, parts):
        if isinstance(sample, Sample):
            sample = ask(replace(sample, id=f"episode_{first.episode}_screenshot_{sample.position}"), level)
        yield sample


def _recorded(row: _Row | None, number: int, first: _Row, images: ImageFiles) -> RecordedStep | Gap:
    if row is None:
        name = f"episode_{first.episode}_screenshot_{number}"
        return Gap(
            None, Fault("missing step", f"{first.where}, {name}", "row", "later rows follow, but not this one", _MEND)
        )
    if isinstance(row.step, Fault):
        return Gap(None, row.step)
    seen = images.observe(row.image, row.where, "image")
    return Gap(row.step, seen) if isinstance(seen, Fault) else RecordedStep(seen, row.step)


def _lacking(where: str, field: str, reason: str) -> Fault:
    return Fault("missing field", where, field, reason, _MEND)
