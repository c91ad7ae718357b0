"""Which predicted step is compared with which step of the reference.

``position`` compares the t-th with the t-th, as the paper's formula is written: one inserted step displaces all that follow.
``monotone`` pairs them in order so that the discounted similarity is greatest; a pair (i, j) weighs γ^max(i, j), so a step
that comes late is worth what a late step is worth, and no plan can gain over the reference.
"""

from __future__ import annotations

from collections.abc import Callable

MODES = ("position", "monotone")
Pair = tuple[int, int]


def candidates(rows: int, columns: int, mode: str) -> list[Pair]:
    """The pairs (predicted, reference) of step numbers, from 0, that may be compared."""
    if mode == "monotone":
        return [(i, j) for i in range(rows) for j in range(columns)]
    return [(t, t) for t in range(min(rows, columns))]


def choose(rows: int, columns: int, similarity: Callable[[Pair], float], discount: float, mode: str) -> dict[int, int]:
    """For each predicted step that is compared, the reference step. ``similarity`` is asked for candidates only."""
    if mode == "monotone":
        return _monotone(rows, columns, similarity, discount)
    return dict(candidates(rows, columns, mode))


def _monotone(rows: int, columns: int, similarity: Callable[[Pair], float], discount: float) -> dict[int, int]:
    """The best monotone pairing, by dynamic programming over both lengths."""
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]  # best[i][j]: of the steps from i and from j on
    for i in reversed(range(rows)):
        for j in reversed(range(columns)):
            paired = discount ** max(i, j) * similarity((i, j)) + best[i + 1][j + 1]
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    partner, i, j = {}, 0, 0
    while i < rows and j < columns:
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            partner[i] = j
            i, j = i + 1, j + 1
    return partner
