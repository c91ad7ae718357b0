"""Reading AndroidWorld's checkpoints: files made here as its checkpointer makes them, hostile ones, expected values by hand."""

from __future__ import annotations

import datetime
import gzip
import json
import os
import pickle
import tracemalloc
from pathlib import Path

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer1.evaluation.benchmarks.android_world import checkpoints as android_world_checkpoints
from tracer1.evaluation.benchmarks.android_world.benchmark import BENCHMARK
from tracer1.evaluation.benchmarks.android_world.checkpoints import Unknown, read_checkpoint
from tracer1.evaluation.harness.base import Judgement
from tracer1.evaluation.harness.index import read_results
from tracer1.trajectories import Fault

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "android_world"
TASKS = {"ClockStopWatchPaused": "easy", "ContactsAdd": "easy", "RecipeAdd": "hard"}


def episode(task, instance=0, success=1.0, **more):
    """The fields that suite_utils._run_task writes."""
    plain = {
        "goal": "Do it.", "task_template": task, "instance_id": instance, "is_successful": success, "run_time": 12.5,
        "finish_dtime": datetime.datetime(2026, 1, 1), "episode_length": 3, "aux_data": None, "exception_info": None,
        "episode_data": {"response": ["1. wait(): Wait"], "step_number": [0]}, "seed": 123, "agent_name": "tracer1",
        "screen_config": {"width": 1080, "height": 2400, "orientation": "portrait", "config_name": "default"},
    }  # fmt: skip
    return plain | more


def failed(task, instance=0):
    """The fields that suite_utils._create_failed_result writes."""
    nothing = {"episode_data": numpy.nan, "is_successful": numpy.nan, "episode_length": numpy.nan}
    error = "Traceback (most recent call last):\n  File …\nPlannerError: 503"
    found = episode(task, instance, **nothing, exception_info=error)
    return {key: value for key, value in found.items() if key not in ("seed", "screen_config")}


def save(run, *episodes):
    run.mkdir(parents=True, exist_ok=True)
    for one in episodes:
        path = run / f"{one['task_template']}_{one['instance_id']}.pkl.gz"
        path.write_bytes(gzip.compress(pickle.dumps([one])))


@pytest.fixture
def root(tmp_path):
    tasks = [{"task_name": name, "difficulty": level, "tags": ["data_entry"]} for name, level in TASKS.items()]
    (tmp_path / "task_metadata.json").write_text(json.dumps(tasks))
    return tmp_path


def read(path):
    found = list(BENCHMARK.results(path, "android_world"))
    scores = {one.sample: one.marks["success"] for one in found if isinstance(one, Judgement)}
    return scores, [one for one in found if isinstance(one, Fault) and one.kind != "other list"]


def test_scores_and_what_has_none(root):
    save(root / "run_1", episode("ContactsAdd"), failed("RecipeAdd"))
    scores, faults = read(root)
    assert scores == {"ContactsAdd_0": 1.0}
    assert [(fault.kind, fault.expected) for fault in faults] == [("not played", False), ("exception", False)]
    assert "ClockStopWatchPaused" in faults[0].where and faults[1].reason == "PlannerError: 503"
    assert read(root / "run_1") == (scores, faults)


def test_instances_are_averaged_before_tasks(root):
    results = [("ClockStopWatchPaused", (1.0, 0.0)), ("ContactsAdd", (1.0, 1.0)), ("RecipeAdd", (0.0, 0.5))]
    save(root / "run", *(episode(task, n, value) for task, values in results for n, value in enumerate(values)))
    judgements, _ = read_results(BENCHMARK, root, "android_world")
    metrics = {(one.name, one.part): one for one in BENCHMARK.summarise(judgements, "android_world")}
    # (0.5 + 1 + 0.25) / 3; easy: (0.5 + 1) / 2.
    assert metrics["success", ""].value == pytest.approx(1.75 / 3) and metrics["success", ""].n == 3
    assert metrics["success", "easy"].value == pytest.approx(0.75) and metrics["success", "hard"].value == 0.25
    assert metrics["success", "tag data_entry"].n == 3
    assert {one.kind for one in judgements} == {"easy", "hard"} and judgements[1].position == 1


