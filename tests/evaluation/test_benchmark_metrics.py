"""Metrics and their intervals against numbers worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer1.evaluation.harness.base import Judgement, Metric
from tracer1.evaluation.harness.metrics import (
    bootstrap,
    by_part,
    mean_mark,
    mean_of_groups,
    mean_of_metrics,
    whole_groups,
)


def _judged(*rows: tuple[str, float | None], parts: tuple[str, ...] = ()) -> list[Judgement]:
    return [Judgement(f"s{n}", group, n, "click", {"right": mark}, parts) for n, (group, mark) in enumerate(rows)]


def test_wilson_of_eight_in_ten():
    # (0.8 + z²/20 ± z √(0.016 + z²/400)) / (1 + z²/10) with z = 1.96: (0.99207 ± 0.31358) / 1.38415
    metric = mean_mark(_judged(*[("e", 1.0)] * 8, *[("e", 0.0)] * 2), "right")
    assert (metric.value, metric.n, metric.of) == (0.8, 10, "samples")
    assert metric.low == pytest.approx(0.49016, abs=1e-5)
    assert metric.high == pytest.approx(0.94332, abs=1e-5)


def test_wilson_of_none_in_five_ends_at_z2_over_n_plus_z2():
    metric = mean_mark(_judged(*[("e", 0.0)] * 5), "right")
    assert metric.low == 0
    assert metric.high == pytest.approx(3.841459 / 8.841459, abs=1e-6)


def test_marks_that_do_not_apply_are_left_out_and_nothing_has_no_n():
    metric = mean_mark(_judged(("e", 1.0), ("e", None), ("e", 0.0)), "right")
    assert (metric.value, metric.n) == (0.5, 2)
    empty = mean_mark(_judged(("e", None)), "right")
    assert (empty.n, empty.low, empty.high) == (0, 0.0, 1.0)
    assert mean_mark(_judged(("e", 1.0)), "absent").n == 0


def test_episodes_as_a_whole_and_by_their_means():
    judged = _judged(("a", 1.0), ("a", 1.0), ("b", 1.0), ("b", 0.0), ("c", 0.0), ("c", 0.0), ("c", 1.0))
    whole = whole_groups(judged, "right", "solved")
    assert (whole.value, whole.n, whole.of) == (pytest.approx(1 / 3), 3, "episodes")
    assert mean_of_groups(judged, "right", "macro").value == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)


def test_parts_come_in_the_order_in_which_they_appear():
    judged = _judged(("a", 1.0), parts=("late", "all")) + _judged(("b", 0.0), parts=("early", "all"))
    found = by_part(judged, lambda part: mean_mark(judged, "right", part=part))
    assert [(metric.part, metric.value, metric.n) for metric in found] == [
        ("late", 1.0, 1),
        ("all", 0.5, 2),
        ("early", 0.0, 1),
    ]


def test_the_mean_of_two_splits_by_hand():
    splits = [Metric("sr", 0.5, 10, 0.4, 0.6), Metric("sr", 0.7, 30, 0.5, 0.9), Metric("sr", 0.0, 0, 0.0, 1.0)]
    mean = mean_of_metrics("sr", splits)
    assert (mean.value, mean.n) == (pytest.approx(0.6), 40)
    half = math.sqrt(0.1**2 + 0.2**2) / 2
    assert (mean.low, mean.high) == (pytest.approx(0.6 - half), pytest.approx(0.6 + half))
    assert mean_of_metrics("sr", []).n == 0


def test_graded_marks_get_a_seeded_bootstrap_over_groups():
    steady = _judged(*[(f"e{n}", 0.5) for n in range(20)])
    assert (mean_mark(steady, "right").low, mean_mark(steady, "right").high) == (0.5, 0.5)
    # Two groups, all 0.2 or all 0.8: a resample has both (half of the time), or one twice; so the interval reaches both.
    apart = _judged(*[("a", 0.2)] * 50, *[("b", 0.8)] * 50)
    metric = mean_mark(apart, "right")
    assert (metric.value, metric.low, metric.high) == tuple(map(pytest.approx, (0.5, 0.2, 0.8)))
    assert metric == mean_mark(apart, "right")
    assert bootstrap([("only", 0.3), ("only", 0.4)]) == (0.0, 1.0)


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.none() | st.floats(0, 1)), max_size=30))
def test_every_metric_is_a_share_within_its_interval(rows):
    metric = mean_mark(_judged(*rows), "right")
    marks = [mark for _, mark in rows if mark is not None]
    assert metric.n == len(marks)
    assert 0 <= metric.low <= metric.high <= 1
    if marks:
        assert metric.value == pytest.approx(sum(marks) / len(marks))
