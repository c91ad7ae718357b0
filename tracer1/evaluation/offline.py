"""Plans scored on held-out rows without an environment: greedy, and eight samples a row.

Reads the veRL Parquet that training reads, asks the served planner for plans, and scores them with the reward
functions that are passed in (this package imports no rewards). Cheaper and, row for row, more precise than live
episodes, and it also says how often the executor is right when it is given the reference itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from tracer1.evaluation.concurrency import together
from tracer1.evaluation.statistics import pass_at, spread, standard_error
from tracer1.files import picture_bytes, shards_of
from tracer1.ground_truth import load
from tracer1.planner import Planner, PlannerSettings, decisive
from tracer1.plans import render

SCHEMA = 1
Scores = Mapping[str, float]
Score = Callable[[str, str, str, dict[str, Any]], Awaitable[Scores]]
"""veRL's custom reward function: (data_source, solution_str, ground_truth, extra_info) → the fixed result keys."""
_FLAGS = ("unscored", "executor_failed", "timed_out")
"""What is said of every answer; all else only of those that could be scored."""
_BY_EXECUTION = ("grounding", "answer", *_FLAGS)
"""What only stage 2 knows; the stages give the same for everything else."""
EXECUTOR_SECONDS = 3600.0
"""For one execution, its wait for a turn included: all rows are executed at once. Executors bound each by themselves."""
_ASK = "python -m tracer1_rewards explain --stage 2 says why"
_COLUMNS = ["data_source", "prompt", "images", "reward_model", "extra_info"]


@dataclass(frozen=True, slots=True)
class Row:
    """What is needed of one row of a veRL Parquet file."""

    source: str
    messages: tuple[dict[str, str], ...]
    images: tuple[bytes, ...]
    truth: str
    extra: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OfflineSettings:
    """``policy`` and ``split`` name the result in reports; ``samples`` n answers a row at ``temperature``; ``executor`` carries
    out first steps for the stage-2 score."""

    policy: str
    split: str
    planner_id: str
    samples: int = 8
    temperature: float = 1.0
    requests: int = 32
    executor: str = "accessibility"
    executor_options: Mapping[str, Any] = field(default_factory=dict)


def open_rows(path: Path) -> pyarrow.parquet.ParquetFile:
    """The Parquet file, once it is sure that it holds veRL rows. Raises ValueError naming the fault."""
    try:
        file = pyarrow.parquet.ParquetFile(path)
    except (OSError, pyarrow.ArrowException) as error:
        raise ValueError(f"cannot read {path} as Parquet ({error}): prepare the data again") from error
    if missing := [name for name in _COLUMNS if name not in file.schema_arrow.names]:
        raise ValueError(
            f"{path} lacks the column {', '.join(missing)}: prepare it with python -m tracer1_data prepare"
        )
    if not file.metadata.num_rows:
        raise ValueError(f"{path} has no rows: prepare it with python -m tracer1_data prepare")
    return file


