"""GTA on four queries made here; every number worked out by hand from the published evaluators' text."""

import gta_records
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer1.actions import Action
from tracer1.evaluation.benchmarks.gta.benchmark import BENCHMARK, GTA
from tracer1.evaluation.benchmarks.gta.played import f1
from tracer1.evaluation.benchmarks.gta.sums import share_of
from tracer1.evaluation.harness.base import Prediction

IMAGE = gta_records.FILES


def half(one, other):
    """A similarity that is 1 for the same text and a half for any other."""
    return 1.0 if one == other else 0.5


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return gta_records.write(tmp_path_factory.mktemp("gta"))


def tool(name, **arguments):
    return Action("call_tool", {"name": name, "arguments": arguments})


def finish(text):
    return Action("finish", {"answer": text})


STEPS = {
    "0/0": tool("OCR", image=IMAGE[0]),
    "0/1": tool("Calculator", expression="2*3"),  # the right tool
    "0/2": finish("It is six."),
    "1/0": tool("OCR", image=IMAGE[1]),  # no tool of this query
    "1/1": finish("a dog"),
    "2/0": tool("TextToBbox", image=IMAGE[2]),  # a missing argument
    "2/1": tool("DrawBox", image=IMAGE[2], bbox="(1, 2, 3, 4)"),
    "2/2": finish("done"),
    "3/0": tool("GoogleSearch", query="cars", k=4),
    "3/1": None,  # unreadable
    "3/2": tool("OCR", image=IMAGE[3]),  # where the answer was due
}


def of_steps(benchmark, folder, protocol, said=STEPS):
    samples = {one.id: one for one in benchmark.samples(folder, "steps")}
    assert list(samples) == list(STEPS)
    judged = [
        benchmark.judge(samples[name], Prediction(name, "ok" if action else "unreadable", action), protocol)
        for name, action in said.items()
    ]
    return {one.sample: one for one in judged}, {one.name: one for one in benchmark.summarise(judged, protocol)}


def test_step_by_step_numbers(folder):
    judged, metrics = of_steps(GTA(half), folder, "gta")
    # 7 calls and 3 queries with an answer; right kinds: 0/0 0/1 0/2 1/1 2/1 2/2 3/0
    assert (metrics["InstAcc"].value, metrics["InstAcc"].n) == (pytest.approx(7 / 10), 10)
    assert (metrics["ToolAcc"].value, metrics["ToolAcc"].n) == (pytest.approx(5 / 7), 7)
    assert (metrics["ArgAcc"].value, metrics["ArgAcc"].n) == (pytest.approx(3 / 7), 7)
    assert (metrics["SummAcc"].value, metrics["SummAcc"].n) == (pytest.approx((1 + 0.5 + 0) / 3), 3)
    assert (metrics["CallErrors"].value, metrics["CallErrors"].n) == (pytest.approx(4 / 8), 8)
    assert judged["2/0"].marks == {"InstAcc": 0, "ToolAcc": 1, "ArgAcc": 0, "Calls": 1, "CallErrors": 1}
    assert judged["3/1"].marks == {"InstAcc": 0, "ToolAcc": 0, "ArgAcc": 0, "Calls": 1, "CallErrors": 1}
    assert judged["2/2"].marks["SummAcc"] is None


def test_without_an_embedding_model_subjective_answers_are_not_scored(folder):
    judged, metrics = of_steps(BENCHMARK, folder, "gta")
    assert "SummAcc" not in metrics
    assert (metrics["SummAccObjective"].value, metrics["SummAccObjective"].n) == (0.5, 2)
    assert (metrics["NotScored"].value, metrics["NotScored"].n) == (pytest.approx(1 / 3), 3)
    assert judged["1/1"].marks["SummAcc"] is None


def test_the_denominator_of_instacc_leaves_out_the_last_turns_of_queries_for_pictures(folder):
    truth = {one.id: one.reference for one in BENCHMARK.samples(folder, "steps")}
    _, metrics = of_steps(GTA(half), folder, "gta", truth)
    assert metrics["InstAcc"].value == pytest.approx(11 / 10)
    assert [metrics[name].value for name in ("ToolAcc", "ArgAcc")] == [1, 1]
    assert metrics["SummAcc"].value == pytest.approx((1 + 0.5 + 1) / 3)  # "A cat on a mat." is no reference


