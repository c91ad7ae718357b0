"""The example of a dataset of one's own: the command line of its README makes rows of it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

from PIL import Image

from tracer1.ground_truth import load
from tracer1_data.rows import read_rows

REPOSITORY = Path(__file__).resolve().parents[2]
README = REPOSITORY / "examples" / "custom_dataset" / "README.md"
CLICK = {"screenshot": "0.png", "instruction": "Click  the Save\nbutton", "action": "click", "x": 50, "y": 20}
TYPE = {"screenshot": "1.png", "instruction": "Enter the name", "action": "type", "text": "report"}


def episode(folder: Path, *steps: dict, **record) -> None:
    folder.mkdir(parents=True)
    for number in range(2):
        picture = io.BytesIO()
        Image.new("RGB", (200, 80), (number, 0, 0)).save(picture, "PNG")
        (folder / f"{number}.png").write_bytes(picture.getvalue())
    record = {"task": "Save the report", "success": True, "steps": steps, **record}
    (folder / "steps.json").write_text(json.dumps(record), encoding="utf-8")


def prepare(folder: Path) -> subprocess.CompletedProcess:
    """The README's command, on this folder."""
    (line,) = [line for line in README.read_text().splitlines() if line.startswith("python -m tracer1_data prepare")]
    words = line.replace("my_recordings", str(folder / "in")).replace("data/mine", str(folder / "out")).split()
    call = [sys.executable, *words[1:], "--workers", "1"]
    return subprocess.run(call, cwd=REPOSITORY, capture_output=True, text=True)


def test_the_readme_command_makes_rows(tmp_path: Path) -> None:
    episode(tmp_path / "in" / "episode_0001", {**CLICK, "box": [40, 10, 60, 30]}, TYPE)
    episode(tmp_path / "in" / "episode_0002", CLICK, success=False)
    done = prepare(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    first, second, third = read_rows(tmp_path / "out")
    assert first["extra_info"]["reference"].splitlines() == [
        "1. click(): Click the Save button",
        '2. type(text="report"): Enter the name',
        "3. finish(): Done",
    ]
    assert first["images"][0]["bytes"] == (tmp_path / "in" / "episode_0001" / "0.png").read_bytes()
    box, point = load(first["reward_model"]["ground_truth"]).box, load(third["reward_model"]["ground_truth"]).point
    assert (box.left, box.top, box.right, box.bottom) == (40, 10, 60, 30)
    assert (point.x, point.y) == (250, 250)  # 50 of 200 and 20 of 80 pixels
    assert "- click(): Click the Save button" in second["prompt"][1]["content"]
    assert third["extra_info"]["reference"] == "1. click(): Click the Save button"  # its task was not solved


def test_bad_episodes_and_steps_are_named_and_cost_only_themselves(tmp_path: Path) -> None:
    episode(tmp_path / "in" / "episode_0001", CLICK, {**TYPE, "action": "shout"})
    episode(tmp_path / "in" / "episode_0002", TYPE)
    episode(tmp_path / "in" / "episode_0003", CLICK)
    (tmp_path / "in" / "episode_0002" / "steps.json").write_text('{"task": ')
    assert prepare(tmp_path).returncode == 3
    assert [row["extra_info"]["episode"] for row in read_rows(tmp_path / "out")] == ["episode_0001", "episode_0003"]
    faults = [json.loads(line) for line in (tmp_path / "out" / "rejected.jsonl").read_text().splitlines()]
    assert [fault["kind"] for fault in faults] == ["broken step", "broken record"]
    assert faults[0]["where"] == "episode_0001, step 1" and "unknown action 'shout'" in faults[0]["reason"]


def test_another_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    done = prepare(tmp_path)
    assert done.returncode == 1 and "has no episode_*/steps.json" in done.stdout.replace("\n", "")
