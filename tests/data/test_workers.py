"""Processes that share work: the order of the results, and what is said when one dies."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from tracer1_data.workers import WorkerDied, in_order


def square(number: int) -> int:
    if number < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def test_results_come_in_order_and_few_items_are_taken_ahead() -> None:
    taken = []

    def items() -> Iterator[int]:
        for number in range(30):
            taken.append(number)
            yield number

    found = in_order(square, items(), 2)
    assert next(found) == 0 and len(taken) == 8
    assert list(found) == [number * number for number in range(1, 30)]


def test_one_worker_works_here() -> None:
    assert list(in_order(lambda number: number + 1, [1, 2], 1)) == [2, 3]  # a lambda reaches no other process


def test_a_worker_that_dies_is_one_error() -> None:
    with pytest.raises(WorkerDied, match="free some memory, or use fewer --workers"):
        list(in_order(square, [1, -1, 2], 2))
