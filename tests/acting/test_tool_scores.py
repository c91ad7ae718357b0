"""Tool tasks played with real tools in the sandbox, and what is reported of them."""

import asyncio
import json

import pytest
from planner_server import planner_server

from tracer1.episodes import EpisodeLog
from tracer1.evaluation.live import LiveSettings
from tracer1.evaluation.suite import describe, result_path, run_jobs, tool_job
from tracer1.evaluation.tool_measures import tool_measures
from tracer1.files import read_json
from tracer1.planner import PlannerSettings
from tracer1.sandbox import unavailable

SETTINGS = LiveSettings("stage 1", "held-out", "p")
CALL = 'call_tool(name="calculator", arguments={"expression": "2 + 3"}): Add them'


def _task(name, **changes):
    task = {
        "name": name, "split": "heldout", "family": "total", "instruction": f"{name}: what is 2 plus 3?",
        "pictures": [], "expected": {"rule": "gaia", "value": "5"}, "tools": ["calculator"],
    }  # fmt: skip
    return json.dumps({**task, **changes})


def model(task, done, _):
    """``right`` adds and answers, ``guess`` answers at once, ``lost`` calls what is not there and then says nothing readable."""
    if task.startswith("right"):
        return f"1. {CALL}" if not done else '1. finish(answer="5"): Tell it'
    if task.startswith("guess"):
        return '1. finish(answer="6"): Guess'
    return '1. call_tool(name="abacus"): Add them' if not done else "hm"


@pytest.mark.skipif(bool(unavailable()), reason=unavailable())
def test_tasks_are_played_with_the_tools(tmp_path):
    (tmp_path / "files").mkdir()
    lines = [*map(_task, ("right", "guess", "lost")), _task("other", split="train")]
    (tmp_path / "tasks.jsonl").write_text("\n".join(lines))
    options = {"toolbox": "local", "files": str(tmp_path / "files"), "only": ["calculator"]}
    settings = LiveSettings("stage 1", "held-out", "p", executor="toolbox", executor_options=options)
    job = tool_job(settings, f"{tmp_path}@heldout")
    with planner_server(model) as server:
        asyncio.run(run_jobs(server.url, "m", PlannerSettings(style="compact", retries=0), [job], tmp_path / "out", {}))
    result = read_json(result_path(tmp_path / "out", job))
    shares = {name: (value["successes"], value["n"]) for name, value in result["measures"].items()}
    # One of three right. Needed: three calls (one made), three answers (one right). Called: one, an unknown tool, an unreadable plan.
    assert shares == {"AnsAcc": (1, 3), "ToolAcc": (2, 6), "CodeExec": (1, 3)}
    assert describe(result).endswith("AnsAcc 33.3%, ToolAcc 33.3%, CodeExec 33.3%")
    assert result["tasks"]["total"]["n"] == 3 and list(result["tasks"]) == ["total"]
    assert result["ended"] == {"finished": 2, "unparsable": 1}


def test_a_call_counts_once_for_each_time_that_it_was_needed(tmp_path):
    turn = {"plan": [CALL], "position": 0, "performed": True}
    log = EpisodeLog(tmp_path, {"task": "a"}, (turn,), {"success": False})
    assert tool_measures([log], {"a": ["calculator", "calculator", "ocr"]})["ToolAcc"]["successes"] == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{}", r"tasks\.jsonl, line 1.*split"),
        ("no json", "line 1"),
        (_task("a", expected={"rule": "x", "value": "5"}), "x"),
    ],
)
def test_what_is_no_task_is_named(tmp_path, text, says):
    (tmp_path / "tasks.jsonl").write_text(text)
    with pytest.raises(ValueError, match=says):
        tool_job(SETTINGS, f"{tmp_path}@heldout")


def test_a_set_without_the_split_and_a_typo_are_named(tmp_path):
    (tmp_path / "tasks.jsonl").write_text(_task("a"))
    with pytest.raises(ValueError, match="no task of the split 'test'"):
        tool_job(SETTINGS, f"{tmp_path}@test")
    with pytest.raises(ValueError, match="write FOLDER@SPLIT"):
        tool_job(SETTINGS, "data")
    with pytest.raises(ValueError, match="make tasks with python -m tracer1_data"):
        tool_job(SETTINGS, f"{tmp_path}/none@heldout")
