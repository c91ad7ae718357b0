"""Predictions on disk: nothing is lost by a torn line, and nobody else's are taken."""

import json
import string
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_benchmark import BOX, make_sample

from tracer1.actions import Action
from tracer1.evaluation.harness.base import Prediction
from tracer1.evaluation.harness.journal import Journal, sample_key
from tracer1.plans import Step
from tracer1.trajectories import Element

ME = {"model": "m", "temperature": 0.0, "executor": {"name": "ui_tars", "model": "x"}, "tools": ["a"]}
CLICK = Prediction("e0/0", "ok", Action("click", {"point": [1.5, 2]}), "1. click(): Go", (Step(Action("click"), "Go"),))
words = st.text(string.printable + "é\u2028😀\ud800", max_size=20)


def _add(path, *predictions, **identity):
    with Journal(path, ME | identity) as journal:
        for prediction in predictions:
            journal.add("key", prediction)


def test_what_was_added_is_found_again(tmp_path):
    _add(tmp_path / "p.jsonl", CLICK, replace(CLICK, sample="e0/1"))
    with Journal(tmp_path / "p.jsonl", ME) as journal:
        assert len(journal) == 2
        assert journal.find("e0/0") == CLICK
        assert journal.holds("e0/1", "key") and not journal.holds("e0/1", "other") and not journal.holds("e9/9", "key")
        journal.add("key2", replace(CLICK, text="again"))
        assert journal.find("e0/0").text == "again"
        assert journal.holds("e0/0", "key2") and not journal.holds("e0/0", "key")


@settings(max_examples=60, deadline=None)
@given(words, words, words, st.integers(0, 5))
def test_any_prediction_comes_back_as_it_was(tmp_path_factory, text, answer, output, calls):
    path = tmp_path_factory.mktemp("journal") / "p.jsonl"
    call = {"name": "ocr", "arguments": {"image": output}, "status": "ok", "output": output}
    prediction = Prediction("s", "ok", None, text, (), answer, (call,) * calls, text, 0.25)
    _add(path, prediction)
    with Journal(path, ME) as journal:
        assert journal.find("s") == prediction


@pytest.mark.parametrize("lost", [1, 5, 40])
def test_a_torn_last_line_costs_that_line_only(tmp_path, lost):
    path = tmp_path / "p.jsonl"
    _add(path, CLICK, replace(CLICK, sample="e0/1"))
    path.write_bytes(path.read_bytes()[:-lost])
    with Journal(path, ME) as journal:
        assert journal.find("e0/0") == CLICK
        assert not journal.holds("e0/1", "key")
        journal.add("key", replace(CLICK, sample="e0/2"))
    assert [json.loads(line)["prediction"]["sample"] for line in path.read_text().splitlines()[1:]] == ["e0/0", "e0/2"]


def test_a_torn_first_line_is_written_anew(tmp_path):
    path = tmp_path / "p.jsonl"
    _add(path)
    path.write_bytes(path.read_bytes()[:9])
    _add(path, CLICK)
    _add(path)


def test_a_line_damaged_in_the_middle_is_named(tmp_path):
    path = tmp_path / "p.jsonl"
    _add(path, CLICK, replace(CLICK, sample="e0/1"))
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1][:20], lines[2]]) + "\n")
    with pytest.raises(ValueError, match=r"p\.jsonl, line 2 is damaged.*delete that line"):
        _add(path)


def test_a_file_whose_first_line_is_damaged_or_of_another_version_is_not_gone_on_with(tmp_path):
    """Without its first line nobody knows what made the rest: deleting that line would not help."""
    path = tmp_path / "p.jsonl"
    _add(path, CLICK)
    first, second = path.read_text().splitlines()
    for damaged, told in (
        ('{"schema": 1}', r"line 1 is damaged \(KeyError\('identity'\)\): delete the file, or give another --output"),
        (second, "line 1 is damaged .*delete the file"),
        (first.replace('"schema": 1', '"schema": 2'), "made otherwise: schema was 2, and is 1"),
    ):
        path.write_text(f"{damaged}\n{second}\n")
        with pytest.raises(ValueError, match=told):
            _add(path)


def test_predictions_made_otherwise_are_refused_and_kept(tmp_path):
    path = tmp_path / "p.jsonl"
    _add(path, CLICK)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"temperature was 0\.0, and is 0\.7.*--output"):
        _add(path, temperature=0.7)
    with pytest.raises(ValueError, match=r"executor\.model was 'x', and is 'y'"):
        _add(path, executor={"name": "ui_tars", "model": "y"})
    assert path.read_bytes() == before
    with Journal(path, ME | {"temperature": 0.7}, fresh=True) as journal:
        assert len(journal) == 0


def test_two_evaluations_do_not_write_one_journal(tmp_path):
    with Journal(tmp_path / "p.jsonl", ME), pytest.raises(ValueError, match="another evaluation"):
        _add(tmp_path / "p.jsonl")
    _add(tmp_path / "p.jsonl")


def test_the_key_changes_with_all_that_is_seen_and_nothing_else():
    sample = make_sample(1, 1, 3)
    seen = sample.observation
    others = [
        replace(sample, instruction="Other"),
        replace(sample, history=()),
        replace(sample, outputs=("x",)),
        replace(sample, platform="mobile"),
        replace(sample, observation=replace(seen, screenshot=seen.screenshot + b" ")),
        replace(sample, observation=replace(seen, attachments=(b"more",))),
        replace(sample, observation=replace(seen, elements=(Element("button", "OK", BOX),))),
        replace(sample, observation=replace(seen, elements=(Element("button", "Cancel", BOX),))),
    ]
    assert len({sample_key(one) for one in [sample, *others]}) == 9
    assert sample_key(sample) == sample_key(replace(sample, future=(), box=None, parts=(), truth=1))
