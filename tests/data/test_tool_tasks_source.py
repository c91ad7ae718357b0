"""The reader of recorded tool tasks: records → trajectories, what is wrong with them, and rows."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from tracer1.actions import Action
from tracer1.answers import ExpectedAnswer
from tracer1.trajectories import Fault, Trajectory
from tracer1_data.convert import Job
from tracer1_data.prepare import prepare
from tracer1_data.rows import read_rows
from tracer1_data.settings import RowSettings
from tracer1_data.sources import tool_tasks
from tracer1_data.tool_tasks.__main__ import app
from tracer1_data.tool_tasks.records import to_record

NAME = "tracer1_data.sources.tool_tasks:SOURCE"
CALL = {"type": "call_tool", "arguments": {"name": "calculator", "arguments": {"expression": "21 + 60"}}}
ADD = {"action": CALL, "instruction": "Add them", "output": "81", "answer": {"rule": "gaia", "value": "81"}}
FINISH = {
    "action": {"type": "finish", "arguments": {"answer": "81"}}, "instruction": "Give the answer", "output": "", "answer": None,
}  # fmt: skip


def record(**fields: Any) -> dict[str, Any]:
    whole = {
        "episode": "t1",
        "family": "total",
        "seed": 1,
        "instruction": "Add 21 and 60.",
        "pictures": ["files/a.png"],
    }
    return whole | {"steps": [ADD, FINISH]} | fields


def dataset(folder: Path, *lines: Any, split: str = "train") -> Path:
    (folder / "files").mkdir(parents=True, exist_ok=True)
    data = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(data, "PNG")
    (folder / "files" / "a.png").write_bytes(data.getvalue())
    text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    (folder / f"{split}.jsonl").write_text(text, encoding="utf-8")
    return folder


def read(folder: Path, split: str = "train") -> list[Trajectory | Fault]:
    return [found for part in tool_tasks.parts(folder, split) for found in tool_tasks.read(part, split)]


def test_a_record_becomes_a_trajectory_and_back(tmp_path: Path) -> None:
    (found,) = read(dataset(tmp_path, record()))
    assert isinstance(found, Trajectory)
    assert (found.source, found.episode, found.platform, found.complete) == ("tool_tasks", "t1", "tool", True)
    assert (found.task, found.seed, found.instruction) == ("total", 1, "Add 21 and 60.")
    add, finish = found.steps
    assert add.step.action == Action(**CALL) and add.answer == ExpectedAnswer("gaia", "81") and add.output == "81"
    assert finish.step.action == Action("finish", {"answer": "81"}) and finish.answer is None
    assert add.observation.size.width == 40 and add.observation.paths == (str(tmp_path / "files" / "a.png"),)
    assert to_record(found, ["files/a.png"]) == record()


def test_a_record_without_pictures(tmp_path: Path) -> None:
    (found,) = read(dataset(tmp_path, record(pictures=[])))
    assert found.steps[0].observation.pictures == () and found.steps[0].observation.size is None


@pytest.mark.parametrize(
    ("line", "kind", "reason"),
    [
        (record(pictures=["files/gone.png"]), "missing image", "gone.png"),
        (record(pictures=["files/cut.png"]), "unreadable image", "cut off"),
        (record(pictures=["../a.png"]), "missing image", "no path within the dataset"),
        (record(pictures=["/etc/hostname"]), "missing image", "no path within the dataset"),
        (record(pictures=["files/\ud800.png"]), "missing image", "no path within the dataset"),
        (record(pictures="files/a.png"), "broken record", "no list"),
        (record(steps=[]), "broken record", "finish"),
        (record(steps=[ADD]), "broken record", "finish"),
        (record(steps=[FINISH, ADD]), "broken record", "the last step, and no other, must be finish"),
        (record(steps=[FINISH, FINISH]), "broken record", "the last step, and no other, must be finish"),
        (
            record(steps=[{**ADD, "action": {"type": "fly", "arguments": {}}}, FINISH]),
            "broken record",
            "unknown action",
        ),
        (
            record(steps=[{**ADD, "answer": {"rule": "guess", "value": "1"}}, FINISH]),
            "broken record",
            "unknown answer rule",
        ),
        (record(steps=[{**ADD, "output": "<|image_pad|>"}, FINISH]), "broken record", "no text"),
        (record(steps=[{"action": CALL}, FINISH]), "broken record", "KeyError: 'instruction'"),
        (record(steps="no steps"), "broken record", "TypeError"),
        (record(seed="one"), "broken record", "ValueError"),
        ('{"episode": "t1", "fam', "broken record", "not JSON"),
        ("[1, 2]", "broken record", "no JSON object"),
    ],
)
def test_faults_stand_for_records_and_leave_the_others(tmp_path: Path, line: Any, kind: str, reason: str) -> None:
    folder = dataset(tmp_path, record(episode="before"), line, record(episode="after"))
    (folder / "files" / "cut.png").write_bytes((folder / "files" / "a.png").read_bytes()[:60])
    before, fault, after = read(folder)
    assert (before.episode, after.episode) == ("before", "after")
    assert isinstance(fault, Fault) and fault.kind == kind and reason in fault.reason and not fault.expected


def test_no_recording(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"there is no .*heldout\.jsonl: python -m tracer1_data\.tool_tasks makes"):
        tool_tasks.parts(dataset(tmp_path, record()), "heldout")


def test_the_whole_way_to_rows(tmp_path: Path) -> None:
    folder = dataset(
        tmp_path / "in", record(), record(episode="t2", pictures=[]), record(episode="t3", pictures=["b.png"])
    )
    manifest = prepare(Job(NAME, folder, tmp_path / "out", RowSettings(style="compact")), 1)
    assert manifest["counts"] == {
        "episodes": 2, "rows": 4, "steps": 4, "rejected: missing image": 1, "stage 2: can be executed": 4,
    }  # fmt: skip
    rows = list(read_rows(tmp_path / "out"))
    call = 'call_tool(name="calculator", arguments={"expression": "21 + 60"}): Add them'
    assert rows[0]["extra_info"]["reference"] == f'1. {call}\n2. finish(answer="81"): Give the answer'
    assert rows[0]["prompt"][0]["content"] == "<image>Task: Add 21 and 60.\nDone:\n- none\nPlan:"
    assert rows[3]["prompt"][0]["content"] == f"Task: Add 21 and 60.\nDone:\n- {call} => 81\nPlan:"
    assert [len(row["images"]) for row in rows] == [1, 1, 0, 0] and rows[0]["ability"] == "tool"
    truth = json.loads(rows[0]["reward_model"]["ground_truth"])
    assert truth["answer"] == ["gaia", "81"]


def test_the_command_explains_itself_and_refuses(tmp_path: Path) -> None:
    runner = CliRunner()
    helped = runner.invoke(app, ["--help"], env={"COLUMNS": "200"})
    assert helped.exit_code == 0 and "faults.jsonl" in helped.stdout and "--heldout" in helped.stdout
    wrong = runner.invoke(app, ["--output", str(tmp_path / "set"), "--families", "lookup,riddle"])
    assert wrong.exit_code == 1 and "there is no family riddle: use some of lookup, total" in wrong.output
    none = runner.invoke(app, ["--output", str(tmp_path / "set"), "--train", "0", "--heldout", "0"])
    assert none.exit_code == 1 and "at least one family and one task" in none.output
    assert not (tmp_path / "set").exists()