def test_a_task_that_was_played_more_often_weighs_no_more(root):
    save(root / "run", *(episode("ContactsAdd", n, 1.0) for n in range(3)), episode("RecipeAdd", 0, 0.0))
    judgements, _ = read_results(BENCHMARK, root, "android_world")
    assert BENCHMARK.summarise(judgements, "android_world")[0].value == 0.5


def test_runs_of_three_seeds(root):
    for seed, values in enumerate(((1, 0, 0), (1, 1, 0), (1, 1, 1))):
        save(
            root / f"seed_{seed}", *(episode(task, 0, float(value)) for task, value in zip(TASKS, values, strict=True))
        )
    judgements, _ = read_results(BENCHMARK, root, "android_world")
    metrics = {(one.name, one.part): one for one in BENCHMARK.summarise(judgements, "android_world")}
    # Means 1/3, 2/3, 1: mean 2/3, sample deviation 1/3.
    assert metrics["success", ""].value == pytest.approx(2 / 3)
    assert (metrics["success_sd", ""].value, metrics["success_sd", ""].n) == (pytest.approx(1 / 3), 3)
    assert metrics["success", "run seed_1"].value == pytest.approx(2 / 3)


@pytest.mark.parametrize("value", [numpy.float64(0.5), numpy.float32(0.5), 0.5])
def test_numbers_of_numpy_are_numbers(root, value):
    save(root / "run", episode("ContactsAdd", 0, value), episode("RecipeAdd", 0, numpy.bool_(True)))
    assert read(root)[0] == {"ContactsAdd_0": 0.5, "RecipeAdd_0": 1.0}


def test_what_other_agents_keep_is_not_needed(root):
    """M3A keeps screens, and elements of a class that need not be installed."""
    screens = {
        "before_screenshot": [numpy.zeros((4, 2, 3), numpy.uint8)],
        "ui_elements": [Path("x"), {1, 2}, datetime.date(2026, 1, 1)],
    }
    save(root / "run", episode("ContactsAdd", episode_data=screens))
    (found,) = read_checkpoint(root / "run" / "ContactsAdd_0.pkl.gz")
    assert found["finish_dtime"] == datetime.datetime(2026, 1, 1)
    assert isinstance(found["episode_data"]["before_screenshot"][0], Unknown)


@pytest.mark.parametrize("success", [float("nan"), 2.0, -1, "1", None, [1]])
def test_a_result_that_is_no_score_is_never_zero(root, success):
    save(root / "run", episode("ContactsAdd", 0, success))
    scores, faults = read(root)
    assert not scores and faults[1].kind == "unreadable result"


def test_other_tasks_and_empty_files_are_said(root):
    save(root / "run", episode("MiniWobClickTest"), episode("ContactsAdd"))
    (root / "run" / "RecipeAdd_0.pkl.gz").write_bytes(gzip.compress(pickle.dumps([])))
    scores, faults = read(root)
    assert scores == {"ContactsAdd_0": 1.0}
    kinds = sorted((fault.kind, fault.expected) for fault in faults)
    assert kinds == [("no result", False), ("not in the split", True), ("not played", False)]


