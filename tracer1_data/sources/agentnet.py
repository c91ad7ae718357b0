"""AgentNet: recordings of people at Ubuntu, Windows and macOS desktops, one JSON object a line → trajectories.

Source: xlang-ai/OpenCUA (data/cot-generate/README.md, gen_cot.py) and the Hugging Face set xlangai/AgentNet, MIT: two files
``agentnet_*.jsonl`` and the unzipped folders ``ubuntu_images`` and ``win_mac_images``. There is no test split: AgentNetBench is a
set of its own. What the format has in store:

- ``last_step_correct`` and ``last_step_redundant`` are a model's judgement of the step they stand in, despite their names. A step
  that was judged wrong or needless is never taught: references of earlier steps end before it, histories of later ones have it.
- ``task_completed`` is the same model's judgement, absent or null for a part of the Ubuntu recordings; there the recording's own
  ``terminate`` decides. A success that the judgement denies is not taught.
- The goal is ``actual_task``, what was really done; the annotator's own words may ask for something else.
- Coordinates are relative; above 1 they are off the screen. Scrolling is that of PyAutoGUI: a negative number moves the view down.
- Records before the reasoning was added hold only ``value.code``: the step instructions are derived from the actions.
- ``value.action`` is one sentence for the whole code. If that holds several actions, the first has the screenshot and the
  sentence; the others have derived sentences and no screenshot of their own.
- Tasks that were recorded twice share their ``task_id``: the 17,625 records of Windows and macOS have 17,532.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tracer1.actions import Action
from tracer1.coordinates import Size
from tracer1.dialects import Screen, load_dialect
from tracer1.plans import Step
from tracer1.trajectories import Fault, Gap, RecordedStep, Trajectory
from tracer1_data.derive import instruction_of
from tracer1_data.sources import json_list
from tracer1_data.sources.base import Part, Source
from tracer1_data.sources.image_files import ImageFiles
from tracer1_data.sources.records import finish_last, misread, text_of, unseen

BYTES_IN_A_PART = 8 << 20
_CODE = load_dialect("agentnet")
_SCREEN = Screen(Size(1, 1))  # the dialect reads what is above 1 as pixels: on such a screen it lies outside
_GOALS = ("actual_task", "natural_language_task", "instruction")
_SUCCESS = (Action("finish"), Action("finish", {"outcome": "success"}))
_UNZIP = "join and unzip the pictures beside the file: zip -s 0 images.zip --out all.zip; unzip all.zip"


def parts(path: Path, split: str) -> Sequence[Part]:
    """Ranges of about 8 MiB (some hundred records) of each file; ``path`` is the dataset's directory or one file.

    Raises ValueError when there is none.
    """
    files = _files(path)
    if not files:
        raise ValueError(
            f"{path} is no .jsonl file and holds none: AgentNet's are called agentnet_ubuntu_5k.jsonl and so on"
        )
    return json_list.parts_of(files, BYTES_IN_A_PART)


def _files(path: Path) -> list[Path]:
    """The recordings; ``meta_data_merged.jsonl`` beside them is none."""
    if not path.is_dir():
        return [path] if path.is_file() and path.suffix == ".jsonl" else []
    others = (file for file in path.glob("*.jsonl") if not file.name.startswith("meta_data"))
    return sorted(path.glob("agentnet_*.jsonl")) or sorted(others)


def read(part: Part, split: str) -> Iterator[Trajectory | Fault]:
    """One trajectory a line; a line that is none is a fault at its place."""
    file = part.files[0]
    group = re.sub(r"^agentnet_|_\d+k$", "", file.stem)
    folders = (part.root / f"{group}_images", part.root / f"agentnet_{group}_images", part.root / "images", part.root)
    images = ImageFiles(folders, _UNZIP)
    for position, record in json_list.iterate(file, part.start, part.stop):
        where = f"{file.name}, byte {position}"
        yield record if isinstance(record, Fault) else _trajectory(record, where, images, group)


def _trajectory(record: dict[str, Any], where: str, images: ImageFiles, group: str) -> Trajectory | Fault:
    episode, recorded = text_of(record.get("task_id")), record.get("traj")
    goal = next(filter(None, (text_of(record.get(name)) for name in _GOALS)), "")
    for name, value in (("task_id", episode), ("instruction", goal)):
        if not value:
            return Fault("missing field", where, name, "there is no text that can be used", "mend the record")
    if not isinstance(recorded, list) or not recorded:
        return Fault("empty episode", where, "traj", "there are no steps", "remove the line")
    steps = [step for number, raw in enumerate(recorded) for step in _steps(raw, f"{where}, step {number}", images)]
    steps = finish_last(steps, where)
    last, completed = steps[-1].step, record.get("task_completed")
    succeeds = last is not None and last.action in _SUCCESS
    if completed is False and succeeds:
        steps[-1] = Gap(last, _marked("incorrect", where, "task_completed"), taught=False)
    return Trajectory(
        source="agentnet",
        episode=episode,
        instruction=goal,
        platform="desktop",
        steps=tuple(steps),
        task=text_of(record.get("domain")) or group,
        complete=completed if isinstance(completed, bool) else succeeds,
        instructions="recorded" if all(map(_sentence, recorded)) else "derived",
    )


def _sentence(raw: Any) -> str:
    value = raw.get("value") if isinstance(raw, dict) else None
    return text_of(value.get("action")) if isinstance(value, dict) else ""


def _steps(raw: Any, where: str, images: ImageFiles) -> list[RecordedStep | Gap]:
    """The actions of one recorded step."""
    value = raw.get("value") if isinstance(raw, dict) else None
    if not isinstance(value, dict) or not isinstance(value.get("code"), str):
        return [Gap(None, Fault("missing field", where, "value.code", "there is no code", "mend the record"))]
    try:
        actions = _CODE.read(value["code"], _SCREEN)
    except ValueError as error:
        return [Gap(None, misread(error, where, "value.code"))]
    first, *others = actions
    said = [Step(first, _sentence(raw) or instruction_of(first)), *(Step(one, instruction_of(one)) for one in others)]
    if mistake := _mistake(value, where):
        return [Gap(one, mistake, taught=False) for one in said]
    seen = images.observe(raw.get("image"), where, "image")
    shown = Gap(said[0], seen) if isinstance(seen, Fault) else RecordedStep(seen, said[0])
    return [shown, *(unseen(one, where, "value.code") for one in said[1:])]


def _mistake(value: dict[str, Any], where: str) -> Fault | None:
    """What the dataset's judge says against a step; despite their names the two fields are about this step."""
    if value.get("last_step_correct") is False:
        return _marked("incorrect", where, "value.last_step_correct")
    if value.get("last_step_redundant") is True:
        return _marked("redundant", where, "value.last_step_redundant")
    return None


def _marked(judgement: str, where: str, field: str) -> Fault:
    reason = f"the dataset's own judgement: {judgement}"
    return Fault(f"marked {judgement}", where, field, reason, "nothing: it is not taught", expected=True)


SOURCE = Source(
    name="agentnet",
    what="AgentNet, people at Ubuntu, Windows and macOS desktops",
    url="https://huggingface.co/datasets/xlangai/AgentNet",
    licence="MIT",
    splits=("train",),
    reserved=(),
    parts=parts,
    read=read,
    files=True,
)
