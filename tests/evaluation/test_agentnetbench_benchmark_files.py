"""AgentNetBench: its files, faults, and the published sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from agentnetbench_records import SUCCESS, at, keys, place, read, save, scroll, step, write

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.evaluation.benchmarks.agentnetbench.benchmark import ALTERNATIVE, BENCHMARK, CARD, SCORE
from tracer1.evaluation.harness.base import Prediction, Sample
from tracer1.evaluation.harness.registry import load_benchmark

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "agentnetbench"


def test_a_task_is_read(tmp_path: Path) -> None:
    second = step(place("moveTo", 0.2, 0.2, [0.1, 0.1, 0.2, 0.2]), scroll(-3), step_num=4, inner_monologue=None)
    found = read(save(tmp_path, step(write("a"), keys("enter")), second, step(SUCCESS), meta_info={"domain": "Work"}))
    assert [one.id for one in found] == ["t1/0", "t1/1", "t1/2"] and {one.group for one in found} == {"t1"}
    assert [one.reference for one in found] == [
        Action("type", {"text": "a\n"}),
        Action("scroll", {"point": [200, 200], "direction": "down", "amount": 3}),
        Action("finish", {"outcome": "success"}),
    ]
    assert [one.position for one in found] == [0, 1, 2] and found[0].instruction == "Open it"
    assert [step.instruction for step in found[2].history] == ["Click the button.", "Scroll down"]
    assert found[1].box is not None and found[1].observation.size == Size(200, 100)
    edges = (found[1].box.left, found[1].box.top, found[1].box.right, found[1].box.bottom)
    assert edges == pytest.approx((20, 10, 60, 30)) and found[1].box.space == "pixel" and found[0].box is None
    assert found[0].platform == "desktop" and found[0].observation.paths[0].endswith("a.png")
    assert load_benchmark("agentnetbench") is BENCHMARK


def test_tasks_come_by_name_and_an_id_twice_is_a_fault(tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        save(tmp_path, step(SUCCESS), name=name)
    save(tmp_path, step(SUCCESS), name="d", task_id="a")
    found = read(tmp_path)
    assert [one.group for one in found[:3]] == ["a", "b", "c"]
    assert found[3].kind == "duplicate" and "a.json" in found[3].reason and found[3].where == "d.json"


@pytest.mark.parametrize(
    ("given", "kind", "field"),
    [
        (step(SUCCESS, image="none.png"), "missing image", "image"),
        (step(SUCCESS, image=None), "missing image", "image"),
        (step(), "missing field", "ground_truth_actions"),
        (step(ground_truth_actions=None), "missing field", "ground_truth_actions"),
        ("step", "missing field", "ground_truth_actions"),
        (step({"type": "click"}), "broken record", "ground_truth_actions"),
        (step(place("click", 1.5, 0.5)), "broken record", "ground_truth_actions"),
        (step(place("click", 0.5, 0.5, [0, 0, -1, 1])), "broken record", "ground_truth_actions"),
        (
            step(SUCCESS, alternative_options=[[{"type": "press", "params": {}}]]),
            "broken record",
            "alternative_options",
        ),
        (step(SUCCESS, alternative_options=[None]), "missing field", "alternative_options"),
        (step(SUCCESS, alternative_options=5), "broken record", "alternative_options"),
        (step({"type": "dance", "params": {}}), "unknown action", "ground_truth_actions"),
        (step(scroll(0)), "unknown action", "ground_truth_actions"),
    ],
)
def test_a_damaged_step_costs_itself_only(tmp_path: Path, given: Any, kind: str, field: str) -> None:
    found = read(save(tmp_path, step(SUCCESS), given, step(SUCCESS)))
    assert [one.id for one in found if isinstance(one, Sample)] == ["t1/0", "t1/2"]
    fault = found[1]
    assert (fault.kind, fault.field, fault.expected) == (kind, field, False) and fault.where == "t1.json, step 1"


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"task_id": ""}, "missing field"),
        ({"high_level_task_description": None, "user_task_description": None}, "missing field"),
        ({"steps": []}, "empty episode"),
        ({"steps": None}, "empty episode"),
    ],
)
def test_a_damaged_task_costs_itself_only(tmp_path: Path, changed: dict[str, Any], kind: str) -> None:
    save(tmp_path, step(SUCCESS), name="a")
    save(tmp_path, step(SUCCESS), name="b", **changed)
    (tmp_path / "c.json").write_text("{")
    found = read(tmp_path)
    assert [one.group if isinstance(one, Sample) else one.kind for one in found] == ["a", kind, "broken record"]


def test_the_other_description_is_taken_where_one_is_missing(tmp_path: Path) -> None:
    (sample,) = read(save(tmp_path, step(SUCCESS), high_level_task_description=""))
    assert sample.instruction == "please"


def test_a_wrong_split_path_and_protocol_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no split 'train': use test"):
        BENCHMARK.samples(tmp_path, "train")
    for path in (tmp_path, tmp_path / "none", tmp_path / "none.json"):
        with pytest.raises(ValueError, match="holds no task: give the directory"):
            BENCHMARK.samples(path, "test")
    (sample,) = read(save(tmp_path, step(SUCCESS)))
    with pytest.raises(ValueError, match="no protocol 'x'"):
        BENCHMARK.judge(sample, Prediction(sample.id, "ok", Action("finish")), "x")


@pytest.mark.skipif(not REAL.is_dir(), reason="the public sample is not here")
def test_the_published_sample() -> None:
    found = read(REAL)
    assert len(found) == 11 and all(isinstance(one, Sample) for one in found)
    assert found[0].instruction.startswith("Open Spotify in a web browser")
    assert [one.reference.type for one in found].count("click") == 7 and found[-1].reference == Action(
        "finish", {"outcome": "success"}
    )
    assert isinstance(found[0].box, Box) and found[0].box.left == pytest.approx(281.25, abs=1)  # its abs_bbox

    def scores(answer: Any) -> dict[str, float]:
        given = [Prediction(one.id, "ok" if answer(one) else "unreadable", answer(one)) for one in found]
        metrics = BENCHMARK.summarise(
            [BENCHMARK.judge(one, said, CARD.name) for one, said in zip(found, given, strict=True)], CARD.name
        )
        return {metric.name: metric.value for metric in metrics}

    perfect = scores(lambda one: one.reference)
    assert {name for name, value in perfect.items() if value != 1} == {ALTERNATIVE}
    assert set(scores(lambda one: None).values()) == {0.0}
    other = BENCHMARK.judge(found[0], Prediction("x", "ok", at(376.3, 100.3)), CARD.name)  # the address bar
    assert other.marks[SCORE] == 1 and other.marks[ALTERNATIVE] == 1
