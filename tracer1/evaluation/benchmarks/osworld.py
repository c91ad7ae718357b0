"""OSWorld-Verified: success of whole desktop tasks, read from what OSWorld's own runner leaves.

``path`` is the runner's model directory ``{result_dir}/{action_space}/{observation_type}/{model}`` (below it
``{domain}/{task}/result.txt``), or one above that holds one or more such: several are several runs. The list of tasks,
``test_nogdrive.json`` (361 tasks, OSWorld-Verified) or ``test_all.json`` (369, with Google Drive), is looked for in ``path``, in the
directories above it, and in ``evaluation_examples`` of each. How the tasks are played: tracer1/environments/README.md.

A task without ``result.txt`` is not scored: it was not played, or something failed around the agent. The published script takes
the mean over what there is; look at the card for how much that is.

Sources: OSWorld, lib_run_single.py, run.py, show_result.py, evaluation_examples/; Xie et al., OSWorld (arXiv 2404.07972);
xlang.ai/blog/osworld-verified (2025-07-28).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tracer1.evaluation.harness import played
from tracer1.evaluation.harness.base import Judgement, Metric, ProtocolCard
from tracer1.files import read_json
from tracer1.trajectories import Fault

SUCCESS, SOLVED = "success", "solved"
SIZES = {"test_nogdrive": 361, "test_all": 369}
_TAIL = 1 << 16
_OFFICE = ("libreoffice_calc", "libreoffice_impress", "libreoffice_writer")
_FAMILIES = {
    **dict.fromkeys(_OFFICE, "family office"),
    **dict.fromkeys(("vlc", "thunderbird", "chrome"), "family daily"),
    **dict.fromkeys(("gimp", "vs_code"), "family professional"),
    "multi_apps": "family workflow",
    "os": "family os",
}
_WORDS = {"true": 1.0, "false": 0.0}
_DELETE = "delete it and run the task again"
CARD = ProtocolCard(
    name="osworld",
    source="OSWorld, show_result.py (mean of result.txt) and desktop_env/desktop_env.py (evaluate)",
    other="Each task's own evaluator looks at the desktop after the last action: 0 to 1, mostly 0 or 1.",
    excluded="Tasks without result.txt are not scored; they are counted as missing. Tasks outside the list are left out.",
    quirks=(
        "An infeasible task scores 1 when the last action is FAIL, whatever was done before; on all others a last FAIL scores 0.",
        "Running out of steps is no failure: the desktop is judged as it is.",
        "Evaluators joined by 'and' give 0 at the first 0, otherwise their mean: part scores count as parts.",
        "The number of steps allowed (15, 50, 100) is the runner's --max_steps, and decides much: papers differ.",
    ),
    measures={
        SUCCESS: "mean over tasks of their scores, the number in papers; by domain, and by the families of show_result.py",
        f"{SUCCESS}_sd": "with several runs: sample standard deviation of their means",
        SOLVED: "share of tasks with the full score",
    },
)


class OSWorld:
    """See the module."""

    name = "osworld"
    splits = tuple(SIZES)
    protocols: Mapping[str, ProtocolCard] = {CARD.name: CARD}
    headline = SUCCESS

    def results(self, path: Path, split: str) -> Iterator[Judgement | Fault]:
        """Stream the results of every task of the list, run by run, in the list's order. Raises ValueError, naming the fix, for
        a path without runs or without the list."""
        if not path.is_dir():
            raise ValueError(f"{path} is no directory: name the one that OSWorld's runner wrote ({{result_dir}}/…)")
        where, tasks = _tasks(path, split)
        runs = list(played.runs_under(path, lambda directory: _is_run(directory, tasks)))
        if not runs:
            raise ValueError(f"{path} holds no {{domain}}/{{task}} of {where}: name the runner's model directory")
        if (count := sum(map(len, tasks.values()))) != SIZES[split]:
            reason = f"{count} tasks, where {split} has {SIZES[split]}: not comparable with published numbers"
            yield Fault(
                "other list", str(where), "tasks", reason, "use the list of OSWorld's repository", expected=True
            )
        for run in runs:
            yield from _results(run, played.run_name(run, path, len(runs) > 1), tasks)

    def summarise(self, judgements: Sequence[Judgement], protocol: str) -> list[Metric]:
        """Mean over tasks, by domain and family, and the spread of several runs."""
        return played.summarise(judgements, SUCCESS, [SOLVED])


def _tasks(path: Path, split: str) -> tuple[Path, dict[str, list[str]]]:
    names = (f"{split}.json", f"evaluation_examples/{split}.json")
    where = played.find_above(path, names)
    if where is None:
        raise ValueError(f"there is no {names[0]} in or above {path}: copy it there from OSWorld's evaluation_examples")
    tasks = read_json(where)
    if not isinstance(tasks, dict) or not all(_is_list_of_names(found) for found in tasks.values()):
        raise ValueError(f"{where} is no list of tasks by domain: copy it from OSWorld's evaluation_examples")
    return where, tasks


def _is_list_of_names(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(one, str) and one == os.path.basename(one) for one in found)


def _is_run(directory: Path, tasks: Mapping[str, Sequence[str]]) -> bool:
    return any((directory / domain / task).is_dir() for domain, found in tasks.items() for task in found)


def _results(run: Path, name: str, tasks: Mapping[str, Sequence[str]]) -> Iterator[Judgement | Fault]:
    for domain, found in tasks.items():
        for task in found:
            yield _result(run, name, domain, task)
    listed = {(domain, task) for domain, found in tasks.items() for task in found}
    for file in sorted(run.glob("*/*/result.txt")):
        if (file.parent.parent.name, file.parent.name) not in listed:
            yield Fault("not in the split", str(file), "task", "it is not in the list", "none: left out", expected=True)


def _result(run: Path, name: str, domain: str, task: str) -> Judgement | Fault:
    directory = run / domain / task
    try:
        with (directory / "result.txt").open(encoding="utf-8", errors="replace") as file:
            text = file.read(100).strip()
    except (FileNotFoundError, NotADirectoryError):
        return _without_result(directory)
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        return Fault("unreadable result", str(directory / "result.txt"), "score", reason, _DELETE)
    score = _score(text)
    if score is None:
        reason = f"{text!r:.60} is no score between 0 and 1"
        return Fault("unreadable result", str(directory / "result.txt"), "score", reason, _DELETE)
    marks = {SUCCESS: score, SOLVED: float(score == 1)}
    group, family = f"{domain}/{task}", _FAMILIES.get(domain)
    parts = played.parts_of(name, domain, *([family] if family else []))
    return Judgement(played.sample_id(name, group), group, 0, domain, marks, parts)


def _score(text: str) -> float | None:
    try:
        score = _WORDS[text.lower()] if text.lower() in _WORDS else float(text)
    except ValueError:
        return None
    return score if 0 <= score <= 1 else None


def _without_result(directory: Path) -> Fault:
    """Why there is no score, as far as the runner's own log tells."""
    fix = "start the runner again with the same result_dir: it plays what has no result.txt"
    if not directory.is_dir():
        return Fault("not played", str(directory), "task", "the runner has not come to it", fix)
    reason = _error(directory / "traj.jsonl") or "it was not finished; see runtime.log there and the runner's log"
    return Fault("no result", str(directory), "result.txt", reason, fix)


def _error(log: Path) -> str:
    """The runner's last line when it is an error."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            lines = file.read().decode("utf-8", "replace").strip().splitlines()
        said = json.loads(lines[-1]) if lines else None
    except (OSError, ValueError):
        return ""
    return str(said.get("Error", ""))[:500] if isinstance(said, dict) else ""


BENCHMARK = OSWorld()
