"""AgentTrek: prompts as AgentLab writes them → trajectories without pictures; the calls, the faults, bounded memory."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tracer1.actions import Action
from tracer1.plans import Step
from tracer1.trajectories import Fault, Gap, Observation, RecordedStep, Trajectory
from tracer1_data.convert import Job
from tracer1_data.prepare import prepare
from tracer1_data.rows import read_rows
from tracer1_data.settings import RowSettings
from tracer1_data.sources.agenttrek import parts, read

NAME = "tracer1_data.sources.agenttrek:SOURCE"
FILE = "agenttrek_1207.json"
TREE = r"""RootWebArea 'Shop – "Home"', focused, url='https://shop.example/'
	[12] banner ''
		[a51] link "What's new", clickable, visible
			StaticText "What's new"
		[15] searchbox 'Search\xa0products' value='', focused
		[16] button 'Search', clickable
	[20] generic, clickable
	[21] combobox 'Sort by' value='Price', hasPopup='menu', expanded=False
		[22] option 'Price', selected=True
	[23] img ''
	[5] button 'Buy [16] now'"""
GOAL = "Find a red bag\nand put it into the cart."
ACTIONS = ["fill('15', 'red bag')", "click('16')", "scroll(0, 400)", "send_msg_to_user('The bag is in the cart.')"]


def prompt(goal: str, past: Sequence[str], tree: str = TREE, older: bool = True) -> str:
    """A prompt of AgentLab's generic agent; ``older`` is how the history looked before May 2024."""
    shown = "\n### Action:\n{}\n" if older else "\n<action>\n{}\n</action>\n"
    history = "\n".join(f"## step {n}\n{shown.format(action)}" for n, action in enumerate(past))
    return (
        "# Instructions\nReview the current state of the page and all other information to find the best\n"
        "possible next action to accomplish your goal.\n\n"
        f"## Goal:\n{goal}\n\n\n# Observation of current step:\n\n"
        "## AXTree:\nNote: [bid] is the unique alpha-numeric identifier at the beginning of lines for each element.\n\n"
        f"{tree}\n\n\n# History of interaction with the task:\n\n{history}\n"
        "# Action space:\nNote: This action set allows you to interact with your environment.\n\n"
        "click(bid: str, button: Literal['left', 'middle', 'right'] = 'left')\n\n"
        "# Concrete Example\n\n<think>\nFrom previous action I tried to set the value of year.\n</think>\n\n"
        "<action>\nclick('a324')\n</action>\n"
    )


def record(action: str, past: Sequence[str] = (), goal: str = GOAL, **changed: Any) -> dict[str, Any]:
    said = f"<think>\nI do it with <action>.\n</think>\n\n<action>\n{action}\n</action>"
    return {
        "messages": [
            {"role": "system", "content": "You are an agent trying to solve a web task."},
            {"role": "user", "content": prompt(goal, past, **changed)},
            {"role": "assistant", "content": said},
        ]
    }


def task(goal: str = GOAL, actions: Sequence[str] = ACTIONS, **changed: Any) -> list[dict[str, Any]]:
    return [record(action, actions[:n], goal, **changed) for n, action in enumerate(actions)]


def write(folder: Path, records: Sequence[Any], name: str = FILE) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(records), encoding="utf-8")
    return folder


def everything(path: Path) -> list[Trajectory | Fault]:
    return [found for part in parts(path, "train") for found in read(part, "train")]


def steps_of(trajectory: Trajectory) -> list[str | None]:
    return [step.step and step.step.instruction for step in trajectory.steps]


def test_records_are_regrouped_into_trajectories(tmp_path: Path) -> None:
    first, again, other = everything(write(tmp_path, [*task(), *task(), *task("Find a hat", ACTIONS[2:])]))
    assert (first.source, first.episode, first.platform) == ("agenttrek", f"{FILE}/000000", "web")
    assert first.instruction == "Find a red bag and put it into the cart." and first.complete
    assert first.instructions == "derived" and [again.episode, other.episode] == [f"{FILE}/000004", f"{FILE}/000008"]
    assert all(step.observation == Observation(b"", None) and step.box is None for step in first.steps)
    assert [step.step for step in first.steps] == [
        Step(Action("type", {"text": "red bag"}), 'Type "red bag" into the Search products search box'),
        Step(Action("click"), "Click the Search button"),
        Step(Action("scroll", {"direction": "down", "amount": 400}), "Scroll down"),
        Step(Action("finish", {"answer": "The bag is in the cart."}), "Done"),
    ]
    assert steps_of(again) == steps_of(first) and other.instruction == "Find a hat" and len(other.steps) == 2


