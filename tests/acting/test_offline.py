"""Scores of plans on rows, with answers whose scores are known by hand."""

import asyncio
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from planner_server import planner_server

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.evaluation.offline import OfflineSettings, evaluate_offline, read_rows
from tracer1.evaluation.suite import (
    OfflineJob,
    describe,
    load_scores,
    parse_episodes,
    result_path,
    run_jobs,
    unfinished,
)
from tracer1.ground_truth import GroundTruth, dump
from tracer1.planner import Planner, PlannerSettings
from tracer1.plans import Plan, Step
from tracer1.trajectories import Element

OK, CANCEL = Box(5, 5, 35, 15, "pixel"), Box(5, 20, 35, 30, "pixel")
SETTINGS = PlannerSettings(style="compact", retries=0)
RIGHT, WRONG = "1. click(): Click the OK button", "1. click(): Click the Cancel button"


def _row(number):
    output = io.BytesIO()
    Image.new("RGB", (40, 40), "white").save(output, "PNG")
    elements = (Element("button", "OK", OK), Element("button", "Cancel", CANCEL))
    truth = GroundTruth(
        Plan((Step(Action("click"), "Click the OK button"),)), Size(40, 40), 4, box=OK, elements=elements
    )
    return {
        "data_source": "tracer1/test",
        "prompt": [{"role": "user", "content": f"<image>Task: {number}\nDone:\n- none\nPlan:"}],
        "images": [{"bytes": output.getvalue()}],
        "ability": "gui",
        "reward_model": {"style": "rule", "ground_truth": dump(truth)},
        "extra_info": {"index": number},
    }


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist([_row(number) for number in range(4)]), path)
    return path


def model(task, _done, number):
    """Row 0: always right; rows 1 and 2: right in the sample of that number only; row 3: nothing readable."""
    if task == "3":
        return "?"
    return RIGHT if task == "0" or number == int(task) else WRONG


def test_greedy_mean_and_pass(rows):
    async def evaluate(url):
        settings = OfflineSettings("warm start", "held-out seeds", "p", samples=4)
        async with Planner(url, "m", SETTINGS) as planner:
            return await evaluate_offline(planner, read_rows(rows), load_scores("tracer1_rewards.verl"), settings)

    with planner_server(model) as server:
        result = asyncio.run(evaluate(server.url))
    temperatures = sorted((request["temperature"], request["n"]) for request in server.requests)
    assert temperatures == [(0.0, 1)] * 4 + [(1.0, 4)] * 4
    greedy, sampled = result["greedy"], result["sampled"]
    # Greedy answers are sample 0: only row 0 is right; row 3 cannot be read.
    assert (greedy["first_step"]["mean"], greedy["executed"]["mean"], greedy["parse_failed"]["mean"]) == (
        0.25,
        0.25,
        0.25,
    )
    # Means of rows: 4/4, 1/4, 1/4, 0 → 0.375; at least one right in three of four rows.
    assert (sampled["first_step"]["mean"], sampled["pass_first_step"], sampled["pass_executed"]) == (0.375, 0.75, 0.75)
    # Standard error of (1, 1/4, 1/4, 0): deviation 0.43301 / 2.
    assert sampled["executed"]["error"] == pytest.approx(0.216506, abs=1e-6)
    # Stage 2 gives (match + 0.1 format) / 1.1: 1 for row 0, 0.1 / 1.1 for rows 1 and 2, 0 for row 3.
    assert greedy["stage2_score"]["mean"] == pytest.approx((1 + 2 * 0.1 / 1.1) / 4)
    assert result["executor"] == {"n": 4, "right": 4, "accuracy": 1.0}
    json.dumps(result, allow_nan=False)


def test_a_limit_spreads_over_the_file(rows):
    assert [row.messages[0]["content"][13] for row in read_rows(rows, 2)] == ["0", "2"]


def test_a_damaged_row_is_named_by_its_place_in_the_file_whatever_the_limit(tmp_path, rows):
    table = pq.read_table(rows)
    broken = [None if number == 2 else row for number, row in enumerate(table["prompt"].to_pylist())]
    pq.write_table(table.set_column(1, "prompt", pa.array(broken, table["prompt"].type)), tmp_path / "odd.parquet")
    for limit in (0, 2):
        with pytest.raises(ValueError, match=r"odd\.parquet, row 2: TypeError"):
            read_rows(tmp_path / "odd.parquet", limit)


def test_rows_that_cannot_be_read_are_named(tmp_path, rows):
    (tmp_path / "bad.parquet").write_bytes(b"no parquet")
    with pytest.raises(ValueError, match=r"cannot read .*bad\.parquet as Parquet"):
        read_rows(tmp_path / "bad.parquet")
    pq.write_table(pq.read_table(rows).drop_columns(["images"]), tmp_path / "short.parquet")
    with pytest.raises(ValueError, match=r"short\.parquet lacks the column images"):
        read_rows(tmp_path / "short.parquet")
    pq.write_table(pq.read_table(rows).slice(0, 0), tmp_path / "empty.parquet")
    with pytest.raises(ValueError, match=r"empty\.parquet has no rows"):
        read_rows(tmp_path / "empty.parquet")


