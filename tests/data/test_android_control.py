"""AndroidControl: records in its exact format become trajectories and rows; real actions; the same bytes after any interruption."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from android_control_records import (
    CLICK,
    NAME,
    OPEN,
    ROW,
    SCREEN,
    SCROLL,
    dataset,
    episode,
    only,
    picture,
    png,
    read_all,
    shown,
)
from PIL import Image

from tracer1.coordinates import Box, Point, Size
from tracer1.executors.accessibility import resolve
from tracer1.ground_truth import load
from tracer1.trajectories import Element, RecordedStep
from tracer1_data.convert import Job
from tracer1_data.prepare import prepare
from tracer1_data.rows import read_rows
from tracer1_data.settings import RowSettings
from tracer1_data.sources.android_control import SOURCE, parts, read
from tracer1_data.sources.base import check_split

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "android_control" / "ui_r1_ac_test_first_600.json"


def test_an_episode_ends_with_finish_at_its_last_screenshot(tmp_path: Path) -> None:
    found = only(tmp_path / "in", episode(7))
    assert (found.source, found.episode, found.instruction) == (
        "android_control", "android_control/7", "Turn on airplane mode 7",
    )  # fmt: skip
    assert (found.platform, found.task, found.complete, found.instructions) == ("mobile", "Settings", True, "recorded")
    assert shown(found.steps) == ["open_app", "click", "scroll", "finish"]
    assert [step.step.instruction for step in found.steps] == [
        "Step 0 of 7",
        "Step 1 of 7",
        "Step 2 of 7",
        "Done",
    ]
    assert [step.observation.screenshot for step in found.steps] == [picture(70 + n) for n in range(4)]
    click = found.steps[1]
    assert click.step.action.arguments["point"] == [500, pytest.approx(812 / 2.4)]
    assert click.box == Box(0, 700, 1080, 900, "pixel") and click.observation.size == SCREEN
    assert [step.box for step in found.steps if step is not click] == [None] * 3
    # the status bar's window has the greater layer, so it comes first
    assert click.observation.elements == (
        Element("group", "8:37", Box(145, 1, 229, 136, "pixel")),
        Element("text", "Network", Box(60, 760, 400, 820, "pixel")),
    )


def test_rows_of_the_whole_pipeline(tmp_path: Path) -> None:
    source = dataset(tmp_path / "in", [episode(1), episode(2)], [episode(3, [CLICK], accessibility_trees=None)])
    manifest = prepare(Job(NAME, source, tmp_path / "out", RowSettings(horizon=2, history=2)), 1)
    assert manifest["counts"] == {"episodes": 3, "steps": 10, "rows": 10, "stage 2: can be executed": 10}
    assert [shard["file"] for shard in manifest["shards"]] == ["train-00000-000.parquet", "train-00001-000.parquet"]
    rows = list(read_rows(tmp_path / "out"))
    assert rows[0]["extra_info"]["reference"] == '1. open_app(name="Settings"): Step 0 of 1\n2. click(): Step 1 of 1'
    assert rows[3]["extra_info"]["reference"] == "1. finish(): Done"
    assert rows[3]["prompt"][1]["content"].splitlines()[1:-1] == [
        "Done:",
        "- click(): Step 1 of 1",
        '- scroll(direction="down"): Step 2 of 1',
    ]
    truth = load(rows[1]["reward_model"]["ground_truth"])
    assert (truth.box, truth.point, truth.image, truth.platform) == (Box(*ROW, "pixel"), None, SCREEN, "mobile")
    without_tree = load(rows[8]["reward_model"]["ground_truth"])
    assert (without_tree.box, without_tree.elements) == (None, ())
    assert without_tree.point == Point(500, 812 * 1000 / 2400, "thousand")
    assert rows[8]["images"][0]["bytes"] == picture(30)


def test_the_accessibility_executor_finds_the_place_that_the_instruction_names(tmp_path: Path) -> None:
    found = only(tmp_path / "in", episode(1, [CLICK], step_instructions=[b"tap Network"]))
    (click, _) = found.steps
    assert click.box.contains(resolve(click.observation, click.step).point)


@pytest.mark.parametrize(
    ("action", "kind", "arguments"),
    [
        ({"action_type": "long_press", "x": 0, "y": 2400}, "long_press", {"point": [0, 1000]}),
        ({"action_type": "input_text", "text": "a\nb"}, "type", {"text": "a\nb"}),
        ({"action_type": "scroll", "direction": "left"}, "scroll", {"direction": "left"}),
        ({"action_type": "navigate_home"}, "press_home", {}),
        ({"action_type": "navigate_back"}, "press_back", {}),
        ({"action_type": "wait"}, "wait", {}),
    ],
)
def test_actions(tmp_path: Path, action: dict, kind: str, arguments: dict) -> None:
    found = only(tmp_path / "in", episode(1, [action]))
    assert (found.steps[0].step.action.type, found.steps[0].step.action.arguments) == (kind, arguments)


def test_an_older_type_is_a_click_and_a_text_without_a_picture_of_its_own(tmp_path: Path) -> None:
    typed = {"action_type": "type", "x": 540, "y": 812, "text": "hello"}
    source = dataset(tmp_path / "in", [episode(1, [typed, CLICK])])
    (found,) = read_all(source)
    assert shown(found.steps) == ["click", "no image of its own", "click", "finish"]
    assert found.steps[1].step.action.arguments == {"text": "hello\n"} and found.steps[1].fault.expected
    manifest = prepare(Job(NAME, source, tmp_path / "out", RowSettings(horizon=3)), 1)
    assert manifest["counts"]["left out: no image of its own"] == 1 and manifest["counts"]["rows"] == 3
    first = next(read_rows(tmp_path / "out"))
    assert first["extra_info"]["reference"] == (
        '1. click(): Step 0 of 1\n2. type(text="hello\\n"): Step 0 of 1\n3. click(): Step 1 of 1'
    )


def test_an_empty_step_instruction_is_derived(tmp_path: Path) -> None:
    typed, away = {"action_type": "input_text", "text": "a\n b{0}"}, {**CLICK, "x": 1081}
    record = episode(1, [OPEN, typed, CLICK, away], step_instructions=[b"", b" \n", b"", b""])
    found = only(tmp_path / "in", record)
    assert found.instructions == "derived"
    assert shown(found.steps) == ["open_app", "type", "click", "off-screen coordinates", "finish"]
    assert [step.step.instruction for step in found.steps] == [
        "Open the Settings app", 'Type "a b{0}"', "Click in the middle of the screen", "Click", "Done",
    ]  # fmt: skip


def test_splits(tmp_path: Path) -> None:
    source = dataset(tmp_path / "in", [episode(n) for n in (1, 2)], [episode(3)], train=[1], validation=[3], test=[2])
    (source / "test_subsplits.json").write_text(json.dumps({"IDD": [2], "app_unseen": []}))
    for split, wanted in {"train": [1], "validation": [3], "test": [2], "IDD": [2], "app_unseen": []}.items():
        assert [found.episode for found in read_all(source, split)] == [f"android_control/{n}" for n in wanted]
    (given,) = parts(source / "android_control-00001-of-00002", "validation")
    assert [found.episode for found in read(given, "validation")] == ["android_control/3"]
    for split in ("test", "IDD", "app_unseen", "task_unseen", "category_unseen"):
        with pytest.raises(ValueError, match="is what the benchmark scores"):
            check_split(SOURCE, split)
    with pytest.raises(ValueError, match=r"test_subsplits\.json has no list of episode numbers called task_unseen"):
        parts(source, "task_unseen")


def test_what_is_not_this_dataset(tmp_path: Path) -> None:
    source = dataset(tmp_path / "in", [episode(1)])
    (source / "android_control-00000-of-00001_.gstmp").write_bytes(b"unfinished")
    assert [part.name for part in parts(source, "train")] == ["android_control-00000-of-00001"]
    for text, reason in {"[]": "has no list", '{"train": ["1"]}': "has no list", "{": "is damaged"}.items():
        (source / "splits.json").write_text(text)
        with pytest.raises(ValueError, match=reason):
            parts(source, "train")
    (source / "splits.json").unlink()
    with pytest.raises(ValueError, match=r"splits\.json.*gs://gresearch/android_control"):
        parts(source, "train")
    (tmp_path / "empty").mkdir()
    for nothing in (tmp_path / "empty", tmp_path / "nowhere"):
        with pytest.raises(ValueError, match="android_control-000NN-of-00020"):
            parts(nothing, "train")


KILLED = """
import os, signal
from dataclasses import replace
from tracer1_data.sources import android_control