def test_the_newer_history_and_json_lines(tmp_path: Path) -> None:
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in task(older=False))
    (tmp_path / "steps.jsonl").write_text(lines, encoding="utf-8")
    (trajectory,) = everything(tmp_path)
    assert len(trajectory.steps) == 4 and trajectory.episode == "steps.jsonl/000000"
    (tmp_path / "steps.jsonl").write_text("\ufeff" + json.dumps(task(), indent=1), encoding="utf-8")
    assert [step.step for step in everything(tmp_path)[0].steps] == [step.step for step in trajectory.steps]


def test_a_message_in_the_middle_is_an_answer_and_only_a_finish_completes(tmp_path: Path) -> None:
    message = "send_msg_to_user('I look it up')"
    (asked,) = everything(write(tmp_path / "a", task(actions=[message, "click('16')"])))
    assert asked.steps[0].step == Step(Action("answer", {"text": "I look it up"}), 'Tell the user "I look it up"')
    assert not asked.complete
    (given_up,) = everything(write(tmp_path / "b", task(actions=["click('16')", "report_infeasible('sold out')"])))
    end = Action("finish", {"outcome": "failure", "answer": "sold out"})
    assert given_up.steps[1].step == Step(end, "Stop: the task cannot be done") and not given_up.complete


def test_several_calls_in_one_action(tmp_path: Path) -> None:
    both = "fill('15', 'red bag')\nclick('16')"
    (trajectory,) = everything(write(tmp_path, task(actions=[both, "send_msg_to_user('ok')"])))
    typed, clicked, done = trajectory.steps
    assert isinstance(typed, RecordedStep) and isinstance(clicked, Gap) and isinstance(done, RecordedStep)
    assert clicked.step.instruction == "Click the Search button"
    assert clicked.fault.kind == "no image of its own" and clicked.fault.expected


def test_steps_that_the_file_does_not_have(tmp_path: Path) -> None:
    records = task()
    (late,) = everything(write(tmp_path / "late", records[2:]))
    assert [step.step and step.step.action.type for step in late.steps] == [None, None, "scroll", "finish"]
    assert all(gap.fault.kind == "missing step" and gap.fault.expected for gap in late.steps[:2])
    (holed,) = everything(write(tmp_path / "holed", [records[0], records[3]]))
    assert [step.step and step.step.action.type for step in holed.steps] == ["type", None, None, "finish"]
    fault, trajectory = everything(write(tmp_path / "twice", [*records[:2], records[1], *records[2:]]))
    assert fault.kind == "duplicate" and fault.where == f"{FILE}, record 2" and len(trajectory.steps) == 4


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"messages": []}, "missing field"),
        ({"messages": None}, "missing field"),
        ({"messages": [{"role": "user", "content": "## Goal:\n \n# Observation"}]}, "missing field"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "missing field"),
        ({"messages": ["x", {"role": "user", "content": "## Goal:\n\ud83d\n# Observation"}]}, "missing field"),
    ],
)
def test_a_record_that_is_no_step(tmp_path: Path, wrong: dict[str, Any], kind: str) -> None:
    fault, trajectory = everything(write(tmp_path, [*task()[:1], wrong, *task()[1:]]))
    assert (fault.kind, fault.where) == (kind, f"{FILE}, record 1") and len(trajectory.steps) == 4
    assert all(isinstance(step, RecordedStep) for step in trajectory.steps)


