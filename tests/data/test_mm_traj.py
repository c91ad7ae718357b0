"""MM-Traj: both spellings of a record → steps, outputs and answers; the faults; the real sample."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tracer1.actions import Action
from tracer1.answers import ExpectedAnswer
from tracer1.trajectories import Fault, Gap, RecordedStep, Trajectory
from tracer1_data.convert import Job
from tracer1_data.prepare import prepare
from tracer1_data.rows import read_rows
from tracer1_data.settings import RowSettings
from tracer1_data.sources import mm_traj

NAME = "tracer1_data.sources.mm_traj:SOURCE"
SAMPLE = Path(__file__).resolve().parents[3] / "shared" / "data" / "mm_traj" / "qwen_vl_first_60.json"
CAR = 'cars = objectlocation(object="red car", image_path="files/x.png")\nprint("Cars:", cars)'
CAR_CALL = {"name": "objectlocation", "arguments": {"object": "red car", "image_path": "files/x.png"}}
ERROR = "[OUTPUT OF STEP {}] Error: Code execution failed due to the following error:\nError code: 429\nNow let's retry"
NO_CODE = "[OUTPUT OF STEP {}] Error: Error in code parsing: \nThe code blob you used is invalid"


def says(thought: str, code: str, end: str = "<end_action>") -> str:
    return f"Thought: {thought}\nCode:\n```py\n{code}\n```{end}"


def sees(number: int, output: str) -> str:
    return f"[OUTPUT OF STEP {number}] Observation:\n{output}\n"


FIND = says("The task asks for cars. I will locate the red cars.", CAR)
DONE = says("There are two. I will return this as the final answer.", 'final_answer("2")')
FOUND = sees(0, "Cars: [[1.5, 2.0, 3.0, 4.0]]")


def record(*turns: str, task: str = "Task: How many red cars are there?\nAttachment: files/x.png; ", **fields) -> dict:
    """The MiniCPM form: task, agent, observation, agent, …"""
    roles = ["system", "user", *["assistant", "user"] * len(turns)]
    said = zip(roles, ["You are an expert assistant.", f"<image>\n{task}", *turns], strict=False)
    talk = [{"role": role, "content": text} for role, text in said]
    return {"id": "aB3-_x01", "image": "files/x.png", "answer": "2", "conversations": talk, **fields}


def picture(width: int = 40, form: str = "PNG") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (width, 30), "red").save(data, form)
    return data.getvalue()


def dataset(folder: Path, *records: Any, name: str = "train.json") -> Path:
    (folder / "files").mkdir(parents=True, exist_ok=True)
    (folder / "files" / "x.png").write_bytes(picture())
    (folder / name).write_text(json.dumps(records, indent=4, ensure_ascii=False), encoding="utf-8")
    return folder


def read(folder: Path) -> list[Trajectory | Fault]:
    return [found for part in mm_traj.parts(folder, "train") for found in mm_traj.read(part, "train")]


def one(folder: Path, raw: dict) -> Trajectory:
    (found,) = read(dataset(folder, raw))
    assert isinstance(found, Trajectory)
    return found


def test_a_record_becomes_steps_with_outputs_and_truths(tmp_path: Path) -> None:
    found = one(tmp_path, record(FIND, FOUND, DONE))
    assert (found.source, found.episode, found.platform, found.complete) == ("mm_traj", "aB3-_x01", "tool", True)
    assert found.instruction == "How many red cars are there?\nAttachment: files/x.png;"
    find, done = found.steps
    assert find.step.action == Action("call_tool", CAR_CALL)
    assert find.step.instruction == "I will locate the red cars"
    assert find.output == "[[1.5, 2.0, 3.0, 4.0]]" and find.answer == ExpectedAnswer("text", find.output)
    assert done.step.action == Action("finish", {"answer": "2"}) and done.answer is None
    assert done.step.instruction == "I will return this as the final answer"
    assert find.observation.screenshot == picture() and find.observation.size.width == 40
    assert find.observation.attachments == () and done.observation is find.observation


def test_the_qwen_form_gives_the_same(tmp_path: Path) -> None:
    mini = record(FIND, FOUND, DONE)
    qwen = {**mini, "conversations": [{"from": t["role"], "value": t["content"]} for t in mini["conversations"]]}
    first = qwen["conversations"][1]
    first["value"] = first["value"].replace("<image>", "Picture 1: <img>files/x.png</img>")
    assert one(tmp_path, mini) == one(tmp_path, qwen)
    del qwen["image"]
    assert one(tmp_path, qwen) == one(tmp_path, mini)


def test_several_pictures_in_the_order_of_their_marks_and_none(tmp_path: Path) -> None:
    raw = record(FIND, FOUND, DONE, image={"<image_01>": "files/y.jpg", "<image_00>": "files/x.png"})
    raw["conversations"][1]["content"] = "<image_00>\n<image_01>\nTask: Compare them."
    dataset(tmp_path, raw)
    (tmp_path / "files" / "y.jpg").write_bytes(picture(60, "JPEG"))
    (found,) = read(tmp_path)
    assert found.instruction == "Compare them." and found.steps[0].observation.pictures == (
        picture(),
        picture(60, "JPEG"),
    )
    assert found.steps[0].observation.size.width == 40
    raw["image"] = {"<image_10>": "files/y.jpg", "<image_9>": "files/x.png"}
    assert one(tmp_path, raw).steps[0].observation.pictures == (picture(), picture(60, "JPEG"))
    blind = one(tmp_path / "blind", record(FIND, FOUND, DONE, image={}))
    assert blind.steps[0].observation.pictures == () and blind.steps[0].observation.size is None


def test_calls_of_one_block_share_thought_and_output(tmp_path: Path) -> None:
    code = 'a = ask_search_agent("Rome")\nprint("Rome is", a)\nb = ask_search_agent("Oslo")\nprint("Oslo is", b)'
    look = says("I will look both cities up.", code)
    found = one(tmp_path / "cut", record(look, sees(0, "Rome is warm.\nAnd dry.\nOslo is cold."), DONE))
    rome, oslo, _ = found.steps
    assert (rome.step.instruction, rome.output) == ("I will look both cities up (Rome)", "warm.\nAnd dry.")
    assert (oslo.step.instruction, oslo.output) == ("I will look both cities up (Oslo)", "cold.")
    assert rome.answer is None and rome.observation is oslo.observation
    found = one(tmp_path / "whole", record(look, sees(0, "Oslo is cold.\nRome is warm."), DONE))
    assert [step.output for step in found.steps] == ["", "Oslo is cold.\nRome is warm.", ""]


def test_a_computation_is_python_and_its_answer_is_what_it_prints(tmp_path: Path) -> None:
    count = says("I will add them up.", "print(1 + 1)")
    found = one(tmp_path / "a", record(count, sees(0, "2"), DONE))
    assert found.steps[0].step.action == Action("call_tool", {"name": "python", "arguments": {"code": "print(1 + 1)"}})
    assert (found.steps[0].output, found.steps[0].answer) == ("2", ExpectedAnswer("text", "2"))
    found = one(tmp_path / "b", record(says("I can add them up.", "n = 1 + 1\nfinal_answer(n)")))
    python, finish = found.steps
    assert python.step.action.arguments["arguments"] == {"code": "n = 1 + 1\nprint(n)"}
    assert (python.output, python.answer) == ("2", None)
    assert (
        finish.step.action == Action("finish", {"answer": "2"}) and finish.step.instruction == "Give the final answer"
    )
    found = one(tmp_path / "c", record(says("I can add them up.", "n = 1 + 1\nfinal_answer(n)"), answer=None))
    assert found.steps[1].step.action == Action("finish") and found.steps[0].output == ""


@pytest.mark.parametrize(
    "output", ["", "Error: no such file", "File not found: a.png", "x" * 2_001, "<map at 0x7f0011223344>"]
)
def test_what_is_no_result_is_no_ground_truth(tmp_path: Path, output: str) -> None:
    found = one(tmp_path, record(says("I will read it.", 'print(ocr("files/x.png"))'), sees(0, output), DONE))
    assert (found.steps[0].output, found.steps[0].answer) == (output, None)


def test_a_failed_block_is_history_and_not_taught(tmp_path: Path) -> None:
    again = says("I will try again.", CAR)
    late = says("I will answer.", "final_answer(unknown)")
    raw = record(FIND, ERROR.format(0), again, FOUND, late, ERROR.format(2), DONE)
    finish_failed, found = read(dataset(tmp_path, raw))
    assert (finish_failed.kind, finish_failed.expected) == ("failed step", True)
    failed, find, done = found.steps
    assert isinstance(failed, Gap) and not failed.taught and failed.step.action == Action("call_tool", CAR_CALL)
    assert failed.fault.kind == "failed step" and failed.fault.expected
    assert failed.fault.where == "train.json, record aB3-_x01, turn 2" and "Error code: 429" in failed.fault.reason
    assert isinstance(find, RecordedStep) and done.step.action.type == "finish"
    counts = prepare(Job(NAME, tmp_path, tmp_path / "out", RowSettings()), 1)["counts"]
    assert counts["rows"] == 2 and counts["left out: failed step"] == 2
    first = next(iter(read_rows(tmp_path / "out")))
    assert "- call_tool" in first["prompt"][1]["content"]


def test_a_turn_without_code_did_nothing(tmp_path: Path) -> None:
    raw = record(
        FIND, FOUND, "I cannot see the picture.", NO_CODE.format(1), says("I see.", ""), NO_CODE.format(2), DONE
    )
    *faults, found = read(dataset(tmp_path, raw))
    assert [(fault.kind, fault.expected, fault.where[-6:]) for fault in faults] == [
        ("no code", True, "turn 4"),
        ("no code", True, "turn 6"),
    ]
    assert [type(step) for step in found.steps] == [RecordedStep, RecordedStep]


def test_unreadable_code(tmp_path: Path) -> None:
    broken = says("I will try.", "print(1")
    fault, found = read(dataset(tmp_path / "failed", record(broken, ERROR.format(0), FIND, FOUND, DONE)))
    assert (fault.kind, fault.expected) == ("unreadable code", True) and len(found.steps) == 2
    found = one(tmp_path / "ran", record(FIND, FOUND, broken, sees(1, "1"), DONE))
    gap = found.steps[1]
    assert gap.step is None and (gap.fault.kind, gap.fault.expected) == ("unreadable code", False)
    assert isinstance(found.steps[0], RecordedStep) and isinstance(found.steps[2], RecordedStep)


def test_an_episode_that_runs_out_of_turns_is_not_complete(tmp_path: Path) -> None:
    assert not one(tmp_path / "a", record(FIND, FOUND)).complete
    assert not one(tmp_path / "b", record(FIND)).complete
    (early, *_) = one(tmp_path / "c", record(DONE, sees(0, ""), FIND, FOUND)).steps
    assert isinstance(early, Gap) and not early.taught and "steps follow" in early.fault.reason


def test_text_that_no_plan_can_hold_costs_its_step(tmp_path: Path) -> None:
    bad = says("I will look.", 'print(ask_search_agent("<|image_pad|>"))')
    found = one(tmp_path / "a", record(bad, sees(0, "x"), FIND, FOUND, DONE))
    assert found.steps[0].step is None and found.steps[0].fault.kind == "broken record"
    found = one(tmp_path / "b", record(FIND, sees(0, "a <think> of it"), DONE))
    assert found.steps[0].step.action.type == "call_tool" and found.steps[0].fault.kind == "unusable output"
    assert isinstance(found.steps[1], RecordedStep)


@pytest.mark.parametrize(
    ("raw", "kind", "reason"),
    [
        (7, "broken record", "no JSON object"),
        ({"id": "x"}, "broken record", "no list"),
        ({"id": "x", "conversations": [{"role": "user", "content": None}]}, "broken record", "no list"),
        ({"id": "x", "conversations": [{"role": "user", "content": "<image>"}]}, "broken record", "no task"),
        (record(FIND, task="Task: Draw <image> again"), "broken record", "stands for a picture"),
        (record(FIND, task="Task: half \ud83d a letter"), "broken record", "half a letter"),
        (record(FIND, image="files/none.png"), "missing image", "No such file"),
        (record(FIND, image="../secret.png"), "missing image", "no path within"),
        (record(FIND, image="/etc/x.png"), "missing image", "no path within"),
        (record(FIND, image={"<image>": None}), "missing image", "no path within"),
        (record(FIND, image="files/x\0.png"), "missing image", "no path within"),
        (record(FIND, image="files/text.png"), "unreadable image", "no PNG"),
        (record(FIND, image="files/cut.png"), "unreadable image", "cut off"),
        (record(FIND, correct="no"), "judged wrong", "own judgement"),
        (record(), "empty episode", "no steps"),
    ],
)
def test_a_broken_record_costs_only_itself(tmp_path: Path, raw: Any, kind: str, reason: str) -> None:
    good = record(FIND, FOUND, DONE)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "text.png").write_text("no picture")
    (tmp_path / "files" / "cut.png").write_bytes(picture()[:-20])
    file = tmp_path / "train.json"
    dataset(tmp_path)
    file.write_text(json.dumps([{**good, "id": "one"}, raw, {**good, "id": "two", "correct": "yes"}]))
    first, fault, last = read(tmp_path)
    assert (first.episode, last.episode) == ("one", "two")
    assert fault.kind == kind and reason in fault.reason and fault.where.startswith("train.json, ")
    assert fault.expected == (kind == "judged wrong")


def test_input_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no JSON file and holds none"):
        mm_traj.parts(tmp_path, "train")
    dataset(tmp_path, record(FIND, FOUND, DONE))
    (part,) = mm_traj.parts(tmp_path / "train.json", "train")
    assert len(list(mm_traj.read(part, "train"))) == 1
    (tmp_path / "other.json").write_text('[{"a": 1}]')
    with pytest.raises(ValueError, match=r"other\.json is no list of conversations"):
        mm_traj.parts(tmp_path, "train")


def test_parts_share_the_records(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(mm_traj, "BYTES_IN_A_PART", 3_000)
    dataset(tmp_path, *({**record(FIND, FOUND, DONE), "id": f"id{n}"} for n in range(20)))
    parts = mm_traj.parts(tmp_path, "train")
    assert len(parts) > 5 and len({part.name for part in parts}) == len(parts)
    assert [found.episode for found in read(tmp_path)] == [f"id{n}" for n in range(20)]


def test_the_whole_way_to_rows(tmp_path: Path) -> None:
    dataset(tmp_path / "in", record(FIND, FOUND, DONE), {"id": "x", "conversations": []})
    manifest = prepare(Job(NAME, tmp_path / "in", tmp_path / "out", RowSettings()), 1)
    assert manifest["counts"] == {
        "episodes": 1,
        "rows": 2,
        "steps": 2,
        "rejected: broken record": 1,
        "stage 2: can be executed": 2,
    }
    first, second = read_rows(tmp_path / "out")
    call = (
        f'call_tool(name="objectlocation", arguments={json.dumps(CAR_CALL["arguments"])}): I will locate the red cars'
    )
    assert first["extra_info"]["reference"] == (
        f'1. {call}\n2. finish(answer="2"): I will return this as the final answer'
    )
    assert first["ability"] == "tool" and [image["bytes"] for image in first["images"]] == [picture()]
    assert f"- {call} => [[1.5, 2.0, 3.0, 4.0]]\nPlan:" in second["prompt"][1]["content"]


@pytest.mark.skipif(not SAMPLE.exists(), reason="the shared sample records are not here")
def test_the_real_sample(tmp_path: Path) -> None:
    records = json.loads(SAMPLE.read_text(encoding="utf-8"))
    for raw in records:
        for name in [raw["image"]] if isinstance(raw["image"], str) else raw["image"].values():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(picture())
    (tmp_path / "train.json").write_bytes(SAMPLE.read_bytes())
    counts = prepare(Job(NAME, tmp_path, tmp_path / "out", RowSettings()), 1)["counts"]
    # 158 turns of the agent, 11 without code; three blocks hold 2, 4 and 2 calls, two compute and finish; the first of the
    # three and three other blocks failed
    assert counts["episodes"] == 60 and counts["steps"] == 158 - 11 + 1 + 3 + 1 + 2
    assert counts["rows"] == counts["steps"] - 5
    assert (counts["left out: no code"], counts["left out: failed step"]) == (11, 5)
    assert not [name for name in counts if name.startswith("rejected")]
    first = next(iter(read_rows(tmp_path / "out")))
    call, compute, finish = first["extra_info"]["reference"].splitlines()
    assert call.startswith(
        '1. call_tool(name="ask_search_agent", arguments={"query": "calories in 100 grams of avocado'
    )
    assert compute.startswith('2. call_tool(name="python", arguments={"code": "calories_per_200g = 160 * 2\\nprint(')
    assert finish == '3. finish(answer="320"): Give the final answer'
