"""Tool tasks as they are generated: documents, names, questions and answers, without any tool."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tool_answers import QUESTIONS, answer, facts_of, understand

from tracer1_data.tool_tasks.documents import KINDS, Document
from tracer1_data.tool_tasks.families import FAMILIES, make_task
from tracer1_data.tool_tasks.names import NAMES, SPLITS, Names
from tracer1_data.tool_tasks.solutions import SOLUTIONS
from tracer1_data.tool_tasks.tasks import Task

FACTS = (("Tolin", 34), ("Maren", 128), ("Roven", 71))
CASES = 30
UNIT_WORDS = ["kilograms", "grams", "metres", "centimetres", "hours", "minutes", "euros", "cents"]


def tasks_of(family: str, split: str = "train", count: int = CASES, seed: int = 1) -> list[Task]:
    names = Names(split)
    return [make_task(family, split, index, seed, names) for index in range(count)]


def written(tasks: list[Task], folder: Path) -> Path:
    for document in (document for task in tasks for document in task.documents):
        assert not (folder / document.name).exists(), "two documents of one name"
        (folder / document.name).write_bytes(document.encode())
    return folder


def test_every_family_has_a_solution_and_an_oracle() -> None:
    assert set(FAMILIES) == set(SOLUTIONS) == set(QUESTIONS) and len(FAMILIES) >= 8


@pytest.mark.parametrize("kind", KINDS)
def test_documents_say_what_they_were_given_and_are_small(kind: str, tmp_path: Path) -> None:
    document = Document(f"a.{kind}", "prices", ("name", "price"), FACTS)
    (tmp_path / document.name).write_bytes(document.encode())
    assert facts_of(tmp_path / document.name) == {"Tolin": "34", "Maren": "128", "Roven": "71"}
    assert (tmp_path / document.name).stat().st_size < 20_000


def test_documents_are_free_of_clocks() -> None:
    documents = [Document(f"a.{kind}", "prices", ("name", "price"), FACTS) for kind in KINDS]
    before = [document.encode() for document in documents]
    time.sleep(2.1)  # zip entries count in steps of two seconds
    assert [document.encode() for document in documents] == before


def test_an_unknown_kind_of_document() -> None:
    with pytest.raises(ValueError, match=r"a\.doc: no document is written as 'doc'; use csv"):
        Document("a.doc", "prices", ("name", "price"), FACTS).encode()


def test_the_same_seed_gives_the_same_bytes_in_another_process() -> None:
    code = (
        "import hashlib\nfrom test_tool_tasks import *\nhashed = hashlib.sha256()\nfor family in FAMILIES:\n"
        "    for task in tasks_of(family, count=4):\n"
        "        hashed.update(repr(task).encode() + b''.join(one.encode() for one in task.documents))\n"
        "print(hashed.hexdigest())"
    )
    here = hashlib.sha256()
    for family in FAMILIES:
        for task in tasks_of(family, count=4):
            here.update(repr(task).encode() + b"".join(one.encode() for one in task.documents))
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, env=environment, capture_output=True, text=True
    )
    assert done.stdout.strip() == here.hexdigest(), done.stderr


def test_another_seed_gives_other_tasks_and_more_tasks_begin_alike() -> None:
    assert tasks_of("total", count=5, seed=2) != tasks_of("total", count=5, seed=1)
    assert tasks_of("total", count=5) == tasks_of("total", count=9)[:5]


@pytest.mark.parametrize("family", [family for family in FAMILIES if family not in ("picture", "receipt")])
def test_answers_follow_from_instruction_and_files(family: str, tmp_path: Path) -> None:
    tasks = tasks_of(family)
    written(tasks, tmp_path)
    for task in tasks:
        assert task.expected.matches(answer(family, task.instruction, tmp_path)), task


@pytest.mark.parametrize("family", ["picture", "receipt"])
def test_answers_follow_from_pictures(family: str, tmp_path: Path) -> None:
    tasks = tasks_of(family, count=6)
    written(tasks, tmp_path)
    for task in tasks:
        assert task.expected.matches(answer(family, task.instruction, tmp_path)), task
        assert task.pictures == (task.files[0],)


@pytest.mark.parametrize("family", FAMILIES)
def test_instructions_name_what_is_needed(family: str) -> None:
    wordings = set()
    for task in tasks_of(family):
        said = understand(family, task.instruction)
        known = {*map(str, task.asks.values()), *task.asks.get("topic", "").split(), *UNIT_WORDS}
        assert len(task.instruction) <= 130 and set(said) <= known
        wordings.add(task.instruction.split()[0])
    assert len(wordings) == 2


def test_heldout_names_are_never_in_training_tasks(tmp_path: Path) -> None:
    assert (
        not set(NAMES["train"]) & set(NAMES["heldout"]) and len(NAMES["heldout"]) >= 150 and len(NAMES["train"]) >= 600
    )
    assert all(len(name) in (5, 6) and name.istitle() for names in NAMES.values() for name in names)
    kept = {name.lower() for name in NAMES["heldout"]}
    for family in FAMILIES:
        for task in tasks_of(family, count=15):
            facts = " ".join(f"{document.name} {document.title} {document.table}" for document in task.documents)
            said = f"{task.instruction} {facts} {task.asks}".lower()
            assert not [name for name in kept if name in said], task
    heldout = [task for family in FAMILIES for task in tasks_of(family, "heldout", 5)]
    rows = {row for task in heldout for one in task.documents for row, _ in one.rows}
    assert rows - {"file", "guide", "opened", "rooms"} <= set(NAMES["heldout"])


@pytest.mark.parametrize("split", SPLITS)
def test_file_names_never_repeat_even_when_names_run_out(split: str) -> None:
    import random

    names, chance = Names(split), random.Random(3)
    stems = [names.stem(chance, "prices") for _ in range(2 * len(NAMES[split]) + 7)]
    assert len(set(stems)) == len(stems) and len([stem for stem in stems if stem.endswith("prices3")]) == 7
