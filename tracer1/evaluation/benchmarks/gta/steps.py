"""GTA step by step: each turn of the reference is a decision, with the reference's turns before it as history.

The mode ``every_with_gt`` of open-compass/GTA (opencompass/datasets/gta_bench.py, openicl/icl_inferencer/icl_agent_inferencer.py,
models/lagent.py). No tool works: a call counts as an error when lagent and agentlego would refuse it before. The last turn asks
for the answer and forbids tools, as the original does. Quirks that are kept:

- InstAcc's denominator is calls + queries with a text answer (557 + 172 = 729 of all 229), although the last turns of the queries
  for pictures are counted above the line.
- ToolAcc and ArgAcc do not ask whether the call is an error; a call with unknown or missing arguments has none to compare.
- A tool that the query does not come with is no tool of that name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tracer1.actions import Action
from tracer1.answers import ExpectedAnswer
from tracer1.evaluation.benchmarks.gta.data import Query
from tracer1.evaluation.benchmarks.gta.similarity import Similarity, nearest
from tracer1.evaluation.benchmarks.gta.sums import by_group, mark, of_sums, share, share_of
from tracer1.evaluation.benchmarks.gta.tools import fails, misfits
from tracer1.evaluation.harness.base import Judgement, Metric, Prediction, Sample
from tracer1.evaluation.harness.metrics import mean_mark

LAST = "The calls are done. Sum up what they returned and finish with the answer; call no tool."


@dataclass(frozen=True, slots=True)
class StepTruth:
    """Which turn of which query a sample is."""

    query: Query
    position: int


@dataclass(frozen=True, slots=True)
class Said:
    """What an agent did at one turn: a ``call``, an ``answer``, or nothing that can be read (``none``). ``arguments`` are None
    where they do not fit the tool; ``error``: the call would not have reached the tool."""

    kind: str
    name: str = ""
    arguments: dict[str, Any] | None = None
    text: str = ""
    error: bool = False


def step_samples(query: Query) -> Iterator[Sample]:
    """One sample a turn of the assistant."""
    for position in range(len(query.turns)):
        past, last = query.turns[:position], position == len(query.turns) - 1
        instruction = query.instruction(tools=True)
        yield Sample(
            id=f"{query.name}/{position}",
            group=query.name,
            position=position,
            instruction=f"{instruction}\n{LAST}" if last else instruction,
            observation=query.observation,
            platform="tool",
            history=tuple(turn.step for turn in past),
            outputs=tuple(turn.output for turn in past),
            future=tuple(turn.step for turn in query.turns[position:]),
            parts=(query.family,),
            truth=StepTruth(query, position),
        )


def said_by(query: Query, prediction: Prediction) -> Said:
    """A prediction as the original's agent would have it."""
    action = prediction.action or Action("wait")
    arguments = action.arguments
    if action.type in ("finish", "answer"):
        return Said("answer", text=arguments.get("answer", arguments.get("text", "")))
    if action.type != "call_tool":
        return Said("none", error=True)
    tool, given = query.tools.get(arguments["name"]), arguments.get("arguments", {})
    if tool is None:
        return Said("call", error=True)
    if misfits(tool, given):
        return Said("call", tool.spec.name, error=True)
    return Said("call", tool.spec.name, given, error=fails(tool, given, query.root))


def judge_step(truth: StepTruth, said: Said, similarity: Similarity | None) -> dict[str, float | None]:
    """InstAcc of every turn; ToolAcc and ArgAcc of calls; SummAcc of answers (None where nothing is to be compared)."""
    query, turn = truth.query, truth.query.turns[truth.position]
    called = {"Calls": float(said.kind != "answer"), "CallErrors": float(said.error)}
    if turn.call:
        tool = said.kind == "call" and said.name == turn.call
        argument = tool and said.arguments == turn.step.action.arguments["arguments"]
        right = said.kind == "call" and not said.error
        return {"InstAcc": float(right), "ToolAcc": float(tool), "ArgAcc": float(argument)} | called
    answers = said.kind == "answer"
    if query.family == "image":
        return {"InstAcc": float(answers), "SummAcc": None, "NotScored": None} | called
    score = worth(query, said.text, similarity) if answers else 0.0
    return {"InstAcc": float(answers), "SummAcc": score, "NotScored": float(score is None)} | called


def worth(query: Query, answer: str, similarity: Similarity | None) -> float | None:
    """What an answer in words is worth; None for a query for a picture, and for a subjective one without a similarity."""
    if query.expected is not None:
        return float(query.expected.matches(answer))
    if query.family == "image" or similarity is None:
        return None
    return nearest(answer, query.references, similarity)


def judge_step_t3(truth: StepTruth, said: Said) -> dict[str, float | None]:
    """T3-Agent's ToolAcc (the tool's name on calls, the answer on answers) and CodeExec, of objective queries only."""
    query, turn = truth.query, truth.query.turns[truth.position]
    if query.expected is None:
        return {"ToolAcc": None, "CodeExec": None}
    rule = ExpectedAnswer("t3_agent", query.expected.value)
    right = said.name == turn.call if turn.call else said.kind == "answer" and rule.matches(said.text)
    return {"ToolAcc": float(right), "CodeExec": None if said.kind == "answer" else float(not said.error)}


def summarise_steps(judgements: Sequence[Judgement]) -> list[Metric]:
    """InstAcc, ToolAcc, ArgAcc and SummAcc with the published denominators; SummAccObjective where subjective answers are not
    scored, and then their share."""
    asked = {one.group for one in judgements if "image" not in one.parts}
    calls = sum(one.kind == "call" for one in judgements)
    rows = by_group(judgements, lambda one: (mark(one, "InstAcc"), float(one.kind == "call")))
    names = list(dict.fromkeys(one.group for one in judgements))
    instructed = [(*row, float(name in asked)) for row, name in zip(rows, names, strict=True)]
    of, n = "calls and queries with an answer", calls + len(asked)
    return [
        of_sums("InstAcc", instructed, lambda top, called, answered: share(top, called + answered), of, n),
        mean_mark(judgements, "ToolAcc", of="calls"),
        mean_mark(judgements, "ArgAcc", of="calls"),
        *_summaries(judgements),
        mean_mark([one for one in judgements if mark(one, "Calls")], "CallErrors", of="predicted calls"),
    ]


def _summaries(judgements: Sequence[Judgement]) -> list[Metric]:
    missing = any(mark(one, "NotScored") for one in judgements)
    counted = [one for one in judgements if one.parts == ("objective",)] if missing else judgements
    with_answer = [one for one in counted if "image" not in one.parts]
    rows = [(top, 1.0) for (top,) in by_group(with_answer, lambda one: (mark(one, "SummAcc"),))]
    if not missing:
        return [share_of("SummAcc", rows, "queries with an answer")]
    left_out = mean_mark(judgements, "NotScored", of="answers in words")
    return [share_of("SummAccObjective", rows, "objective queries"), left_out]
