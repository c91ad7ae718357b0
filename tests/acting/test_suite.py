"""Several evaluations in one go: results are written, reused, and made anew when something that decides them
changed.
"""

import asyncio
import json
from dataclasses import replace

import pytest
from board import Board, ideal
from planner_server import planner_server

from tracer1.evaluation.live import Episodes, LiveSettings
from tracer1.evaluation.offline import OfflineSettings
from tracer1.evaluation.suite import LiveJob, OfflineJob, result_path, run_jobs, unfinished
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


def test_missing_rows_are_known_before_anything_starts(tmp_path):
    job = OfflineJob(OfflineSettings("stage 1", "held-out seeds", "p"), tmp_path / "none.parquet")
    with pytest.raises(ValueError, match=r"none\.parquet as Parquet.*prepare the data"):
        unfinished(tmp_path, [job], SETTINGS)
