"""AgentNet records in the dataset's exact format, for its tests."""

from __future__ import annotations

import io
import json
from pathlib import Path

from PIL import Image

from tracer1.actions import Action
from tracer1.plans import Step
from tracer1.trajectories import Fault, Gap, RecordedStep, Trajectory
from tracer1_data.sources.agentnet import SOURCE

NAME = "tracer1_data.sources.agentnet:SOURCE"
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "agentnet"
CLICK = "pyautogui.click(x=0.9512, y=0.0131)"
SUCCESS = "computer.terminate(status='success')"


def png(shade: int = 0, size: tuple[int, int] = (192, 108)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (shade % 256, 90, 200)).save(buffer, "PNG")
    return buffer.getvalue()


def step(index: int, code: str = CLICK, action: str = "Click the speaker icon.", **value) -> dict:
    judged = {"last_step_correct": True, "last_step_redundant": False, "reflection": "It is muted."}
    said = {"observation": "A desktop.", "thought": "The icon mutes.", "action": action, "code": code}
    return {"index": index, "image": f"p{index}.png", "value": {**said, **judged, **value}}


def record(*steps: dict, **fields) -> dict:
    return {
        "task_id": "20240927235321_5855063d",
        "instruction": "mute the sound",
        "task_completed": True,
        "alignment_score": 9,
        "efficiency_score": 8,
        "task_difficulty": 2,
        "reason": "Every step was needed.",
        "natural_language_task": "Could you mute the sound?",
        "actual_task": "Mute the system volume from the top bar.",
        "traj": list(steps),
    } | fields


def write(folder: Path, *lines: dict | bytes, images: int = 6, name: str = "agentnet_ubuntu_5k.jsonl") -> Path:
    pictures = folder / "ubuntu_images"
    pictures.mkdir(parents=True)
    for number in range(images):
        (pictures / f"p{number}.png").write_bytes(png(number))
    written = [line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() for line in lines]
    (folder / name).write_bytes(b"\n".join(written) + b"\n")
    return folder


def read(folder: Path) -> list[Trajectory | Fault]:
    return [read for part in SOURCE.parts(folder, "train") for read in SOURCE.read(part, "train")]


def only(folder: Path) -> Trajectory:
    (trajectory,) = read(folder)
    assert isinstance(trajectory, Trajectory)
    return trajectory


def said(one: RecordedStep | Gap) -> Step:
    """The step, its points rounded: 0.0131 of a screen are 13.100000000000001 thousandths."""
    given = one.step.action.arguments.items()
    rounded = {name: [round(x, 6) for x in value] if isinstance(value, list) else value for name, value in given}
    return Step(Action(one.step.action.type, rounded), one.step.instruction)


def faults(trajectory: Trajectory) -> list[tuple[int, str, str]]:
    found = enumerate(trajectory.steps)
    return [(number, one.fault.kind, one.fault.field) for number, one in found if isinstance(one, Gap)]