def read(part, split):
    for number, record in enumerate(android_control.read(part, split)):
        if number == 4 and part.name == os.environ.get("DIE_IN"):
            os.kill(os.getpid(), signal.SIGKILL)
        yield record

SOURCE = replace(android_control.SOURCE, read=read)
"""


def test_workers_and_interruptions_do_not_change_a_byte(tmp_path: Path) -> None:
    pictures = [png(Image.effect_noise((500, 500), 99)) for _ in range(4)]
    small = {"screenshots": pictures, "screenshot_widths": [500] * 4, "screenshot_heights": [500] * 4}
    near = {**CLICK, "y": 412, "x": 240}
    files = [[episode(10 * file + n, [OPEN, near, SCROLL], **small) for n in range(6)] for file in range(2)]
    source, job = dataset(tmp_path / "in", *files), {"settings": RowSettings(), "shard_bytes": 1 << 20}
    one, two = (prepare(Job(NAME, source, tmp_path / f"out{n}", **job), n) for n in (1, 2))
    assert one == two and one["counts"]["rows"] == 48
    reader = tmp_path / "reader.py"
    reader.write_text(KILLED)
    call = [sys.executable, "-m", "tracer1_data", "prepare", f"{reader}:SOURCE", "--input", str(source)]
    call += ["--output", str(tmp_path / "killed"), "--shard-mb", "1", "--workers", "1"]
    last = "android_control-00001-of-00002"
    died = subprocess.run(call, env={**os.environ, "DIE_IN": last}, stdout=subprocess.DEVNULL)
    assert died.returncode == -signal.SIGKILL
    state = json.loads((tmp_path / "killed" / ".work" / f"{last}.json").read_text())
    assert 0 < state["records"] < 6 and state["pieces"] >= 1 and not state["done"]
    subprocess.run(call, check=True, stdout=subprocess.DEVNULL)
    again = json.loads((tmp_path / "killed" / "manifest.json").read_text())
    assert again["shards"] == one["shards"] and len(one["shards"]) >= 4
    names = {path.name for path in (tmp_path / "killed").iterdir()}
    assert names == {"manifest.json", "rejected.jsonl", *(shard["file"] for shard in one["shards"])}


@pytest.mark.skipif(not REAL.is_file(), reason="the real samples are not here")
def test_600_real_actions_become_rows(tmp_path: Path) -> None:
    groups: dict[int, list[dict]] = {}
    for step in json.loads(REAL.read_text()):
        groups.setdefault(int(step["image"].split("-")[0].removeprefix("episode_")), []).append(step)
    records = []
    for number, steps in groups.items():
        tall = any(step["gt"].get("x", 0) > 1080 or step["gt"].get("y", 0) > 2400 for step in steps)
        size, count = Size(1440, 3120) if tall else SCREEN, len(steps) + 1
        records.append(
            episode(
                number,
                [step["gt"] for step in steps],
                screenshots=[_blank(size)] * count,
                accessibility_trees=None,
                screenshot_widths=[size.width] * count,
                screenshot_heights=[size.height] * count,
                step_instructions=[step["task"].encode() for step in steps],
            )
        )
    source = dataset(tmp_path / "in", records, train=list(groups))
    for found in read_all(source):
        said = groups[int(found.episode.split("/")[1])]
        for step, real in zip(found.steps, said, strict=False):
            _same(step, real["gt"])
        assert len(found.steps) == len(said) + 1
    manifest = prepare(Job(NAME, source, tmp_path / "out", RowSettings()), 1)
    assert manifest["counts"] == {
        "episodes": 124, "steps": 724, "rows": 724, "stage 2: can be executed": 724,
    }  # fmt: skip
    derived = [
        row for row in read_rows(tmp_path / "out", ["extra_info"]) if row["extra_info"]["instructions"] == "derived"
    ]
    assert {row["extra_info"]["episode"] for row in derived} == {"android_control/7320", "android_control/8261"}


def _blank(size: Size) -> bytes:
    return png(Image.new("1", (size.width, size.height)))


def _same(step: RecordedStep, real: dict) -> None:
    kind, said = step.step.action.type, step.step.action.arguments
    size = step.observation.size
    match real["action_type"]:
        case "click":
            x, y = said["point"]
            assert kind == "click" and (round(x * size.width / 1000), round(y * size.height / 1000)) == (
                real["x"],
                real["y"],
            )
        case "scroll":
            assert (kind, said) == ("scroll", {"direction": real["direction"]})
        case "input_text":
            assert (kind, said) == ("type", {"text": real["text"]})
        case "open_app":
            assert (kind, said) == ("open_app", {"name": real["app_name"]})
        case other:
            assert (kind, other) == ("press_back", "navigate_back")
