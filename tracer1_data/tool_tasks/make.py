"""Makes a set of tool tasks: files, questions with their answers, and demonstrations by real tools.

    output/
        files/            the documents of all tasks; no two have one name, so one toolbox serves the whole set:
        pages/            load_toolbox("local", files=output / "files", corpus=output / "pages")
        tasks.jsonl       the questions (tracer1.environments.tools.read_tasks)
        train.jsonl       the demonstrations (python -m tracer1_data prepare tool_tasks --input output)
        heldout.jsonl     the same with names that no training task has
        faults.jsonl      tasks that the demonstrator did not solve; they are in none of the others
        manifest.json     settings, counts, SHA-256 of everything else

``output`` appears whole or not at all. The same seed, numbers and families give the same bytes with the same versions of the
libraries that write and read the files.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tracer1.files import read_json, write_json
from tracer1.trajectories import Fault, RecordedStep, Trajectory
from tracer1_data.tool_tasks.demonstrator import Toolbox, demonstrate
from tracer1_data.tool_tasks.families import FAMILIES, make_task
from tracer1_data.tool_tasks.names import SPLITS, Names
from tracer1_data.tool_tasks.records import to_record
from tracer1_data.tool_tasks.tasks import FILES, PAGES, TASKS, Task

MANIFEST, FAULTS = "manifest.json", "faults.jsonl"
VERSION = 2
_TASKS_AT_A_TIME = 2 * (os.cpu_count() or 1)

Result = Trajectory | Fault


def make(
    output: Path,
    seed: int = 1,
    train: int = 1000,
    heldout: int = 200,
    families: Sequence[str] = tuple(FAMILIES),
    advance: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Write a set and give its manifest; one that is there already is left as it is. ``advance`` is called for each task done.

    Raises ValueError for an unknown family, for numbers below 0, and for a directory that holds something else; OSError when it
    cannot be written; SandboxUnavailable where tools cannot run.
    """
    settings = _settings(seed, {"train": train, "heldout": heldout}, families)
    if _is_made(output, settings):
        return read_json(output / MANIFEST)
    partial = output.with_name(f".{output.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    for folder in (FILES, PAGES):
        (partial / folder).mkdir(parents=True)
    tasks = _write_files(partial, settings)
    results = asyncio.run(_solve(tasks, partial, seed, advance))
    manifest = settings | _write_lists(partial, tasks, results) | {"sha256": digest(partial)}
    write_json(partial / MANIFEST, manifest)
    if output.is_dir():
        output.rmdir()
    partial.rename(output)
    return manifest


def digest(folder: Path) -> str:
    """SHA-256 of the names and contents of all files of a set but the manifest."""
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST):
        data = path.read_bytes()
        whole.update(f"{path.relative_to(folder).as_posix()}\0{len(data)}\0".encode() + data)
    return whole.hexdigest()


def _settings(seed: int, sizes: dict[str, int], families: Sequence[str]) -> dict[str, Any]:
    if unknown := [family for family in families if family not in FAMILIES]:
        raise ValueError(f"there is no family {', '.join(unknown)}: use some of {', '.join(FAMILIES)}")
    if not families or min(sizes.values()) < 0 or not sum(sizes.values()):
        raise ValueError("a set needs at least one family and one task, and no number below 0")
    return {"version": VERSION, "seed": seed, **sizes, "families": list(families)}


def _is_made(output: Path, settings: dict[str, Any]) -> bool:
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return False
    found = read_json(output / MANIFEST) if (output / MANIFEST).is_file() else {}
    if settings.items() <= found.items():
        return True
    raise ValueError(f"{output} holds something else: choose another --output, or remove it")


def _write_files(folder: Path, settings: dict[str, Any]) -> list[Task]:
    """All tasks of all splits in turn of their families; their documents are written."""
    tasks = []
    for split in SPLITS:
        names = Names(split)
        for index in range(settings[split]):
            family = settings["families"][index % len(settings["families"])]
            tasks.append(make_task(family, split, index, settings["seed"], names))
            for name, document in zip(tasks[-1].files, tasks[-1].documents, strict=True):
                (folder / name).write_bytes(document.encode())
    return tasks


async def _solve(tasks: Sequence[Task], folder: Path, seed: int, advance: Callable[[], None]) -> list[Result]:
    some = asyncio.Semaphore(_TASKS_AT_A_TIME)

    async def solve(task: Task, box: Toolbox) -> Result:
        async with some:
            result = await demonstrate(task, box, folder, seed)
            advance()
            return result

    async with open_box(folder) as box:
        return await asyncio.gather(*(solve(task, box) for task in tasks))


def open_box(folder: Path) -> AbstractAsyncContextManager[Toolbox]:
    """The toolbox ``local`` with the files and pages of a set. Entering it raises SandboxUnavailable where nothing can run."""
    from tracer1.toolbox.toolbox import load_toolbox

    pages = folder / PAGES
    return load_toolbox("local", files=folder / FILES, corpus=pages if any(pages.iterdir()) else None)


def _write_lists(folder: Path, tasks: Sequence[Task], results: Sequence[Result]) -> dict[str, Any]:
    """Write the lists, remove the files of tasks that were not solved, and give the counts."""
    pairs = list(zip(tasks, results, strict=True))
    solved = [(task, result) for task, result in pairs if isinstance(result, Trajectory)]
    faults = [result for result in results if isinstance(result, Fault)]
    _write(folder / TASKS, (task.to_record() | {"tools": _tools(done)} for task, done in solved))
    for split in SPLITS:
        _write(
            folder / f"{split}.jsonl", (to_record(done, task.pictures) for task, done in solved if task.split == split)
        )
    _write(folder / FAULTS, map(asdict, faults))
    for name in {name for task, result in pairs if isinstance(result, Fault) for name in task.files}:
        (folder / name).unlink()
    counted = {split: Counter(task.family for task, _ in solved if task.split == split) for split in SPLITS}
    return {"counts": counted, "faults": Counter(fault.kind for fault in faults)}


def _tools(done: Trajectory) -> list[str]:
    """The tools that a demonstration called, in order."""
    actions = [step.step.action for step in done.steps if isinstance(step, RecordedStep)]
    return [action.arguments["name"] for action in actions if action.type == "call_tool"]


def _write(path: Path, records: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
