"""The recordings that ship with the repository: whole, small, and worded as promised."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracer1.environments.miniwob.accessibility import phrase
from tracer1.environments.miniwob.tasks import HELD_OUT, TRAIN
from tracer1.trajectories import Element, Trajectory
from tracer1_data.recording import read

HOME = Path(__file__).parents[2] / "examples" / "miniwob"
FILES = {
    "train": (TRAIN, range(0, 100)),
    "heldout_seeds": (TRAIN, range(1000, 1030)),
    "heldout_tasks": (HELD_OUT, range(1000, 1030)),
}


def calls(element: Element) -> tuple[str, str]:
    """How a click on this element may be worded: alone of its kind, or with its group."""
    return f"Click {phrase(element)}", f"Click {phrase(element)} of {element.group}"


@pytest.fixture(scope="module", params=FILES)
def recorded(request: pytest.FixtureRequest) -> tuple[str, list[Trajectory]]:
    return request.param, list(read(HOME / f"{request.param}.parquet"))


def test_size() -> None:
    assert sum(path.stat().st_size for path in HOME.glob("*.parquet")) <= 12_000_000


def test_tasks_and_seeds(recorded: tuple[str, list[Trajectory]]) -> None:
    name, episodes = recorded
    tasks, seeds = FILES[name]
    found = [(t.task, t.seed) for t in episodes]
    assert set(found) <= {(task, seed) for task in tasks for seed in seeds} and len(found) == len(set(found))
    for task in tasks:
        assert sum(t.task == task for t in episodes) >= 0.98 * len(seeds), task
    assert all(t.complete and t.platform == "web" for t in episodes)


def test_steps(recorded: tuple[str, list[Trajectory]]) -> None:
    pointed = unique = 0
    for trajectory in recorded[1]:
        for step in trajectory.steps:
            action, says = step.step.action, step.step.instruction
            assert not says.endswith("."), says
            if action.type == "type":
                assert action.arguments["text"] not in says
            if step.box is None:
                continue
            pointed += 1
            assert 0 <= step.box.left < step.box.right <= 160 and 0 <= step.box.top < step.box.bottom <= 210
            named = [e for e in step.observation.elements if says in calls(e)]
            assert step.box in [e.box for e in named], (trajectory.episode, says)
            unique += len(named) == 1
    assert unique >= 0.99 * pointed
