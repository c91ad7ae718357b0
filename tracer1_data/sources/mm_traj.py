"""MM-Traj, the trajectories of T3-Agent: questions about pictures and files, answered by tools → trajectories.

Source: mat-agent/MAT-Agent (data_generation/gaia_pipeline/verifier/2_convert_format.py, experiments/Qwen-VL), MIT; the data are
Hugging Face's PengxiangLi/MAT: JSON lists beside the unzipped ``files.zip``. Paths in ``image`` are relative to the input; those
in the task's text are what the tools were given, and stay. Both spellings are read: ``role``/``content`` (MiniCPM) and
``from``/``value`` (Qwen-VL). What the format has in store:

- The agent acts by Python; :mod:`tracer1_data.sources.mm_traj_code` says how a block of it becomes steps, and
  :mod:`tracer1_data.sources.mm_traj_thoughts` how the thought before it becomes their instructions. What a block printed is cut at the
  words before each result; where they do not tell the results apart, its last tool step has it all.
- A turn without code was answered by an error and did nothing: it is left out, and so is code that is no Python.
- A block that failed (``Error:`` instead of ``Observation:``) stays in the history and is not taught; if it was to finish, it did
  not.
- ``answer``, the ground truth of stage 2, is given where the same call gives the same output again: a computation that reads
  nothing from outside, a detector, a file read as text. What models say of a picture or of the web, and the names of files that
  were made, are none; nor is an error, an empty output, or one of more than 2,000 characters.
- What ``final_answer`` was given is known from the code, or else it is the record's ``answer``.
- Records that the verifier marked as not ``correct`` are left out: their answers are wrong.
- The pictures of a task do not change, so every step has them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tracer1.actions import is_text
from tracer1.trajectories import Fault, Gap, Observation, RecordedStep, Trajectory
from tracer1_data import attachments
from tracer1_data.sources import json_list
from tracer1_data.sources.base import Part, Source
from tracer1_data.sources.mm_traj_steps import steps_of, turns_of
from tracer1_data.sources.records import finish_last, text_of

BYTES_IN_A_PART = 4 << 20
_MARK = re.compile(r"\s*(?:Picture \d+: *<img>([^<>]*)</img>|<image(?:_\d+)?>)")
_UNZIP = "unzip files.zip beside the JSON file"


def parts(path: Path, split: str) -> Sequence[Part]:
    """Ranges of about 4 MiB (some 200 records) of the JSON lists; ``path`` is one of them, or the directory that holds them.

    Reads the lists once. Raises ValueError when there is none, or a JSON file is none.
    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path] if path.is_file() else []
    if not files:
        raise ValueError(f"{path} is no JSON file and holds none: MM-Traj's lists lie beside its unzipped files")
    for file in files:
        _, first = next(json_list.iterate(file), (0, None))
        if not isinstance(first, Fault) and not (isinstance(first, dict) and "conversations" in first):
            raise ValueError(f"{file} is no list of conversations: name MM-Traj's own file, or move this one elsewhere")
    return json_list.parts_of(files, BYTES_IN_A_PART)


def read(part: Part, split: str) -> Iterator[Trajectory | Fault]:
    """One trajectory a record, and before it the faults of turns that did nothing."""
    file = part.files[0]
    for position, record in json_list.iterate(file, part.start, part.stop):
        if isinstance(record, Fault):
            yield record
        else:
            name = text_of(str(record.get("id", ""))) or f"{file.stem}@{position}"
            yield from _trajectory(record, name, f"{file.name}, record {name}", part.root)


def _trajectory(record: dict[str, Any], name: str, where: str, root: Path) -> Iterator[Trajectory | Fault]:
    conversation = _conversation(record.get("conversations"))
    if not conversation:
        yield Fault("broken record", where, "conversations", "no list of texts by role", "mend the record")
        return
    if str(record.get("correct", "yes")).strip().lower() in ("no", "false"):
        yield Fault("judged wrong", where, "correct", "the dataset's own judgement", "nothing: it is not taught", True)
        return
    opening = conversation[0][1]
    task, seen = _task(opening), _observe(record, opening, root, where)
    if not task or "<image>" in task or not is_text(task):
        reason = "it holds a mark that stands for a picture, or half a letter" if task else "there is no task"
        yield Fault("broken record", where, "conversations", reason, "mend the text, or remove the record")
    elif isinstance(seen, Fault):
        yield seen
    else:
        turns = turns_of(conversation, len(record["conversations"]) - len(conversation))
        found = list(steps_of(list(turns), seen, _answer(record), where))
        yield from (fault for fault in found if isinstance(fault, Fault))
        yield _whole(name, task, [step for step in found if not isinstance(step, Fault)], where)


def _whole(name: str, task: str, steps: list[RecordedStep | Gap], where: str) -> Trajectory | Fault:
    if not steps:
        return Fault("empty episode", where, "conversations", "there are no steps", "remove the record")
    last = steps[-1].step
    ends = last is not None and last.action.type == "finish"
    return Trajectory(
        "mm_traj", name, task, "tool", tuple(finish_last(steps, where)), complete=ends, toolbox="t3_agent"
    )


def _conversation(turns: Any) -> list[tuple[str, str]]:
    """Role and text of each turn from the user's first one on; empty when that is not what it is."""
    said: list[tuple[str, str]] = []
    for turn in turns if isinstance(turns, list) else []:
        fields = turn if isinstance(turn, dict) else {}
        role, text = fields.get("role", fields.get("from")), fields.get("content", fields.get("value"))
        if not isinstance(role, str) or not isinstance(text, str):
            return []
        if said or role == "user":
            said.append((role, text))
    return said


def _task(opening: str) -> str:
    """The task's text, without the marks of its pictures and the word before it."""
    lines = []
    for line in opening.split("\n"):
        while mark := _MARK.match(line):
            line = line[mark.end() :]
        lines += [line.strip()] if line.strip() else []
    return "\n".join(lines).removeprefix("Task:").strip()


def _answer(record: dict[str, Any]) -> str:
    answer = record.get("answer")
    return "" if answer is None else str(answer).strip()


def _observe(record: dict[str, Any], opening: str, root: Path, where: str) -> Observation | Fault:
    """The pictures that the record names: a path, or paths by their mark (``<image_9>`` before ``<image_10>``); or else those in
    the text."""
    named = record.get("image") or [path for path in _MARK.findall(opening) if path]
    if isinstance(named, dict):
        named = [named[mark] for mark in sorted(named, key=lambda mark: (len(mark), mark))]
    return attachments.observe(root, named if isinstance(named, list) else [named], where, "image", _UNZIP)


SOURCE = Source(
    name="mm_traj",
    what="MM-Traj, tool use of T3-Agent",
    url="https://huggingface.co/datasets/PengxiangLi/MAT",
    licence="MIT (the code; the pictures keep the licences of their datasets)",
    splits=("train",),
    reserved=(),
    parts=parts,
    read=read,
    files=True,
)
