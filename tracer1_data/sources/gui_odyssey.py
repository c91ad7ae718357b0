"""GUI-Odyssey: cross-app tasks on six Android devices, one JSON file an episode → trajectories. Both releases.

Source: OpenGVLab/GUI-Odyssey (introduction.md, data/format_converter.py), CC BY 4.0. The directory holds ``annotations/*.json``,
``screenshots`` (flat, or folders as the first release's zips make them) and ``splits/{random,app,device,task}_split.json``. What
the format has in store:

- ``train`` is ``random/train``. The four splits overlap: train on the one that you will be scored on.
- The second release (hflqf88888/GUIOdyssey, 2025) says each step in words, ``low_level_instruction``, and boxes what is tapped,
  ``sam2_bbox``. The first has neither: instructions are derived, and the tapped point is all that is known of the place.
- All coordinates are thousandths of the screenshot, whatever ``device_info`` says; sizes are read from the pictures.
- ``info`` of a tap or a long press holds the point once, as documented, or twice, as released (justanotheruser82174/cua-lite,
  lite/data/preproc/guiodyssey): the first counts. A long press on a key is a tap on it. Both as in the dataset's own converter.
- ``SCROLL`` is the way of the finger; the view moves the other way, which is our meaning.
- ``COMPLETE`` ends a solved task, ``INCOMPLETE`` one that the annotator had to give up: it teaches to stop with a failure.
- A box that does not hold the tapped point is not used: the recorded tap itself would miss it.
- An empty ``TEXT``, a ``COMPLETE`` before the end and a damaged box are not trained on; the authors' script scores them, so their
  gaps keep step and screen.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tracer1.actions import Action
from tracer1.coordinates import Box, Point, Size
from tracer1.dialects import Screen, load_dialect
from tracer1.files import read_json
from tracer1.plans import Step
from tracer1.trajectories import Fault, Gap, RecordedStep, Trajectory
from tracer1_data.derive import instruction_of
from tracer1_data.sources.base import Part, Source
from tracer1_data.sources.image_files import ImageFiles
from tracer1_data.sources.records import finish_last, misread, parse_record, text_of, unreadable

EPISODES_IN_A_PART = 64
KINDS = ("random", "app", "device", "task")
_STEP = load_dialect("gui_odyssey")
_SCREEN = Screen(Size(1000, 1000))  # the dialect looks at no screen: its grid is always thousand
_TAPS = ("CLICK", "LONG_PRESS")
_UNZIP = "join and unzip the pictures into screenshots: zip --fix screenshots.zip --out all.zip; unzip all.zip"


def parts(path: Path, split: str) -> Sequence[Part]:
    """Ranges of 64 episodes of the split's list. Raises ValueError, naming the file and the fix."""
    root = path / "data" if (path / "data" / "annotations").is_dir() else path
    folder = root / "annotations"
    if not folder.is_dir():
        raise ValueError(
            f"there is no directory {folder}: GUI-Odyssey has annotations, screenshots and splits side by side"
        )
    file, names = _names(root, split)
    there = {entry.name for entry in os.scandir(folder) if entry.is_file()}
    found = []
    for number, start in enumerate(range(0, len(names), EPISODES_IN_A_PART)):
        some = names[start : start + EPISODES_IN_A_PART]
        files = (file, *(folder / name for name in some if name in there))
        name = f"{split.replace('/', '-')}-{number:05d}"
        found.append(Part(name, files, root, start, start + len(some), weight=len(some)))
    return found


