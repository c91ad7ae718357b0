"""Statistics against values worked out by hand (or printed in Wilson's interval's usual examples)."""

import pytest

from tracer1.evaluation.statistics import pass_at, spread, standard_error, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # z² = 3.841459; for 0 of n: high = z² / (n + z²); for n of n: low = n / (n + z²).
        (0, 10, 0.0, 3.841459 / 13.841459),
        (10, 10, 10 / 13.841459, 1.0),
        # 5 of 10: middle 0.5; half = 1.959964 / 1.3841459 · √(0.025 + 3.841459 / 400) = 0.263405.
        (5, 10, 0.236595, 0.763405),
        # 81 of 263: the textbook example.
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_wilson(successes, n, low, high):
    found = wilson(successes, n)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))
    assert found.rate == successes / n


def test_wilson_without_episodes_knows_nothing():
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)
    with pytest.raises(ValueError, match="successes"):
        wilson(3, 2)


def test_spread_is_the_sample_deviation():
    found = spread([1.0, 2.0, 6.0])
    # Mean 3; squares 4 + 1 + 9 = 14; 14 / 2 = 7.
    assert (found.mean, found.deviation, found.least, found.greatest) == (3.0, pytest.approx(7**0.5), 1.0, 6.0)
    assert spread([4.0]).deviation == 0.0
    assert standard_error([1.0, 2.0, 6.0]) == pytest.approx((7 / 3) ** 0.5)
    with pytest.raises(ValueError, match="no values"):
        spread([])


def test_pass_at_counts_groups_with_a_success():
    assert pass_at([[False, True], [False, False], [True, True], [False, True]]) == 0.75
    with pytest.raises(ValueError, match="no groups"):
        pass_at([])
