"""A dataset of your own: folders of screenshots with a JSON file that says what was done → trajectories.

    my_recordings/
        episode_0001/steps.json     {"task": "…", "success": true, "steps": [{…}, {…}]}
        episode_0001/0.png          the screen before step 0
        …

A step is {"screenshot": "0.png", "instruction": "Click the Save button", "action": "click", "x": 812, "y": 40,
"box": [790, 24, 834, 56]}; x, y and box (left, top, right, bottom; may be left out) are pixels of the screenshot. Or it is
{…, "action": "type", "text": "hello"}, or {…, "action": "key", "key": "Enter"}.
"""

import json
from pathlib import Path

from tracer1.actions import Action
from tracer1.coordinates import Box, Point, Size
from tracer1.plans import Step
from tracer1.trajectories import Fault, Gap, Observation, RecordedStep, Trajectory
from tracer1_data.pictures import size_of
from tracer1_data.sources import Part, Source

EPISODES_IN_A_PART = 100


def parts(path: Path, split: str) -> list[Part]:
    """A part is what one worker reads. Look at names only here, and say what is wrong if this is not the dataset."""
    files = sorted(path.glob("episode_*/steps.json"))
    if not files:
        raise ValueError(f"{path} has no episode_*/steps.json")
    starts = range(0, len(files), EPISODES_IN_A_PART)
    return [Part(f"episodes-{n:06d}", tuple(files[n : n + EPISODES_IN_A_PART]), path) for n in starts]


def read(part: Part, split: str):
    """One trajectory an episode. Bad data raise nothing: a record that cannot be used is a Fault in its place."""
    for file in part.files:
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
            steps = tuple(_step(raw, file.parent, n) for n, raw in enumerate(record["steps"]))
            yield Trajectory(
                "my_recordings", file.parent.name, record["task"], "desktop", steps, complete=record["success"]
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            yield Fault("broken record", str(file), "steps.json", repr(error), "mend or remove the episode")


def _step(raw: dict, folder: Path, number: int) -> RecordedStep | Gap:
    """The screen, and what was done on it. A step that cannot be used is a Gap, and its neighbours stay."""
    try:
        picture = (folder / raw["screenshot"]).read_bytes()  # untouched: coordinates belong to these very pixels
        size = size_of(picture)
        step = Step(_action(raw, size), " ".join(str(raw["instruction"]).split()))
        box = Box(*raw["box"], space="pixel") if "box" in raw else None
        return RecordedStep(Observation(picture, size), step, box)
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Gap(None, Fault("broken step", f"{folder.name}, step {number}", "step", repr(error), "mend the step"))


def _action(raw: dict, size: Size) -> Action:
    """Our name and arguments of it (``tracer1/LANGUAGE.md`` lists them all); points are 0 to 1000 in both directions."""
    if raw["action"] == "click":
        point = Point(raw["x"], raw["y"], "pixel").to("thousand", size)
        return Action("click", {"point": [point.x, point.y]})
    return Action(raw["action"], {name: raw[name] for name in ("text", "key") if name in raw})


SOURCE = Source("my_recordings", "my own desktop recordings", "", "mine", ("train",), (), parts, read)
