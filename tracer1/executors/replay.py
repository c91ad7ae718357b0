"""Recorded MiniWoB++ episodes, and how a live page is brought to the state before one of their steps.

An episode is a function of (task, seed) and of what was done, so doing the recorded steps again gives the recorded page. What an
observation's ``origin`` names, ``miniwob/login-user/7#2``, is looked up in recordings: the Parquet files of ``examples/miniwob``
or of ``python -m tracer1_data collect``, of which only the steps are read, not the screenshots.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from tracer1.actions import Action
from tracer1.coordinates import Box, Point
from tracer1.environments.base import Environment
from tracer1.files import shards_of
from tracer1.trajectories import Element, Observation

SOURCE = "miniwob"
_ORIGIN = re.compile(rf"{SOURCE}/(?P<task>[\w.-]+)/(?P<seed>\d{{1,18}})#(?P<step>\d{{1,9}})")
_COLUMNS = ["task", "seed", "instruction", "step", "steps", "action", "box"]


class Diverged(RuntimeError):
    """The live page is not the recorded one; the message says where."""


@dataclass(frozen=True, slots=True)
class State:
    """A state of an episode: what was asked, and what was done until then, where."""

    task: str
    seed: int
    instruction: str
    done: tuple[tuple[Action, Point | None], ...]


class Recording:
    """The episodes of a Parquet file, or of those in a folder. Raises ValueError for what is none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._episodes: dict[tuple[str, int], list[dict[str, Any]]] = {}
        for file in shards_of(path):
            for episode, rows in groupby(_rows(file), key=lambda row: (row["task"], row["seed"])):
                steps = list(rows)
                if [row["step"] for row in steps] != list(range(steps[0]["steps"])):
                    raise ValueError(f"{file}: {episode[0]} {episode[1]} lacks some of its steps: collect it again")
                if self._episodes.setdefault(episode, steps) != steps:
                    raise ValueError(f"{file}: {episode[0]} {episode[1]} is in another file too, with other steps")

    def __len__(self) -> int:
        return len(self._episodes)

    def before(self, origin: str) -> State:
        """The state that ``origin`` names. Raises ValueError when it names none, or one that was not recorded."""
        found = _ORIGIN.fullmatch(origin)
        if found is None:
            raise ValueError(f"{origin!r:.80} names no recorded state such as {SOURCE}/login-user/7#2")
        task, seed, step = found["task"], int(found["seed"]), int(found["step"])
        rows = self._episodes.get((task, seed))
        if rows is None:
            raise ValueError(f"{origin}: there is no such episode in {self._path}")
        if step > len(rows):
            raise ValueError(f"{origin}: the episode has {len(rows)} steps")
        try:
            done = tuple((Action(**json.loads(row["action"])), _centre(row["box"])) for row in rows[:step])
        except (TypeError, ValueError) as error:
            raise ValueError(f"{self._path}: {task} {seed} has an illegal step ({error}): collect it again") from error
        return State(task, seed, rows[0]["instruction"], done)


def replay(environment: Environment, state: State, recorded: tuple[Element, ...] = ()) -> Observation:
    """Bring the page to the state, and look at it. Raises Diverged when the task is another than the recorded one, or when the
    page shows other elements than ``recorded`` (where these are known); ValueError for a step that it cannot do."""
    instruction = environment.reset(state.task, state.seed)
    if instruction != state.instruction:
        raise Diverged(f"the task is {instruction!r:.80}, recorded was {state.instruction!r:.80}")
    for action, point in state.done:
        environment.observe()  # as when it was recorded: the page has settled
        environment.perform(action, point)
    seen = environment.observe()
    if recorded and (difference := _difference(seen.elements, recorded)):
        raise Diverged(difference)
    return seen


def _difference(seen: tuple[Element, ...], recorded: tuple[Element, ...]) -> str:
    """The first element that one has and the other has not, whatever their places; empty when there is none."""
    ours, theirs = ([(one.role, one.name, one.group, one.value) for one in side] for side in (seen, recorded))
    if ours == theirs:
        return ""
    here = next((one for one in ours if one not in theirs), None)
    there = next((one for one in theirs if one not in ours), None)
    return f"the page shows {here or 'nothing new'}, recorded was {there or 'nothing else'}, or in another order"


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as table:
            if missing := set(_COLUMNS) - set(table.schema_arrow.names):
                raise ValueError(f"{file} is no recording: it lacks {', '.join(sorted(missing))}")
            for batch in table.iter_batches(columns=_COLUMNS):
                yield from batch.to_pylist()
    except (OSError, pa.ArrowInvalid) as error:
        raise ValueError(f"{file} cannot be read ({str(error).splitlines()[0]}): restore it") from error


def _centre(box: list[float] | None) -> Point | None:
    return Box(*(round(edge, 2) for edge in box), "pixel").centre if box else None
