"""What ``explain`` and ``replay`` read: a row of a Parquet file, a line of veRL's rollout dump, and ``--set`` settings.

Whatever is wrong with them is an :class:`InputError`: one line that names the file, the row or line, the field and the fix.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tracer1.executors import Executor, load_executor
from tracer1.files import picture_bytes, shards_of
from tracer1.ground_truth import GroundTruth, load
from tracer1.plans import ParsedPlan, parse, render
from tracer1.protocols import load_protocol
from tracer1_rewards.grounded import score_first_step
from tracer1_rewards.result import KEYS, Reward
from tracer1_rewards.settings import Settings, settings_from
from tracer1_rewards.trajectory import score_plan

_ROLLOUT = re.compile(r"_\d+_\d+$")
_KINDS = {one.name: type(getattr(Settings(), one.name)) for one in fields(Settings)}
_SWITCH = {"true": True, "false": False}


class InputError(ValueError):
    """What the user can put right."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A response and what it is compared with. ``thinking``: the prompt ends with an open thought. ``entry``: the line
    of the rollout dump that it comes from. ``screenshot``: where it was asked for; a dump has none."""

    where: str
    truth: GroundTruth
    response: str
    thinking: bool = False
    entry: dict[str, Any] = field(default_factory=dict)
    screenshot: bytes = b""

    def parse(self, settings: Settings) -> ParsedPlan:
        """The plan, read as the reward reads it."""
        return parse(self.response, self.thinking or settings.thinking)

    @property
    def recorded(self) -> dict[str, float]:
        """The rewards that the dump has of it."""
        return {key: float(self.entry[key]) for key in KEYS if _is_finite(self.entry.get(key))}

    @property
    def group(self) -> Hashable:
        """What the rollouts of one prompt share: veRL's ``uid`` without the rollout's number, or prompt and ground truth."""
        uid = self.entry.get("uid")
        return _ROLLOUT.sub("", uid) if isinstance(uid, str) else (self.entry.get("input"), self.entry.get("gts"))


async def reward_of(
    parsed: ParsedPlan, truth: GroundTruth, settings: Settings, executor: Executor | None, screenshot: bytes = b""
) -> Reward:
    """The reward of stage 2 where there is an executor, else of stage 1."""
    if executor is None:
        return score_plan(parsed, truth, settings)
    return await score_first_step(parsed, truth, settings, executor, screenshot)


def read_row(path: Path, row: int, response: str | None, screenshot: bool = False) -> Sample:
    """A row of a Parquet file, counted from 0, with ``response``; without one, with the row's own reference. With its
    ``screenshot`` where that is wanted."""
    where = f"{path}, row {row}"
    cell = _read_cell(path, row, "reward_model")
    text = cell.get("ground_truth") if isinstance(cell, dict) else None
    if not isinstance(text, str):
        raise InputError(
            f"{where}: lacks the text reward_model.ground_truth: prepare it with python -m tracer1_data prepare"
        )
    try:
        truth = _load(text)
    except ValueError as error:
        raise InputError(f"{where}, reward_model.ground_truth: {error}") from error
    # A closed thought ahead of the reference is read the same way, whether or not the prompt opened one.
    said = "</think>\n" + render(truth.reference) if response is None else response
    images = _read_cell(path, row, "images") if screenshot else None
    return Sample(where, truth, said, screenshot=picture_bytes(images[0]) if images else b"")


def _read_cell(path: Path, row: int, column: str) -> Any:
    """A cell of a file or of a directory of shards. Only its row group and that column are read: rows carry screenshots."""
    try:
        left = row
        for shard in shards_of(path):
            file = pq.ParquetFile(shard)
            if column not in file.schema_arrow.names:
                raise InputError(f"{shard}: lacks the column {column}. Prepare it with python -m tracer1_data prepare")
            for group in range(file.metadata.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                if 0 <= left < rows:
                    return file.read_row_group(group, columns=[column]).column(column)[left].as_py()
                left -= rows
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"{path}: not a readable Parquet file ({error}). Prepare it with python -m tracer1_data prepare"
        ) from error
    raise InputError(f"{path}: has {row - left} rows, counted from 0, so there is no row {row}: change --row")


def read_dump(path: Path, line: int, response: str | None) -> Sample:
    """A line of a rollout dump, counted from 1, with its own output, or with ``response`` instead."""
    try:
        with path.open("rb") as file:
            lines = file.readlines()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}): give a STEP.jsonl of rollout_data_dir") from error
    if not 0 < line <= len(lines):
        raise InputError(f"{path}: has {len(lines)} lines, counted from 1, so there is no line {line}: change --line")
    return read_line(lines[line - 1], f"{path}, line {line}", response)


def read_line(raw: bytes, where: str, response: str | None = None) -> Sample:
    """One line of a rollout dump."""
    try:
        entry = json.loads(raw.decode("utf-8"))
    except ValueError as error:
        raise InputError(f"{where}: not JSON ({error}): the dump was cut off or is another kind of file") from error
    if not isinstance(entry, dict):
        raise InputError(f"{where}: not a JSON object: veRL writes one a line, with output, gts and score")
    for name, what in (("output", "the response"), ("gts", "the row's ground_truth")):
        if not isinstance(entry.get(name), str):
            raise InputError(f"{where}: lacks the text field {name} ({what}): dump it with trainer.rollout_data_dir")
    try:
        truth = _load(entry["gts"])
    except ValueError as error:
        raise InputError(f"{where}, gts: {error}") from error
    thinking = str(entry.get("input", "")).rstrip().endswith("<think>")
    return Sample(where, truth, entry["output"] if response is None else response, thinking, entry)


def read_response(data: bytes, where: str) -> str:
    """A response as UTF-8 text, its line breaks kept as they are."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: the response is not UTF-8 text ({error}): save it as UTF-8") from error


def read_settings(pairs: Iterable[str]) -> Settings:
    """Reward settings from ``NAME=VALUE`` texts."""
    values = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise InputError(f"--set {pair}: write NAME=VALUE, e.g. --set discount=1.0")
        values[name.strip()] = _value(name.strip(), text.strip())
    try:
        return settings_from(values)
    except ValueError as error:
        raise InputError(f"--set: {error}") from error


def choose_executor(stage: int, settings: Settings) -> Executor | None:
    """Stage 2's executor; stage 1 has none."""
    try:
        return load_executor(settings.executor, **settings.executor_options) if stage == 2 else None
    except ValueError as error:
        raise InputError(f"--set executor: {error}") from error


def _value(name: str, text: str) -> Any:
    """The text as the kind of value that the setting holds."""
    kind = _KINDS.get(name, str)
    if kind is bool:
        if text.lower() not in _SWITCH:
            raise InputError(f"--set {name}={text}: write true or false")
        return _SWITCH[text.lower()]
    if kind is dict:
        try:
            return json.loads(text)
        except ValueError as error:
            raise InputError(f"--set {name}=...: a JSON object is needed ({error})") from error
    if kind is float:
        try:
            return _finite(text)
        except ValueError as error:
            raise InputError(f"--set {name}={text}: a number is needed, e.g. --set {name}=0.5") from error
    return text


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


@lru_cache(maxsize=64)
def _load(text: str) -> GroundTruth:
    truth = load(text)
    load_protocol(truth.protocol)
    return truth