def test_episodes_are_written_as_tasks_and_seeds():
    assert parse_episodes("a, b@3:5") == (("a", 3), ("a", 4), ("b", 3), ("b", 4))
    assert ("login-user-popup", 7) in parse_episodes("heldout@7:8")
    for wrong in ("a", "@1:2", "a@2:2", "a@1-2"):
        with pytest.raises(ValueError, match="TASKS@FIRST:END"):
            parse_episodes(wrong)
    with pytest.raises(ValueError, match="name a twice: each would be counted twice"):
        parse_episodes("a,b,a@3:5")
    with pytest.raises(ValueError, match="cannot import the rewards 'no_such'"):
        load_scores("no_such")


def test_a_directory_of_shards_is_scored_once(tmp_path, rows):
    """The second call finds the result; other rows in the second shard make it anew."""
    folder = tmp_path / "shards"
    folder.mkdir()
    for number in range(2):
        pq.write_table(pq.read_table(rows).slice(2 * number, 2), folder / f"rows-{number}.parquet")
    job = OfflineJob(OfflineSettings("stage 1", "rows", "p", samples=1), folder)
    with planner_server(model) as server:
        run = run_jobs(server.url, "m", SETTINGS, [job], tmp_path, load_scores("tracer1_rewards.verl"))
        asyncio.run(run)
    assert json.loads(result_path(tmp_path, job).read_text())["rows"] == 4
    assert unfinished(tmp_path, [job], SETTINGS) == []
    pq.write_table(pq.read_table(rows).slice(3, 1), folder / "rows-1.parquet")
    assert unfinished(tmp_path, [job], SETTINGS) == [job]


def test_an_executor_that_answers_nothing_is_told_before_the_planner_is_asked(rows):
    """One that is not reachable fails all: nothing is executed, nothing counts as wrong."""
    options = {"base_urls": ["http://127.0.0.1:9/v1"], "model": "none", "retries": 0, "seconds": 2}
    settings = OfflineSettings("stage 1", "rows", "p", samples=1, executor="ui_tars", executor_options=options)

    async def evaluate(url):
        async with Planner(url, "m", SETTINGS) as planner:
            return await evaluate_offline(planner, read_rows(rows), load_scores("tracer1_rewards.verl"), settings)

    with planner_server(model) as server, pytest.raises(ValueError, match="none of the 4 rows could be scored"):
        asyncio.run(evaluate(server.url))
    assert server.requests == []


def test_what_could_not_be_scored_counts_nowhere(rows):
    """An executor that fails for row 0 always, and for the first of row 1's answers."""
    scores, asked = load_scores("tracer1_rewards.verl"), []

    async def stage2(source, text, truth, extra, **settings):
        result = await scores["stage2"](source, text, truth, extra, executor=settings["executor"])
        asked.append((extra["index"], settings["executor_seconds"]))
        fails = extra["index"] == 0 or (extra["index"] == 1 and [row for row, _ in asked].count(1) == 3)
        gone = {"unscored": 1.0, "executor_failed": 1.0, "grounding": 0.0, "score": 0.0}
        return result | gone if fails else result

    async def evaluate(url):
        settings = OfflineSettings("stage 1", "rows", "p", samples=2)
        async with Planner(url, "m", SETTINGS) as planner:
            return await evaluate_offline(planner, read_rows(rows), {**scores, "stage2": stage2}, settings)

    with planner_server(model) as server:
        result = asyncio.run(evaluate(server.url))
    greedy, sampled = result["greedy"], result["sampled"]
    # Greedily rows 1 and 2 are wrong and row 3 cannot be read; row 0, which is right, could not be executed.
    assert (greedy["executed"]["rows"], greedy["executed"]["mean"], greedy["grounding"]["mean"]) == (3, 0.0, 0.0)
    assert (greedy["unscored"]["mean"], greedy["first_step"]["mean"]) == (0.25, 0.25)
    assert greedy["stage2_score"]["mean"] == pytest.approx(2 * 0.1 / 1.1 / 3)
    # Sampled: of two answers row 2 is right in none, row 3 neither. Row 1's second is right, but had it been wrong, the row would
    # count nowhere, since its first could not be scored: it must not count only because it is right.
    assert (sampled["executed"]["rows"], sampled["pass_executed"], sampled["pass_executed_rows"]) == (3, 0.0, 2)
    assert sampled["executed"]["mean"] == pytest.approx((1 + 0 + 0) / 3)
    assert result["executor"] == {"n": 3, "right": 3, "accuracy": 1.0}
    said = "executed 0.0% of 3 rows, sampled executed mean@2 33.3% of 3 rows, pass@2 0.0% of 2 rows"
    assert describe(result).endswith(said)
    assert {seconds for _, seconds in asked} == {3600.0}
