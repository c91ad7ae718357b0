"""Several runs, several agents and trouble at the end: what is written says what it is over, and nothing is lost."""

import asyncio
import json
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from toy_benchmark import Toy, answer, make_sample, write_data

from tracer1.evaluation.harness.agents import Written
from tracer1.evaluation.harness.base import Prediction
from tracer1.evaluation.harness.evaluate import Job, evaluate, index, missing, open_journals
from tracer1.evaluation.harness.predictors import FilePredictions, ground
from tracer1.plans import parse


class Patchy:
    """A planner that gets no answer for ``e1/0`` with seed 0, and none for ``e0/0`` with seed 1."""

    keeps = True

    def identity(self, seed):
        return {"model": "patchy", "seed": seed}

    @asynccontextmanager
    async def predictor(self, seed):
        async def predict(sample):
            text = answer(sample.instruction, list(sample.history), 0)
            failed = Prediction(sample.id, "failed", detail="made to fail")
            return failed if sample.id == f"e{1 - seed}/0" else await ground(sample, text, parse(text), None)

        yield SimpleNamespace(identity=self.identity(seed), predict=predict)


class Odd(Toy):
    """``e1/0`` has a reference that cannot be judged."""

    def samples(self, path, split):
        for sample in super().samples(path, split):
            yield make_sample(1, 0, 2, "nonsense") if sample.id == "e1/0" else sample


def test_of_several_runs_the_one_that_lacks_most_is_what_the_card_says(tmp_path):
    """Of 4 samples seed 0 lacks one, which it could not have judged; seed 1 lacks another, and cannot judge that one: 2 are left."""
    job = Job(Odd(), write_data(tmp_path / "toy.json", 2, 2), "test", "strict", tmp_path / "out", seeds=(0, 1))
    found = index(job)
    with open_journals(job, Patchy()) as journals:
        card = asyncio.run(evaluate(job, Patchy(), found, journals))
    said = "PARTIAL, 2 of 4 samples: 1 without an answer; 1 that cannot be judged"
    assert (card["samples"]["n"], card["samples"]["partial"]) == (2, said)
    assert card["samples"]["faults"] == {"cannot be judged": 1} and card["samples"]["unanswered"] == {"failed": 2}
    assert card["metrics"][0]["n"] == 2


def test_the_score_is_kept_when_the_page_of_failures_cannot_be_drawn(tmp_path):
    class Vanishing(Toy):
        """Can be read for the index and the run, and not again."""

        reads = 0

        def samples(self, path, split):
            self.reads += 1
            if self.reads > 2:
                raise ValueError("the disk is gone")
            yield from super().samples(path, split)

    # Episode 1 is wrong at its third step, so that there is something to draw; with seed 9 nothing is without an answer.
    job = Job(Vanishing(), write_data(tmp_path / "toy.json", 2, 4), "test", "strict", tmp_path / "out", seeds=(9,))
    found = index(job)
    with open_journals(job, Patchy()) as journals, pytest.raises(ValueError, match="the disk is gone"):
        asyncio.run(evaluate(job, Patchy(), found, journals))
    card = json.loads((tmp_path / "out" / "card.json").read_text())
    assert card["metrics"][0]["n"] == 8


def test_a_file_of_predictions_does_not_cost_those_that_a_planner_made(tmp_path):
    """Both in one directory: the card is the last one's, but what was asked of the planner need not be asked again."""
    job = Job(Toy(), write_data(tmp_path / "toy.json", 2, 2), "test", "strict", tmp_path / "out", seeds=(9,))
    found = index(job)
    answers = tmp_path / "answers.jsonl"
    answers.write_text("".join(json.dumps({"id": one, "response": ""}) + "\n" for one in found.keys))
    right = []
    for agent in (Patchy(), Written(FilePredictions(answers))):
        with open_journals(job, agent) as journals:
            right.append(asyncio.run(evaluate(job, agent, found, journals))["metrics"][0]["value"])
    assert right == [1.0, 0.0]
    with open_journals(job, Patchy()) as journals:
        assert missing(journals, found) == 0
