"""GTA end to end: queries that an agent played with real tools, scored as GTA does and as T3-Agent does.

Sources: open-compass/GTA (opencompass/datasets/gta_bench.py, mode ``every``) and mat-agent/MAT-Agent (examples/gta/eval.py; arXiv
2412.15606, section 5.1). What GTA counts:

- AnsAcc: right answers / queries with a text answer; Ans+I: the queries for pictures too, each worth the product, over the
  picture tools of its reference, of the similarity of the arguments to those of the last call of that tool that worked.
- P, O, L, C: F1 of the tools called. A call of the reference is found when its tool was called at least once, in whatever way;
  precision divides these by all calls of the category (so it may exceed 1); 1e-5 is added below the line.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import prod
from typing import Any

from tracer1.answers import ExpectedAnswer
from tracer1.evaluation.benchmarks.gta.data import Query
from tracer1.evaluation.benchmarks.gta.similarity import Similarity, nearest
from tracer1.evaluation.benchmarks.gta.steps import worth
from tracer1.evaluation.benchmarks.gta.sums import by_group, mark, of_sums, share, share_of
from tracer1.evaluation.benchmarks.gta.tools import CATEGORIES, DOES, IMAGE_TOOLS, category_of
from tracer1.evaluation.harness.base import Judgement, Metric, Prediction, Sample
from tracer1.evaluation.harness.final_answers import final_answer_of
from tracer1.evaluation.harness.metrics import mean_mark

_TINY = 1e-5


def played_sample(query: Query, tools: bool) -> Sample:
    """The query as one sample; ``tools``: the task names those that the query comes with."""
    return Sample(
        id=query.name,
        group=query.name,
        position=0,
        instruction=query.instruction(tools),
        observation=query.observation,
        platform="tool",
        parts=(query.family,),
        truth=query,
    )


def judge_gta(query: Query, prediction: Prediction, similarity: Similarity | None) -> dict[str, float | None]:
    """AnsAcc and Ans+I, and what F1 is counted from: how many calls were made, found, and needed in each category."""
    answer = final_answer_of(prediction) or ""
    score = None if query.family == "image" else worth(query, answer, similarity) if answer else 0.0
    shown = _drawn(query, prediction, similarity) if query.family == "image" else score
    marks = {"AnsAcc": score, "Ans+I": shown, "NotScored": float(shown is None)}
    made = [str(call["name"]) for call in prediction.calls]
    needed = [turn.call for turn in query.turns if turn.call]
    for category in CATEGORIES:
        marks[f"{category}_made"] = float(sum(category_of(name) == category for name in made))
        marks[f"{category}_found"] = float(sum(category_of(name) == category and name in made for name in needed))
        marks[f"{category}_needed"] = float(sum(category_of(name) == category for name in needed))
    return marks | _executed(prediction)


def _drawn(query: Query, prediction: Prediction, similarity: Similarity | None) -> float | None:
    """What a query for a picture is worth: 0 where a picture tool of the reference never worked."""
    worked = {
        str(call["name"]): json.dumps(call["arguments"])
        for call in prediction.calls
        if call["status"] == "ok" and call["name"] in IMAGE_TOOLS
    }
    wanted = [
        (turn.call, json.dumps(turn.step.action.arguments["arguments"]))
        for turn in query.turns
        if turn.call in IMAGE_TOOLS
    ]
    if any(name not in worked for name, _ in wanted):
        return 0.0
    if similarity is None:
        return None if wanted else 1.0
    return prod(nearest(arguments, [worked[name]], similarity) for name, arguments in wanted)


def _executed(prediction: Prediction) -> dict[str, float]:
    """How many calls worked, and how many there were; a response that could not be read counts as one that did not."""
    worked = sum(call["status"] == "ok" for call in prediction.calls)
    return {"worked": float(worked), "tried": float(len(prediction.calls) + (prediction.status == "unreadable"))}


def judge_t3(query: Query, prediction: Prediction) -> dict[str, float | None]:
    """AnsAcc of objective queries (None for the others) and of all, and what ToolAcc and CodeExec are counted from."""
    if query.expected is None:
        return {"AnsAcc": None, "AnsAccAll": 0.0}
    rule = ExpectedAnswer("t3_agent", query.expected.value)
    answer = final_answer_of(prediction) or ""
    right = float(bool(answer) and rule.matches(answer))
    needed = [turn.call for turn in query.turns if turn.call]
    done = {name for call in prediction.calls for name in (call["name"], *DOES.get(call["name"], ()))}
    found = float(sum(name in done for name in needed))
    tools = {"found": found + right, "needed": float(len(needed) + 1)}
    return {"AnsAcc": right, "AnsAccAll": right} | tools | _executed(prediction)


def summarise_gta(judgements: Sequence[Judgement]) -> list[Metric]:
    """AnsAcc (AnsAccObjective where subjective answers are not scored), Ans+I where all are, F1 by category, failed calls."""
    missing = any(mark(one, "NotScored") for one in judgements)
    unscored = any(one.marks["AnsAcc"] is None for one in judgements if "image" not in one.parts)
    answers = mean_mark(judgements, "AnsAcc", of="queries with an answer")
    if unscored:
        answers = mean_mark(judgements, "AnsAcc", "AnsAccObjective", "objective", "objective queries")
    either = mean_mark(judgements, "NotScored" if missing else "Ans+I", of="queries")
    return [answers, either, *(_f1(judgements, category) for category in CATEGORIES), _failed(judgements)]


def summarise_t3(judgements: Sequence[Judgement]) -> list[Metric]:
    """AnsAcc over the objective queries, ToolAcc, CodeExec, and AnsAcc over all."""
    tools = by_group(judgements, lambda one: (mark(one, "found"), mark(one, "needed")))
    calls = by_group(judgements, lambda one: (mark(one, "worked"), mark(one, "tried")))
    return [
        mean_mark(judgements, "AnsAcc", of="objective queries"),
        share_of("ToolAcc", tools, "calls needed, and answers"),
        share_of("CodeExec", calls, "calls made"),
        mean_mark(judgements, "AnsAccAll", of="queries"),
    ]


def _f1(judgements: Sequence[Judgement], category: str) -> Metric:
    names = [f"{category}_{what}" for what in ("found", "made", "needed")]
    rows = by_group(judgements, lambda one: [mark(one, name) for name in names])
    return of_sums(category, rows, f1, "calls needed", int(sum(row[2] for row in rows)))


def f1(found: Any, made: Any, needed: Any) -> Any:
    """GTA's F1, with its small addends; numbers or arrays."""
    precision, recall = found / (made + _TINY), share(found, needed)
    return 2 * precision * recall / (precision + recall + _TINY)


def _failed(judgements: Sequence[Judgement]) -> Metric:
    rows = by_group(judgements, lambda one: (mark(one, "tried") - mark(one, "worked"), mark(one, "tried")))
    return share_of("CallErrors", rows, "calls made")
