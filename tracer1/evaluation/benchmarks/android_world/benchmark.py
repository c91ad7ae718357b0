"""AndroidWorld: success of whole tasks on a phone, read from the checkpoints of its own runner.

``path`` is a run directory (``run_…`` or ``--checkpoint_dir``, with ``{task}_{instance}.pkl.gz`` in it), or one above several: one a
seed. ``task_metadata.json``, the list of the 116 tasks with their difficulty, is looked for in ``path`` and the directories above
it, in ``android_world`` of each, and in an installed ``android_world``. How the tasks are played: tracer1/environments/README.md.

A task without a checkpoint was not played. An episode that ended with an exception (the device, a server, the task's own check)
is not scored, there as here; the runner plays it again.

Sources: google-research/android_world, android_world/suite_utils.py (``process_episodes``, ``_run_task``), checkpointer.py,
task_metadata.json; Rawles et al., AndroidWorld (arXiv 2405.14573).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tracer1.evaluation.benchmarks.android_world.checkpoints import read_checkpoint
from tracer1.evaluation.harness import played
from tracer1.evaluation.harness.base import Judgement, Metric, ProtocolCard
from tracer1.files import read_json
from tracer1.trajectories import Fault

SUCCESS = "success"
TASKS = 116
ENDING = ".pkl.gz"
_METADATA = "task_metadata.json"
_AGAIN = "start run.py again with this --checkpoint_dir: it plays what has no result"
CARD = ProtocolCard(
    name="android_world",
    source="google-research/android_world, suite_utils.process_episodes (the row 'Average')",
    other="Each task's own check looks at the device after the agent's last step: 0 to 1, mostly 0 or 1.",
    excluded="Episodes that ended with an exception and tasks without a checkpoint are not scored; they are counted as missing.",
    quirks=(
        "An episode that the agent does not call done within int(10 * complexity) steps scores 0, whatever the screen shows.",
        "Questions are answered by the action 'answer', which must come before the end.",
        "Several instances of a task (--n_task_combinations) are averaged first, then tasks; every task weighs the same.",
        "The parameters of a task are drawn from --task_random_seed (30 by default): other seeds are other tasks.",
    ),
    measures={
        SUCCESS: "mean over tasks, the number in papers; by difficulty and by tag",
        f"{SUCCESS}_sd": "with several runs: sample standard deviation of their means",
    },
)


class AndroidWorld:
    """See the module."""

    name = "android_world"
    splits = ("android_world",)
    protocols: Mapping[str, ProtocolCard] = {CARD.name: CARD}
    headline = SUCCESS

    def results(self, path: Path, split: str) -> Iterator[Judgement | Fault]:
        """Stream the results, run by run, task by task, instance by instance. Raises ValueError, naming the fix, for a path
        without checkpoints or without the list of tasks."""
        if not path.is_dir():
            raise ValueError(f"{path} is no directory: name the run directory of AndroidWorld's runner")
        where, tasks = _tasks(path)
        runs = list(played.runs_under(path, lambda directory: any(directory.glob(f"*{ENDING}"))))
        if not runs:
            raise ValueError(f"{path} holds no *{ENDING}: name the run directory of AndroidWorld's runner")
        if len(tasks) != TASKS:
            reason = f"{len(tasks)} tasks, where AndroidWorld has {TASKS}: not comparable with published numbers"
            yield Fault("other list", str(where), "tasks", reason, "use AndroidWorld's own", expected=True)
        for run in runs:
            yield from _results(run, played.run_name(run, path, len(runs) > 1), tasks)

    def summarise(self, judgements: Sequence[Judgement], protocol: str) -> list[Metric]:
        """Mean over tasks, by difficulty and tag, and the spread of several runs."""
        return played.summarise(judgements, SUCCESS)


def _tasks(path: Path) -> tuple[Path, dict[str, dict[str, Any]]]:
    where = played.find_above(path, (_METADATA, f"android_world/{_METADATA}")) or _installed()
    if where is None:
        raise ValueError(f"there is no {_METADATA} in or above {path}: copy AndroidWorld's there")
    found = read_json(where)
    if not isinstance(found, list) or not all(
        isinstance(one, dict) and isinstance(one.get("task_name"), str) for one in found
    ):
        raise ValueError(f"{where} is no list of tasks with task_name: copy AndroidWorld's there")
    return where, {one["task_name"]: one for one in found}


def _installed() -> Path | None:
    """Beside an installed AndroidWorld, which is not imported."""
    spec = importlib.util.find_spec("android_world")
    places = (spec.submodule_search_locations or ()) if spec else ()
    return next((file for place in places if (file := Path(place) / _METADATA).is_file()), None)


def _results(run: Path, name: str, tasks: Mapping[str, Mapping[str, Any]]) -> Iterator[Judgement | Fault]:
    files: dict[str, list[tuple[int, Path]]] = {}
    for file in run.glob(f"*{ENDING}"):
        task, _, instance = file.name.removesuffix(ENDING).rpartition("_")
        files.setdefault(task, []).append((int(instance) if instance.isdecimal() else -1, file))
    for task in [*tasks, *sorted(files.keys() - tasks.keys())]:
        if task in tasks and task not in files:
            yield Fault("not played", f"{run}/{task}", "task", "it has no checkpoint", _AGAIN)
        for _, file in sorted(files.get(task, ())):
            yield from _episodes(file, name, tasks)


def _episodes(file: Path, run: str, tasks: Mapping[str, Mapping[str, Any]]) -> Iterator[Judgement | Fault]:
    try:
        episodes = read_checkpoint(file)
    except ValueError as error:
        yield Fault("damaged checkpoint", str(file), "file", str(error), f"delete it; {_AGAIN}")
        return
    if not episodes:
        yield Fault("no result", str(file), "episodes", "there is none in it", f"delete it; {_AGAIN}")
    for episode in episodes:
        yield _judge(episode, file, run, tasks)


def _judge(
    episode: Mapping[str, Any], file: Path, run: str, tasks: Mapping[str, Mapping[str, Any]]
) -> Judgement | Fault:
    task, instance, success = (episode.get(key) for key in ("task_template", "instance_id", "is_successful"))
    if not isinstance(task, str) or task not in tasks:
        reason = f"{task!r:.60} is none of AndroidWorld's tasks"
        return Fault("not in the split", str(file), "task_template", reason, "none: left out", expected=True)
    if (error := episode.get("exception_info")) is not None:
        lines = str(error).strip().splitlines() or [""]
        return Fault("exception", str(file), "exception_info", lines[-1][:500], _AGAIN)
    if not isinstance(success, int | float) or not 0 <= success <= 1:
        reason = f"{success!r:.60} is no score between 0 and 1"
        return Fault("unreadable result", str(file), "is_successful", reason, f"delete it; {_AGAIN}")
    if isinstance(instance, bool) or not isinstance(instance, int):
        return Fault("unreadable result", str(file), "instance_id", "it is no number", f"delete it; {_AGAIN}")
    about = tasks[task]
    difficulty = str(about.get("difficulty") or "unknown")
    tags = [f"tag {tag or 'untagged'}" for tag in about.get("tags") or ()]
    parts = played.parts_of(run, difficulty, *tags)
    name = played.sample_id(run, f"{task}_{instance}")
    return Judgement(name, task, instance, difficulty, {SUCCESS: float(success)}, parts)


BENCHMARK = AndroidWorld()
