"""Multimodal-Mind2Web: what is wrong with a row, a task or a file is named, and costs nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mind2web_rows import PICTURE, SCHEMA, candidate, everything, only, row, task, write

from tracer1.actions import Action
from tracer1.trajectories import Fault, Gap, RecordedStep, Trajectory
from tracer1_data.sources.mind2web import parts
from tracer1_data.sources.mind2web_steps import read_repr


@pytest.mark.parametrize(
    ("changed", "kind", "field", "expected"),
    [
        ({"screenshot": None}, "missing image", "screenshot", True),
        ({"screenshot": {"bytes": None, "path": "a.png"}}, "missing image", "screenshot", True),
        ({"screenshot": {"bytes": PICTURE[:-500], "path": None}}, "unreadable image", "screenshot", False),
        ({"screenshot": {"bytes": b"GIF89a", "path": None}}, "unreadable image", "screenshot", False),
        ({"pos_candidates": []}, "target not on the page", "pos_candidates", True),
        ({"pos_candidates": None}, "target not on the page", "pos_candidates", True),
        (
            {"pos_candidates": [candidate("-1,-1,-1,-1")]},
            "target not on the page",
            "pos_candidates.attributes.bounding_box_rect",
            True,
        ),
        (
            {"pos_candidates": [candidate("10,20,0,0")]},
            "target not on the page",
            "pos_candidates.attributes.bounding_box_rect",
            True,
        ),
        (
            {"pos_candidates": [candidate("10,3100,5,5")]},
            "off-screen coordinates",
            "pos_candidates.attributes.bounding_box_rect",
            False,
        ),
        (
            {"pos_candidates": [candidate("10,20,30")]},
            "broken record",
            "pos_candidates.attributes.bounding_box_rect",
            False,
        ),
        (
            {"pos_candidates": [candidate("10,nan,30,40")]},
            "broken record",
            "pos_candidates.attributes.bounding_box_rect",
            False,
        ),
        ({"pos_candidates": [candidate()[:-4]]}, "broken record", "pos_candidates", False),
        ({"pos_candidates": ['{"attributes": "{\\"a\\": "}']}, "broken record", "pos_candidates.attributes", False),
        ({"operation": '{"op": "SELECT", "value'}, "broken record", "operation", False),
        ({"operation": "[" * 100_000}, "broken record", "operation", False),
        ({"operation": None}, "broken record", "operation", False),
        ({"operation": '{"op": "FLY", "value": ""}'}, "unknown action", "operation", False),
        ({"operation": '{"op": "SELECT", "value": "\\ud83d"}'}, "unknown action", "operation", False),
    ],
)
def test_a_bad_row_is_named_and_costs_its_own_decision_only(
    tmp_path: Path, changed: dict[str, Any], kind: str, field: str, expected: bool
) -> None:
    first, gap, last = only(write(tmp_path, task(**changed))).steps
    assert isinstance(first, RecordedStep) and isinstance(last, RecordedStep) and isinstance(gap, Gap)
    assert (gap.fault.kind, gap.fault.field, gap.fault.expected) == (kind, field, expected)
    assert gap.fault.where == "train-00000-of-00001-abc.parquet, row 1, step 1"
    assert gap.step.instruction == 'Select "First" in the Class combo box'
    assert gap.step.action == Action("select", {"value": "First"})


def test_a_row_that_does_not_say_what_was_done(tmp_path: Path) -> None:
    gap = only(write(tmp_path, task(target_action_reprs="[button] Search"))).steps[1]
    assert gap.step is None and gap.fault.kind == "missing field" and gap.fault.field == "target_action_reprs"


def test_a_missing_row_keeps_its_place_and_what_was_done(tmp_path: Path) -> None:
    rows = task()
    trajectory = only(write(tmp_path, [rows[0]]))
    assert [step.step.action.type for step in trajectory.steps] == ["type", "select", "click"]
    assert [step.fault.kind for step in trajectory.steps[1:]] == ["missing step", "missing step"]
    assert trajectory.steps[1].fault.where == "t1, step 1"
    unsaid = only(write(tmp_path / "unsaid", [{**rows[0], "action_reprs": None}, {**rows[2], "action_reprs": None}]))
    assert unsaid.steps[1].step is None and isinstance(unsaid.steps[2], RecordedStep)


def test_rows_without_a_place(tmp_path: Path) -> None:
    rows = [*task(), row(step=2), row(target_action_index="two"), row(target_action_index="99999999")]
    *faults, trajectory = everything(write(tmp_path, rows))
    assert len(trajectory.steps) == 3 and all(isinstance(step, RecordedStep) for step in trajectory.steps)
    assert [(fault.kind, fault.where.split(", ")[1]) for fault in faults] == [
        ("duplicate", "row 3"),
        ("broken record", "row 4"),
        ("broken record", "row 5"),
    ]


def test_a_task_without_name_or_text(tmp_path: Path) -> None:
    rows = [row(annotation_id=None), row("b", confirmed_task=" "), row("c", confirmed_task=None), *task("d")]
    *faults, trajectory = everything(write(tmp_path, rows))
    assert [fault.kind for fault in faults] == ["missing field"] * 3 and trajectory.episode == "d"


def test_bytes_that_are_no_utf8_cost_one_row(tmp_path: Path) -> None:
    table = pa.Table.from_pylist([*task("a"), *task("b")], SCHEMA)
    raw = pa.array([b"rail", b"\xff\xfe", *[b"rail"] * 4]).view(pa.string())
    table = table.set_column(table.schema.get_field_index("website"), "website", raw)
    (tmp_path / "data").mkdir()
    pq.write_table(table, tmp_path / "data" / "train-00000-of-00001-abc.parquet")
    first, second = everything(tmp_path)
    assert first.steps[1].fault.kind == "not UTF-8" and first.steps[1].step.action.type == "select"
    assert all(isinstance(step, RecordedStep) for step in (first.steps[0], first.steps[2], *second.steps))


def test_files_that_are_none_or_of_another_dataset(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"has no train-\*\.parquet"):
        parts(tmp_path, "train")
    file = tmp_path / "train-00000-of-00001.parquet"
    file.write_bytes(b"JUNK" * 100)
    with pytest.raises(ValueError, match=r"train-00000-of-00001\.parquet cannot be read .*: download the file again"):
        parts(tmp_path, "train")
    pq.write_table(pa.table({"a": [1]}), file)
    with pytest.raises(ValueError, match=r"lacks action_reprs, .*not Multimodal-Mind2Web"):
        parts(tmp_path, "train")
    other = SCHEMA.set(SCHEMA.get_field_index("screenshot"), pa.field("screenshot", pa.binary()))
    pq.write_table(pa.Table.from_pylist([{**row(), "screenshot": b""}], other), file)
    with pytest.raises(ValueError, match="columns of other types"):
        parts(tmp_path, "train")


def test_damaged_pages_cost_the_rows_that_lie_on_them(tmp_path: Path) -> None:
    write(tmp_path, [row(name, step) for name in "abc" for step in range(3)], group=3)
    file = tmp_path / "data" / "train-00000-of-00001-abc.parquet"
    chunk = pq.ParquetFile(file).metadata.row_group(1).column(SCHEMA.names.index("screenshot"))
    assert chunk.path_in_schema == "screenshot.bytes"
    data = bytearray(file.read_bytes())
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    data[start : start + 64] = b"\xff" * 64
    file.write_bytes(data)
    found = everything(tmp_path)
    whole = [record.episode for record in found if isinstance(record, Trajectory)]
    lost = [record for record in found if isinstance(record, Fault)]
    assert whole == ["a", "c"] and [fault.kind for fault in lost] == ["unreadable file"] * 3
    assert [fault.where for fault in lost] == [f"train-00000-of-00001-abc.parquet, row {n}" for n in (3, 4, 5)]


@pytest.mark.parametrize(
    ("text", "instruction", "action"),
    [
        ("[button]  Search -> CLICK", "Click the Search button", Action("click")),
        ("[svg]   -> CLICK", "Click the icon", Action("click")),
        ("[div]  18 -> CLICK", 'Click "18"', Action("click")),
        ("[span]   -> CLICK", "Click the element", Action("click")),
        ("[link]  Men -> HOVER", "Click the Men link", Action("click")),
        ("[searchbox]  Search box -> ENTER", "Click the Search box", Action("click")),
        ("[link]  A -> CLICK -> CLICK", "Click the A -> CLICK link", Action("click")),
        ("[input]   -> TYPE: a: b", 'Type "a: b" into the field', Action("type", {"text": "a: b"})),
        ("[select]  Size -> SELECT: XL ", 'Select "XL" in the Size list', Action("select", {"value": "XL "})),
        (f"[tab]  {'x' * 90} -> CLICK", f"Click the {'x' * 60}… tab", Action("click")),
    ],
)
def test_what_a_representation_says(text: str, instruction: str, action: Action) -> None:
    step = read_repr(text)
    assert (step.instruction, step.action) == (instruction, action)


@pytest.mark.parametrize(
    "text", [None, 3, "", "Search -> CLICK", "[button] Search", "[button] x -> FLY", "[a] <think> -> CLICK"]
)
def test_what_says_nothing(text: Any) -> None:
    assert read_repr(text) is None


def test_the_annotators_choice_among_the_candidates(tmp_path: Path) -> None:
    several = [candidate("0,0,10,10", False), candidate("1e2,1500.5,200,40", True), candidate("5,5,5,5", True)]
    box = only(write(tmp_path, task(pos_candidates=several))).steps[1].box
    assert (box.left, box.right, box.bottom - box.top) == (100, 300, 40)
    none = [candidate("7,1500,10,10", False), candidate("9,1500,10,10", False)]
    assert only(write(tmp_path / "none", task(pos_candidates=none))).steps[1].box.left == 7
