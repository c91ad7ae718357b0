"""Random GUI-Odyssey episodes on disk, as the dataset has them, for the comparison with the authors' scripts."""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random
from typing import Any

from phone_steps import GUI_ODYSSEY, some_action
from PIL import Image

from tracer1.actions import Action

CATEGORIES = (
    "General_Tool",
    "Information_Management",
    "Web_Shopping",
    "Media_Entertainment",
    "Social_Sharing",
    "Multi_Apps",
)
KEYS = {"press_home": "KEY_HOME", "press_back": "KEY_BACK", "press_recent": "KEY_APPSELECT"}
FINGERS = {"up": (0, 300), "down": (0, -300), "left": (300, 10), "right": (-300, 10)}
STEPS = tuple(kind for kind in GUI_ODYSSEY if kind not in ("complete", "impossible"))


def write_dataset(root: Path, random: Random, count: int, splits: tuple[str, ...]) -> None:
    """Episodes of one to eight steps, ``count`` steps or a few more, all of them in the test lists."""
    for folder in ("annotations", "screenshots", "splits"):
        (root / folder).mkdir(parents=True)
    Image.new("L", (90, 200)).save(root / "screen.png")
    names, written = [], 0
    while written < count:
        name, length = f"{len(names):016d}", random.choice((1, 1, 2, 3, 5, 8))
        steps = [_some_step(random, name, number, number == length - 1) for number in range(length)]
        for step in steps:
            os.link(root / "screen.png", root / "screenshots" / step["screenshot"])
        task = {"category": CATEGORIES[len(names) % 6], "instruction": "Do it.", "task": "Do it.", "app": []}
        record = {"episode_id": name, "task_info": task, "step_length": length, "steps": steps}
        (root / "annotations" / f"{name}.json").write_text(json.dumps(record, ensure_ascii=False))
        names.append(f"{name}.json")
        written += length
    for kind in splits:
        (root / "splits" / f"{kind}_split.json").write_text(json.dumps({"train": [], "test": names}))


def _some_step(random: Random, episode: str, number: int, last: bool) -> dict[str, Any]:
    action = some_action(random, ("complete", "impossible", *STEPS) if last else STEPS)
    while action.type == "type" and not action.arguments["text"]:  # our reader takes these for damage
        action = some_action(random, ("type",))
    name, info = _raw(random, action)
    box = _some_box(random, info[0]) if name in ("CLICK", "LONG_PRESS") and isinstance(info, list) else []
    said = {"low_level_instruction": "Do it.", "description": "", "intention": "", "context": ""}
    step = {"step": number, "screenshot": f"{episode}_{number}.png", "action": name, "info": info, "ps": ""}
    return step | said | {"sam2_bbox": box}


def _raw(random: Random, action: Action) -> tuple[str, Any]:
    if action.type in ("click", "long_press"):
        point = action.arguments["point"]
        return action.type.upper(), random.choice(([point], [point, point]))
    if action.type in KEYS:
        return random.choice((("CLICK", KEYS[action.type]), ("LONG_PRESS", KEYS[action.type])))
    if action.type == "scroll":
        across, down = FINGERS[action.arguments["direction"]]
        return "SCROLL", [[500, 500], [500 + across, 500 + down]]
    if action.type == "type":
        return "TEXT", action.arguments["text"]
    return ("INCOMPLETE" if action.arguments["outcome"] == "failure" else "COMPLETE"), ""


def _some_box(random: Random, point: list[int]) -> list[int]:
    """Mostly around the point; sometimes elsewhere, sometimes none."""
    if random.random() < 0.03:
        return []
    x, y = point if random.random() < 0.9 else (random.randint(0, 1000), random.randint(0, 1000))
    left, top, right, bottom = (random.choice((0, 10, 12, 50, 150, 300)) for _ in range(4))
    return [max(0, x - left), max(0, y - top), min(1000, x + right), min(1000, y + bottom)]