def read_rows(path: Path, limit: int = 0) -> list[Row]:
    """Rows of a Parquet file or of a directory of shards; with a ``limit``, that many spread evenly over them. Raises
    ValueError naming the fault.
    """
    table = pyarrow.concat_tables([open_rows(shard).read(columns=_COLUMNS) for shard in shards_of(path)])
    chosen = range(table.num_rows)
    if limit and limit < table.num_rows:
        chosen = [number * table.num_rows // limit for number in range(limit)]
        table = table.take(chosen)
    return [_row(values, path, number) for number, values in zip(chosen, table.to_pylist(), strict=True)]


async def evaluate_offline(
    planner: Planner,
    rows: Sequence[Row],
    scores: Mapping[str, Score],
    settings: OfflineSettings,
    progress: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Score the planner with each of ``scores`` (``stage1``, ``stage2``). Raises PlannerError when the server fails, ValueError
    when no row can be scored: before the planner is asked, if it is the executor that fails for all."""
    started = time.monotonic()
    gate = asyncio.Semaphore(settings.requests)
    scores = _with_executor(scores, settings)

    references = await together(_score(row, render(load(row.truth).reference), scores, False) for row in rows)
    executor = _executor_accuracy(references)

    async def judge(row: Row) -> tuple[list[dict[str, Scores]], list[dict[str, Scores]]]:
        async with gate:
            greedy = await planner.complete(row.messages, row.images, 1, 0.0)
            sampled = await planner.complete(row.messages, row.images, settings.samples, settings.temperature)
        thinking = planner.settings.thinking
        judged = [await _score(row, text, scores, thinking) for text in [*greedy, *sampled]]
        if progress:
            progress()
        return judged[:1], judged[1:]

    answers = await together(judge(row) for row in rows)
    return {
        "schema": SCHEMA,
        "kind": "offline",
        "policy": settings.policy,
        "split": settings.split,
        "rows": len(rows),
        "greedy": _summary([greedy for greedy, _ in answers]),
        "sampled": {"samples": settings.samples, "temperature": settings.temperature}
        | _summary([sampled for _, sampled in answers])
        | _best([sampled for _, sampled in answers]),
        "executor": executor,
        "settings": offline_identity(planner.settings, settings),
        "seconds": round(time.monotonic() - started, 1),
    }


def offline_identity(planner: PlannerSettings, settings: OfflineSettings) -> dict[str, Any]:
    """What decides the result besides the rows."""
    sampling = {"samples": settings.samples, "sampling_temperature": settings.temperature}
    agent = {"executor": settings.executor, "executor_options": dict(settings.executor_options)}
    return {"planner_id": settings.planner_id, **sampling, **agent, **decisive(planner)}


def _with_executor(scores: Mapping[str, Score], settings: OfflineSettings) -> dict[str, Score]:
    """The rewards, stage 2's with the executor of the settings (a keyword of it, as in training)."""
    agent = {"executor": settings.executor, "executor_options": dict(settings.executor_options)}
    agent["executor_seconds"] = EXECUTOR_SECONDS
    return {name: partial(score, **agent) if name == "stage2" else score for name, score in scores.items()}


def _summary(groups: Sequence[Sequence[Mapping[str, Scores]]]) -> dict[str, Any]:
    """Mean over rows (each the mean of its answers that could be scored) and its standard error: the score of each stage, every
    component once. Raises ValueError when no row could be scored.
    """
    summary: dict[str, Any] = {}
    for stage in groups[0][0]:
        for key in groups[0][0][stage]:
            name = f"{stage}_score" if key == "score" else key
            if key == "overall" or (name in summary and key not in _BY_EXECUTION):
                continue
            scored = [
                [answer[stage] for answer in group if key in _FLAGS or not answer[stage]["unscored"]]
                for group in groups
            ]
            per_row = [spread([scores[key] for scores in group]).mean for group in scored if group]
            if not per_row:
                raise ValueError(f"{stage} could score none of {len(groups)} rows: {_ASK}")
            summary[name] = {"mean": spread(per_row).mean, "error": standard_error(per_row)}
    summary["executed"] = _share([[_executed(answer) for answer in group if _is_scored(answer)] for group in groups])
    return summary


def _best(groups: Sequence[Sequence[Mapping[str, Scores]]]) -> dict[str, float]:
    """pass@n: at least one right first step, by wording (``first_step``) and by what the executor did with it. The latter is over
    the rows of which every answer could be scored: to leave out only those without a right one would flatter. Raises ValueError
    when there is none."""
    first = [
        [answer[stage]["first_step"] == 1.0 for answer in group for stage in [next(iter(answer))]] for group in groups
    ]
    known = [[_executed(answer) for answer in group] for group in groups if all(map(_is_scored, group))]
    if not known:
        raise ValueError(f"of none of {len(groups)} rows could all sampled answers be scored: {_ASK}")
    return {"pass_first_step": pass_at(first), "pass_executed": pass_at(known), "pass_executed_rows": len(known)}


def _share(groups: Sequence[Sequence[bool]]) -> dict[str, float]:
    """The share of right ones over the ``rows`` that could be scored."""
    per_row = [sum(group) / len(group) for group in groups if group]
    mean, error = (spread(per_row).mean, standard_error(per_row)) if per_row else (0.0, 0.0)
    return {"mean": mean, "error": error, "rows": len(per_row)}


def _is_scored(answer: Mapping[str, Scores]) -> bool:
    """Whether the executor, where it was asked, could be asked."""
    return not any(scores.get("unscored", 0.0) for scores in answer.values())


def _executed(answer: Mapping[str, Scores]) -> bool:
    """Whether the first step, executed, hits the reference: stage 2's match."""
    return any(max(scores.get("grounding", 0.0), scores.get("answer", 0.0)) == 1.0 for scores in answer.values())


def _executor_accuracy(references: Sequence[Mapping[str, Scores]]) -> dict[str, Any]:
    """How often the executor is right when it is given the reference, of those that it could be asked about. Raises ValueError
    when there is none."""
    scored = [reference for reference in references if _is_scored(reference)]
    if not scored:
        raise ValueError(f"none of the {len(references)} rows could be scored: {_ASK}")
    right = sum(map(_executed, scored))
    return {"n": len(scored), "right": right, "accuracy": right / len(scored)}


async def _score(row: Row, text: str, scores: Mapping[str, Score], thinking: bool) -> dict[str, Scores]:
    extra = {**row.extra, "thinking": thinking, "screenshot": row.images[0] if row.images else b""}
    return {name: await score(row.source, text, row.truth, extra) for name, score in scores.items()}


def _row(values: Mapping[str, Any], path: Path, number: int) -> Row:
    try:
        return Row(
            values["data_source"],
            tuple({"role": message["role"], "content": message["content"]} for message in values["prompt"]),
            tuple(map(picture_bytes, values["images"])),
            values["reward_model"]["ground_truth"],
            dict(values["extra_info"] or {}),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{path}, row {number}: {error!r} – the columns are not as tracer1_data writes them"
        ) from error