def test_an_answer_without_an_action(tmp_path: Path) -> None:
    records = task()
    records[1]["messages"][2]["content"] = "I do not know."
    (trajectory,) = everything(write(tmp_path, records))
    assert [isinstance(step, RecordedStep) for step in trajectory.steps] == [True, False, True, True]
    assert trajectory.steps[1].step is None and trajectory.steps[1].fault.kind == "unknown action"


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (lambda text: text.replace(b"## Goal", b"## \xff\xfeoal", 1), "not UTF-8"),
        (lambda text: text.replace(b'"content"', b'"content', 1), "broken record"),
        (lambda text: text[:-10], "broken record"),
        (lambda text: text[:-1] + b"x" * 9, "broken record"),
        (lambda text: b'{"messages": ' + b"[" * 100_000, "broken record"),
        (lambda text: text[1:], "broken record"),
    ],
)
def test_a_damaged_record_costs_itself_only(tmp_path: Path, damage: Any, kind: str) -> None:
    pieces = [json.dumps(one).encode() for one in (*task("First"), *task("Second"))]
    pieces[4] = damage(pieces[4])
    (tmp_path / FILE).write_bytes(b"[" + b",\n ".join(pieces) + b"]\n")
    found = everything(tmp_path)
    (fault,) = (one for one in found if isinstance(one, Fault))
    first, second = (one for one in found if isinstance(one, Trajectory))
    assert fault.kind == kind and steps_of(second)[1:] == ["Click the Search button", "Scroll down", "Done"]
    assert len(first.steps) >= 3 and steps_of(second)[0] is None


def test_a_list_that_was_half_written(tmp_path: Path) -> None:
    whole = json.dumps([*task("First"), *task("Second")]).encode()
    begins = whole.rindex(b'{"messages"', 0, whole.index(b"Second"))
    (tmp_path / FILE).write_bytes(whole[: whole.index(b"Second") + 10])
    broken, cut, first = everything(tmp_path)
    assert len(first.steps) == 4 and broken.where == f"{FILE}, byte {begins}"
    assert (broken.kind, cut.kind, cut.where) == ("broken record", "unreadable file", FILE)
    (tmp_path / FILE).write_bytes(whole[:begins])
    cut, first = everything(tmp_path)
    assert cut.reason == "the list does not end: records are missing" and len(first.steps) == 4


@pytest.mark.parametrize("content", [b"[]", b"", b"{}", b'{"rows": []}', b"PAR1", b"\xff\xfe\x00"])
def test_files_of_something_else(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(ValueError, match=r"agenttrek_1207\.json has no records .*download agenttrek_1207\.json"):
        parts(tmp_path, "train")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"there is no .*\*\.json: download"):
        parts(tmp_path, "train")
    with pytest.raises(ValueError, match=r"there is no .*nothing\.json: download"):
        parts(tmp_path / "nothing.json", "train")


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    with (tmp_path / FILE).open("w") as out:
        out.write("[")
        for number in range(150):
            tree = TREE + f"\n\t[{10000}] paragraph '{'x' * 40_000}'"
            out.write(
                ",\n".join(json.dumps(one) for one in task(f"Task {number}", tree=tree))
                + (",\n" if number < 149 else "]")
            )
    size = (tmp_path / FILE).stat().st_size
    assert size > 22 << 20
    (part,) = parts(tmp_path, "train")
    tracemalloc.start()
    assert sum(len(one.steps) for one in read(part, "train")) == 600
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_the_whole_pipeline_and_any_number_of_workers(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in", [*task(), *task("Go on", ["click('a51')", "goto('https://x.example')", "click('16')"])]
    )
    write(source, task("Find a hat"), "more.json")
    made = [
        prepare(Job(NAME, source, tmp_path / f"out{workers}", RowSettings(horizon=3, history=1)), workers)
        for workers in (1, 2)
    ]
    assert made[0] == made[1] and made[0]["plan"]["parts"] == [FILE, "more.json"]
    assert made[0]["counts"] == {
        "episodes": 3,
        "steps": 4 + 3 + 4,
        "rows": 4 + 1 + 4,
        "left out: unknown action": 1,
        "left out: unknown history": 1,
        "stage 2: can be executed": 6,
        "stage 2: no screenshot to point at": 3,
    }
    first, *_ = read_rows(tmp_path / "out1")
    assert first["images"] == [] and first["extra_info"]["stage2"] == "" and first["extra_info"]["n_image_tokens"] == 0
    assert first["extra_info"]["reference"] == (
        '1. type(text="red bag"): Type "red bag" into the Search products search box\n'
        "2. click(): Click the Search button\n"
        '3. scroll(direction="down", amount=400): Scroll down'
    )
    assert first["prompt"][1]["content"] == ("Task: Find a red bag and put it into the cart.\nDone:\n- none\nPlan:")
    easy = prepare(Job(NAME, source, tmp_path / "easy", RowSettings(), format="easyr1"), 1)
    assert easy["counts"]["rows"] == 9
