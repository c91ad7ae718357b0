"""Small data of every benchmark in its exact format, and how each is evaluated: for the test of the documented command line.

What the planner of :mod:`fixed_planner` says decides the scores: it clicks the middle of every screen, and where tools are offered
it calls ``python``, which works, again and again. Expected values are counted by hand.
"""

from __future__ import annotations

import datetime
import gzip
import json
import pickle
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import agentnetbench_records
import gta_records

sys.path.append(str(Path(__file__).parents[1] / "data"))
import android_control_records
import gui_odyssey_records
import mind2web_rows

from tracer1.coordinates import Size

TAP, SCROLL = {"action_type": "click", "x": 540, "y": 1200}, {"action_type": "scroll", "direction": "down"}
MIDDLE = [[500, 500], [500, 500]]
PAGE, TARGET = Size(300, 900), (40, 800, 100, 30)


@dataclass(frozen=True)
class Case:
    """A benchmark with its data. ``samples`` and ``asked``: how many are scored, and how often the planner is asked; ``measure``:
    a number and its value; ``code``: the exit code."""

    name: str
    write: Callable[[Path], Path]
    samples: int
    asked: int
    measure: tuple[str, float]
    options: tuple[str, ...] = ()
    split: str = ""
    code: int = 0

    @property
    def played_elsewhere(self) -> bool:
        return self.name in ("osworld", "android_world")

    def words(self, folder: Path) -> list[str]:
        """The command line, without the server and the output."""
        option = "--results" if self.played_elsewhere else "--data"
        where = [] if self.name == "miniwob" else [option, str(self.write(folder))]
        return ["evaluate", self.name, *where, *(["--split", self.split] if self.split else []), *self.options]


def android_control(folder: Path) -> Path:
    """Two listed steps: a tap in the middle, a scroll."""
    records = [android_control_records.episode(4, [TAP, SCROLL])]
    root = android_control_records.dataset(folder / "android_control", records, train=[], test=[4])
    (root / "test_subsplits.json").write_text('{"IDD": [4]}')
    (root / "ac_idx.txt").write_text("episode_4_screenshot_0\nepisode_4_screenshot_1\n")
    return root


def gui_odyssey(folder: Path) -> Path:
    """A tap in the middle, a tap whose picture is missing, the end."""
    tap = gui_odyssey_records.second("CLICK", MIDDLE, "Tap it.", [40, 90, 50, 110])
    gui_odyssey_records.write(folder, gui_odyssey_records.episode(tap, tap, gui_odyssey_records.DONE, name="11"))
    (folder / "screenshots" / "11_1.png").unlink()
    gui_odyssey_records.splits(folder, random={"train": [], "test": ["11.json"]})
    return folder


def mind2web(folder: Path) -> Path:
    """A task of three steps in each test split."""
    seen = {
        "screenshot": {"bytes": mind2web_rows.screenshot(PAGE, TARGET), "path": None},
        "pos_candidates": [mind2web_rows.candidate("40,800,100,30")],
    }
    for split in ("test_task", "test_website", "test_domain"):
        rows = [mind2web_rows.row(split, step, **seen) for step in range(3)]
        mind2web_rows.write(folder, rows, name=f"{split}-00000-of-00001-abc")
    return folder


def agentnetbench(folder: Path) -> Path:
    """A click into a box around the middle, and the end."""
    click = agentnetbench_records.place("click", 0.5, 0.5, [0.4, 0.4, 0.2, 0.2])
    steps = [agentnetbench_records.step(one) for one in (click, agentnetbench_records.SUCCESS)]
    return agentnetbench_records.save(folder, *steps)


def gaia(folder: Path) -> Path:
    """Three questions, one of each level; the second has a picture."""
    inside = folder / "2023" / "validation"
    inside.mkdir(parents=True)
    (inside / "shown.png").write_bytes(gta_records.picture(".png"))
    rows = [
        {
            "task_id": f"q{level}", "Question": "How many?", "Level": level, "Final answer": "17",
            "file_name": "shown.png" if level == 2 else "", "Annotator Metadata": {},
        }
        for level in (1, 2, 3)
    ]  # fmt: skip
    (inside / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def osworld(folder: Path) -> Path:
    """Two tasks that OSWorld's runner played, one of them solved."""
    (folder / "test_nogdrive.json").write_text('{"chrome": ["c1"], "os": ["o1"]}')
    for task, score in (("chrome/c1", "1.0"), ("os/o1", "0.0")):
        played = folder / "pyautogui" / "screenshot" / "planner" / task
        played.mkdir(parents=True)
        (played / "traj.jsonl").write_text('{"step_num": 1, "action": "DONE"}\n')
        (played / "result.txt").write_text(f"{score}\n")
    return folder


def android_world(folder: Path) -> Path:
    """Two tasks that AndroidWorld's runner played, one of them solved."""
    tasks = [{"task_name": name, "difficulty": "easy", "tags": ["data_entry"]} for name in ("ContactsAdd", "RecipeAdd")]
    (folder / "task_metadata.json").write_text(json.dumps(tasks))
    run = folder / "run"
    run.mkdir()
    for number, task in enumerate(tasks):
        record = {
            "goal": "Do it.", "task_template": task["task_name"], "instance_id": 0, "is_successful": float(number),
            "run_time": 12.5, "finish_dtime": datetime.datetime(2026, 1, 1), "episode_length": 3, "aux_data": None,
            "exception_info": None, "episode_data": {"step_number": [0]}, "seed": 123, "agent_name": "tracer1",
        }  # fmt: skip
        (run / f"{task['task_name']}_0.pkl.gz").write_bytes(gzip.compress(pickle.dumps([record])))
    return folder


CASES = (
    Case("android_control", android_control, 2, 2, ("step success", 1 / 2)),
    Case("gui_odyssey", gui_odyssey, 2, 2, ("AMS", 1 / 2), code=3),
    Case("mind2web", mind2web, 9, 9, ("step_success", 0)),
    Case("agentnetbench", agentnetbench, 2, 2, ("average_score", 1 / 2)),
    # The turns of four references: 3, 2, 3 and 3. None calls python.
    Case("gta", gta_records.write, 11, 11, ("ToolAcc", 0), split="steps"),
    # Four queries of two turns; every call works, and none is an answer.
    Case("gta", gta_records.write, 4, 8, ("CodeExec", 1), ("--max-turns", "2")),
    Case("gaia", gaia, 3, 6, ("AnsAcc", 0), ("--max-turns", "2")),
    Case("osworld", osworld, 2, 0, ("success", 1 / 2)),
    Case("android_world", android_world, 2, 0, ("success", 1 / 2)),
)
