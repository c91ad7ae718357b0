"""Preparation as a whole: what becomes a row, what is counted, resuming, determinism, exit codes."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tracer1.files import write_json
from tracer1.ground_truth import load
from tracer1_data.convert import Job, convert
from tracer1_data.manifest import describe
from tracer1_data.prepare import prepare
from tracer1_data.rows import read_rows
from tracer1_data.settings import RowSettings
from tracer1_data.sources import load_source

READER = f"{Path(__file__).with_name('readers.py')}:SOURCE"


def dataset(folder: Path, *lines: str) -> Path:
    folder.mkdir()
    (folder / "episodes.txt").write_text("".join(f"{line}\n" for line in lines))
    return folder


def command(source: Path, output: Path, *options: str) -> list[str]:
    given = ["--input", str(source), "--output", str(output), "--workers", "1"]
    return [sys.executable, "-m", "tracer1_data", "prepare", READER, *given, *options]


def hashes(manifest: dict) -> list[tuple[str, str]]:
    return [(shard["file"], shard["sha256"]) for shard in manifest["shards"]]


def test_three_steps_become_three_rows_with_history_and_target(tmp_path: Path) -> None:
    source = dataset(tmp_path / "in", "one")
    manifest = prepare(Job(READER, source, tmp_path / "out", RowSettings(horizon=2, history=1)), 1)
    assert manifest["counts"] == {"episodes": 1, "rows": 3, "steps": 3, "stage 2: can be executed": 3}
    first, second, third = read_rows(tmp_path / "out")
    assert first["extra_info"]["reference"] == "1. click(): Click square 0\n2. click(): Click square 1"
    assert third["extra_info"]["reference"] == "1. click(): Click square 2\n2. finish(): Done"
    assert "- click(): Click square 0" in second["prompt"][1]["content"]
    # 64 x 48 grows to at least 256 x 256 pixels: by sqrt(65536 / 3072) = 4.619, so ceil(9.24) x ceil(6.93) squares of 32
    assert first["extra_info"]["n_image_tokens"] == 70
    truth = load(second["reward_model"]["ground_truth"])
    assert (truth.box.left, truth.box.right, truth.point) == (10, 18, None)
    assert [row["extra_info"]["index"] for row in (first, second, third)] == [0, 1, 2]


def test_a_missing_picture_costs_one_row_and_an_unknown_action_what_depends_on_it(tmp_path: Path) -> None:
    source = dataset(tmp_path / "in", "good", "b no-image", "c unknown-action", "d broken")
    manifest = prepare(Job(READER, source, tmp_path / "out", RowSettings(horizon=3, history=1)), 1)
    assert manifest["counts"] == {
        "episodes": 3,
        "steps": 9,
        "rows": 3 + 2 + 1,
        "stage 2: can be executed": 6,
        "rejected: missing image": 1,
        "rejected: unknown action": 1,
        "rejected: unknown history": 1,
        "rejected: broken record": 1,
    }
    rows = {(row["extra_info"]["episode"], row["extra_info"]["position"]): row for row in read_rows(tmp_path / "out")}
    assert set(rows) == {("good", 0), ("good", 1), ("good", 2), ("b", 0), ("b", 2), ("c", 0)}
    assert rows["b", 0]["extra_info"]["reference"].count("\n") == 2  # the step without a picture is still taught
    assert rows["c", 0]["extra_info"]["reference"] == "1. click(): Click square 0"
    faults = [json.loads(line) for line in (tmp_path / "out" / "rejected.jsonl").read_text().splitlines()]
    assert [fault["where"] for fault in faults] == ["b, step 1", "c, step 1", "c, step 2", "episodes.txt, d"]


@pytest.mark.parametrize("options", [{}, {"shard_bytes": 1}, {"format": "easyr1"}])
def test_any_number_of_workers_writes_the_same_bytes(tmp_path: Path, options: dict) -> None:
    source = dataset(tmp_path / "in", *(f"episode{n}" for n in range(7)), "x no-image")
    made = [
        prepare(Job(READER, source, tmp_path / f"out{workers}", RowSettings(), **options), workers)
        for workers in (1, 3)
    ]
    assert hashes(made[0]) == hashes(made[1]) and made[0] == made[1]
    assert len(made[0]["shards"]) == (8 if options.get("shard_bytes") else 4)


def test_easyr1_rows(tmp_path: Path) -> None:
    source = dataset(tmp_path / "in", "one")
    prepare(Job(READER, source, tmp_path / "out", RowSettings(), format="easyr1"), 1)
    (shard,) = (tmp_path / "out" / "parquet").iterdir()
    row = pq.read_table(shard).to_pylist()[0]
    assert row["prompt"].count("<image>") == 1 and len(row["images"]) == 1 and load(row["answer"]).horizon == 8


def test_killed_and_called_again_gives_what_an_undisturbed_run_gives(tmp_path: Path) -> None:
    source = dataset(tmp_path / "in", *(f"episode{n}" for n in range(6)))
    whole = prepare(Job(READER, source, tmp_path / "whole", RowSettings(), shard_bytes=1 << 20), 1)
    call = command(source, tmp_path / "out", "--shard-mb", "1")
    slow = subprocess.Popen(call, env={**os.environ, "SLOW_READER": "0.5"}, stdout=subprocess.DEVNULL)
    while not (tmp_path / "out" / ".work" / "part0000.json").exists():
        assert slow.poll() is None
        time.sleep(0.05)
    time.sleep(0.3)
    slow.send_signal(signal.SIGKILL)
    slow.wait()
    assert not (tmp_path / "out" / "manifest.json").exists()
    before = (tmp_path / "out" / "train-00000-000.parquet").stat().st_mtime_ns
    subprocess.run(call, check=True, stdout=subprocess.DEVNULL)
    assert hashes(json.loads((tmp_path / "out" / "manifest.json").read_text())) == hashes(whole)
    assert (tmp_path / "out" / "train-00000-000.parquet").stat().st_mtime_ns == before
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        [*(shard["file"] for shard in whole["shards"]), "manifest.json", "rejected.jsonl"]
    )


def test_an_episode_that_occurs_twice_is_reported_within_and_across_parts(tmp_path: Path) -> None:
    source = dataset(tmp_path / "in", "same", "same", "other", "same", "last")
    manifest = prepare(Job(READER, source, tmp_path / "out", RowSettings()), 1)
    assert manifest["counts"]["rejected: duplicate"] == 2 and manifest["counts"]["rows"] == 9
    assert (
        len({(row["extra_info"]["episode"], row["extra_info"]["position"]) for row in read_rows(tmp_path / "out")}) == 9
    )
    assert prepare(Job(READER, source, tmp_path / "by two", RowSettings()), 2) == manifest


def test_interrupted_while_parts_are_begun_again(tmp_path: Path) -> None:
    """The second part repeats an episode; its shard is gone, and its state is still that of before."""
    source = dataset(tmp_path / "in", "same", "other", "same", "last")
    whole = prepare(Job(READER, source, tmp_path / "whole", RowSettings()), 1)
    job = Job(READER, source, tmp_path / "out", RowSettings())
    plan = describe(job, load_source(READER, {}).parts(source, "train"))
    write_json(job.work / "plan.json", plan)
    states = [
        convert(job, part, n, lambda rows: None)
        for n, part in enumerate(load_source(READER, {}).parts(source, "train"))
    ]
    (tmp_path / "out" / states[1].shards[0]["file"]).unlink()
    assert hashes(prepare(job, 1)) == hashes(whole)


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    source = dataset(tmp_path / "in", "one")

    def job(**changed) -> Job:
        return Job(
            **{"source": READER, "input": source, "output": tmp_path / "out", "settings": RowSettings(), **changed}
        )

    with pytest.raises(ValueError, match="test is what the benchmark scores"):
        prepare(job(settings=RowSettings(split="test")), 1)
    with pytest.raises(ValueError, match="no split 'dev'"):
        prepare(job(settings=RowSettings(split="dev")), 1)
    with pytest.raises(ValueError, match="unknown source 'agentnett'"):
        prepare(job(source="agentnett"), 1)
    with pytest.raises(ValueError, match=r"there is no module nosuch\.reader: name your reader as file\.py:NAME"):
        prepare(job(source="nosuch.reader:SOURCE"), 1)
    with pytest.raises(ValueError, match=r"there is no file nosuch\.py"):
        prepare(job(source="nosuch.py:SOURCE"), 1)
    with pytest.raises(ValueError, match="has no Source called 'NOTHING'"):
        prepare(job(source=READER.replace("SOURCE", "NOTHING")), 1)
    with pytest.raises(ValueError, match="unknown style 'long': use one of full, compact"):
        RowSettings(style="long")
    with pytest.raises(ValueError, match=r"nowhere.episodes\.txt cannot be read: No such file"):
        prepare(job(input=tmp_path / "nowhere"), 1)
    two = dataset(tmp_path / "two", "a", "b", "c")
    with pytest.raises(ValueError, match="parts need different names without a slash, which 'part' is not"):
        prepare(job(source=READER.replace("SOURCE", "OF_ONE_NAME"), input=two), 1)
    assert not (tmp_path / "out").exists()
    manifest = prepare(job(), 1)
    assert prepare(job(), 1) == manifest
    with pytest.raises(ValueError, match="other input or settings"):
        prepare(job(settings=RowSettings(horizon=2)), 1)
    (source / "episodes.txt").write_text("two\n")
    with pytest.raises(ValueError, match="other input or settings"):
        prepare(job(), 1)


def test_exit_codes(tmp_path: Path) -> None:
    source = dataset(tmp_path / "in", "one", "two broken")

    def call(output: str, *options: str, **more) -> subprocess.CompletedProcess:
        return subprocess.run(command(source, tmp_path / output, *options), capture_output=True, text=True, **more)

    rejected = call("out")
    assert rejected.returncode == 3 and "1 records or steps of 3 were rejected" in " ".join(rejected.stdout.split())
    assert len(list(read_rows(tmp_path / "out"))) == 3
    assert call("tolerant", "--max-rejected", "0.5").returncode == 0
    assert call("out", "--horizon", "2").returncode == 1
    full = call("full", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048)))
    assert full.returncode == 4 and "cannot be written" in " ".join(full.stdout.split())
    assert not list((tmp_path / "full").glob("*.parquet")) and not list((tmp_path / "full").glob(".*.partial"))


def test_a_file_that_cannot_be_read_to_its_end_is_not_tolerated_as_one_record(tmp_path: Path) -> None:
    source = dataset(tmp_path / "in", *(f"episode{n}" for n in range(40)), "last cut")  # 1 fault, 120 good steps
    strange = tmp_path / "[/red] out"
    cut = subprocess.run(command(source, strange), capture_output=True, text=True)
    assert cut.returncode == 3 and "a file could not be read to its end (1 in all)" in " ".join(cut.stdout.split())
    assert f"{strange}/rejected.jsonl says" in cut.stdout.replace("\n", "")
    assert subprocess.run(command(source, strange, "--max-rejected", "1")).returncode == 0


def test_a_worker_that_dies_is_one_message(tmp_path: Path) -> None:
    source = dataset(tmp_path / "in", "one", "two", "three deadly")
    died = subprocess.run(
        command(source, tmp_path / "out", "--workers", "2"), capture_output=True, text=True, timeout=120
    )
    assert died.returncode == 1 and "a worker died: free some memory" in " ".join(died.stdout.split())
    assert not (tmp_path / "out" / "manifest.json").exists()
