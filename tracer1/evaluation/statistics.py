"""How sure a number is: Wilson's interval for a success rate, mean and spread over seeds, pass@k."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Rate:
    """``successes`` of ``n``, the share, and its 95 % Wilson interval."""

    n: int
    successes: int
    rate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean over runs, sample standard deviation (0 for a single run), least and greatest."""

    n: int
    mean: float
    deviation: float
    least: float
    greatest: float


def wilson(successes: int, n: int) -> Rate:
    """Wilson's score interval at 95 %: sound for small n and for rates near 0 and 1. Raises ValueError for bad
    counts.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"need 0 <= successes <= n, got {successes} of {n}")
    if n == 0:
        return Rate(0, 0, 0.0, 0.0, 1.0)
    share, z2 = successes / n, Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return Rate(n, successes, share, max(0.0, middle - half), min(1.0, middle + half))


def spread(values: Sequence[float]) -> Spread:
    """Mean and spread of one number over several runs. Raises ValueError when there is none."""
    if not values:
        raise ValueError("no values to summarise")
    mean = math.fsum(values) / len(values)
    squares = math.fsum((value - mean) ** 2 for value in values)
    deviation = math.sqrt(squares / (len(values) - 1)) if len(values) > 1 else 0.0
    return Spread(len(values), mean, deviation, min(values), max(values))


def standard_error(values: Sequence[float]) -> float:
    """Standard error of the mean; 0 for fewer than two values."""
    return spread(values).deviation / math.sqrt(len(values)) if len(values) > 1 else 0.0


def pass_at(groups: Sequence[Sequence[bool]]) -> float:
    """Share of groups (the samples of one prompt) with at least one success. Raises ValueError for no groups."""
    if not groups:
        raise ValueError("no groups to summarise")
    return sum(any(group) for group in groups) / len(groups)
