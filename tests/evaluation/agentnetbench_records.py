"""AgentNetBench tasks in the benchmark's exact format, for its tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image

from tracer1.actions import Action
from tracer1.evaluation.benchmarks.agentnetbench.benchmark import BENCHMARK
from tracer1.evaluation.harness.base import Sample
from tracer1.trajectories import Fault

SUCCESS = {"type": "terminate", "params": {"status": "success"}, "metadata": {}}


def place(kind: str = "click", x: float = 0.5, y: float = 0.5, *boxes: list[float]) -> dict[str, Any]:
    position = {"x": x, "y": y}
    metadata = {"bboxes": [{"category_id": 1, "rel_bbox": box, "abs_bbox": box, "area": 1.0} for box in boxes]}
    return {"type": kind, "params": {"position": position}, "metadata": metadata}


def write(text: str, name: str = "text") -> dict[str, Any]:
    return {"type": "write", "params": {name: text}, "metadata": {}}


def keys(*names: str, kind: str = "") -> dict[str, Any]:
    return {"type": kind or ("press" if len(names) == 1 else "hotkey"), "params": {"keys": list(names)}, "metadata": {}}


def scroll(amount: int = -5, kind: str = "scroll") -> dict[str, Any]:
    return {"type": kind, "params": {"position": {"x": 0.5, "y": 0.5}, "amount": amount}, "metadata": {"bboxes": []}}


def step(*actions: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A step as the benchmark writes it."""
    said = {"observation": "A desktop.", "thought": "I click.", "low_level_instruction": "Click  the\nbutton."}
    given = {"step_num": 0, "image": "a.png", "action": "", "milestone": False, "inner_monologue": said}
    return given | {"ground_truth_actions": list(actions), "alternative_options": []} | changed


def save(folder: Path, *steps: Any, name: str = "t1", **changed: Any) -> Path:
    (folder / "images").mkdir(exist_ok=True)
    Image.new("RGB", (200, 100)).save(folder / "images" / "a.png")
    record = {
        "task_id": name,
        "user_task_description": "please",
        "high_level_task_description": "Open it",
        "steps": list(steps),
    }
    (folder / f"{name}.json").write_text(json.dumps(record | changed))
    return folder


def read(folder: Path) -> list[Sample | Fault]:
    return list(BENCHMARK.samples(folder, "test"))


def at(x: float, y: float, kind: str = "click") -> Action:
    return Action(kind, {"point": [x, y]})


def scrolled(direction: str = "down", **said: Any) -> Action:
    return Action("scroll", {"direction": direction, **said})
