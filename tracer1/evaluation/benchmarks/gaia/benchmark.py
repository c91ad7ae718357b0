"""GAIA: questions with one short answer, often about an attached file, in three levels.

Data: Hugging Face gaia-benchmark/GAIA (gated; do not share it on). ``validation`` is scored, by level and over all; the answers of
``test`` are hidden, so nothing is scored and ``submission.jsonl`` is what the leaderboard takes. Scorer:
``question_scorer`` of the Space gaia-benchmark/leaderboard (scorer.py), which is :func:`tracer1.answers.match_gaia`. Paper: arXiv
2311.12983; how answers are to be written is quoted from its prompt.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tracer1.evaluation.benchmarks.gaia.data import SPLITS, Question, read_questions
from tracer1.evaluation.harness.base import Judgement, Metric, Prediction, ProtocolCard, Sample
from tracer1.evaluation.harness.final_answers import final_answer_of
from tracer1.evaluation.harness.metrics import mean_mark
from tracer1.files import write_text
from tracer1.trajectories import Fault

FORMAT = (
    "Finish with your FINAL ANSWER. YOUR FINAL ANSWER should be a number OR as few words as possible OR a comma separated list of "
    "numbers and/or strings. If you are asked for a number, don't use comma to write your number neither use units such as $ or "
    "percent sign unless specified otherwise. If you are asked for a string, don't use articles, neither abbreviations (e.g. for "
    "cities), and write the digits in plain text unless specified otherwise. If you are asked for a comma separated list, apply the "
    "above rules depending of whether the element to be put in the list is a number or a string."
)
_MARK = "FINAL ANSWER:"

OFFICIAL = ProtocolCard(
    name="gaia",
    source="Hugging Face Space gaia-benchmark/leaderboard, scorer.py; arXiv 2311.12983",
    text=(
        "an expected number: equal as numbers, $ % and , in the answer aside; an expected text with , or ;: element by element, "
        "in order, white space and letter case aside; any other: equal, white space, letter case and punctuation aside"
    ),
    other="AnsAcc is the share of right answers, of all questions and of each level",
    excluded="nothing of validation (165 questions: 53, 86, 26); all of test, whose answers are hidden",
    quirks=(
        "No answer is the text 'None', as in the leaderboard's scorer.",
        "What is no number counts as infinite, so any text is right where 'inf' is expected; 'nan' is never right.",
        "Thousands written with a comma in the expected answer make it a list.",
        "Within lists punctuation counts; of a whole text it does not.",
        "What stands before the last 'FINAL ANSWER:' in an answer is no part of it: GAIA's own prompt asks for that template.",
        "T3-Agent has a model rewrite wrong answers and scores them again (MAT-Agent, examples/gaia/eval.py); that is not done here.",
    ),
    measures={"AnsAcc": "right answers / questions"},
)


class GAIA:
    """The benchmark."""

    name = "gaia"
    splits = SPLITS
    protocols: Mapping[str, ProtocolCard] = {"gaia": OFFICIAL}
    headline = "AnsAcc"

    def samples(self, path: Path, split: str) -> Iterator[Sample | Fault]:
        """One sample a question. Raises ValueError for a path that does not hold the split."""
        for question in read_questions(path, split):
            yield question if isinstance(question, Fault) else _sample(question)

    def judge(self, sample: Sample, prediction: Prediction, protocol: str) -> Judgement:
        """Right or wrong; None where the answer is hidden."""
        expected = sample.truth.expected
        right = None if expected is None else float(expected.matches(final_answer(final_answer_of(prediction))))
        return Judgement(sample.id, sample.group, 0, sample.parts[0], {"AnsAcc": right}, sample.parts)

    def summarise(self, judgements: Sequence[Judgement], protocol: str) -> list[Metric]:
        """AnsAcc of all, and of each level."""
        levels = sorted({part for one in judgements for part in one.parts})
        return [mean_mark(judgements, "AnsAcc", part=part, of="questions") for part in ("", *levels)]

    def write_submission(self, path: Path, predictions: Iterable[Prediction]) -> None:
        """The leaderboard's file: a JSON line a task with ``task_id``, ``model_answer``, ``reasoning_trace``."""
        lines = [
            json.dumps(
                {
                    "task_id": one.sample,
                    "model_answer": final_answer(final_answer_of(one)),
                    "reasoning_trace": one.text,
                },
                ensure_ascii=False,
            )
            for one in predictions
        ]
        write_text(path, "".join(f"{line}\n" for line in lines))


def final_answer(said: str | None) -> str:
    """The answer to be scored: what follows the last ``FINAL ANSWER:``, or all; ``None`` where there is none."""
    return "None" if said is None else said.rpartition(_MARK)[2].strip()


def _sample(question: Question) -> Sample:
    attached = f"\nAttachment: {question.file}" if question.file else ""
    return Sample(
        id=question.task,
        group=question.task,
        position=0,
        instruction=f"{question.text}{attached}\n{FORMAT}",
        observation=question.observation,
        platform="tool",
        parts=(f"level {question.level}",),
        truth=question,
    )


BENCHMARK = GAIA()
