"""Multimodal-Mind2Web as a benchmark: the Parquet files, SeeClick's files, what is left out, and faults."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

sys.path.append(str(Path(__file__).parents[1] / "data"))
from mind2web_predictions import PROTOCOLS, click, numbers, typed
from mind2web_rows import SCHEMA, candidate, row, screenshot, task, write

from tracer1.coordinates import Box, Size
from tracer1.evaluation.benchmarks.mind2web.benchmark import BENCHMARK, SEECLICK, TESTS
from tracer1.evaluation.harness.base import Prediction, Sample
from tracer1.evaluation.harness.registry import load_benchmark
from tracer1.trajectories import Fault

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "mind2web" / "one_step.jsonl"
SMALL = {
    "screenshot": {"bytes": screenshot(Size(300, 900), (40, 800, 100, 30)), "path": None},
    "pos_candidates": [candidate("40,800,100,30")],
}


def small(name: str, **other: Any) -> list[dict[str, Any]]:
    """A task on a small page, its second row changed."""
    return [row(name, step, **(SMALL | other if step == 1 else SMALL)) for step in range(3)]


def three(folder: Path, **other: Any) -> Path:
    """The Parquet files of the three splits, two tasks in each."""
    for split in TESTS:
        rows = [*small(f"{split}-1"), *small(f"{split}-2", **other)]
        write(folder, rows, name=f"{split}-00000-of-00001-abc")
    return folder


def read(path: Path, split: str = "all") -> list[Sample | Fault]:
    return list(BENCHMARK.samples(path, split))


def score(read: list[Sample | Fault], answer: Any, protocol: str) -> dict[str, float]:
    samples = [one for one in read if isinstance(one, Sample)]
    given = [Prediction(one.id, "ok" if (said := answer(one)) else "unreadable", said) for one in samples]
    return numbers(BENCHMARK.judge(one, said, protocol) for one, said in zip(samples, given, strict=True))


def test_all_is_the_three_splits(tmp_path: Path) -> None:
    found = read(three(tmp_path))
    assert all(isinstance(one, Sample) for one in found) and len(found) == 3 * 2 * 3
    assert [one.parts for one in found] == [(split,) for split in TESTS for _ in range(6)]
    assert found[0].id == "test_task-1/0" and found[0].group == "test_task-1" and found[0].platform == "web"
    assert found[0].instruction == "Find trains to Boston for test_task-1"
    assert [step.action.type for step in found[2].history] == ["type", "select"]
    assert read(tmp_path, "test_website") == found[6:12]
    assert load_benchmark("mind2web") is BENCHMARK


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_perfect_predictions_score_1_and_empty_ones_0(tmp_path: Path, protocol: str) -> None:
    found = read(three(tmp_path))
    assert set(score(found, lambda one: one.reference, protocol).values()) == {1.0}
    assert set(score(found, lambda one: None, protocol).values()) == {0.0}


def test_what_is_seen_is_a_viewport_and_the_box_is_in_it(tmp_path: Path) -> None:
    (found, *_) = read(write(tmp_path, task(), name="test_task-00000-of-00001-abc"), "test_task")
    assert found.observation.size == Size(1280, 720) and found.box.right - found.box.left == 200
    left, top = found.box.left, found.box.top
    inner, outer = ([(left + by) / 1.28, (top + by) / 0.72] for by in (2, -2))  # pixels in thousandths
    for point, hit in ((inner, 1), (outer, 0)):
        given = Prediction("x", "ok", typed("Boston", point))
        assert [BENCHMARK.judge(found, given, name).marks["element_accuracy"] for name in PROTOCOLS] == [hit, hit]


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"pos_candidates": []}, "target not on the page"),
        ({"pos_candidates": [candidate("-1,-1,-1,-1")]}, "target not on the page"),
        ({"screenshot": None}, "missing image"),
    ],
)
def test_steps_without_box_or_picture_are_left_out_and_counted(
    tmp_path: Path, changed: dict[str, Any], kind: str
) -> None:
    found = read(three(tmp_path, **changed))
    faults = [one for one in found if isinstance(one, Fault)]
    assert [fault.kind for fault in faults] == [kind] * 3 and all(fault.expected for fault in faults)
    assert len(found) - len(faults) == 15
    assert [step.action.type for step in found[-1].history] == ["type", "select"]  # what was done is known


def test_a_step_without_its_row_is_a_fault(tmp_path: Path) -> None:
    write(tmp_path, [small("t")[0], small("t")[2]], name="test_task-00000-of-00001-abc")
    found = read(tmp_path, "test_task")
    assert [one.kind for one in found if isinstance(one, Fault)] == ["missing step"] and len(found) == 3


def test_a_task_that_is_in_two_splits_is_a_fault(tmp_path: Path) -> None:
    for split in TESTS:
        write(tmp_path, small("same"), name=f"{split}-00000-of-00001-abc")
    found = read(tmp_path)
    faults = [one for one in found if isinstance(one, Fault)]
    assert [str(fault.kind) for fault in faults] == ["duplicate"] * 2 and "test_task" in str(faults[0])
    assert len(found) == 3 + 2


def test_a_row_that_is_there_twice_is_a_fault(tmp_path: Path) -> None:
    write(tmp_path, [*small("t"), small("t")[1]], name="test_task-00000-of-00001-abc")
    assert [one.kind for one in read(tmp_path, "test_task") if isinstance(one, Fault)] == ["duplicate"]


def test_a_wrong_split_and_a_wrong_path_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no split 'train': use one of all, test_task"):
        BENCHMARK.samples(tmp_path, "train")
    write(tmp_path, small("t"), name="test_task-00000-of-00001-abc")
    with pytest.raises(ValueError, match=r"has no test_website-\*\.parquet: download"):
        BENCHMARK.samples(tmp_path, "all")
    (found, *_) = read(tmp_path, "test_task")
    with pytest.raises(ValueError, match="no protocol 'os_atlas'"):
        BENCHMARK.judge(found, Prediction("x", "ok", click()), "os_atlas")


def seeclick(folder: Path, split: str = "test_task", **changed: Any) -> Path:
    """A task in SeeClick's format, its second step changed; a value of None takes the field away."""
    (folder / "mind2web_images").mkdir(parents=True, exist_ok=True)
    steps = []
    for number, (kind, value) in enumerate([("TYPE", "Boston"), ("SELECT", "First"), ("HOVER", "")]):
        op = "CLICK" if kind == "HOVER" else kind
        step = {
            "action_uid": f"u{number}",
            "operation": {"original_op": kind, "value": value, "op": op},
            "bbox": {"x": 400, "y": 1500, "width": 200, "height": 40},
        } | (changed if number == 1 else {})
        steps.append({name: value for name, value in step.items() if value is not None})
        Image.new("RGB", (1280, 3000)).save(folder / "mind2web_images" / f"{split}-u{number}.jpg")
    reprs = ["[textbox]  To -> TYPE: Boston", "[combobox]  Class -> SELECT: First", "[button]  More -> HOVER"]
    record = {
        "website": "rail",
        "annotation_id": split,
        "confirmed_task": "Find trains",
        "action_reprs": reprs,
        "actions": steps,
    }
    (folder / f"mind2web_data_{split}.json").write_text(json.dumps([record]))
    return folder