def test_t3_agents_measures_step_by_step(folder):
    judged, metrics = of_steps(BENCHMARK, folder, "t3_agent")
    assert (metrics["ToolAcc"].value, metrics["ToolAcc"].n) == (pytest.approx(4 / 6), 6)
    assert (metrics["CodeExec"].value, metrics["CodeExec"].n) == (pytest.approx(3 / 5), 5)
    assert set(judged["1/0"].marks.values()) == {None}


@pytest.mark.parametrize(
    ("name", "action", "error"),
    [
        ("0/0", tool("OCR", image="image/none.jpg"), True),  # the file is not there
        ("0/0", tool("OCR", image="a\0b"), True),
        ("0/0", tool("OCR", image=3), True),
        ("0/0", tool("OCR", image=IMAGE[1]), False),
        ("0/0", tool("OCR", image=IMAGE[0], text="x"), True),  # unknown argument
        ("0/0", Action("call_tool", {"name": "OCR"}), True),
        ("0/0", Action("wait"), True),
        ("3/0", tool("GoogleSearch", query="cars", k="4"), False),  # a text that is a number is converted
        ("3/0", tool("GoogleSearch", query="cars", k="four"), True),
        ("3/0", tool("GoogleSearch", query=5), False),  # anything can be made a text
        ("2/0", tool("TextToBbox", image=IMAGE[2], text="dog", top1="yes"), False),
    ],
)
def test_when_a_call_is_an_error(folder, name, action, error):
    sample = next(one for one in BENCHMARK.samples(folder, "steps") if one.id == name)
    marks = BENCHMARK.judge(sample, Prediction(name, "ok", action), "gta").marks
    assert (marks["CallErrors"], marks["InstAcc"]) == (float(error), float(not error))


def made(name, status="ok", **arguments):
    return {"name": name, "arguments": arguments, "status": status, "output": ""}


PLAYED = {
    "0": ("ok", "That is 6 dollars", [made("OCR", image=IMAGE[0]), made("OCR", image=IMAGE[0])]),
    "1": ("ok", "a dog", [made("ImageDescription", "refused", image=IMAGE[1])]),
    "2": (
        "ok",
        None,
        [
            made("TextToBbox", image=IMAGE[2], text="dog"),
            made("DrawBox", image=IMAGE[2], bbox="(1, 2, 3, 4)"),
            made("DrawBox", image=IMAGE[2], bbox="(1, 2, 3, 5)"),  # the last that worked counts
            made("DrawBox", "refused", image=IMAGE[2], bbox="(1, 2, 3, 4)"),
        ],
    ),
    "3": ("unreadable", None, [made("GoogleSearch", query="red cars")]),
}


def of_played(benchmark, folder, protocol, said=PLAYED):
    judged = {}
    for sample in benchmark.samples(folder, "end_to_end"):
        status, text, calls = said[sample.id]
        prediction = Prediction(sample.id, status, answer=text, calls=tuple(calls))
        judged[sample.id] = benchmark.judge(sample, prediction, protocol)
    return judged, {one.name: one for one in benchmark.summarise(list(judged.values()), protocol)}


def test_end_to_end_numbers(folder):
    judged, metrics = of_played(GTA(half), folder, "gta")
    assert {name: one.marks["AnsAcc"] for name, one in judged.items()} == {"0": 1, "1": 0.5, "2": None, "3": 0}
    assert (metrics["AnsAcc"].value, metrics["AnsAcc"].n) == (pytest.approx(1.5 / 3), 3)
    assert (metrics["Ans+I"].value, metrics["Ans+I"].n) == (pytest.approx((1 + 0.5 + 0.5 + 0) / 4), 4)
    # perception: 3 of 3 found, 4 made; operation: 2 of 2 found, 4 made; logic: 0 of 2 found, none made
    for name, precision, recall, n in (("P", 3 / 4.00001, 1, 3), ("O", 2 / 4.00001, 1, 2), ("L", 0, 0, 2)):
        assert metrics[name].value == pytest.approx(2 * precision * recall / (precision + recall + 1e-5), abs=1e-12)
        assert metrics[name].n == n
    assert metrics["C"].n == 0
    assert (metrics["CallErrors"].value, metrics["CallErrors"].n) == (pytest.approx(3 / 9), 9)
    assert next(iter(metrics)) == GTA.headline


