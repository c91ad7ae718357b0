"""What is wrong with an AndroidControl record is named, and its neighbours survive."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest
from android_control_records import (
    CLICK,
    NAME,
    OPEN,
    SCROLL,
    TREE,
    dataset,
    episode,
    only,
    picture,
    read_all,
    shown,
)

from tracer1_data.convert import Job
from tracer1_data.prepare import prepare
from tracer1_data.settings import RowSettings
from tracer1_data.sources.tfrecord import write_records

NOISE = picture(3)
NAN = b'{"action_type":"click","x":NaN,"y":5}'


@pytest.mark.parametrize(
    ("changed", "kind", "field", "reason"),
    [
        ({"goal": [b"caf\xe9"]}, "not UTF-8", "goal", "byte 3"),
        ({"goal": [b" \n"]}, "missing field", "goal", "no goal"),
        ({"goal": None}, "missing field", "goal", "no goal"),
        ({"goal": [7]}, "broken record", "record", "goal holds int values"),
        ({"episode_id": []}, "missing field", "episode_id", "0 values"),
        ({"episode_id": [1, 2]}, "missing field", "episode_id", "2 values"),
        ({"episode_id": [b"1"]}, "broken record", "record", "episode_id holds memoryview values"),
        ({"screenshots": [NOISE] * 3}, "wrong image count", "screenshots", "there are 3, but 3 actions need 4"),
        ({"screenshots": None}, "wrong image count", "screenshots", "there are 0"),
        ({"step_instructions": [b"x"] * 4}, "broken record", "step_instructions", "there are 4 instead of 3"),
        ({"screenshot_widths": [1080]}, "broken record", "screenshot_widths", "there are 1 instead of 4"),
        ({"screenshot_heights": None}, "broken record", "screenshot_heights", "there are 0 instead of 4"),
        ({"accessibility_trees": [TREE]}, "broken record", "accessibility_trees", "there are 1 instead of 4"),
    ],
)
def test_a_record_that_cannot_be_used_is_one_fault(
    tmp_path: Path, changed: dict, kind: str, field: str, reason: str
) -> None:
    source = dataset(tmp_path / "in", [episode(1), episode(2, **changed), episode(3)])
    first, fault, third = read_all(source)
    assert (first.episode, third.episode) == ("android_control/1", "android_control/3")
    assert (fault.kind, fault.field) == (kind, field) and reason in fault.reason
    assert fault.where.startswith("android_control-00000-of-00001, record 1") and not fault.expected


def test_an_episode_without_actions_is_expected(tmp_path: Path) -> None:
    source = dataset(tmp_path / "in", [episode(1, []), episode(2)])
    manifest = prepare(Job(NAME, source, tmp_path / "out", RowSettings()), 1)
    assert manifest["counts"]["left out: empty episode"] == 1 and manifest["counts"]["rows"] == 4
    assert not any(name.startswith("rejected") for name in manifest["counts"])


@pytest.mark.parametrize(
    ("actions", "changed", "kind", "known", "reason"),
    [
        ([OPEN, {"action_type": "fly"}, SCROLL], {}, "unknown action", None, "unknown action_type"),
        ([OPEN, {"action_type": ["click"]}, SCROLL], {}, "unknown action", None, "unknown action_type"),
        ([OPEN, {"action_type": "open_app"}, SCROLL], {}, "unknown action", None, "name"),
        ([OPEN, {"action_type": "click", "x": 5}, SCROLL], {}, "unknown action", None, "y must be a number"),
        ([OPEN, b"{" * 3000, SCROLL], {}, "unknown action", None, ""),
        ([OPEN, b"click", SCROLL], {}, "unknown action", None, ""),
        ([OPEN, b"\xff", SCROLL], {}, "not UTF-8", None, "byte 0"),
        ([OPEN, NAN, SCROLL], {}, "unknown action", None, "NaN"),
        ([OPEN, {**CLICK, "x": 1081}, SCROLL], {}, "off-screen coordinates", "click", "x is 1081 on a screen of 1080x2400"),
        ([OPEN, {**CLICK, "y": -1}, SCROLL], {}, "off-screen coordinates", "click", "y is -1"),
        ([OPEN, b'{"action_type":"click","x":1e999,"y":5}', SCROLL], {}, "off-screen coordinates", "click", "x is inf"),
        ([OPEN, {"action_type": "input_text", "text": "<image>" * 9_000}, SCROLL], {}, "broken record", None, "63038 bytes"),
        ([OPEN, {"action_type": "input_text", "text": "<think>"}, SCROLL], {}, "unknown action", None, "type.text"),
        ([OPEN, CLICK, SCROLL], {"step_instructions": [b"a", b"\xff", b"c"]}, "not UTF-8", None, "byte 0"),
        ([OPEN, CLICK, SCROLL], {"step_instructions": [b"a", b"<think>", b"c"]}, "broken record", None, "token"),
        ([OPEN, CLICK, SCROLL], {"step_instructions": [b"a", b"x" * 10_001, b"c"]}, "broken record", None, "10001 bytes"),
        ([OPEN, CLICK, SCROLL], {"screenshots": [NOISE, b"", NOISE, NOISE]}, "unreadable image", "click", "empty"),
        ([OPEN, CLICK, SCROLL], {"screenshots": [NOISE, b"GIF89a", NOISE, NOISE]}, "unreadable image", "click", "no PNG"),
        ([OPEN, CLICK, SCROLL], {"screenshots": [NOISE, NOISE[:-9], NOISE, NOISE]}, "unreadable image", "click", "cut off"),
        ([OPEN, CLICK, SCROLL], {"screenshots": [NOISE, NOISE[:20], NOISE, NOISE]}, "unreadable image", "click", ""),
        ([OPEN, CLICK, SCROLL], {"screenshot_widths": [1080, 720, 1080, 1080]}, "wrong image size", "click", "720x2400"),
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_used_leaves_its_neighbours(
    tmp_path: Path, actions: list, changed: dict, kind: str, known: str | None, reason: str
) -> None:
    source = dataset(tmp_path / "in", [episode(1, actions, **changed)])
    (found,) = read_all(source)
    assert shown(found.steps) == ["open_app", kind, "scroll", "finish"]
    gap = found.steps[1]
    assert reason in gap.fault.reason and not gap.fault.expected
    assert gap.fault.where == "android_control-00000-of-00001, record 0, episode 1, step 1"
    assert (gap.step and (gap.step.action.type, gap.step.action.arguments)) == (known and (known, {}))
    manifest = prepare(Job(NAME, source, tmp_path / "out", RowSettings(history=1, horizon=2)), 1)
    assert manifest["counts"][f"rejected: {kind}"] == 1 and manifest["counts"]["rows"] == (3 if known else 2)


def test_a_last_picture_that_cannot_be_read_costs_only_the_finish_row(tmp_path: Path) -> None:
    found = only(tmp_path / "in", episode(1, screenshots=[NOISE, NOISE, NOISE, NOISE[:-1000]]))
    assert shown(found.steps) == ["open_app", "click", "scroll", "unreadable image"]
    assert found.steps[3].step.action.type == "finish"


def test_a_goal_of_fifty_megabytes_is_a_fault_and_takes_no_time(tmp_path: Path) -> None:
    source = dataset(tmp_path / "in", [episode(1, goal=[b"x" * 50_000_000]), episode(2)])
    began = time.process_time()
    fault, second = read_all(source)
    assert time.process_time() - began < 10
    assert (fault.kind, fault.field) == ("broken record", "goal") and len(str(fault)) < 300 and len(second.steps) == 4


def test_a_record_with_a_wrong_checksum_is_named(tmp_path: Path) -> None:
    source = dataset(tmp_path / "in", [])
    write_records(source / "all", [episode(1), episode(2), episode(3)], level=1)
    content = bytearray(gzip.decompress((source / "all").read_bytes()))
    content[len(content) // 2] ^= 1
    (source / "android_control-00000-of-00001").write_bytes(gzip.compress(bytes(content), 1))
    first, fault, third = read_all(source)
    assert (first.episode, third.episode) == ("android_control/1", "android_control/3")
    assert (fault.kind, fault.where) == ("broken record", "android_control-00000-of-00001, record 1")


def test_a_file_that_is_cut_off_is_one_fault_and_the_next_is_read(tmp_path: Path) -> None:
    source = dataset(tmp_path / "in", [episode(1), episode(2)], [episode(3)])
    file = source / "android_control-00000-of-00002"
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * 0.7)])
    first, fault, third = read_all(source)
    assert (first.episode, third.episode) == ("android_control/1", "android_control/3")
    assert (fault.kind, fault.where) == ("unreadable file", file.name) and fault.reason.endswith(
        "1 records could be read"
    )
    file.write_bytes(b"")
    fault, third = read_all(source)
    assert fault.reason == "the file is empty; 0 records could be read"


def test_episodes_that_occur_twice_are_reported(tmp_path: Path) -> None:
    source = dataset(tmp_path / "in", [episode(1), episode(1), episode(2)], [episode(2)])
    manifest = prepare(Job(NAME, source, tmp_path / "out", RowSettings()), 1)
    assert manifest["counts"]["rejected: duplicate"] == 2
