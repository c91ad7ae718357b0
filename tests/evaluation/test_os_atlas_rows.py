"""OS-Atlas' rows of AndroidControl: the same samples as from the raw data, and every damage by name."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from phone_samples import PHONE, click, numbers, opened, read

sys.path.append(str(Path(__file__).parents[1] / "data"))
from android_control_records import picture

from tracer1.actions import Action
from tracer1.evaluation.benchmarks.android_control.benchmark import BENCHMARK

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "os_atlas" / "ac_test.jsonl"
PROMPT = "\nYou are an agent.\n\nCustom Action 5: COMPLETE\n    - example usage: COMPLETE\n\nScreenshot: <image>\n"
PROMPT += "Task: {}\nHistory: \n{}\n"


def row(
    number: int, action: str, says: str = "open the app.", asks: str = "Read  it aloud.", episode: int = 4
) -> dict[str, Any]:
    """A row in the exact format; low-level prompts go on with ``You need to:``."""
    image = f"/somewhere/else/episode_{episode}_screenshot_{number}.png"
    prompt = {"from": "human", "value": PROMPT.format(f"{asks} You need to: {says}", "None")}
    answer = {"from": "gpt", "value": f"thoughts:\n{says}\nactions:\n{action}"}
    return {"id": number, "image": image, "conversations": [prompt, answer]}


def write(folder: Path, *rows: Any, pictures: range = range(6)) -> Path:
    (folder / "screenshots").mkdir(parents=True)
    for episode in (4, 6):
        for number in pictures:
            (folder / "screenshots" / f"episode_{episode}_screenshot_{number}.png").write_bytes(picture(number))
    file = folder / "ac_test.jsonl"
    file.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in rows))
    return file


TAP, LONG = "CLICK <point>[[950,87]]</point>", "LONG_PRESS <point>[[108,272]]</point>"


def test_rows_become_samples_with_the_rows_before_as_history(tmp_path: Path):
    rows = [row(0, "OPEN_APP [PocketBook]"), row(1, LONG, "hold it"), row(2, TAP, "tap it"), row(0, "WAIT", episode=6)]
    file = write(tmp_path, *rows)
    (tmp_path / "test_subsplits.json").write_text('{"IDD": [6], "app_unseen": [4, 6]}')
    samples, faults = read(BENCHMARK, file, "high")
    assert faults == []
    assert [one.id for one in samples] == [f"episode_4_screenshot_{n}" for n in range(3)] + ["episode_6_screenshot_0"]
    assert [one.parts for one in samples] == [("app_unseen",)] * 3 + [("IDD", "app_unseen")]
    tap = samples[2]
    assert (tap.instruction, tap.group, tap.position, tap.box) == ("Read it aloud.", "android_control/4", 2, None)
    assert tap.reference == click(950, 87) and samples[1].reference == click(108, 272, "long_press")
    assert [(one.action, one.instruction) for one in tap.history] == [
        (opened("PocketBook"), "open the app."), (click(108, 272, "long_press"), "hold it"),
    ]  # fmt: skip
    assert [one.action.type for one in samples[0].future] == ["open_app", "long_press", "click"]
    assert (tap.observation.size, tap.observation.screenshot) == (PHONE, picture(2))
    low, _ = read(BENCHMARK, file, "low")
    assert low[2].instruction == "Read it aloud. You need to: tap it"


def test_rows_of_high_prompts_have_their_step_in_the_thoughts(tmp_path: Path):
    high = row(0, "COMPLETE", "say so")
    high["conversations"][0]["value"] = PROMPT.format("Read it.", "Step 1: x\n")
    samples, _ = read(BENCHMARK, write(tmp_path, high), "low")
    assert samples[0].instruction == "Read it. You need to: say so"
    assert samples[0].reference == Action("finish", {"outcome": "success"})


def test_damage_is_a_fault_that_names_the_row(tmp_path: Path):
    rows = [
        row(0, "FLY"), row(2, TAP), row(2, TAP), "{", {"image": "episode_9_screenshot_0.png"}, row(0, "WAIT", episode=6),
        row(3, TAP), {**row(1, TAP), "image": "x.png"}, {**row(1, TAP, episode=7)},
    ]  # fmt: skip
    samples, faults = read(BENCHMARK, write(tmp_path, *rows, pictures=range(2)), "high")
    assert [(one.kind, one.where.partition(" (")[0]) for one in faults] == [
        ("duplicate episode", "ac_test.jsonl, line 3"),  # the same screenshot again
        ("unknown action", "ac_test.jsonl, line 1"),
        ("missing step", "ac_test.jsonl, line 1, episode_4_screenshot_1"),
        ("missing image", "ac_test.jsonl, line 2"),
        ("broken record", "ac_test.jsonl, line 4"),
        ("missing field", "ac_test.jsonl, line 5"),
        ("duplicate episode", "ac_test.jsonl, line 7"),  # the episode comes back after another
        ("missing field", "ac_test.jsonl, line 8"),
        ("missing step", "ac_test.jsonl, line 9, episode_7_screenshot_0"),
        ("missing image", "ac_test.jsonl, line 9"),
    ]
    assert [one.id for one in samples] == ["episode_6_screenshot_0"]


@pytest.mark.parametrize("name", ["episode_4_screenshot_5000000000.png", f"episode_{'9' * 5000}_screenshot_0.png"])
def test_a_number_that_no_episode_has_is_damage(tmp_path: Path, name: str):
    rows = [row(0, "WAIT"), {**row(1, TAP), "image": name}]
    samples, faults = read(BENCHMARK, write(tmp_path, *rows), "high")
    assert [one.id for one in samples] == ["episode_4_screenshot_0"]
    assert [(one.kind, one.where, one.field) for one in faults] == [("missing field", "ac_test.jsonl, line 2", "image")]


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(ValueError, match=r"there is no .*rows.jsonl"):
        BENCHMARK.samples(tmp_path / "rows.jsonl", "high")


@pytest.mark.skipif(not REAL.is_file(), reason="no real sample rows here")
def test_real_rows(tmp_path: Path):
    lines = REAL.read_text().splitlines()
    samples, faults = read(BENCHMARK, write(tmp_path / "bare", *lines), "high")
    assert samples == [] and [one.kind for one in faults] == ["missing image"] * 3
    file = write(tmp_path / "whole", *lines)
    for number in range(3):
        (file.parent / f"episode_140_screenshot_{number}.png").write_bytes(picture(number))
    samples, faults = read(BENCHMARK, file, "low")
    assert faults == []
    assert [one.id for one in samples] == [f"episode_140_screenshot_{number}" for number in range(3)]
    assert [one.reference for one in samples] == [opened("PocketBook"), click(108, 272, "long_press"), click(950, 87)]
    assert samples[0].instruction.endswith("from the PocketBook app. You need to: open the PocketBook app.")
    assert [one.instruction for one in samples[2].history] == [
        "open the PocketBook app.", 'Long press on the "the Queen\'s Gambit" book.',
    ]  # fmt: skip
    for protocol in BENCHMARK.protocols:
        perfect = numbers(BENCHMARK, protocol, [(one, one.reference) for one in samples])
        assert {value for value, n in perfect.values() if n} == {1.0}
