"""The runner on a toy benchmark: any concurrency and any trouble on the way give the same result, or one that says what it lacks."""

import asyncio
import random
from collections import Counter
from dataclasses import replace

import pytest
from toy_benchmark import BENCHMARK, Toy, answer, make_sample, write_data

from tracer1.evaluation.harness.base import Prediction
from tracer1.evaluation.harness.index import read_index
from tracer1.evaluation.harness.journal import Journal
from tracer1.evaluation.harness.predictors import ground
from tracer1.evaluation.harness.runner import NoAnswers, Runner, RunSettings
from tracer1.plans import parse


class Agent:
    """Plans as the toy's planner does, after a moment; ``broken`` says what goes wrong (sample, how many times asked before)."""

    identity = {"model": "agent"}  # noqa: RUF012

    def __init__(self, broken=lambda sample, before: "", seconds=0.002) -> None:
        self.asked, self.broken, self.seconds, self.at_once, self.peak = Counter(), broken, seconds, 0, 0

    async def predict(self, sample):
        self.at_once += 1
        self.peak = max(self.peak, self.at_once)
        await asyncio.sleep(random.random() * self.seconds)
        self.at_once -= 1
        before = self.asked[sample.id]
        self.asked[sample.id] += 1
        if status := self.broken(sample.id, before):
            return Prediction(sample.id, status, detail="made to fail")
        text = answer(sample.instruction, list(sample.history), 0)
        return await ground(sample, text, parse(text), None)


def _run(data, output, agent, benchmark=BENCHMARK, limit=0, **settings):
    index = read_index(benchmark, data, "test", limit)
    shown = []
    with Journal(output / "predictions.jsonl", agent.identity) as journal:
        runner = Runner(
            benchmark, data, "test", index, agent, journal, "strict", RunSettings(**settings),
            lambda done, running: shown.append((done, running)),
        )  # fmt: skip
        return asyncio.run(runner.run()), index, shown


def test_one_at_a_time_or_32_give_the_same(tmp_path):
    data = write_data(tmp_path / "toy.json", 20, 6)
    one, _, shown = _run(data, tmp_path / "a", agent := Agent(), concurrency=1)
    many, index, _ = _run(data, tmp_path / "b", crowd := Agent(seconds=0.2), concurrency=32)
    assert one == many
    assert (agent.peak, crowd.peak) == (1, 32)
    assert [look.sample for look in many.looks] == list(index.keys)
    # Of 20 episodes the 10 odd ones are wrong at their third step, position 2 (position 5 is the finish): 110 of 120 are right.
    strict, loose = BENCHMARK.summarise(many.judgements["strict"], "strict"), many.judgements["loose"]
    assert (strict[0].value, strict[0].n) == (pytest.approx(110 / 120), 120)
    assert (strict[1].value, strict[1].n) == (0.5, 20)
    assert {judgement.marks["right"] for judgement in loose} == {1.0}
    assert shown[-1] == (120, "91.7% so far")


def test_no_more_samples_are_held_than_are_asked(tmp_path):
    class Counting(Toy):
        read = 0

        def samples(self, path, split):
            for sample in super().samples(path, split):
                self.read += 1
                yield sample

    held = []
    benchmark = Counting()

    class Watching(Agent):
        async def predict(self, sample):
            prediction = await super().predict(sample)
            held.append(benchmark.read - 60 - len(held))  # the index has read the 60 once
            return prediction

    _run(write_data(tmp_path / "toy.json", 10, 6), tmp_path, Watching(), benchmark, concurrency=4)
    assert len(held) == 60
    assert max(held) <= 4 + 1


def test_what_is_kept_is_not_asked_again_unless_its_input_changed(tmp_path):
    data = write_data(tmp_path / "toy.json", 4, 3)
    first, _, _ = _run(data, tmp_path, Agent())
    second, _, _ = _run(data, tmp_path, again := Agent())
    assert first == second
    assert not again.asked
    write_data(tmp_path / "toy.json", 5, 3)
    _run(data, tmp_path, again)
    assert set(again.asked) == {"e4/0", "e4/1", "e4/2"}

    class Redrawn(Toy):
        def samples(self, path, split):
            for sample in super().samples(path, split):
                other = replace(sample.observation, screenshot=sample.observation.screenshot + b"\0")
                yield replace(sample, observation=other) if sample.id == "e1/1" else sample

    _run(data, tmp_path, redrawn := Agent(), Redrawn())
    assert set(redrawn.asked) == {"e1/1"}


def test_an_unanswered_sample_is_asked_again_and_then_counts_as_unanswered(tmp_path):
    data = write_data(tmp_path / "toy.json", 4, 3)

    def broken(sample, before):
        return "failed" if sample == "e0/0" and before < 2 else "timed_out" if sample == "e3/1" else ""

    outcome, _, _ = _run(data, tmp_path, agent := Agent(broken), rounds=3)
    assert agent.asked["e0/0"] == agent.asked["e3/1"] == 3
    assert sum(agent.asked.values()) == 12 + 2 + 2
    assert {name: one.status for name, one in outcome.unanswered.items()} == {"e3/1": "timed_out"}
    assert "e3/1" not in [judgement.sample for judgement in outcome.judgements["strict"]]
    assert BENCHMARK.summarise(outcome.judgements["strict"], "strict")[0].n == 11
    healed, _, _ = _run(data, tmp_path, later := Agent())
    assert dict(later.asked) == {"e3/1": 1}
    assert not healed.unanswered


