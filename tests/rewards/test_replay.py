"""``replay``: what changed in a dump, worked out by hand, and lines that cannot be scored are named."""

import json

import pytest
from typer.testing import CliRunner

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.ground_truth import GroundTruth, dump
from tracer1.plans import Plan, Step
from tracer1.trajectories import Element
from tracer1_rewards.__main__ import app
from tracer1_rewards.comparison import spearman

SAVE = Box(10, 100, 50, 120, "pixel")
CLICKS = Plan((Step(Action("click"), "Click Save"), Step(Action("click"), "Click Send")))
TRUTH = GroundTruth(CLICKS, Size(160, 210), 4, box=SAVE, elements=(Element("button", "Save", SAVE),))
BOTH, FIRST, SECOND = (
    "1. click(): Click Save\n2. click(): Click Send",
    "1. click(): Click Save\n2. wait(): Wait",
    "1. wait(): Wait\n2. click(): Click Send",
)
HALF = ("--set", "preset=paper", "--set", "discount=0.5")
runner = CliRunner()


def entry(output, score, rollout=0, **more):
    uid = {"uid": f"prompt-a_{rollout}_0"}
    return {"input": "Plan:", "output": output, "gts": dump(TRUTH), "score": score, "step": 1} | uid | more


def write(path, *entries):
    path.write_text("".join(json.dumps(one) + "\n" for one in entries), encoding="utf-8")
    return path


def replay(*arguments, code=0):
    result = runner.invoke(app, ["replay", *map(str, arguments), "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def refused(*arguments):
    result = runner.invoke(app, ["replay", *map(str, arguments)])
    assert result.exit_code == 2 and result.stderr.count("\n") == 1, result.output
    return result.stderr


def test_means_ranks_and_best_by_hand(tmp_path):
    # discount 1/2: the first step weighs 2/3, the second 1/3. With discount 1 both weigh 1/2.
    file = write(
        tmp_path / "1.jsonl", entry(FIRST, 2 / 3, 0, alignment=2 / 3), entry(SECOND, 1 / 3, 1), entry(BOTH, 0, 2)
    )
    told = replay(file, *HALF)
    assert (told["scored"], told["changed"]) == (3, 1)
    assert told["components"]["score"] == pytest.approx({"lines": 3, "before": 1 / 3, "after": 2 / 3})
    assert told["components"]["alignment"] == pytest.approx({"lines": 1, "before": 2 / 3, "after": 2 / 3})
    assert told["components"]["plan_length"] == {"lines": 0, "before": None, "after": 2}
    # before: FIRST, SECOND, BOTH rank 3, 2, 1; after: 2, 1, 3. Spearman: 1 - 6 (1 + 1 + 4) / (3 * 8) = -1/2
    groups = told["groups"]
    assert groups["count"] == groups["ranked"] == groups["best_changed"] == 1
    assert groups["rank_correlation"] == pytest.approx(-0.5)


def test_variance_is_lost_and_found(tmp_path):
    same = [entry(FIRST, 0.5, 0), entry(SECOND, 0.5, 1)]
    differ = [one | {"uid": f"prompt-b_{n}_0", "score": n} for n, one in enumerate(same)]
    groups = replay(write(tmp_path / "1.jsonl", *same, *differ), "--set", "preset=paper", "--set", "discount=1")[
        "groups"
    ]
    assert (groups["count"], groups["no_variance_before"], groups["no_variance_after"]) == (2, 1, 2)
    assert groups["ranked"] == 0 and groups["rank_correlation"] is None and groups["best_changed"] == 0


def test_single_precision_is_no_change_and_groups_without_uid_go_by_prompt(tmp_path):
    entries = [entry(FIRST, 0.6666666865348816), entry(SECOND, 0.3333333432674408), entry(BOTH, 1.0, input="else")]
    for one in entries:
        del one["uid"]
    told = replay(write(tmp_path / "1.jsonl", *entries), *HALF)
    assert told["changed"] == 0 and told["groups"]["count"] == 1 and told["groups"]["rank_correlation"] == 1


def test_stage_2(tmp_path):
    told = replay(
        write(tmp_path / "1.jsonl", entry(FIRST, 0), entry(SECOND, 0)), "--stage", 2, "--set", "format_weight=0"
    )
    assert told["components"]["grounding"]["after"] == told["components"]["score"]["after"] == 0.5


def test_what_cannot_be_scored_is_named(tmp_path):
    boxless = json.dumps(json.loads(dump(TRUTH)) | {"box": None})
    unread = json.dumps(json.loads(dump(TRUTH)) | {"protocol": "new"})
    file = write(
        tmp_path / "2.jsonl",
        entry(BOTH, 1),
        entry(BOTH, 1, gts=boxless),
        entry(BOTH, 1, gts=None),
        entry(BOTH, None),
        entry(BOTH, 1, gts=unread),
        ["no object"],
    )
    file.write_bytes(file.read_bytes() + b'\n{"input": "cut')
    told = replay(file, "--stage", 2)
    assert told["scored"] == 1
    reasons = [
        "no target box",
        "text field gts",
        "number score",
        "unknown protocol 'new'",
        "not a JSON object",
        "not JSON",
    ]
    lines = [2, 3, 4, 5, 6, 8]
    for problem, line, reason in zip(told["unscored"], lines, reasons, strict=True):
        assert problem.startswith(f"{file}, line {line}") and reason in problem


def test_a_folder_in_the_order_of_steps_and_an_unreadable_file(tmp_path):
    for step in (10, 9):
        write(tmp_path / f"{step}.jsonl", entry(BOTH, 1.0))
    (tmp_path / "1.jsonl").mkdir()
    out = tmp_path / "new" / "out.jsonl"
    told = replay(tmp_path, tmp_path / "9.jsonl", "--out", out, code=1)
    assert told["files"] == 3 and told["scored"] == 2 and told["groups"]["count"] == 0
    assert told["unreadable"] == [f"{tmp_path / '1.jsonl'}: Is a directory"]
    written = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [one["score"] for one in written] == pytest.approx([1, 1])
    assert written[0]["output"] == BOTH and written[0]["plan_length"] == 2


def test_the_table(tmp_path):
    file = write(
        tmp_path / "1.jsonl", *(entry(FIRST, 1.0, n) for n in range(2)), *[entry("", 0, gts="") for _ in range(25)]
    )
    result = runner.invoke(app, ["replay", str(file), *HALF, "--out", str(tmp_path / "out.jsonl")])
    assert result.exit_code == 0, result.output
    for part in ("-0.3333", "2 of 2 scores changed", "lines that could not be scored: 25", "and 5 more", "2 lines →"):
        assert part in result.stdout


def test_bad_input(tmp_path):
    assert "none: there is no such file or folder" in refused(tmp_path / "none")
    assert "holds no STEP.jsonl" in refused(tmp_path)
    file = write(tmp_path / "1.jsonl", entry(BOTH, 1))
    assert "is one of the dumps" in refused(file, "--out", file)
    assert f"--out {file / 'x'}: cannot be written" in refused(file, "--out", file / "x")
    assert "unknown preset 'papr'" in refused(file, "--set", "preset=papr")
    assert replay(write(tmp_path / "2.jsonl", {}), code=1)["scored"] == 0


def test_equal_values_share_their_rank():
    assert spearman([1, 1, 2], [1, 2, 2]) == pytest.approx(0.5)  # ranks 1.5 1.5 3 and 1 2.5 2.5: 0.75 / 1.5
    assert spearman([1, 2, 3], [9, 8, 7]) == pytest.approx(-1)
