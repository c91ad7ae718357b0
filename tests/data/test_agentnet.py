"""AgentNet: lines in the dataset's exact format, what becomes of each kind of step, and every damage by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from agentnet_records import CLICK, NAME, REAL, SUCCESS, faults, only, png, read, record, said, step, write

from tracer1.actions import Action
from tracer1.coordinates import Size
from tracer1.ground_truth import load
from tracer1.plans import Step
from tracer1.trajectories import RecordedStep
from tracer1_data.convert import Job
from tracer1_data.prepare import prepare
from tracer1_data.rows import read_rows
from tracer1_data.settings import RowSettings
from tracer1_data.sources import agentnet
from tracer1_data.sources.agentnet import SOURCE
from tracer1_data.windows import window


def test_a_record_becomes_a_trajectory(tmp_path: Path) -> None:
    last = step(1, SUCCESS, "The sound is muted, so the task is done.")
    trajectory = only(write(tmp_path, record(step(0, action="Click  the\nspeaker icon."), last)))
    first, second = trajectory.steps
    assert said(first) == Step(Action("click", {"point": [951.2, 13.1]}), "Click the speaker icon.")
    assert (first.observation.screenshot, first.observation.size, first.box) == (png(0), Size(192, 108), None)
    assert second.step.action == Action("finish", {"outcome": "success"})
    assert (trajectory.source, trajectory.episode, trajectory.platform, trajectory.task) == (
        "agentnet", "20240927235321_5855063d", "desktop", "ubuntu",
    )  # fmt: skip
    assert trajectory.instruction == "Mute the system volume from the top bar."
    assert (trajectory.complete, trajectory.instructions) == (True, "recorded")


@pytest.mark.parametrize(
    ("code", "action"),
    [
        ("pyautogui.doubleClick(x=0.5, y=0.25)", Action("double_click", {"point": [500, 250]})),
        ("pyautogui.rightClick(x=1, y=0)", Action("right_click", {"point": [1000, 0]})),
        ("pyautogui.middleClick(x=0.1, y=0.2)", Action("middle_click", {"point": [100, 200]})),
        ("computer.tripleClick(x=0.5, y=0.5)", Action("triple_click", {"point": [500, 500]})),
        ("pyautogui.moveTo(x=0.5, y=0.5)", Action("hover", {"point": [500, 500]})),
        (
            "pyautogui.moveTo(x=0.25, y=0.5)\npyautogui.dragTo(x=0.75, y=0.5, button='left')",
            Action("drag", {"start": [250, 500], "end": [750, 500]}),
        ),
        (
            "pyautogui.moveTo(x=0.5, y=0.75)\npyautogui.scroll(-3)",
            Action("scroll", {"direction": "down", "amount": 3, "point": [500, 750]}),
        ),
        ("pyautogui.scroll(7)", Action("scroll", {"direction": "up", "amount": 7})),
        ("pyautogui.hscroll(2)", Action("scroll", {"direction": "right", "amount": 2})),
        ("pyautogui.write(message='naïve \"x\"')", Action("type", {"text": 'naïve "x"'})),
        ("pyautogui.write(message='ls')\npyautogui.press(keys=['enter'])", Action("type", {"text": "ls\n"})),
        ("pyautogui.press(keys=['enter'])", Action("key", {"key": "enter"})),
        ("pyautogui.hotkey(keys=['ctrl', 'C'])", Action("key", {"key": "ctrl+c"})),
        ("pyautogui.hotkey(['alt', 'tab'])", Action("key", {"key": "alt+tab"})),
        ("computer.wait(2)", Action("wait", {"seconds": 2})),
        ("computer.terminate(status='failure')", Action("finish", {"outcome": "failure"})),
    ],
)
def test_each_kind_of_code(tmp_path: Path, code: str, action: Action) -> None:
    (recorded,) = only(write(tmp_path, record(step(0, code)))).steps
    assert isinstance(recorded, RecordedStep) and said(recorded) == Step(action, "Click the speaker icon.")


def test_several_actions_in_one_code_share_its_screen(tmp_path: Path) -> None:
    code = "pyautogui.click(x=0.5, y=0.5)\npyautogui.hotkey(keys=['ctrl', 'a'])\npyautogui.write(message='new')"
    trajectory = only(write(tmp_path, record(step(0, code, "Replace the name."), step(1))))
    assert faults(trajectory) == [(1, "no image of its own", "value.code"), (2, "no image of its own", "value.code")]
    assert [one.step.instruction for one in trajectory.steps] == [
        "Replace the name.", "Press Ctrl+A", 'Type "new"', "Click the speaker icon.",
    ]  # fmt: skip
    assert all(one.fault.expected for one in trajectory.steps[1:3])
    first, *_, last = window(trajectory, 3, 4)
    assert [one.action.type for one in first.reference.steps] == ["click", "key", "type"]
    assert [one.action.type for one in last.history] == ["click", "key", "type"]


@pytest.mark.parametrize(
    ("judged", "kind"),
    [
        ({"last_step_correct": False, "last_step_redundant": True}, "marked incorrect"),
        ({"last_step_redundant": True}, "marked redundant"),
    ],
)
def test_a_marked_step_is_never_taught(tmp_path: Path, judged: dict, kind: str) -> None:
    steps = [step(0, action="A"), step(1, action="B", **judged), step(2, action="C"), step(3, action="D")]
    trajectory = only(write(tmp_path, record(*steps)))
    assert [(one[0], one[1]) for one in faults(trajectory)] == [(1, kind)]
    assert trajectory.steps[1].fault.expected and not trajectory.steps[1].taught
    first, gap, after, last = window(trajectory, horizon=4, history=1)
    assert [one.instruction for one in first.reference.steps] == ["A"]
    assert gap.kind == kind and [one.instruction for one in after.history] == ["B"]
    assert [one.instruction for one in last.reference.steps] == ["D", "Done"]


@pytest.mark.parametrize(
    ("completed", "code", "complete", "kinds"),
    [
        (True, CLICK, True, []),
        (False, CLICK, False, []),
        (None, CLICK, False, []),
        (None, SUCCESS, True, []),
        (None, "computer.terminate(status='failure')", False, []),
        (False, SUCCESS, False, ["marked incorrect"]),
        (False, "computer.terminate(status='failure')", False, []),
    ],
)
def test_when_a_task_is_complete(
    tmp_path: Path, completed: bool | None, code: str, complete: bool, kinds: list
) -> None:
    trajectory = only(write(tmp_path, record(step(0), step(1, code), task_completed=completed)))
    assert (trajectory.complete, [kind for _, kind, _ in faults(trajectory)]) == (complete, kinds)


def test_the_goal_and_the_group(tmp_path: Path) -> None:
    one, two = (record(step(0), task_id=name, actual_task="") for name in "ab")
    two = {**two, "natural_language_task": None, "domain": "Gimp"}
    first, second = read(write(tmp_path, one, two, name="agentnet_win_mac_18k.jsonl"))
    assert (first.instruction, first.task) == ("Could you mute the sound?", "win_mac")
    assert (second.instruction, second.task) == ("mute the sound", "Gimp")


@pytest.mark.parametrize(
    "place", ["ubuntu_images", "ubuntu_images/images/0", "agentnet_ubuntu_images", "images", "any/where"]
)
def test_pictures_are_found_wherever_they_were_unzipped(tmp_path: Path, place: str) -> None:
    folder = write(tmp_path, record(step(0)), images=0)
    (folder / place).mkdir(parents=True, exist_ok=True)
    (folder / place / "p0.png").write_bytes(png(7))
    (recorded,) = only(folder).steps
    assert recorded.observation.screenshot == png(7)


def test_each_file_looks_into_its_own_folder_first(tmp_path: Path) -> None:
    folder = write(tmp_path, record(step(0), task_id="u"))
    (folder / "agentnet_win_mac_18k.jsonl").write_text(json.dumps(record(step(0), task_id="w")))
    (folder / "win_mac_images").mkdir()
    (folder / "win_mac_images" / "p0.png").write_bytes(png(99))
    ubuntu, windows = read(folder)
    assert (ubuntu.episode, windows.episode) == ("u", "w")
    assert [one.steps[0].observation.screenshot for one in (ubuntu, windows)] == [png(0), png(99)]


def test_parts_are_whole_lines_and_cover_the_file(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(agentnet, "BYTES_IN_A_PART", 500_000)
    lines = [record(step(0), task_id=f"t{number}", reason="x" * (number * 211 % 9000)) for number in range(250)]
    folder = write(tmp_path, *lines)
    file = folder / "agentnet_ubuntu_5k.jsonl"
    file.write_bytes(file.read_bytes().removesuffix(b"\n"))
    parts = SOURCE.parts(folder, "train")
    assert [part.name for part in parts] == [f"agentnet_ubuntu_5k-{number:04d}" for number in range(3)]
    assert [part.start for part in parts] == [0, parts[0].stop, parts[1].stop] and parts[2].stop == file.stat().st_size
    assert all(part.stop - part.start < 520_000 for part in parts)
    assert [one.episode for one in read(folder)] == [f"t{number}" for number in range(250)]
    assert SOURCE.parts(file, "train") == parts


def test_the_whole_way_to_rows_and_the_same_bytes_for_any_number_of_workers(tmp_path: Path) -> None:
    lines = [record(step(0), step(1), step(2, SUCCESS, "Done."), task_id=f"t{number}") for number in range(120)]
    lines[3]["traj"][1]["value"]["last_step_correct"] = False
    lines[4]["traj"][1]["image"] = "gone.png"
    folder = write(tmp_path / "in", *lines, b"{", lines[0])
    made = [prepare(Job(NAME, folder, tmp_path / f"out{n}", RowSettings(history=1)), n) for n in (1, 2)]
    assert made[0] == made[1]
    assert made[0]["counts"] == {
        "episodes": 121,
        "left out: marked incorrect": 1,
        "rejected: broken record": 1,
        "rejected: duplicate": 1,
        "rejected: missing image": 1,
        "rows": 358,
        "stage 2: can be executed": 358,
        "steps": 360,
    }
    first, second, third, *_ = read_rows(tmp_path / "out1")
    assert first["extra_info"]["reference"] == (
        '1. click(): Click the speaker icon.\n2. click(): Click the speaker icon.\n3. finish(outcome="success"): Done.'
    )
    assert first["images"] == [{"bytes": png(0)}]
    truth = load(first["reward_model"]["ground_truth"])
    assert (truth.point.x, round(truth.point.y, 6), truth.box, truth.platform) == (951.2, 13.1, None, "desktop")
    assert "- click(): Click the speaker icon.\n" in second["prompt"][1]["content"]
    assert third["extra_info"]["reference"] == '1. finish(outcome="success"): Done.'
    rejected = [json.loads(line)["kind"] for line in (tmp_path / "out2" / "rejected.jsonl").read_text().splitlines()]
    assert sorted(rejected) == ["broken record", "duplicate", "marked incorrect", "missing image"]


@pytest.mark.skipif(not REAL.is_dir(), reason="the real sample is not here")
def test_the_real_record_before_its_reasoning(tmp_path: Path) -> None:
    trajectory = only(REAL)
    assert (trajectory.episode, len(trajectory.steps), trajectory.complete) == ("task_example_0", 15, True)
    assert trajectory.instructions == "derived" and not faults(trajectory)
    steps = [said(one) for one in trajectory.steps]
    assert steps[0] == Step(Action("click", {"point": [972.2, 970.1]}), "Click at the bottom right of the screen")
    assert steps[1].instruction == "Right-click on the right of the screen"
    assert steps[3].action == Action("drag", {"start": [454.6, 268.2], "end": [410.7, 277.3]})
    assert steps[5] == Step(Action("scroll", {"direction": "down", "amount": 3, "point": [396, 783.9]}), "Scroll down")
    assert steps[14] == Step(Action("finish", {"outcome": "success"}), "Done")
    assert all(one.observation.size == Size(1276, 718) for one in trajectory.steps)
    manifest = prepare(Job(NAME, REAL, tmp_path / "out", RowSettings(horizon=2)), 1)
    assert manifest["counts"] == {
        "episodes": 1,
        "rows": 15,
        "stage 2: a drag has two places, an executor gives one": 1,
        "stage 2: can be executed": 14,
        "steps": 15,
    }
    *_, last = read_rows(tmp_path / "out")
    assert last["extra_info"]["reference"] == '1. finish(outcome="success"): Done'