@pytest.mark.parametrize("status", ["unreadable", "refused"])
def test_an_unusable_answer_is_final(tmp_path, status):
    data = write_data(tmp_path / "toy.json", 2, 3)
    outcome, _, _ = _run(data, tmp_path, agent := Agent(lambda sample, before: status if sample == "e1/1" else ""))
    assert agent.asked["e1/1"] == 1
    assert outcome.judgements["strict"][4].marks == {"right": 0.0}
    assert outcome.looks[4].status == status


def test_a_dead_server_stops_the_run_and_nothing_is_lost(tmp_path):
    data = write_data(tmp_path / "toy.json", 30, 4)
    answered = []

    def dies(sample, before):
        answered.append(sample)
        return "failed" if len(answered) > 50 else ""

    with pytest.raises(NoAnswers, match=r"20 samples in a row.*made to fail.*50 predictions are kept.*same command"):
        _run(data, tmp_path, Agent(dies), concurrency=8)
    outcome, _, _ = _run(data, tmp_path, rest := Agent())
    assert sum(rest.asked.values()) == 70
    assert not set(rest.asked) & set(answered[:50])
    assert len(outcome.looks) == 120


def test_samples_that_never_get_an_answer_do_not_stop_those_that_do(tmp_path):
    """The last of every four cannot be sent: 30 of 120. Asked again, they are the only ones, and more than ``give_up`` in a row."""
    data = write_data(tmp_path / "toy.json", 30, 4)
    outcome, _, _ = _run(data, tmp_path, agent := Agent(lambda sample, _: "failed" if sample.endswith("/3") else ""))
    assert set(outcome.unanswered) == {f"e{episode}/3" for episode in range(30)}
    assert sum(agent.asked.values()) == 90 + 3 * 30
    assert len(outcome.judgements["strict"]) == 90


def test_a_small_split_without_any_answer_is_no_score(tmp_path):
    with pytest.raises(NoAnswers, match="in a row got no answer"):
        _run(write_data(tmp_path / "toy.json", 1, 2), tmp_path, Agent(lambda sample, before: "failed"))


def test_a_reference_that_cannot_be_judged_is_counted_not_scored(tmp_path):
    class Odd(Toy):
        def samples(self, path, split):
            for sample in super().samples(path, split):
                yield make_sample(1, 1, 3, "nonsense") if sample.id == "e1/1" else sample

    outcome, _, _ = _run(write_data(tmp_path / "toy.json", 2, 3), tmp_path, Agent(), Odd())
    assert [(fault.kind, fault.where, fault.reason) for fault in outcome.unjudged] == [
        ("cannot be judged", "e1/1", "the reference has no place")
    ]
    assert len(outcome.judgements["strict"]) == 5


def test_a_limit_is_evenly_spread_and_can_be_raised(tmp_path):
    data = write_data(tmp_path / "toy.json", 10, 4)
    _, index, _ = _run(data, tmp_path, agent := Agent(), limit=4)
    assert index.chosen == ("e0/0", "e2/2", "e5/0", "e7/2")
    assert set(agent.asked) == set(index.chosen)
    _run(data, tmp_path, more := Agent())
    assert len(more.asked) == 36


def test_a_split_must_be_sound(tmp_path):
    for more, problem in (
        ({"twice": "e1/0"}, "two samples of test are called 'e1/0'"),
        (
            {"broken": ["e0/0", "e0/1", "e1/0", "e1/1"]},
            "holds no sample of toy, split test; the first of 4 faults: e0/0",
        ),
    ):
        with pytest.raises(ValueError, match=problem):
            _run(write_data(tmp_path / "toy.json", 2, 2, **more), tmp_path, Agent())
    with pytest.raises(ValueError, match=r"no split 'train': use one of test, other"):
        read_index(BENCHMARK, write_data(tmp_path / "toy.json", 2, 2), "train")


def test_data_that_change_meanwhile_are_noticed(tmp_path):
    class Shrinking(Toy):
        reads = 0

        def samples(self, path, split):
            self.reads += 1
            for sample in super().samples(path, split):
                if self.reads == 1 or sample.id != "e1/1":
                    yield sample

    with pytest.raises(ValueError, match=r"changed while it was read: the sample 'e1/1' is gone"):
        _run(write_data(tmp_path / "toy.json", 2, 2), tmp_path, Agent(), Shrinking())

    class Repainted(Shrinking):
        def samples(self, path, split):
            self.reads += 1
            for sample in Toy.samples(self, path, split):
                other = replace(sample.observation, screenshot=sample.observation.screenshot + b"\0")
                yield replace(sample, observation=other) if self.reads > 1 and sample.id == "e1/0" else sample

    with pytest.raises(ValueError, match=r"changed while it was read: the sample 'e1/0' is another"):
        _run(write_data(tmp_path / "toy.json", 2, 2), tmp_path / "other", Agent(), Repainted())
