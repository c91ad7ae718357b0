"""Whole sets of tool tasks, made with the real toolbox: what is in them, the same seed, short prompts, all families."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tracer1.answers import ExpectedAnswer
from tracer1.environments.tools import read_tasks
from tracer1.sandbox import unavailable
from tracer1_data.convert import Job
from tracer1_data.prepare import prepare
from tracer1_data.rows import read_rows
from tracer1_data.settings import RowSettings
from tracer1_data.tool_tasks.families import FAMILIES
from tracer1_data.tool_tasks.make import make
from tracer1_data.tool_tasks.names import NAMES

pytestmark = pytest.mark.skipif(bool(unavailable()), reason="the sandbox does not run here")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set with two training tasks and one other of each family."""
    folder = tmp_path_factory.mktemp("made") / "set"
    make(folder, 3, 2 * len(FAMILIES), len(FAMILIES))
    return folder


def listed(folder: Path) -> list[dict]:
    """The tasks of all splits."""
    return [json.loads(line) for line in (folder / "tasks.jsonl").read_text(encoding="utf-8").splitlines()]


def test_a_set_is_whole_and_counted(small: Path) -> None:
    manifest = json.loads((small / "manifest.json").read_text())
    assert manifest["faults"] == {} and (small / "faults.jsonl").read_text() == ""
    assert manifest["counts"] == {"train": dict.fromkeys(FAMILIES, 2), "heldout": dict.fromkeys(FAMILIES, 1)}
    assert {path.name for path in small.iterdir()} == {
        "files", "pages", "tasks.jsonl", "train.jsonl", "heldout.jsonl", "faults.jsonl", "manifest.json",
    }  # fmt: skip
    assert not list(small.parent.glob(".*"))
    tasks = listed(small)
    assert len({task["name"] for task in tasks}) == len(tasks) == 3 * len(FAMILIES)
    assert {name for task in tasks for name in task["files"]} == {
        path.relative_to(small).as_posix() for folder in ("files", "pages") for path in (small / folder).iterdir()
    }
    for task in tasks:
        assert ExpectedAnswer(**task["expected"]).rule == ("text" if task["family"] == "compare" else "gaia")
        assert bool(task["pictures"]) == (task["family"] in ("picture", "receipt"))
    played = read_tasks(small, "train") | read_tasks(small, "heldout")
    assert list(played) == [task["name"] for task in tasks]


def test_training_files_hold_no_heldout_name(small: Path) -> None:
    text = "".join((small / name).read_text().lower() for name in ("train.jsonl",))
    text += "".join(json.dumps(task).lower() for task in listed(small) if task["split"] == "train")
    assert not [name for name in NAMES["heldout"] if name.lower() in text]
    assert any(name.lower() in (small / "heldout.jsonl").read_text().lower() for name in NAMES["heldout"])


def test_the_same_seed_makes_the_same_set(small: Path, tmp_path: Path) -> None:
    (tmp_path / ".again.partial").mkdir()
    (tmp_path / ".again.partial" / "left_over").write_text("of a run that was killed")
    again = make(tmp_path / "again", 3, 2 * len(FAMILIES), len(FAMILIES))
    assert again["sha256"] == json.loads((small / "manifest.json").read_text())["sha256"]


def test_a_set_that_is_there_is_left_alone(small: Path, tmp_path: Path) -> None:
    before = (small / "manifest.json").stat().st_mtime_ns
    assert make(small, 3, 2 * len(FAMILIES), len(FAMILIES))["counts"]["heldout"]["age"] == 1
    assert (small / "manifest.json").stat().st_mtime_ns == before
    with pytest.raises(ValueError, match="holds something else"):
        make(small, 4, 2 * len(FAMILIES), len(FAMILIES))
    (tmp_path / "mine").write_text("a file")
    with pytest.raises(ValueError, match="holds something else"):
        make(tmp_path / "mine")


def rows_of(folder: Path, split: str, output: Path) -> list[dict]:
    """All rows of a split, prepared as a tiny planner reads them."""
    settings = RowSettings(style="compact", split=split)
    manifest = prepare(Job("tracer1_data.sources.tool_tasks:SOURCE", folder, output, settings), 1)
    assert not [name for name in manifest["counts"] if name.startswith(("rejected", "left out"))]
    assert manifest["counts"]["stage 2: can be executed"] == manifest["counts"]["rows"]
    return list(read_rows(output))


def test_the_whole_way_to_short_prompts(small: Path, tmp_path: Path) -> None:
    for split, episodes in (("train", 2), ("heldout", 1)):
        rows = rows_of(small, split, tmp_path / split)
        assert Counter(
            row["extra_info"]["task"] for row in rows if row["extra_info"]["position"] == 0
        ) == dict.fromkeys(FAMILIES, episodes)
        assert max(len(row["prompt"][0]["content"]) for row in rows) < 900
        assert max(len(row["extra_info"]["reference"]) for row in rows) < 600
        for row in rows:
            assert row["extra_info"]["reference"].splitlines()[-1].endswith("Give the answer")


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_the_demonstrator_solves_at_least_98_of_100_of_every_family(tmp_path: Path) -> None:
    manifest = make(tmp_path / "set", 11, 100 * len(FAMILIES), len(FAMILIES))
    assert min(manifest["counts"]["train"][family] for family in FAMILIES) >= 98, manifest["faults"]
    steps = [
        json.loads(line)["steps"]
        for line in (tmp_path / "set" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert {len(one) for one in steps} == {2, 3, 4, 5}
    assert max(len(step["output"]) for one in steps for step in one) < 300
    assert max(path.stat().st_size for path in (tmp_path / "set" / "files").iterdir()) < 20_000
    _check_tokens(
        rows_of(tmp_path / "set", "train", tmp_path / "train"), rows_of(tmp_path / "set", "heldout", tmp_path / "val")
    )


def _check_tokens(train: list[dict], heldout: list[dict]) -> None:
    """Prompts (with at most 24 tokens for a picture) and plans fit a tiny planner, whose tokenizer knows training rows only."""
    from tracer1.training.tiny_planner import corpus, train_tokenizer

    tokenizer = train_tokenizer(
        corpus([row["prompt"] for row in train], [row["extra_info"]["reference"] for row in train]), 768
    )
    for row in [*train, *heldout]:
        chat = tokenizer.apply_chat_template(row["prompt"], tokenize=False, add_generation_prompt=True)
        assert len(tokenizer.encode(chat)) + 24 <= 250
        assert len(tokenizer.encode(row["extra_info"]["reference"])) <= 100
