"""How many rows of each source make a mixture: exact arithmetic over weights, caps and what is there."""

from __future__ import annotations

from fractions import Fraction

from tracer1_data.mixing.mixture import Mixture


def share_out(mixture: Mixture, there: list[int]) -> list[int]:
    """How many rows to take of each source, which has ``there`` that pass its filters.

    Without ``rows``: as many as the weights allow without repeating any. With ``rows``: exactly that many in all, each source
    within one row of its share; without weights the shares are as the sources' sizes. Raises ValueError, naming the key, when
    a cap is above what is there, the weights ask for more than that, or a source would give nothing.
    """
    for number, (source, count) in enumerate(zip(mixture.sources, there, strict=True)):
        if not count:
            raise ValueError(
                f"sources[{number}]: no row of {source.rows} is left: its filters and the sources before it take all"
            )
        if source.cap is not None and source.cap > count:
            raise ValueError(
                f"sources[{number}].cap: is {source.cap}, but only {count} rows of {source.rows} are there: lower it, "
                "or leave it out"
            )
    most = [source.cap or count for source, count in zip(mixture.sources, there, strict=True)]
    weights = [Fraction(str(s.weight)) if s.weight else Fraction(n) for s, n in zip(mixture.sources, most, strict=True)]
    unit = min(count / weight for count, weight in zip(most, weights, strict=True))
    largest = [int(weight * unit) for weight in weights]
    taken = largest if mixture.rows is None else _apportion(mixture.rows, weights)
    for number, (count, have) in enumerate(zip(taken, most, strict=True)):
        if count > have:
            raise ValueError(
                f"rows: {mixture.rows} rows would take {count} of sources[{number}], which has {have}: at most "
                f"{sum(largest)} keep the weights without repeating a row"
            )
        if not count:
            raise ValueError(f"sources[{number}].weight: is so small that not one row is taken: raise it, or drop it")
    return taken


def _apportion(rows: int, weights: list[Fraction]) -> list[int]:
    """``rows`` in proportion to the weights, by largest remainder (the earlier source where two are equal)."""
    shares = [rows * weight / sum(weights) for weight in weights]
    taken = [int(share) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda number: taken[number] - shares[number])
    for number in by_remainder[: rows - sum(taken)]:
        taken[number] += 1
    return taken
