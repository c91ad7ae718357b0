"""Training metrics of a step, checked against numbers worked out by hand; and when a run is stopped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tracer1.training import metrics
from tracer1.training.measures import RunStopped, check, measure


def test_means_groups_and_losses() -> None:
    infos = [
        {"score": 1.0, "first_step": 1.0, "note": "text is left out"},
        {"score": 0.0, "first_step": 0.0},
        {"score": 0.5, "first_step": 0.0},
        {"score": 0.5, "first_step": 0.0},
    ]
    # Group a has scores 1 and 0, group b twice 0.5; two of six rollouts never came.
    assert measure(infos, ["a", "a", "b", "b"], expected=6) == pytest.approx(
        {
            "reward/score": 0.5,
            "reward/first_step": 0.25,
            "groups/zero_variance": 0.5,
            "groups/first_step_best": 0.5,
            "groups/rows_lost": 1 / 3,
        }
    )


def test_what_grpo_learns_from_is_shared_among_the_components() -> None:
    infos = [
        {"score": 0.9, "from_alignment": 0.8, "from_format": 0.1},
        {"score": 0.4, "from_alignment": 0.4, "from_format": 0.0},
        {"score": 0.1, "from_alignment": 0.0, "from_format": 0.1},
        {"score": 0.0, "from_alignment": 0.0, "from_format": 0.0},
    ]
    # Deviations within the groups: score ±0.25, ±0.05; alignment ±0.2, 0; format ±0.05, ±0.05.
    # Variance 2 (0.0625 + 0.0025) = 0.13; with alignment 2 · 0.25 · 0.2 = 0.1; with format 2 (0.0125 + 0.0025) = 0.03.
    found = measure(infos, ["a", "a", "b", "b"], expected=4)
    assert found["share/alignment"] == pytest.approx(0.1 / 0.13) and found["share/format"] == pytest.approx(0.03 / 0.13)


def test_unscored_rollouts_stop_the_run_above_the_limit() -> None:
    check({"reward/unscored": 0.2}, limit=0.2)
    with pytest.raises(RunStopped, match="25%"):
        check({"reward/unscored": 0.25}, limit=0.2)


def test_lost_rollouts_stop_the_run() -> None:
    with pytest.raises(RunStopped, match="max_prompt_length"):
        check(measure([], [], expected=8), limit=0.2)


def test_metrics_of_a_resumed_run_are_joined(tmp_path: Path) -> None:
    first = metrics.put_aside(tmp_path)
    first.write_text("".join(json.dumps({"step": s, "data": {"x": s}}) + "\n" for s in (1, 2)) + '{"step": 3, "da')
    second = metrics.put_aside(tmp_path)
    assert first == second == tmp_path / "metrics.jsonl"
    second.write_text(json.dumps({"step": 2, "data": {"x": 20}}) + "\n" + json.dumps({"step": 3, "data": {"x": 30}}))
    assert metrics.read(tmp_path) == {1: {"x": 1}, 2: {"x": 20}, 3: {"x": 30}}
