"""Windows and rows: what history and reference a step gets, and that bad rows are named."""

import io

import pytest
from PIL import Image

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.plans import Step
from tracer1.trajectories import Element, Observation, RecordedStep, Trajectory
from tracer1_data.check import BadRow, check
from tracer1_data.easyr1 import to_easyr1
from tracer1_data.rows import read_rows, to_row, write_rows
from tracer1_data.settings import RowSettings
from tracer1_data.validation.examine import Checks
from tracer1_data.validation.problems import Findings, find_problems
from tracer1_data.windows import FINISH, window

COMPACT = RowSettings(horizon=2, style="compact")
BOXES = [Box(10, 10 + 30 * n, 90, 30 + 30 * n, "pixel") for n in range(3)]
STEPS = [Step(Action("click"), f"Click button {name}") for name in "ABC"]


def trajectory(complete=True, size=(160, 210)):
    picture = io.BytesIO()
    Image.new("RGB", size, "white").save(picture, "PNG")
    elements = tuple(Element("button", name, box) for name, box in zip("ABC", BOXES, strict=True))
    seen = Observation(picture.getvalue(), Size(160, 210), elements)
    recorded = tuple(RecordedStep(seen, step, box) for step, box in zip(STEPS, BOXES, strict=True))
    return Trajectory("test", "test/0", "Press A, B and C", "web", recorded, task="abc", complete=complete)


def test_history_and_reference_of_each_step():
    first, second, third = window(trajectory(), horizon=2, history=1)
    assert first.history == () and first.reference.steps == (STEPS[0], STEPS[1])
    assert second.history == (STEPS[0],) and second.reference.steps == (STEPS[1], STEPS[2])
    assert third.history == (STEPS[1],) and third.reference.steps == (STEPS[2], FINISH)


def test_an_unfinished_trajectory_has_no_finish():
    *_, last = window(trajectory(complete=False), horizon=4, history=0)
    assert last.history == () and last.reference.steps == (STEPS[2],)
    with pytest.raises(ValueError, match="horizon must be at least 1"):
        list(window(trajectory(), horizon=0, history=0))


def rows(**kwargs):
    instances = window(trajectory(**kwargs), horizon=2, history=4)
    return [to_row(instance, index, COMPACT) for index, instance in enumerate(instances)]


def test_rows_survive_parquet_and_validate(tmp_path):
    path = tmp_path / "rows.parquet"
    write_rows(rows(), path)
    read = list(read_rows(path))
    assert read == rows() and list(tmp_path.iterdir()) == [path]
    findings = Findings()
    assert list(find_problems(path, findings, Checks(decode=True, executor=True))) == []
    assert (findings.rows, findings.pointer_steps, findings.hits) == (3, 3, 3)
    assert read[2]["extra_info"]["reference"] == "1. click(): Click button C\n2. finish(): Done"
    assert read[2]["prompt"][0]["content"].count("<image>") == 1


def test_bad_rows_are_named():
    without, unreadable, another = rows()
    without["images"] = []
    unreadable["reward_model"]["ground_truth"] = "{}"
    another["extra_info"]["reference"] = "1. click(): Click button A"
    with pytest.raises(BadRow, match="1 <image> marks for 0 images"):
        check(without)
    with pytest.raises(BadRow, match="lacks the field"):
        check(unreadable)
    with pytest.raises(BadRow, match=r"extra_info\.reference: it is not the ground truth's"):
        check(another)


def test_a_picture_of_another_size_is_refused():
    for row in rows(size=(80, 210)):
        with pytest.raises(BadRow, match="images: 80x210 pixels, ground_truth says 160x210"):
            check(row)


def test_an_unreadable_file_is_one_clear_error(tmp_path):
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"PAR1 cut off")
    with pytest.raises(ValueError, match="not a readable Parquet file"):
        list(read_rows(path))


def test_a_task_that_contains_the_image_mark_is_refused():
    from dataclasses import replace

    with pytest.raises(ValueError, match="marks a screenshot"):
        (instance, *_) = window(replace(trajectory(), instruction="Click <image>"), 2, 0)
        to_row(instance, 0, COMPACT)


def test_easyr1_gets_one_text_the_pictures_and_the_ground_truth():
    row = to_row(next(window(trajectory(), horizon=2, history=4)), 0, RowSettings(horizon=2))
    system, user = (message["content"] for message in row["prompt"])
    assert to_easyr1(row) == {
        "prompt": f"{system}\n\n{user}",
        "images": row["images"],
        "answer": row["reward_model"]["ground_truth"],
    }
    with pytest.raises(ValueError, match="one user message"):
        to_easyr1({**row, "prompt": [{"role": "assistant", "content": "x"}]})
