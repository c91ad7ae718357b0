"""AgentTrek: the text of a browser agent's prompts and answers → trajectories without pictures.

``agenttrek_1207.json`` is one JSON list (JSON Lines are read too) of ``{"messages": [system, user, assistant]}``, each of them
ONE step: the prompt of an AgentLab agent, with the headings ``## Goal:``, ``# Observation``, ``## AXTree:`` and ``# History of
interaction``, and an answer that ends with ``<action>click('a51')</action>``. Steps carry no trajectory's name: consecutive
records belong together when their goal is the same and the history grows. Steps that the history has and the file has not are
gaps, so a file in another order than that of the tasks gives gaps only.

There is no screenshot and no coordinate: rows have no image, and serve the alignment of action types and instructions in
stage 1 only; ``extra_info.stage2`` says so. Instructions are derived from the call and the element's role and name. A file is
one part: nothing cheaper than reading it tells where a trajectory begins.

Source: Hugging Face xlangai/AgentTrek; Xu et al. (arXiv 2412.09605); ServiceNow/AgentLab, agents/dynamic_prompting.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from tracer1.trajectories import Fault, Gap, Observation, RecordedStep, Trajectory
from tracer1_data.sources import json_list
from tracer1_data.sources.agenttrek_steps import read_action
from tracer1_data.sources.agenttrek_turns import FIX, Turn, read_turns
from tracer1_data.sources.base import Part, Source
from tracer1_data.sources.records import unseen

_BLIND = Observation(b"", None)


def parts(path: Path, split: str) -> Sequence[Part]:
    """One part for each file. Raises ValueError, naming the file and the fix, when there is none, or one without records."""
    files = sorted([*path.glob("*.json"), *path.glob("*.jsonl")]) if path.is_dir() else [path]
    fix = "download agenttrek_1207.json of xlangai/AgentTrek from Hugging Face"
    if not files or not files[0].is_file():
        raise ValueError(f"there is no {path / '*.json' if path.is_dir() else path}: {fix}")
    for file in files:
        first = next((record for _, record in json_list.iterate(file) if not isinstance(record, Fault)), {})
        if "messages" not in first:
            raise ValueError(f'{file} has no records {{"messages": …}}: {fix}')
    return [Part(file.name, (file,), file.parent, weight=file.stat().st_size) for file in files]


def read(part: Part, split: str) -> Iterator[Trajectory | Fault]:
    """The trajectories of a file, one after the other. Memory holds one of them."""
    file = part.files[0]
    turns: list[Turn] = []
    for turn in read_turns(file):
        if isinstance(turn, Fault):
            yield turn
        elif turns and turn.repeats(turns[-1]):
            yield Fault("duplicate", turn.where, "messages", "it is the step before it again", "remove one of the two")
        else:
            if turns and not turn.follows(turns[-1]):
                yield _trajectory(file, turns)
                turns = []
            turns.append(turn)
    if turns:
        yield _trajectory(file, turns)


def _trajectory(file: Path, turns: Sequence[Turn]) -> Trajectory:
    steps: list[RecordedStep | Gap] = []
    known = -1
    for turn in turns:
        steps += [_absent(turn.where)] * (len(turn.past) - known - 1)
        steps += _steps(turn, last=turn is turns[-1])
        known = len(turn.past)
    end = steps[-1].step
    return Trajectory(
        source=SOURCE.name,
        episode=f"{file.name}/{turns[0].number:06d}",
        instruction=turns[0].goal,
        platform="web",
        steps=tuple(steps),
        complete=end is not None and end.action.type == "finish" and "outcome" not in end.action.arguments,
        instructions="derived",
    )


def _absent(where: str) -> Gap:
    reason = "the history has a step that is not in the file"
    return Gap(None, Fault("missing step", where, "# History of interaction", reason, FIX, expected=True))


def _steps(turn: Turn, last: bool) -> Iterator[RecordedStep | Gap]:
    for number, step in enumerate(read_action(turn, last)):
        if isinstance(step, Fault):
            yield Gap(None, step)
        elif number == 0:
            yield RecordedStep(_BLIND, step)
        else:
            yield unseen(step, turn.where, "action")


SOURCE = Source(
    name="agenttrek",
    what="AgentTrek: a browser agent guided by tutorials, as text without screenshots",
    url="https://huggingface.co/datasets/xlangai/AgentTrek",
    licence="not stated",
    splits=("train",),
    reserved=(),
    parts=parts,
    read=read,
    files=True,
)
