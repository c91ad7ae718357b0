"""One AndroidControl record, checked as a whole: its lists fit together, its goal can be read.

The format and its traps are described in :mod:`tracer1_data.sources.android_control`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tracer1_data.sources.records import Unusable
from tracer1_data.sources.tf_example import Values, take

LONGEST_TEXT = 10_000
"""Bytes of a goal, an instruction or an action; what is longer is damage."""
LEAVE_OUT = "leave it out, or mend the file"


@dataclass(frozen=True, slots=True)
class Episode:
    """A record's lists: T actions and instructions; T + 1 pictures, and as many sizes and trees, or none."""

    goal: str
    actions: list[memoryview]
    instructions: list[memoryview]
    pictures: list[memoryview]
    sizes: list[tuple[int, int]]
    trees: list[memoryview]


def open_episode(example: Mapping[str, Values]) -> Episode:
    """The episode of a record. Raises Unusable, or BadMessage for a feature of the wrong kind."""
    goals, actions, instructions, pictures, trees = (
        take(example, name, memoryview)
        for name in ("goal", "actions", "step_instructions", "screenshots", "accessibility_trees")
    )
    widths, heights = (take(example, name, int) for name in ("screenshot_widths", "screenshot_heights"))
    if not actions:
        raise Unusable("empty episode", "actions", "there is no action", expected=True)
    if len(pictures) != len(actions) + 1:
        reason = f"there are {len(pictures)}, but {len(actions)} actions need {len(actions) + 1}"
        raise Unusable("wrong image count", "screenshots", reason)
    _check("step_instructions", instructions, len(actions))
    _check("screenshot_widths", widths or pictures, len(pictures))
    _check("screenshot_heights", heights, len(widths))
    _check("accessibility_trees", trees or pictures, len(pictures))
    if len(goals) != 1 or not (goal := " ".join(read_text(goals[0], "goal").split())):
        raise Unusable("missing field", "goal", "there is no goal")
    return Episode(goal, actions, instructions, pictures, list(zip(widths, heights, strict=True)), trees)


def _check(name: str, values: list, count: int) -> None:
    if len(values) != count:
        raise Unusable("broken record", name, f"there are {len(values)} instead of {count}")


def read_text(data: memoryview, field: str) -> str:
    """The text of a field. Raises Unusable."""
    if len(data) > LONGEST_TEXT:
        raise Unusable("broken record", field, f"a text of {len(data)} bytes, at most {LONGEST_TEXT} are read")
    try:
        return str(data, "utf-8")
    except UnicodeDecodeError as error:
        raise Unusable("not UTF-8", field, f"byte {error.start} is no UTF-8") from error
