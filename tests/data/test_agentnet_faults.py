"""AgentNet: every damage is named, and its neighbours survive."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import pytest
from agentnet_records import SUCCESS, faults, only, png, read, record, step, write

from tracer1.trajectories import RecordedStep
from tracer1_data.sources.agentnet import SOURCE
from tracer1_data.windows import window


def test_a_finish_that_others_follow_is_named(tmp_path: Path) -> None:
    trajectory = only(write(tmp_path, record(step(0, SUCCESS), step(1))))
    assert faults(trajectory) == [(0, "broken record", "action")]
    assert isinstance(trajectory.steps[1], RecordedStep)
    _, after = window(trajectory, horizon=4, history=4)
    assert [one.action.type for one in after.history] == ["finish"]
    assert [one.action.type for one in after.reference.steps] == ["click", "finish"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("pyautogui.click(x=1.0003, y=0.5)", "off-screen coordinates"),
        ("pyautogui.click(x=960, y=540)", "off-screen coordinates"),
        ("pyautogui.click(x=-0.1, y=0.5)", "off-screen coordinates"),
        ("pyautogui.fly(x=0.5, y=0.5)", "unknown action"),
        ("__import__('os').system('true')", "unknown action"),
        ("pyautogui.click(x=0.5,", "unknown action"),
        ("pyautogui.scroll(0)", "unknown action"),
        ("", "unknown action"),
        (None, "missing field"),
    ],
)
def test_a_code_that_is_no_action_costs_its_step(tmp_path: Path, code: str | None, kind: str) -> None:
    trajectory = only(write(tmp_path, record(step(0, action="A"), step(1, code), step(2, action="C"))))
    assert faults(trajectory) == [(1, kind, "value.code")] and trajectory.steps[1].step is None
    assert trajectory.steps[1].fault.where == "agentnet_ubuntu_5k.jsonl, byte 0, step 1"
    assert [trajectory.steps[n].step.instruction for n in (0, 2)] == ["A", "C"]


@pytest.mark.parametrize("raw", [None, 7, [], {}, {"value": None}, {"value": []}, {"value": {"code": ["click"]}}])
def test_a_step_that_is_none_costs_itself(tmp_path: Path, raw: object) -> None:
    trajectory = only(write(tmp_path, record(step(0), raw, step(2))))
    assert faults(trajectory) == [(1, "missing field", "value.code")]


def test_what_is_wrong_with_a_picture_costs_one_row_and_its_step_stays_known(tmp_path: Path) -> None:
    names = ["p0.png", "gone.png", "empty.png", "cut.png", "text.png", "../../p1.png", None, "p2.png"]
    steps = [{**step(number), "image": name} for number, name in enumerate(names)]
    folder = write(tmp_path, record(*steps))
    pictures = folder / "ubuntu_images"
    (pictures / "empty.png").write_bytes(b"")
    (pictures / "cut.png").write_bytes(png()[:-20])
    (pictures / "text.png").write_bytes(b"<html>not found</html>")
    trajectory = only(folder)
    assert faults(trajectory) == [
        (1, "missing image", "image"),
        (2, "unreadable image", "image"),
        (3, "unreadable image", "image"),
        (4, "unreadable image", "image"),
        (6, "missing image", "image"),
    ]
    assert [one.fault.reason for one in trajectory.steps[1:5]] == [
        "there is no 'gone.png'",
        "'empty.png': the file is empty",
        "'cut.png': the picture is cut off",
        "'text.png': the bytes are no PNG, JPEG or WebP picture",
    ]
    assert all(one.step.action.type == "click" for one in trajectory.steps)
    assert trajectory.steps[5].observation.screenshot == png(1)  # by its name, within the dataset's folders
    *_, last = window(trajectory, 8, 4)
    assert len(last.history) == 4


def test_a_picture_that_claims_to_be_huge_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path, record(step(0), step(1)))
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = png()[:12] + header + struct.pack(">I", zlib.crc32(header)) + png()[33:]
    (folder / "ubuntu_images" / "p0.png").write_bytes(bomb)
    assert faults(only(folder)) == [(0, "unreadable image", "image")]


@pytest.mark.parametrize(
    ("line", "kind", "field"),
    [
        (b'{"task_id": "x", "traj": [', "broken record", "record"),
        (b"[]", "broken record", "record"),
        (b"null", "broken record", "record"),
        (b"[" * 100_000, "broken record", "record"),
        (b'{"a": ' + b"9" * 5000 + b"}", "broken record", "record"),
        (b'{"task_id": "\xff\xfe"}', "not UTF-8", "record"),
        (b'{"task_id": "' + b"x" * 50_000_000 + b'"}', "broken record", "record"),
        (json.dumps(record(step(0), task_id=None)).encode(), "missing field", "task_id"),
        (json.dumps(record(step(0), task_id="\ud800")).encode(), "missing field", "task_id"),
        (
            json.dumps(
                record(step(0), actual_task=1, natural_language_task=" ", instruction="a <|image_pad|>")
            ).encode(),
            "missing field",
            "instruction",
        ),
        (json.dumps(record()).encode(), "empty episode", "traj"),
        (json.dumps(record(traj="none")).encode(), "empty episode", "traj"),
    ],
    ids=[
        "cut",
        "list",
        "null",
        "deep",
        "number",
        "bytes",
        "50 MB",
        "no id",
        "half a letter",
        "no goal",
        "no steps",
        "text",
    ],
)
def test_a_line_that_is_no_record_is_named_and_its_neighbours_survive(
    tmp_path: Path, line: bytes, kind: str, field: str
) -> None:
    folder = write(tmp_path, record(step(0), task_id="before"), line, b"", record(step(0), task_id="after"))
    start = (folder / "agentnet_ubuntu_5k.jsonl").read_bytes().index(b"\n") + 1
    before, fault, after = read(folder)
    assert (before.episode, after.episode) == ("before", "after")
    assert (fault.kind, fault.field, fault.where) == (kind, field, f"agentnet_ubuntu_5k.jsonl, byte {start}")
    assert all(map(str.strip, (fault.reason, fault.fix))) and not fault.expected
    fault.reason.encode()


def test_a_sentence_that_cannot_stand_in_a_plan_is_derived(tmp_path: Path) -> None:
    trajectory = only(write(tmp_path, json.dumps(record(step(0, action="Click \ud800"), step(1))).encode()))
    assert trajectory.steps[0].step.instruction == "Click at the top right of the screen"
    assert trajectory.instructions == "derived"


def test_input_that_is_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "meta_data_merged.jsonl").write_text("{}")
    with pytest.raises(ValueError, match=r"holds none: AgentNet's are called agentnet_ubuntu_5k\.jsonl"):
        SOURCE.parts(tmp_path, "train")
    with pytest.raises(ValueError, match=r"nowhere is no \.jsonl file"):
        SOURCE.parts(tmp_path / "nowhere", "train")