def test_seeclick_files_are_read_whole(tmp_path: Path) -> None:
    for split in TESTS:
        seeclick(tmp_path, split)
    found = read(tmp_path)
    assert [one.id for one in found[:4]] == ["test_task/0", "test_task/1", "test_task/2", "test_website/0"]
    assert found[0].observation.size == Size(1280, 3000) and found[0].box == Box(400, 1500, 600, 1540, "pixel")
    assert [one.reference.type for one in found[:3]] == ["type", "select", "click"]
    assert found[0].reference.arguments["point"] == pytest.approx([500 / 1.28, 1520 / 3])
    assert found[2].history[1].instruction == 'Select "First" in the Class combo box'
    assert set(score(found, lambda one: one.reference, SEECLICK.name).values()) == {1.0}
    assert read(tmp_path / "mind2web_data_test_domain.json", "test_domain") == found[6:]


@pytest.mark.parametrize(
    ("changed", "kind", "expected"),
    [
        ({"bbox": None}, "target not on the page", True),
        ({"bbox": {"x": 1}}, "broken record", False),
        ({"bbox": {"x": 1, "y": 1, "width": -5, "height": 2}}, "broken record", False),
        ({"action_uid": "other"}, "missing image", False),
        ({"operation": None}, "missing field", False),
        ({"operation": {"original_op": "SWIPE", "value": ""}}, "unknown action", False),
    ],
)
def test_faults_of_seeclick_files(tmp_path: Path, changed: dict[str, Any], kind: str, expected: bool) -> None:
    found = read(seeclick(tmp_path, **changed), "test_task")
    (fault,) = (one for one in found if isinstance(one, Fault))
    assert (fault.kind, fault.expected, len(found)) == (kind, expected, 3)
    assert "mind2web_data_test_task.json" in fault.where and "step 1" in fault.where


def test_a_target_beyond_the_picture_has_no_point_and_is_scored(tmp_path: Path) -> None:
    found = read(seeclick(tmp_path, bbox={"x": 400, "y": 2990, "width": 200, "height": 40}), "test_task")
    assert "point" not in found[1].reference.arguments and found[1].box.bottom == 3030


@pytest.mark.skipif(not REAL.is_file(), reason="the public sample is not here")
def test_the_published_step(tmp_path: Path) -> None:
    real = json.loads(REAL.read_text())
    rect = json.loads(real["pos_candidates"][0]["attributes"])["bounding_box_rect"]
    assert rect == "587,596.59375,93,54"
    page = Size(1280, 7411)
    one = row("x") | {
        "annotation_id": real["annotation_id"],
        "action_uid": real["action_uid"],
        "operation": json.dumps(real["operation"]),
        "pos_candidates": [json.dumps(candidate) for candidate in real["pos_candidates"]],
        "screenshot": {"bytes": screenshot(page, (587, 596, 93, 54)), "path": None},
        "confirmed_task": real["confirmed_task"],
        "target_action_index": "2",
        "action_reprs": [*real["previous_actions"], "[button]  Search -> CLICK"],
        "target_action_reprs": "[button]  Search -> CLICK",
    }
    (tmp_path / "data").mkdir()
    pq.write_table(pa.Table.from_pylist([one], SCHEMA), tmp_path / "data" / "test_website-00000-of-00001.parquet")
    *missing, found = read(tmp_path, "test_website")
    assert [fault.kind for fault in missing] == ["missing step"] * 2
    assert [step.action.arguments["text"] for step in found.history] == ["wedding photographer", "10203"]
    assert (found.box.right - found.box.left, found.box.bottom - found.box.top) == (93, 54)
    centre = [found.box.centre.x / 1.28, found.box.centre.y / 0.72]
    for protocol in PROTOCOLS:
        assert set(BENCHMARK.judge(found, Prediction("x", "ok", click(centre)), protocol).marks.values()) == {1.0}
        off = [centre[0], centre[1] + 60 / 0.72 * (1 if centre[1] < 500 else -1)]
        assert BENCHMARK.judge(found, Prediction("x", "ok", click(off)), protocol).marks["element_accuracy"] == 0