class Hostile:
    """Runs a program when it is unpickled without care."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("protocol", range(3, pickle.HIGHEST_PROTOCOL + 1))  # the checkpointer's is Python's default
def test_a_pickle_runs_nothing(root, protocol):
    run = root / "run"
    run.mkdir()
    found = [episode("ContactsAdd", episode_data=Hostile(root / "mark"))]
    (run / "ContactsAdd_0.pkl.gz").write_bytes(gzip.compress(pickle.dumps(found, protocol)))
    assert read(root)[0] == {"ContactsAdd_0": 1.0}
    assert not (root / "mark").exists()


PROGRAMS = [
    b"cos\nsystem\n(S'touch {}'\ntR.",
    b'cbuiltins\nexec\n(S\'open("{}", "w")\'\ntR.',
    b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x05touch\x85R.",
    b"ccopyreg\n_reconstructor\n(cos\nsystem\nc__builtin__\nobject\nNtR.",
    b"(ios\nsystem\nS'x'\n.",
    b"\x80\x02cdatetime\nsys\n.",
    b"\x80\x02cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\n(S'O8'\nI0\nI1\ntRS'x'\n\x86R.",
    b"Pid\n.",
    b"\x82\x01.",
    b"]q\x00" + b"(h\x00h\x00l" * 50 + b".",
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_is_a_fault_and_nothing_more(root, program):
    run = root / "run"
    run.mkdir()
    (run / "ContactsAdd_0.pkl.gz").write_bytes(gzip.compress(program.replace(b"{}", str(root / "mark").encode())))
    scores, faults = read(root)
    assert not scores and not (root / "mark").exists()
    assert "damaged checkpoint" in {fault.kind for fault in faults}


@given(st.integers(0, 2000), st.binary(max_size=3))
def test_a_damaged_file_is_a_fault(tmp_path_factory, place, junk):
    path = tmp_path_factory.mktemp("run") / "ContactsAdd_0.pkl.gz"
    plain = pickle.dumps([episode("ContactsAdd")])
    place = place % len(plain)
    path.write_bytes(gzip.compress(plain[:place] + junk + plain[place + 1 :]))
    try:
        assert isinstance(read_checkpoint(path), list)
    except ValueError as error:
        assert str(path) in str(error)
    whole = gzip.compress(plain)
    path.write_bytes(whole[: place % len(whole)])
    with pytest.raises(ValueError, match="damaged"):
        read_checkpoint(path)


def test_damage_takes_no_memory(tmp_path):
    """The opcode ``r`` remembers the top of the stack at the place that its four bytes name."""
    path = tmp_path / "ContactsAdd_0.pkl.gz"
    path.write_bytes(gzip.compress(b"\x80\x04]r\xff\xff\xff\x7f."))
    tracemalloc.start()
    try:
        assert read_checkpoint(path) == []
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()


def test_a_checkpoint_that_unpacks_to_too_much_is_refused(root, monkeypatch):
    monkeypatch.setattr(android_world_checkpoints, "MOST_BYTES", 10_000)
    save(root / "run", episode("ContactsAdd", goal="x" * 100_000))
    assert read(root)[1][1].kind == "damaged checkpoint" and "too large" in read(root)[1][1].reason


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(ValueError, match="is no directory"):
        read(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"no task_metadata\.json in or above"):
        read(tmp_path)
    for wrong in ('{"a": 1}', '[{"task_name": ["ContactsAdd"]}]'):
        (tmp_path / "task_metadata.json").write_text(wrong)
        with pytest.raises(ValueError, match="no list of tasks with task_name"):
            read(tmp_path)
    (tmp_path / "task_metadata.json").write_text('[{"task_name": "ContactsAdd"}]')
    with pytest.raises(ValueError, match=r"holds no \*\.pkl\.gz"):
        read(tmp_path)


@pytest.mark.skipif(not DATA.is_dir(), reason="no shared/data")
def test_the_real_list_has_116_tasks(tmp_path):
    (tmp_path / "task_metadata.json").write_bytes((DATA / "task_metadata.json").read_bytes())
    save(tmp_path / "run", episode("CameraTakePhoto"))
    found = list(BENCHMARK.results(tmp_path, "android_world"))
    assert [one.kind for one in found].count("not played") == 115 and len(found) == 116
    (judged,) = (one for one in found if isinstance(one, Judgement))
    assert judged.kind == "easy" and "tag untagged" in judged.parts
