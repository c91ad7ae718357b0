"""Multimodal-Mind2Web as a benchmark: SeeClick's and Mind2Web's rules and denominators, by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mind2web_predictions import INSIDE, OUTSIDE, PROTOCOLS, click, numbers, picked, typed

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.evaluation.benchmarks.mind2web.benchmark import BENCHMARK, ORIGINAL, SEECLICK, TESTS
from tracer1.evaluation.harness.base import Judgement, Prediction, Sample
from tracer1.plans import Step
from tracer1.trajectories import Observation

BOX = Box(100, 200, 300, 240, "pixel")  # of 1000 x 1000: the edges are 0.1, 0.2, 0.3, 0.24
SQUARE = Size(1000, 1000)


def sample(reference: Action, size: Size = SQUARE, box: Box = BOX, name: str = "t/0") -> Sample:
    group, _, position = name.partition("/")
    seen = Observation(b"", size)
    step = Step(reference, "x")
    return Sample(name, group, int(position), "do", seen, "web", future=(step,), box=box, parts=("test_task",))


def marks(
    reference: Action, predicted: Action | None, protocol: str = SEECLICK.name, **about: Any
) -> tuple[float | None, ...]:
    """Step success, element accuracy, operation F1."""
    given = Prediction("t/0", "ok" if predicted else "unreadable", predicted)
    return tuple(BENCHMARK.judge(sample(reference, **about), given, protocol).marks.values())


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("reference", "predicted", "expected"),
    [
        (click(), click(), (1, 1, 1)),
        (click(), Action("hover", {"point": INSIDE}), (1, 1, 1)),
        (click(), click([100, 200]), (1, 1, 1)),  # the edges count
        (click(), click([300, 240]), (1, 1, 1)),
        (click(), click(OUTSIDE), (0, 0, 1)),
        (click(), click(None), (0, 0, 0)),  # SeeClick: "format wrong"
        (click(), Action("key", {"key": "enter"}), (0, 0, 0)),
        (click(), Action("scroll", {"direction": "down", "point": INSIDE}), (0, 1, 0)),
        (click(), typed("x"), (0, 1, 0)),
        (click(), None, (0, 0, 0)),
        (typed("New York"), typed("New York"), (1, 1, 1)),
        (typed("New York"), typed("York  New\n"), (1, 1, 1)),  # sets of words
        (typed("New York"), typed("New New York"), (1, 1, 1)),
        (typed("New York"), typed("New York", OUTSIDE), (0, 0, 1)),
        (typed("New York"), typed("New York", None), (0, 0, 0)),
        (typed("New York"), typed("New"), (0, 1, 2 * 1 * (2 / 3) / (1 + 2 / 3))),  # precision 2/2, recall 2/3
        (typed("New York"), typed(""), (0, 1, 2 * 1 * (1 / 3) / (1 + 1 / 3))),  # the operation alone is right
        (typed("New York"), picked("New York"), (0, 1, 2 / 3)),  # both words, not the operation
        (picked("First"), picked("First"), (1, 1, 1)),
        (picked("First"), click(), (0, 1, 0)),
    ],
)
def test_the_rules_that_both_share(
    protocol: str, reference: Action, predicted: Action | None, expected: tuple[float, ...]
) -> None:
    assert marks(reference, predicted, protocol) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("reference", "predicted", "seeclick", "original"),
    [
        (typed("New York"), typed("new york"), (1, 1, 1), (0, 1, 1 / 3)),  # lower case there only
        (typed("3"), typed(""), (1, 1, 1), (0, 1, 2 / 3)),  # TYPE is spelled 3, and words count once
        (picked("3"), typed("2"), (1, 1, 1), (0, 1, 0)),  # "2 3" and "3 2"
    ],
)
def test_where_they_differ(
    reference: Action, predicted: Action, seeclick: tuple[float, ...], original: tuple[float, ...]
) -> None:
    assert marks(reference, predicted, SEECLICK.name) == pytest.approx(seeclick)
    assert marks(reference, predicted, ORIGINAL.name) == pytest.approx(original)


def test_seeclick_rounds_the_edges_to_a_thousandth_of_the_picture() -> None:
    tall = {"size": Size(1000, 10_000), "box": Box(100, 1004, 300, 1044, "pixel")}  # 0.1004 and 0.1044: 0.1 and 0.104
    above, below = click([200, 100.1]), click([200, 104.2])  # 1001 and 1042 pixels
    assert [marks(click(), above, name, **tall)[1] for name in PROTOCOLS] == [1, 0]
    assert [marks(click(), below, name, **tall)[1] for name in PROTOCOLS] == [0, 1]


@pytest.mark.parametrize("value", ['say "hi"', "two\nlines", "ends in \\"])
def test_seeclick_does_not_score_a_value_that_its_script_cannot_read_back(value: str) -> None:
    assert marks(typed(value), typed(value)) == (None, None, None)
    assert marks(typed(value), typed(value), ORIGINAL.name) == (1, 1, 1)


def test_seeclick_reads_a_backslash_as_an_escape() -> None:
    assert marks(typed(r"a\nb"), typed("b a")) == (1, 1, 1)
    assert marks(typed(r"C:\dir"), typed(r"c:\DIR")) == (1, 1, 1)  # \d is none, and stays


def judgement(group: str, kind: str, given: tuple[float | None, ...], part: str = "test_task") -> Judgement:
    return Judgement(f"{group}/{kind}", group, 0, kind, dict(zip(SEECLICK.measures, given, strict=False)), (part,))


TASKS = [
    judgement("a", "click", (1, 1, 1)),
    judgement("a", "type", (0, 1, 0.5)),
    judgement("a", "click", (0, 0, 1)),
    judgement("a", "click", (1, 1, 1)),
    judgement("b", "select", (0, 0, 0)),
    judgement("b", "type", (None, None, None)),
    judgement("c", "click", (1, 1, 1)),
]


def test_the_denominators_of_one_split() -> None:
    found = numbers(TASKS)
    assert found == numbers(TASKS, part="test_task")
    assert found["step_success"] == pytest.approx(3 / 6)
    assert found["element_accuracy"] == pytest.approx(4 / 6)
    assert found["operation_f1"] == pytest.approx((1 + 0.5 + 0) / 3)  # click, type, select
    assert [found[f"operation_f1_{kind}"] for kind in ("click", "select", "type")] == pytest.approx([1, 0, 0.5])
    assert found["operation_f1_plain"] == pytest.approx(4.5 / 6)
    assert found["macro_step_success"] == pytest.approx((2 / 4 + 0 + 1) / 3)
    assert found["macro_element_accuracy"] == pytest.approx((3 / 4 + 0 + 1) / 3)
    assert found["macro_operation_f1"] == pytest.approx((3.5 / 4 + 0 + 1) / 3)
    assert found["task_success"] == pytest.approx(1 / 3)
    assert list(found) == list(SEECLICK.measures)


def test_the_original_means_over_all_operations_alike() -> None:
    found = numbers(TASKS, ORIGINAL.name)
    assert found["operation_f1"] == pytest.approx(4.5 / 6)
    assert list(found) == list(ORIGINAL.measures)


def test_an_operation_that_does_not_occur_is_in_no_mean() -> None:
    assert numbers([judgement("a", "click", (1, 1, 1)), judgement("a", "type", (0, 1, 0.5))])["operation_f1"] == 0.75


def test_the_headline_is_the_unweighted_mean_of_the_splits() -> None:
    judged = [judgement("a", "click", (1, 1, 1))] * 2
    judged += [judgement("b", "click", (0, 1, 1), "test_website")] * 10
    judged += [judgement("c", "click", (float(n < 1), 1, 1), "test_domain") for n in range(4)]
    assert numbers(judged)["step_success"] == pytest.approx((1 + 0 + 0.25) / 3)
    assert [numbers(judged, part=part)["step_success"] for part in TESTS] == [1, 0, 0.25]
    assert next(metric.n for metric in BENCHMARK.summarise(judged, SEECLICK.name)) == 16


def test_nothing_judged_has_no_number() -> None:
    assert [metric.n for metric in BENCHMARK.summarise([], SEECLICK.name)] == [0] * len(SEECLICK.measures)


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 1000), min_size=2, max_size=2),
    st.text("ab2 34\"\\\n'", max_size=8),
    st.text("ab2 34\"\\\n'", max_size=8),
    st.sampled_from(PROTOCOLS),
)
def test_marks_are_shares_and_the_step_needs_both(point: list[float], said: str, done: str, protocol: str) -> None:
    step, element, f1 = marks(typed(done), typed(said, point), protocol)
    if step is None:
        assert element is None and f1 is None and protocol == SEECLICK.name and set(done) & {'"', "\\", "\n"}
        return
    assert 0 <= f1 <= 1 and element in (0, 1) and step == float(element == 1 and math.isclose(f1, 1))
