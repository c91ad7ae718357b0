"""Multimodal-Mind2Web: files as Hugging Face writes them → trajectories, the viewport, and the published sample."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mind2web_rows import SCHEMA, everything, only, row, screenshot, task, write
from PIL import Image

from tracer1.coordinates import Box, Size
from tracer1.ground_truth import load
from tracer1_data.convert import Job
from tracer1_data.prepare import prepare
from tracer1_data.rows import read_rows
from tracer1_data.settings import RowSettings
from tracer1_data.sources import base
from tracer1_data.sources.mind2web import SOURCE, parts, read

SAMPLE = Path(__file__).resolve().parents[3] / "shared" / "data" / "mind2web" / "one_step.jsonl"
NAME = "tracer1_data.sources.mind2web:SOURCE"


def job(source: Path, output: Path, **changed: Any) -> Job:
    return Job(NAME, source, output, RowSettings(**changed))


def test_a_task_becomes_a_trajectory(tmp_path: Path) -> None:
    trajectory = only(write(tmp_path, task()))
    assert (trajectory.source, trajectory.episode, trajectory.platform, trajectory.task) == (
        "mind2web",
        "t1",
        "web",
        "rail",
    )
    assert trajectory.instruction == "Find trains to Boston for t1"
    assert trajectory.complete and trajectory.instructions == "derived"
    assert [step.step.instruction for step in trajectory.steps] == [
        'Type "Boston" into the To text box',
        'Select "First" in the Class combo box',
        "Click the Search button",
    ]
    for number, recorded in enumerate(trajectory.steps):
        # the target may start at any of 40 - 720 + 1500 = 820 to 1500 from the page's top
        draw = int.from_bytes(hashlib.sha256(f"t1-{number}".encode()).digest()[8:16], "big")
        top = 820 + draw % 681
        assert recorded.box == Box(400, 1500 - top, 600, 1540 - top, "pixel")
        assert recorded.observation.size == Size(1280, 720) and recorded.observation.elements == ()
        assert recorded.step.action.arguments["point"] == pytest.approx([500 / 1.28, (1520 - top) / 0.72])
        image = Image.open(io.BytesIO(recorded.observation.screenshot))
        corners = [(400, 1500 - top), (599, 1539 - top)]
        assert [image.getpixel(corner) for corner in corners] == [(208, 32, 32)] * 2
        assert image.getpixel((399, 1500 - top)) != (208, 32, 32) != image.getpixel((600, 1539 - top))
    kinds = [step.step.action.type for step in trajectory.steps]
    assert kinds == ["type", "select", "click"] and trajectory.steps[1].step.action.arguments["value"] == "First"


def test_rows_out_of_order_over_the_border_of_two_files(tmp_path: Path) -> None:
    first, second = task("a"), task("b")
    write(tmp_path, [second[2], first[1], second[0]], "train-00000-of-00002-x", 2)
    write(tmp_path, [first[2], second[1], first[0]], "train-00001-of-00002-x", 1)
    found = {trajectory.episode: trajectory for trajectory in everything(tmp_path)}
    assert set(found) == {"a", "b"}
    for name, trajectory in found.items():
        assert [s.step.action.type for s in trajectory.steps] == ["type", "select", "click"]
        assert trajectory.instruction.endswith(name)


def test_files_without_a_data_folder_and_one_file_alone(tmp_path: Path) -> None:
    write(tmp_path, task())
    file = (tmp_path / "data" / "train-00000-of-00001-abc.parquet").rename(
        tmp_path / "train-00000-of-00001-abc.parquet"
    )
    assert only(tmp_path) == only(file)
    with pytest.raises(ValueError, match=r"has no test_task-\*\.parquet: download osunlp/Multimodal-Mind2Web"):
        parts(file, "test_task")


def test_parts_of_fifty_tasks_cover_all_once(tmp_path: Path) -> None:
    small = {"screenshot": None}
    rows = [row(f"t{n}", step, **small) for n in range(120) for step in range(2 if n % 3 else 3)]
    cuts = parts(write(tmp_path, rows), "train")
    assert [(part.name, part.start, part.stop) for part in cuts] == [
        ("train-00000", 0, 50),
        ("train-00050", 50, 100),
        ("train-00100", 100, 120),
    ]
    assert sum(part.weight for part in cuts) == len(rows) == 280
    assert [record.episode for part in cuts for record in read(part, "train")] == [f"t{n}" for n in range(120)]


def test_the_whole_pipeline_and_any_number_of_workers(tmp_path: Path) -> None:
    rows = [*task("a"), *task("b", screenshot=None)]
    rows += [row(f"c{n}", step, screenshot=None) for n in range(50) for step in range(2)]
    source = write(tmp_path / "in", rows)
    made = [prepare(job(source, tmp_path / f"out{workers}", horizon=2, history=2), workers) for workers in (1, 2)]
    assert made[0] == made[1] and len(made[0]["plan"]["parts"]) == 2
    assert made[0]["counts"] == {
        "episodes": 52,
        "steps": 2 * 3 + 50 * 3,
        "rows": 5,
        "left out: missing image": 101,
        "rejected: missing step": 50,
        "stage 2: can be executed": 5,
    }
    first, second, third = [row for row in read_rows(tmp_path / "out1") if row["extra_info"]["episode"] == "a"]
    assert first["extra_info"]["reference"] == (
        '1. type(text="Boston"): Type "Boston" into the To text box\n'
        '2. select(value="First"): Select "First" in the Class combo box'
    )
    assert third["extra_info"]["reference"] == "1. click(): Click the Search button\n2. finish(): Done"
    assert first["extra_info"]["instructions"] == "derived" and first["extra_info"]["task"] == "rail"
    truth = load(third["reward_model"]["ground_truth"])
    assert truth.image == Size(1280, 720) and (truth.box.left, truth.box.right) == (400, 600)
    assert "Task: Find trains to Boston for a" in second["prompt"][1]["content"]
    with_points = prepare(job(source, tmp_path / "points", points=True, protocol="seeclick_mind2web"), 1)
    assert with_points["counts"]["rows"] == 5


def test_the_benchmarks_splits_are_not_for_training(tmp_path: Path) -> None:
    write(tmp_path, task(), "test_task-00000-of-00001-abc")
    with pytest.raises(ValueError, match="test_task is what the benchmark scores"):
        prepare(job(tmp_path, tmp_path / "out", split="test_task"), 1)
    with pytest.raises(ValueError, match=r"has no train-\*\.parquet"):
        prepare(job(tmp_path, tmp_path / "out"), 1)
    assert len(everything(tmp_path, "test_task")) == 1
    for split in ("test_task", "test_website", "test_domain"):
        with pytest.raises(ValueError):
            base.check_split(SOURCE, split)


@pytest.mark.skipif(not SAMPLE.is_file(), reason="the sample records are not here")
def test_the_published_sample(tmp_path: Path) -> None:
    given = json.loads(SAMPLE.read_text().splitlines()[0])
    x, y, width, height = 587, 596.59375, 93, 54  # its Search button, read off by hand
    page = screenshot(Size(1280, 7412), (587, 597, 93, 53))
    reprs = [*given["previous_actions"], "[button]  Search -> CLICK"]
    as_json = [json.dumps(item) for item in given["pos_candidates"]]
    record = row(
        given["annotation_id"],
        2,
        action_uid=given["action_uid"],
        operation=json.dumps(given["operation"]),
        pos_candidates=as_json,
        neg_candidates=[json.dumps(item) for item in given["neg_candidates"]],
        cleaned_html=given["cleaned_html"],
        confirmed_task=given["confirmed_task"],
        website=given["website"],
        screenshot={"bytes": page, "path": None},
        action_reprs=reprs,
        target_action_reprs=reprs[2],
    )
    trajectory = only(write(tmp_path, [record]))
    assert [step.step.instruction for step in trajectory.steps] == [
        'Type "wedding photographer" into the Search on Thumbtack text box',
        'Type "10203" into the Zip code text box',
        "Click the Search button",
    ]
    last = trajectory.steps[2]
    # 651 is the least whole pixel from which 596.59 + 54 = 650.59 is seen 720 below; so the cut starts at 0 to 596
    top = int.from_bytes(hashlib.sha256(given["action_uid"].encode()).digest()[8:16], "big") % 597
    assert (last.box.left, last.box.right) == (x, x + width)
    assert (last.box.top, last.box.bottom) == pytest.approx((y - top, y + height - top))
    image = Image.open(io.BytesIO(last.observation.screenshot))
    assert image.size == (1280, 720)
    red = [at for at in range(720) if image.getpixel((600, at)) == (208, 32, 32)]
    assert (red[0], red[-1]) == (597 - top, 649 - top)
    # SeeAct's own form: objects instead of strings
    as_objects = SCHEMA.set(SCHEMA.get_field_index("operation"), pa.field("operation", pa.struct({"op": pa.string()})))
    names = {"tag": pa.string(), "attributes": pa.string(), "is_original_target": pa.bool_()}
    position = SCHEMA.get_field_index("pos_candidates")
    as_objects = as_objects.set(position, pa.field("pos_candidates", pa.list_(pa.struct(names))))
    (tmp_path / "objects").mkdir()
    table = pa.Table.from_pylist(
        [{**record, "operation": given["operation"], "pos_candidates": given["pos_candidates"]}], as_objects
    )
    pq.write_table(table, tmp_path / "objects" / "train-00000-of-00001-abc.parquet")
    assert only(tmp_path / "objects") == trajectory
