"""The report of tiny run directories whose numbers are known."""

import base64
import json
import re

import pytest
from synthetic import make_run

from tracer1.report.curves import draw_curves
from tracer1.report.page import choose_episodes, write_report
from tracer1.report.runs import read_metrics, read_run


def test_one_run(tmp_path):
    run = make_run(tmp_path / "run")
    page = write_report([run], run)
    report = json.loads((run / "report.json").read_text())
    score = report["stages"]["stage1"]["score"]
    # Score 0.1 + 0.02 · step: means over steps 1–10 and 11–20.
    assert score["first"]["mean"] == pytest.approx(0.21) and score["last"]["mean"] == pytest.approx(0.41)
    assert score["change"]["mean"] == pytest.approx(0.2) and score["change"]["deviation"] == 0
    assert [(entry["policy"], entry["successes"], entry["n"]) for entry in report["success"]] == [
        ("warm start", 1, 4),
        ("stage 1", 2, 4),
        ("stage 2", 3, 4),
    ]
    assert report["runs"][0]["phases"] == {"stage 1": {"seconds": 125.0, "peak_memory_gib": 9.5}}
    assert report["executor"] == {"held-out seeds": {"n": 64, "right": 63, "accuracy": 63 / 64}}
    text = page.read_text()
    assert "2 min 05 s" in text and "25.0 %" in text and "75.0 %" in text
    assert text.count("data:image/svg+xml;base64,") == 2 and text.count("data:image/png;base64,") == 3
    for name in ("stage1.svg", "stage2.svg", "episode1.png", "episode2.png", "episode3.png"):
        assert base64.b64encode((run / name).read_bytes()).decode() in text, "each picture is a file as well"
    assert not re.search(r'(?:src|href)="(?!data:)', text), "the page must need nothing from outside"
    assert "<script>" not in text and "&lt;script&gt;" in text


def test_several_runs_are_pooled_with_their_spread(tmp_path):
    runs = [
        make_run(tmp_path / f"seed{seed}", seed, gain, solved) for seed, gain, solved in ((1, 0.01, 2), (2, 0.03, 4))
    ]
    write_report(runs, tmp_path)
    report = json.loads((tmp_path / "report.json").read_text())
    change = report["stages"]["stage2"]["score"]["change"]
    # Changes over ten steps: 0.1 and 0.3; their sample deviation is 0.2 / √2.
    assert change["values"] == pytest.approx([0.1, 0.3]) and change["deviation"] == pytest.approx(0.2 / 2**0.5)
    last = report["success"][-1]
    assert (last["policy"], last["successes"], last["n"], last["over_runs"]["values"]) == ("stage 2", 6, 8, [0.5, 1.0])
    assert "over runs" in (tmp_path / "report.html").read_text()


def test_what_could_not_be_scored_is_counted(tmp_path):
    runs = [make_run(tmp_path / f"seed{seed}", seed) for seed in (1, 2)]
    live, offline = (runs[0] / f"evaluation/{kind}_stage-1_held-out-seeds.json" for kind in ("live", "offline"))
    two = {"unscored": {"form/4": "no answer", "form/5": "no answer"}}
    live.write_text(json.dumps(json.loads(live.read_text()) | two))
    result = json.loads(offline.read_text())
    result["greedy"]["executed"]["rows"] = 61  # of 64
    offline.write_text(json.dumps(result))
    text = write_report(runs, tmp_path).read_text()
    report = json.loads((tmp_path / "report.json").read_text())
    assert [entry["unscored"] for entry in report["success"]] == [0, 2, 0]
    assert [entry["unscored"] for entry in report["offline"]] == [0, 3, 0]
    assert "2 episodes could not be scored" in text and "3 rows could not be scored" in text
    assert text.count("could not be scored") == 2


def test_the_episodes_are_of_the_last_planner_with_one_failure(tmp_path):
    logs = choose_episodes([read_run(make_run(tmp_path / "run"))])
    assert [log.outcome["success"] for log in logs] == [True, False, True]
    assert all("stage-2" in str(log.directory) for log in logs)


def test_a_run_without_evaluation_or_record_still_reports(tmp_path):
    run = make_run(tmp_path / "run")
    for path in (run / "evaluation").glob("*.json"):
        path.unlink()
    (run / "run.json").unlink()
    assert "not recorded" in write_report([run], run).read_text()


def test_a_restarted_log_counts_each_step_once(tmp_path):
    path = tmp_path / "metrics.jsonl"
    lines = [{"step": 1, "data": {"reward/score": 0.1}}, {"step": 2, "data": {"reward/score": 0.2}}]
    again = {"step": 2, "data": {"reward/score": 0.3, "note": "text"}}
    path.write_text("".join(json.dumps(line) + "\n" for line in [*lines, again]) + '{"step": 3, "da')
    assert read_metrics(tmp_path).reward("score") == [(1, 0.1), (2, 0.3)]
    path.write_text('{"step": 3, "da\n' + json.dumps(again) + "\n")
    with pytest.raises(ValueError, match="line 1"):
        read_metrics(tmp_path)


def test_what_is_no_run_is_named(tmp_path):
    with pytest.raises(ValueError, match="there is no run directory"):
        read_run(tmp_path / "none")
    with pytest.raises(ValueError, match="is it a run"):
        read_run(tmp_path)
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "evaluation" / "x.json").write_text("{}")
    with pytest.raises(ValueError, match=r"x\.json is not a result"):
        read_run(tmp_path)


def test_a_stage_in_which_nothing_is_executed_has_no_panel_for_it(tmp_path):
    run = read_run(make_run(tmp_path / "run"))
    assert b"Executed first step" not in draw_curves("stage1", [run.stages["stage1"]])
    assert b"Executed first step" in draw_curves("stage2", [run.stages["stage2"]])