def test_end_to_end_without_an_embedding_model(folder):
    _, metrics = of_played(BENCHMARK, folder, "gta")
    assert not {"AnsAcc", "Ans+I"} & set(metrics)
    assert (metrics["AnsAccObjective"].value, metrics["AnsAccObjective"].n) == (0.5, 2)
    assert (metrics["NotScored"].value, metrics["NotScored"].n) == (0.5, 4)


def test_what_needs_no_embedding_is_scored_without(folder):
    said = PLAYED | {"1": ("ok", "", []), "2": ("ok", "", [made("TextToBbox", image=IMAGE[2], text="dog")])}
    _, metrics = of_played(BENCHMARK, folder, "gta", said)
    assert (metrics["AnsAcc"].value, metrics["AnsAcc"].n) == (pytest.approx(1 / 3), 3)  # no answer is near nothing
    assert metrics["Ans+I"].value == pytest.approx(1 / 4)  # the box was never drawn


def test_t3_agents_measures(folder):
    judged, metrics = of_played(BENCHMARK, folder, "t3_agent")
    assert {name: one.marks["AnsAcc"] for name, one in judged.items()} == {"0": 1, "1": None, "2": None, "3": 0}
    assert (metrics["AnsAcc"].value, metrics["AnsAcc"].n) == (0.5, 2)
    assert (metrics["AnsAccAll"].value, metrics["AnsAccAll"].n) == (0.25, 4)
    # query 0: OCR and the answer of OCR, Calculator, answer; query 3: GoogleSearch of GoogleSearch, CountGivenObject, answer
    assert (metrics["ToolAcc"].value, metrics["ToolAcc"].n) == (pytest.approx(3 / 6), 6)
    assert (metrics["CodeExec"].value, metrics["CodeExec"].n) == (pytest.approx(3 / 4), 4)


def test_t3_agents_own_tools_stand_for_gtas(folder):
    calls = [made("visualizer", question="?", image_path=IMAGE[0]), made("python", code="3*2")]
    judged, _ = of_played(BENCHMARK, folder, "t3_agent", PLAYED | {"0": ("ok", "no idea", calls)})
    assert (judged["0"].marks["found"], judged["0"].marks["needed"]) == (2, 3)


def test_the_rules_differ_on_the_blacklist_and_on_parts_of_words(folder):
    for text, official, t3 in (("6, not 7", 0, 1), ("16 dollars", 0, 1), ("Six.", 1, 1), ("7", 0, 0)):
        said = PLAYED | {"0": ("ok", text, [])}
        assert of_played(BENCHMARK, folder, "gta", said)[0]["0"].marks["AnsAcc"] == official
        assert of_played(BENCHMARK, folder, "t3_agent", said)[0]["0"].marks["AnsAcc"] == t3


def test_an_answer_that_only_the_action_holds_counts(folder):
    sample = next(BENCHMARK.samples(folder, "end_to_end"))
    for protocol in BENCHMARK.protocols:
        assert BENCHMARK.judge(sample, Prediction("0", "ok", finish("6")), protocol).marks["AnsAcc"] == 1


@given(st.lists(st.tuples(*[st.integers(0, 5)] * 3), min_size=1, max_size=8))
def test_f1_is_that_of_the_sums(rows):
    found, made_, needed = map(sum, zip(*rows, strict=True))
    precision = found / (made_ + 1e-5)
    recall = found / needed if needed else 0
    assert float(f1(found, made_, needed)) == pytest.approx(2 * precision * recall / (precision + recall + 1e-5))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=10))
def test_a_share_lies_in_its_interval(pairs):
    rows = [(min(pair), max(pair)) for pair in pairs]
    metric = share_of("x", rows, "calls")
    total = sum(bottom for _, bottom in rows)
    assert metric.n == total
    if total:
        assert metric.value == pytest.approx(sum(top for top, _ in rows) / total)
        assert 0 <= metric.low <= metric.value + 1e-9 and metric.value - 1e-9 <= metric.high <= 1