def _names(root: Path, split: str) -> tuple[Path, list[str]]:
    """The split's file, and the annotation files that it names (the first release leaves ``.json`` out)."""
    kind, _, half = split.rpartition("/")
    file = root / "splits" / f"{kind or 'random'}_split.json"
    if (kind or "random") not in KINDS or half not in ("train", "test"):
        raise ValueError(f"GUI-Odyssey has no split {split!r}: use one of {', '.join(SOURCE.splits)}")
    halves = read_json(file)
    names = halves.get(half) if isinstance(halves, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise ValueError(f"{file} has no list of annotation files called {half}: download it again")
    return file, [name if name.endswith(".json") else f"{name}.json" for name in names]


def read(part: Part, split: str) -> Iterator[Trajectory | Fault]:
    """One trajectory for each annotation file of the part; one that is none, or is not there, is a fault."""
    images = ImageFiles((part.root / "screenshots", part.root), _UNZIP)
    there = {file.name: file for file in part.files[1:]}
    for name in _names(part.root, split)[1][part.start : part.stop]:
        yield _episode(there.get(name), f"annotations/{ascii(name)[1:-1]:.80}", images)


def _episode(file: Path | None, where: str, images: ImageFiles) -> Trajectory | Fault:
    if file is None:
        reason = "the split names it, but there is no such file"
        return Fault("missing annotation", where, "file", reason, "download it again")
    try:
        data = file.read_bytes()
    except OSError as error:
        return unreadable(error, where)
    record = parse_record(data, where)
    return record if isinstance(record, Fault) else _trajectory(record, where, file.stem, images)


def _trajectory(record: dict[str, Any], where: str, stem: str, images: ImageFiles) -> Trajectory | Fault:
    task, recorded = record.get("task_info"), record.get("steps")
    goal = (text_of(task.get("instruction")) or text_of(task.get("task"))) if isinstance(task, dict) else ""
    if not goal:
        return Fault(
            "missing field", where, "task_info.instruction", "there is no text that can be used", "mend the file"
        )
    if not isinstance(recorded, list) or not recorded:
        return Fault("empty episode", where, "steps", "there are no steps", "remove it from the split")
    if wrong := _miscounted(record.get("step_length"), recorded, where):
        return wrong
    episode = text_of(record.get("episode_id")) or stem
    steps = [_step(raw, f"{where}, step {n}", f"{episode}_{n}.png", images) for n, raw in enumerate(recorded)]
    steps, last = finish_last(steps, where), steps[-1].step
    return Trajectory(
        source="gui_odyssey",
        episode=episode,
        instruction=goal,
        platform="mobile",
        steps=tuple(steps),
        task=text_of(task.get("category")),
        complete=last is not None and last.action == Action("finish", {"outcome": "success"}),
        instructions="recorded" if all(map(_sentence, recorded)) else "derived",
    )


def _miscounted(length: Any, recorded: list[Any], where: str) -> Fault | None:
    """Steps that are missing or out of order: which ones cannot be known, so history and references would be wrong."""
    numbers = [raw.get("step") for raw in recorded if isinstance(raw, dict) and "step" in raw]
    reason = ""
    if length is not None and length != len(recorded):
        reason = f"step_length is {length!r:.20}, but there are {len(recorded)} steps"
    elif numbers and numbers != list(range(len(recorded))):
        reason = "the steps are not numbered 0, 1, 2 and so on"
    return Fault("wrong step count", where, "steps", reason, "download it again") if reason else None


def _sentence(raw: Any) -> str:
    return text_of(raw.get("low_level_instruction")) if isinstance(raw, dict) else ""


def _step(raw: Any, where: str, picture: str, images: ImageFiles) -> RecordedStep | Gap:
    if not isinstance(raw, dict):
        return Gap(None, Fault("broken record", where, "step", "not a JSON object", "mend the file"))
    try:
        action = _action(raw.get("action"), raw.get("info"))
    except (ValueError, RecursionError) as error:
        return Gap(None, misread(error, where, "info"))
    typed_nothing = action == Action("type", {"text": ""})
    step = Step(action, _sentence(raw) or ("Type a text" if typed_nothing else instruction_of(action)))
    seen = images.observe(raw.get("screenshot", picture), where, "screenshot")
    if isinstance(seen, Fault):
        return Gap(step, seen, taught=not typed_nothing)
    if typed_nothing:
        fault = Fault("missing field", where, "info", "the typed text is not recorded", "mend the file")
        return Gap(step, fault, taught=False, observation=seen)
    try:
        return RecordedStep(seen, step, _box(raw.get("sam2_bbox"), action, seen.size))
    except ValueError as error:
        return Gap(step, misread(error, where, "sam2_bbox", "broken record"), observation=seen)


def _action(name: Any, info: Any) -> Action:
    if name in _TAPS and isinstance(info, list):
        info = info[:1]
    if name in _TAPS and isinstance(info, str):
        name = "CLICK"
    (action,) = _STEP.read(json.dumps({"action": name, "info": info}), _SCREEN)
    return action


def _box(numbers: Any, action: Action, size: Size) -> Box | None:
    """The target in pixels. Raises ValueError when it is no box on the screen."""
    point = action.arguments.get("point")
    if not numbers or action.type not in ("click", "long_press"):
        return None
    if not isinstance(numbers, list) or len(numbers) != 4 or not all(map(_is_number, numbers)):
        raise ValueError("a box is [left, top, right, bottom]")
    if min(numbers) < 0 or max(numbers) > 1000:
        raise ValueError("the box lies outside the image: 0 to 1000")
    box = Box(*numbers, "thousand")
    if not box.contains(Point(*point, "thousand")):
        return None
    across, down = size.width / 1000, size.height / 1000
    return Box(box.left * across, box.top * down, box.right * across, box.bottom * down, "pixel")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


SOURCE = Source(
    name="gui_odyssey",
    what="GUI-Odyssey, cross-app tasks on Android",
    url="https://huggingface.co/datasets/hflqf88888/GUIOdyssey",
    licence="CC BY 4.0",
    splits=("train", *(f"{kind}/train" for kind in KINDS)),
    reserved=("test", *(f"{kind}/test" for kind in KINDS)),
    parts=parts,
    read=read,
    files=True,
)
