"""Several evaluations in one go: results are written, reused, and made anew when something that decides them
changed.
"""

import asyncio
import json
from dataclasses import replace

import pytest
from board import Board, ideal
from planner_server import planner_server

from tracer1.evaluation.live import Episodes, LiveSettings, live_identity
from tracer1.evaluation.offline import OfflineSettings
from tracer1.evaluation.suite import LiveJob, OfflineJob, result_path, run_jobs, tool_job, unfinished
from tracer1.planner import PlannerSettings

SETTINGS = PlannerSettings(style="compact", retries=0)
JOB = LiveJob(
    LiveSettings("stage 1", "held-out seeds", "p", environment="board"), Episodes((("form", 0), ("form", 1)), Board)
)


def test_results_are_reused_until_something_changes(tmp_path):
    with planner_server(ideal) as server:
        asyncio.run(run_jobs(server.url, "m", SETTINGS, [JOB], tmp_path, {}))
    path = result_path(tmp_path, JOB)
    assert path.name == "live_stage-1_held-out-seeds.json"
    assert json.loads(path.read_text())["overall"]["successes"] == 2
    assert (path.with_suffix("") / "form" / "1" / "episode.jsonl").is_file()
    assert unfinished(tmp_path, [JOB], SETTINGS) == []
    assert unfinished(tmp_path, [JOB], replace(SETTINGS, seconds=1, retries=9)) == []
    assert unfinished(tmp_path, [JOB], replace(SETTINGS, horizon=2)) == [JOB]
    retrained = replace(JOB, settings=replace(JOB.settings, planner_id="q"))
    assert unfinished(tmp_path, [retrained], SETTINGS) == [retrained]
    path.write_text("{")
    assert unfinished(tmp_path, [JOB], SETTINGS) == [JOB]


def test_tool_tasks_are_known_by_what_they_ask(tmp_path):
    task = {"name": "a", "split": "heldout", "family": "f", "instruction": "one\u2028two", "pictures": [], "tools": []}
    settings = LiveSettings("stage 1", "tools", "p", executor="toolbox")
    identities = []
    for value in ("5", "6"):
        line = json.dumps(task | {"expected": {"rule": "gaia", "value": value}}, ensure_ascii=False)
        (tmp_path / "tasks.jsonl").write_text(f"{line}\n", encoding="utf-8")
        job = tool_job(settings, f"{tmp_path}@heldout")
        identities.append(live_identity(SETTINGS, job.settings))
    assert identities[0]["environment"] == identities[1]["environment"] == "tools"
    assert identities[0]["tasks"] != identities[1]["tasks"] and job.episodes.chosen == (("a", 0),)
    assert "tasks" not in live_identity(SETTINGS, settings)


def test_a_result_that_lacks_episodes_is_not_finished(tmp_path):
    with planner_server(ideal) as server:
        asyncio.run(run_jobs(server.url, "m", SETTINGS, [JOB], tmp_path, {}))
    path = result_path(tmp_path, JOB)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"unscored": {"form/2": "gone"}}))
    assert unfinished(tmp_path, [JOB], SETTINGS) == [JOB]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--tool-tasks", "t=data@heldout"], "accessibility calls no tools"),
        (["--tool-tasks", "t=d@h", "--executor", "ocr"], "ocr calls no tools"),
        (
            ["--tool-tasks", "t=d@h", "--executor", "toolbox", "--episodes", "e=heldout@0:1"],
            "score them with two commands",
        ),
    ],
)
def test_tool_tasks_need_tools_and_prompts_of_their_own(tmp_path, arguments, why):
    from typer.testing import CliRunner

    from tracer1.__main__ import app

    done = CliRunner().invoke(
        app, ["score", "p", "--output", str(tmp_path), "--url", "http://127.0.0.1:9/v1", *arguments]
    )
    assert isinstance(done.exception, ValueError) and why in str(done.exception)


def test_two_results_of_one_name_are_refused_before_one_overwrites_the_other(tmp_path):
    other = replace(
        JOB, settings=replace(JOB.settings, split="Held-out  seeds"), episodes=Episodes((("form", 2),), Board)
    )
    with pytest.raises(ValueError, match=r"two results would be .*live_stage-1_held-out-seeds\.json: give every SPLIT"):
        unfinished(tmp_path, [JOB, other], SETTINGS)


def test_missing_rows_are_known_before_anything_starts(tmp_path):
    job = OfflineJob(OfflineSettings("stage 1", "held-out seeds", "p"), tmp_path / "none.parquet")
    with pytest.raises(ValueError, match=r"none\.parquet as Parquet.*prepare the data"):
        unfinished(tmp_path, [job], SETTINGS)
