"""GUI-Odyssey episodes of both releases in their exact format, for its tests."""

from __future__ import annotations

import io
import json
from pathlib import Path

from PIL import Image

from tracer1.coordinates import Box
from tracer1.trajectories import Fault, Gap, Trajectory
from tracer1_data.sources.gui_odyssey import SOURCE

NAME = "tracer1_data.sources.gui_odyssey:SOURCE"
EPISODE = "0019778284340925"
TAP, BOX = [[512, 933], [512, 933]], [470, 905, 548, 960]


def png(shade: int = 0, size: tuple[int, int] = (90, 200)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (shade % 256, 40, 80)).save(buffer, "PNG")
    return buffer.getvalue()


def first(action: str, info: object = "", ps: str = "") -> dict:
    """A step of the first release; ``step`` and ``screenshot`` come with the episode."""
    return {"action": action, "info": info, "ps": ps}


def second(action: str, info: object = "", says: str = "Tap the Share button.", box: object = ()) -> dict:
    """A step of the second release."""
    described = {"description": "A home screen.", "intention": "I share it.", "context": "Nothing was done."}
    return {**first(action, info), **described, "low_level_instruction": says, "sam2_bbox": box or []}


def episode(*steps: dict, name: str = EPISODE, **fields) -> dict:
    numbered = [{"step": n, "screenshot": f"{name}_{n}.png"} | step for n, step in enumerate(steps)]
    device = {
        "product": "sdk_gphone64_x86_64", "release_version": "14", "sdk_version": "34",
        "h": 2400, "w": 1080, "device_name": "Medium Phone",
    }  # fmt: skip
    task = {
        "category": "Social_Sharing", "app": ["Chrome", "X"], "meta_task": "Share {}.", "task": "Share the news.",
        "instruction": "Using Chrome, find the news and share them on X.",
    }  # fmt: skip
    return {
        "episode_id": name, "device_info": device, "task_info": task, "step_length": len(steps), "steps": numbered,
    } | fields  # fmt: skip


DONE = second("COMPLETE", says="The task is complete.")


def write(root: Path, *episodes: dict | bytes, place: str = "screenshots", images: int = 8) -> Path:
    """The dataset's directory; a damaged episode (bytes) is ``broken<number>.json``."""
    for folder in ("annotations", "splits", place):
        (root / folder).mkdir(parents=True, exist_ok=True)
    names = []
    for number, one in enumerate(episodes):
        name = one["episode_id"] if isinstance(one, dict) else f"broken{number}"
        names.append(f"{name}.json")
        data = one if isinstance(one, bytes) else json.dumps(one, ensure_ascii=False).encode()
        (root / "annotations" / names[-1]).write_bytes(data)
        for step in range(images):
            (root / place / f"{name}_{step}.png").write_bytes(png(step))
    splits(root, random={"train": names, "test": []})
    return root


def splits(root: Path, **kinds: object) -> None:
    for kind, halves in kinds.items():
        (root / "splits" / f"{kind}_split.json").write_text(json.dumps(halves))


def read(root: Path, split: str = "train") -> list[Trajectory | Fault]:
    return [one for part in SOURCE.parts(root, split) for one in SOURCE.read(part, split)]


def only(root: Path) -> Trajectory:
    (trajectory,) = read(root)
    assert isinstance(trajectory, Trajectory)
    return trajectory


def edges(box: Box) -> list[float]:
    assert box.space == "pixel"
    return [round(edge, 6) for edge in (box.left, box.top, box.right, box.bottom)]


def faults(trajectory: Trajectory) -> list[tuple[int, str, str]]:
    found = enumerate(trajectory.steps)
    return [(number, one.fault.kind, one.fault.field) for number, one in found if isinstance(one, Gap)]
