"""The screenshot's way from a row to the executor, and what the reward says of executors that fail."""

from __future__ import annotations

import asyncio
import json

import pytest
import toys
from typer.testing import CliRunner

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.executors.served import NO_SCREENSHOT
from tracer1.ground_truth import GroundTruth, dump, load
from tracer1.plans import Plan, Step
from tracer1.trajectories import Observation, RecordedStep, Trajectory
from tracer1_data.rows import to_row, write_rows
from tracer1_data.settings import RowSettings
from tracer1_data.windows import window
from tracer1_rewards import KEYS
from tracer1_rewards.__main__ import app
from tracer1_rewards.verl import stage2, stage2_sync

CLICK = Step(Action("click"), "Click Save")
TRUTH = GroundTruth(Plan((CLICK,)), Size(200, 100), 4, "mobile", box=Box(40, 40, 60, 60, "pixel"))
PICTURE = toys.picture()


def settings(server: toys.Server, model: str = "fine", **options) -> dict:
    options = {"base_urls": [server.url], "model": model, "retries": 0, "open_after": 999, **options}
    return {"executor": "ui_tars", "executor_options": options, "format_weight": 0.0}


def score(server: toys.Server, answer: str, model: str = "fine", screenshot: bytes = PICTURE, **options) -> dict:
    said = f"1. click(): Click what is at «{answer}»"
    extra = {"index": 7, "screenshot": screenshot}
    return asyncio.run(stage2("test", said, dump(TRUTH), extra, **settings(server, model, **options)))


@pytest.fixture(scope="module")
def server():
    with toys.running() as one:
        yield one


def test_a_hit_a_miss_and_a_refusal_are_scored(server: toys.Server) -> None:
    for answer, expected in (("(250,500)", 1), ("(350,500)", 0), ("I will not", 0)):
        result = score(server, answer)
        assert tuple(result) == KEYS and result["grounding"] == result["score"] == expected
        assert result["unscored"] == 0


@pytest.mark.parametrize(
    ("model", "flags"),
    [
        ("status 500", (1, 0)),
        ("half", (1, 0)),
        ("junk", (1, 0)),
        ("slow 9", (0, 1)),
        ("cut", (0, 0)),
        ("fine", (0, 0)),
    ],
)
def test_what_could_not_be_judged_is_flagged_and_no_zero(
    server: toys.Server, model: str, flags: tuple[int, int]
) -> None:
    result = score(server, "(250,500)", model, seconds=0.5 if model.startswith("slow") else 20.0)
    assert (result["executor_failed"], result["timed_out"]) == flags and result["unscored"] == max(flags)
    assert result["score"] == (model == "fine")


def test_a_missing_screenshot_is_a_failure_with_a_reason(server: toys.Server, caplog: pytest.LogCaptureFixture) -> None:
    before = server.stats()["requests"]
    result = score(server, "(250,500)", screenshot=b"", max_tokens=99)  # an executor of its own
    assert result["executor_failed"] == result["unscored"] == 1 and result["score"] == 0
    assert server.stats()["requests"] == before and NO_SCREENSHOT in caplog.text


def test_steps_that_do_not_point_need_none(server: toys.Server) -> None:
    truth = GroundTruth(Plan((Step(Action("type", {"text": "bob"}), "Enter it"),)), Size(200, 100), 4)
    said = '1. type(text="bob"): Enter the name'
    assert stage2_sync("test", said, dump(truth), None, **settings(server))["answer"] == 1


def test_the_executor_sees_picture_and_platform_and_no_ground_truth() -> None:
    with toys.running() as server:
        score(server, "(250,500)")
        request = json.dumps(server.stats()["last"])
    assert "image/png;base64" in request and "Save" not in request
    assert load(dump(TRUTH)).observation == Observation(b"", Size(200, 100), platform="mobile")


def test_explain_shows_the_row_to_the_executor(server: toys.Server, tmp_path) -> None:
    seen = Observation(PICTURE, Size(200, 100))
    steps = (RecordedStep(seen, CLICK, TRUTH.box), RecordedStep(seen, CLICK, TRUTH.box))
    instances = window(Trajectory("test", "test/0", "Save", "web", steps, task="save"), horizon=4, history=1)
    path = tmp_path / "rows.parquet"
    write_rows([to_row(one, n, RowSettings(horizon=4, style="compact")) for n, one in enumerate(instances)], path)
    options = json.dumps({"base_urls": server.url, "model": "fine"})
    given = ["--stage", "2", "--set", "executor=ui_tars", "--set", f"executor_options={options}", "--json"]
    arguments = ["explain", "--rows", str(path), "--row", "1", "--response", "-", *given]
    result = CliRunner().invoke(app, arguments, input="1. click(): Click what is at «(250,500)»")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)["execution"]
    assert told["status"] == "ok" and told["point"] == [50, 50] and told["in_box"]


def test_replay_says_that_a_dump_has_no_screenshots(server: toys.Server, tmp_path) -> None:
    (tmp_path / "1.jsonl").write_text("{}\n")
    options = json.dumps({"base_urls": server.url, "model": "fine"})
    given = ["--stage", "2", "--set", "executor=ui_tars", "--set", f"executor_options={options}"]
    result = CliRunner().invoke(app, ["replay", str(tmp_path), *given])
    assert result.exit_code == 2 and "looks at screenshots, which a dump lacks" in result.stderr


def test_explain_says_what_is_wrong_with_the_options() -> None:
    for text, says in (
        ("{", "a JSON object is needed"),
        ("{}", "base_urls is empty"),
        ("[]", "holds names and values"),
    ):
        given = ["--stage", "2", "--set", "executor=ui_tars", "--set", f"executor_options={text}"]
        result = CliRunner().invoke(app, ["explain", "--rows", "none.parquet", *given])
        assert result.exit_code == 2 and says in result.stderr and result.stderr.count("\n") == 1
