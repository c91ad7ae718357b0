"""Reading what OSWorld's runner leaves: trees made here in its layout, expected values worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer1.evaluation.benchmarks.osworld import BENCHMARK
from tracer1.evaluation.harness.base import Judgement
from tracer1.evaluation.harness.index import read_results
from tracer1.trajectories import Fault

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "osworld"
TASKS = {"chrome": ["c1", "c2"], "libreoffice_calc": ["l1"], "multi_apps": ["m1"], "os": ["o1", "o2"]}


def lay(root, model="tracer1", results=None, tasks=TASKS, split="test_nogdrive"):
    """A result directory: the content of result.txt by task, None for a task that was started and not finished."""
    (root / f"{split}.json").write_text(json.dumps(tasks))
    run = root / "pyautogui" / "screenshot" / model
    for task, text in (results or {}).items():
        directory = run / task
        directory.mkdir(parents=True)
        (directory / "step_1_20260101@000000000000.png").write_bytes(b"x")
        (directory / "traj.jsonl").write_text(json.dumps({"step_num": 1, "action": "DONE"}) + "\n")
        if text is not None:
            (directory / "result.txt").write_text(text)
    (run / "args.json").write_text("{}") if run.is_dir() else None
    return run


def read(path, split="test_nogdrive"):
    found = list(BENCHMARK.results(path, split))
    scores = {one.sample: one.marks["success"] for one in found if isinstance(one, Judgement)}
    return scores, [one for one in found if isinstance(one, Fault)]


def test_scores_and_what_has_none(tmp_path):
    results = {"chrome/c1": "1.0\n", "chrome/c2": "0\n", "libreoffice_calc/l1": "0.5\n", "multi_apps/m1": None}
    run = lay(tmp_path, results=results)
    (run / "multi_apps" / "m1" / "traj.jsonl").write_text(
        '{"step_num": 1}\n{"Error": "multi_apps/m1 - PlannerError: 503"}\n'
    )
    scores, faults = read(tmp_path)
    assert scores == {"chrome/c1": 1.0, "chrome/c2": 0.0, "libreoffice_calc/l1": 0.5}
    assert [(fault.kind, fault.expected) for fault in faults] == [
        ("other list", True),  # six tasks are not the 361 of OSWorld-Verified
        ("no result", False),
        ("not played", False),
        ("not played", False),
    ]
    assert "PlannerError: 503" in faults[1].reason and "again" in faults[1].fix
    assert read(run) == (scores, faults)  # whichever directory is named


def test_means_by_domain_and_family(tmp_path):
    results = {"chrome/c1": "1.0", "chrome/c2": "0.0", "libreoffice_calc/l1": "0.5", "os/o1": "True", "os/o2": "1.0"}
    lay(tmp_path, results=results)
    judgements, faults = read_results(BENCHMARK, tmp_path, "test_nogdrive")
    metrics = {(one.name, one.part): one for one in BENCHMARK.summarise(judgements, "osworld")}
    # (1 + 0 + 0.5 + 1 + 1) / 5; full scores: 3 of 5.
    assert metrics["success", ""].value == pytest.approx(0.7) and metrics["success", ""].n == 5
    assert metrics["solved", ""].value == pytest.approx(0.6)
    assert {part: round(one.value, 3) for (name, part), one in metrics.items() if part} == {
        "chrome": 0.5, "family daily": 0.5, "libreoffice_calc": 0.5, "family office": 0.5, "os": 1.0, "family os": 1.0,
    }  # fmt: skip
    assert next(iter(metrics)) == (BENCHMARK.headline, "")
    assert sum(not fault.expected for fault in faults) == 1


def test_three_runs_have_a_mean_and_a_spread(tmp_path):
    every = [f"{domain}/{task}" for domain, found in TASKS.items() for task in found]
    for seed, solved in enumerate((3, 4, 5)):
        lay(tmp_path, f"seed_{seed}", {task: f"{float(n < solved)}" for n, task in enumerate(every)})
    judgements, _ = read_results(BENCHMARK, tmp_path, "test_nogdrive")
    metrics = {(one.name, one.part): one for one in BENCHMARK.summarise(judgements, "osworld")}
    # Means 3/6, 4/6, 5/6: mean 2/3, sample deviation 1/6. Six tasks are what counts, not 18 episodes.
    assert metrics["success", ""].value == pytest.approx(2 / 3) and metrics["success", ""].n == 6
    assert metrics["success_sd", ""].value == pytest.approx(1 / 6) and metrics["success_sd", ""].n == 3
    assert metrics["success", "run pyautogui/screenshot/seed_2"].value == pytest.approx(5 / 6)
    assert judgements[0].sample == "pyautogui/screenshot/seed_0/chrome/c1" and judgements[0].group == "chrome/c1"


def test_a_task_outside_the_list_is_left_out_and_said(tmp_path):
    lay(tmp_path, results={"chrome/c1": "1.0", "multi_apps/google_drive": "1.0"})
    scores, faults = read(tmp_path)
    assert scores == {"chrome/c1": 1.0}
    assert ("not in the split", True) in [(fault.kind, fault.expected) for fault in faults]


@pytest.mark.parametrize("text", ["", "nan", "inf", "-0.1", "1.5", "__import__('os')", "0.5 0.5", "\udce9"])
def test_a_result_that_is_no_score_is_never_zero(tmp_path, text):
    run = lay(tmp_path, results={"chrome/c1": "", "os/o1": "1"})
    (run / "chrome" / "c1" / "result.txt").write_bytes(text.encode("utf-8", "surrogateescape"))
    scores, faults = read(tmp_path)
    assert scores == {"os/o1": 1.0}
    (fault,) = (fault for fault in faults if fault.kind == "unreadable result")
    assert "chrome/c1" in fault.where and not fault.expected


def test_a_result_that_cannot_be_read_is_told(tmp_path):
    run = lay(tmp_path, results={"chrome/c1": None, "os/o1": "1"})
    (run / "chrome" / "c1" / "result.txt").mkdir()
    (run / "chrome" / "c2").write_text("a file where a directory belongs")
    scores, faults = read(tmp_path)
    assert scores == {"os/o1": 1.0}
    told = {fault.where.partition("/chrome/")[2]: (fault.kind, fault.reason) for fault in faults}
    assert told["c1/result.txt"] == ("unreadable result", "Is a directory")
    assert told["c2"][0] == "not played"


@given(st.floats(0, 1))
def test_every_score_is_read_as_the_runner_writes_it(tmp_path_factory, score):
    root = tmp_path_factory.mktemp("run")
    lay(root, results={"os/o1": f"{score}\n"})
    assert read(root)[0] == {"os/o1": score}


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(ValueError, match="is no directory"):
        read(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"no test_nogdrive\.json in or above"):
        read(tmp_path)
    lay(tmp_path)
    with pytest.raises(ValueError, match="name the runner's model directory"):
        read(tmp_path)
    (tmp_path / "test_nogdrive.json").write_text('["c1"]')
    with pytest.raises(ValueError, match="no list of tasks by domain"):
        read(tmp_path)
    (tmp_path / "test_nogdrive.json").write_text('{"chrome": ["../../secret"]}')
    with pytest.raises(ValueError, match="no list of tasks by domain"):
        read(tmp_path)
    lay(tmp_path, results={"os/o1": None})
    with pytest.raises(ValueError, match="holds no result of osworld"):
        read_results(BENCHMARK, tmp_path, "test_nogdrive")


@pytest.mark.skipif(not DATA.is_dir(), reason="no shared/data")
def test_the_real_list_has_its_published_size(tmp_path):
    tasks = json.loads((DATA / "test_all.json").read_text())
    lay(tmp_path, results={f"chrome/{tasks['chrome'][0]}": "1.0"}, tasks=tasks, split="test_all")
    scores, faults = read(tmp_path, "test_all")
    # 369 tasks, 101 of them of several applications; one was played.
    assert len(scores) == 1 and [fault.kind for fault in faults] == ["not played"] * 368
    assert sum("/multi_apps/" in fault.where for fault in faults) == 101
