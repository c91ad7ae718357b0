"""The command line on a toy benchmark with a real server: killed and resumed, partial, repeated; cards, failures, comparison."""

import csv
import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import gta_records
import pytest
from tool_planner_server import serving
from toy_benchmark import APP, ENTRIES, answer, planner_server, write_data
from typer.testing import CliRunner

from tracer1.evaluation.harness import registry
from tracer1.evaluation.harness.card import coverage
from tracer1.trajectories import Fault

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def _toys_are_known(monkeypatch):
    for name, entry in ENTRIES.items():
        monkeypatch.setitem(registry.BENCHMARKS, name, entry)


def _run(*words, code=0):
    """The command line in this process; what it cannot do comes as its error."""
    result = CliRunner().invoke(APP, list(map(str, words)), catch_exceptions=True)
    assert result.exit_code == code, result.output[-2000:] + repr(result.exception)
    return result.stdout, str(result.exception)


def _evaluate(data, server, output, *more, code=0):
    url = getattr(server, "url", server)
    words = ("evaluate", "toy", "--data", data, "--url", url, "--style", "compact", "--history", 9, "--output", output)
    return _run(*words, *more, code=code)


def _card(output):
    return json.loads((output / "card.json").read_text())


def _asked(server):
    """How often each sample was asked for: task and number of done steps."""
    told = [request["messages"][-1]["content"][1]["text"] for request in server.requests]
    return Counter((text.split("\n")[0], text.count("\n- ") - text.count("- none")) for text in told)


def test_a_killed_run_goes_on_and_asks_for_nothing_twice(tmp_path):
    data, output = write_data(tmp_path / "toy.json", 30, 6), tmp_path / "out"

    def slow(task, done, number):
        time.sleep(0.05)
        return answer(task, done, number)

    with planner_server(slow) as server:
        words = ("--url", server.url, "--style", "compact", "--history", 9, "--output", output, "--concurrency", 4)
        command = [sys.executable, HERE / "toy_benchmark.py", "evaluate", "toy", "--data", data, *words]
        process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while len(server.requests) < 60 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        time.sleep(0.2)
        kept = (output / "predictions-0.jsonl").read_text().count("\n") - 1
        assert 40 < kept < 180
        assert not (output / "card.json").exists()
        before = len(server.requests)
        out, _ = _evaluate(data, server, output, "--concurrency", 4)
        assert f"{kept:,} of 180 predictions are there" in out
        assert len(server.requests) - before == 180 - kept
        asked = _asked(server)
        assert len(asked) == 180
        assert sum(asked.values()) <= 180 + 4, "only what was under way when it was killed is asked again"
        _evaluate(data, server, tmp_path / "straight", "--concurrency", 32)
    resumed, straight = _card(output), _card(tmp_path / "straight")
    assert resumed["metrics"] == straight["metrics"] and resumed["samples"] == straight["samples"]
    # 15 of 30 episodes are wrong at position 2: 165 of 180 right.
    assert resumed["metrics"][0]["value"] == pytest.approx(165 / 180)
    for name in ("judgements.jsonl", "failures.json", "faults.jsonl"):
        assert (output / name).read_text() == (tmp_path / "straight" / name).read_text()


def test_the_card_says_everything_and_a_partial_score_says_so_in_its_line(tmp_path):
    data = write_data(tmp_path / "toy.json", 6, 4, broken=["e0/0", "e5/3"], skipped=["e1/0"])
    with planner_server(answer) as server:
        out, _ = _evaluate(data, server, tmp_path / "all", "--weights", "toy-8b", code=3)
        limited, _ = _evaluate(data, server, tmp_path / "some", "--limit", 7, "--protocol", "loose", code=3)
        write_data(data, 6, 4)
        whole, _ = _evaluate(data, server, tmp_path / "all", "--weights", "toy-8b")
    line = next(line for line in out.splitlines() if ": right" in line)
    assert "n = 21 samples) – PARTIAL, 21 of 23 samples: 2 damaged or missing" in line
    assert "2 broken picture: see" in out
    line = next(line for line in limited.splitlines() if ": right" in line)
    assert "toy test, loose: right 100.0%" in line
    assert "n = 7 samples) – PARTIAL, 7 of 23 samples: --limit 7; 2 damaged or missing" in line
    assert "PARTIAL" not in whole
    card = _card(tmp_path / "all")
    assert card["samples"] | {"digest": ""} == {
        "n": 24, "total": 24, "partial": "", "faults": {}, "excluded": {}, "digest": "", "unanswered": {},
    }  # fmt: skip
    assert card["protocol"]["click"] == "the point is in the box"
    assert (card["benchmark"], card["split"], card["headline"], card["seeds"]) == ("toy", "test", "right", [0])
    assert list(card["other_protocols"]) == ["loose"]
    made = card["made_with"]
    assert (made["model"], made["history"], made["horizon"], made["executor"]) == ("toy-8b", 9, 8, {"name": "none"})
    assert len(made["prompt"]) == 16
    assert {"time", "versions", "git", "seconds", "machine"} <= card["made"].keys()
    assert card["made"]["git"] is None or len(card["made"]["git"]["commit"]) == 40
    page = (tmp_path / "all" / "card.md").read_text()
    assert "click: the point is in the box" in page and "Under loose:" in page
    with (tmp_path / "all" / "journal.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["metric"] for row in rows] == ["right", "episodes", "right", "right"] * 2
    assert rows[0]["partial"].startswith("PARTIAL, 21 of 23") and rows[4]["partial"] == ""
    assert (rows[4]["n"], rows[4]["model"], rows[4]["history"]) == ("24", "toy-8b", "9")
    faults = [json.loads(line) for line in (tmp_path / "some" / "faults.jsonl").read_text().splitlines()]
    assert [(fault["kind"], fault["where"], fault["expected"]) for fault in faults] == [
        ("broken picture", "e0/0", False),
        ("not scored", "e1/0", True),
        ("broken picture", "e5/3", False),
    ]


def test_failures_are_counted_and_drawn(tmp_path):
    data = write_data(tmp_path / "toy.json", 8, 6)

    def planner(task, done, number):
        if task.startswith("Episode 7"):
            return "no plan at all"
        if task.startswith("Episode 6") and not done:
            return "\n".join(f"{n}. click(point=[1, 1]): Press again" for n in range(1, 5))
        return answer(task, done, number)

    with planner_server(planner) as server:
        _evaluate(data, server, tmp_path / "out")
        counts = json.loads((tmp_path / "out" / "failures.json").read_text())
        # wrong: the third step of episodes 1, 3, 5; the first of episode 6; all 6 of episode 7
        assert (counts["samples"], counts["failed"]) == (48, 3 + 1 + 6)
        assert counts["by_kind"]["finish"]["n"] == 8 and counts["by_kind"]["finish"]["value"] == 7 / 8
        assert counts["by_index"]["2"] == counts["by_index"]["2"] | {"n": 8, "value": 4 / 8}
        assert counts["status"] == {"ok": 42, "unreadable": 6}
        assert counts["loops"] == {"plans": 42, "looping": 1}
        # The looping plan has four clicks where the recording has six steps: it ends too soon, and no type is wrong.
        assert counts["first_wrong"] == {"never": 41, "too short": 1}
        assert counts["by_plan_position"]["1"]["n"] == 42
        page = (tmp_path / "out" / "failures.html").read_text()
        assert "no plan at all" in page and "unreadable: empty" in page
        assert page.index("<h3>e7</h3>") < page.index("<h3>e1</h3>")
        assert page.count("data:image/jpeg;base64,") == 4 + 1 + 1 + 1 + 1
        assert len(page) < 3_000_000


def test_repeats_give_mean_and_spread(tmp_path):
    data = write_data(tmp_path / "toy.json", 10, 3)
    with planner_server(answer) as server:
        right = server.model
        server.model = lambda task, done, number: (
            right(task, done, number) if server.requests[-1]["seed"] != 6 else "nothing"
        )
        _, err = _evaluate(data, server, tmp_path / "no", "--repeat", 2, code=1)
        assert "--repeat needs a planner and --temperature above 0" in err
        words = ("--repeat", 3, "--seed", 5, "--temperature", 0.7, "--concurrency", 1)
        out, _ = _evaluate(data, server, tmp_path / "out", *words)
        assert {request["seed"] for request in server.requests} == {5, 6, 7}
    card = _card(tmp_path / "out")
    assert card["seeds"] == [5, 6, 7]
    right = card["metrics"][0]
    # In a 3-step episode nothing is wrong but with seed 6: shares 1, 0, 1, with mean 2/3 and sample deviation √(1/3).
    assert right["values"] == [1.0, 0.0, 1.0]
    assert (right["value"], right["sd"]) == (pytest.approx(2 / 3), pytest.approx(3**-0.5))
    assert "right 66.7% ± 57.7% over 3 runs" in out
    assert sorted(path.name for path in (tmp_path / "out").glob("predictions-*")) == [
        f"predictions-{seed}.jsonl" for seed in (5, 6, 7)
    ]


def test_a_server_that_is_not_there_is_one_line_and_other_settings_are_refused(tmp_path):
    data = write_data(tmp_path / "toy.json", 10, 3)
    with planner_server(answer) as server:
        url = server.url
        _evaluate(data, server, tmp_path / "out", "--limit", 5)
        _, err = _evaluate(data, server, tmp_path / "out", "--horizon", 3, code=1)
        assert "horizon was 8, and is 3" in err and "prompt was" not in err and "Give another --output" in err
    _, err = _evaluate(data, url, tmp_path / "out", code=1)
    assert "samples in a row got no answer" in err and "5 predictions are kept in" in err
    out, _ = _evaluate(data, url, tmp_path / "out", "--limit", 5)
    assert "5 of 5 predictions are there" in out and "n = 5" in out


def test_files_of_predictions_and_results_of_others(tmp_path):
    data = write_data(tmp_path / "toy.json", 2, 3)
    answers = tmp_path / "answers.jsonl"
    lines = [{"id": f"e{e}/{p}", "response": "Action: click(start_box='(375,375)')"} for e in (0, 1) for p in (0, 1)]
    lines += [{"id": f"e{e}/2", "response": "Action: finished()" if e else "Action: wait()"} for e in (0, 1)]
    answers.write_text("\n".join(map(json.dumps, lines)))
    words = (
        "evaluate",
        "toy",
        "--data",
        data,
        "--predictions",
        answers,
        "--form",
        "ui_tars",
        "--output",
        tmp_path / "f",
    )
    for _ in range(2):
        out, _ = _run(*words)
        assert "right 83.3%" in out and "n = 6" in out
    assert _card(tmp_path / "f")["made_with"] | {"file": ""} == {
        "model": "answers.jsonl", "form": "ui_tars", "file": "", "executor": {"name": "none"},
    }  # fmt: skip
    answers.write_text(json.dumps(lines[0]))
    _, err = _run(*words, code=1)
    assert "lacks 5 samples of this split, the first is 'e0/1'" in err
    (tmp_path / "played").mkdir()
    (tmp_path / "played" / "scores.txt").write_text("a 1\nb 0\nc -\nd 0.5\n")
    played = ("evaluate", "played_toy", "--output", tmp_path / "p")
    out, _ = _run(*played, "--results", tmp_path / "played", code=3)
    assert "right 50.0%" in out and "PARTIAL, 3 of 4 tasks: 1 damaged or missing" in out
    _, err = _run(*played, "--data", tmp_path, code=1)
    assert "give --results PATH, and no --data" in err
    _, err = _run(*played, "--results", tmp_path / "played", "--limit", 2, code=1)
    assert "played_toy was played already: give no --planner, --url, --predictions or --limit" in err
    _, err = _run(*words, "--url", "http://127.0.0.1:9/v1", code=1)
    assert "give one of --planner" in err


def test_tool_tasks_are_played_with_a_toolbox_and_steps_without_one(tmp_path):
    data = gta_records.write(tmp_path / "gta")
    said = {"What do the apples cost?": "six dollars", "How many such cars are there?": "2 red"}

    def planner(task, done):
        answer = next((answer for question, answer in said.items() if task.startswith(question)), "a cat")
        return f'1. finish(answer="{answer}"): Give the answer'

    with serving(planner) as server:
        words = ("evaluate", "gta", "--data", data, "--url", server.url, "--style", "compact")
        out, _ = _run(*words, "--executor-option", "toolbox=local", "--output", tmp_path / "played")
        assert "gta end_to_end, t3_agent: AnsAcc 100.0%" in out
        out, _ = _run(*words, "--split", "steps", "--output", tmp_path / "steps")
        assert "gta steps, t3_agent: ToolAcc" in out
    played, steps = _card(tmp_path / "played"), _card(tmp_path / "steps")
    assert played["made_with"]["executor"] == {"name": "toolbox", "toolbox": "local"}
    assert (played["made_with"]["max_turns"], played["samples"]["n"]) == (10, 4)
    assert steps["made_with"]["executor"] == {"name": "none", "toolbox": "gta"}


def test_what_a_model_writes_cannot_break_a_file(tmp_path):
    data = write_data(tmp_path / "toy.json", 2, 2)
    with planner_server(lambda *_: 'half a letter \ud83d </script><b>"&\x00\u2028') as server:
        _evaluate(data, server, tmp_path / "out")
    page = (tmp_path / "out" / "failures.html").read_text()
    assert "half a letter ?" in page and "</script><b>" not in page
    assert json.loads((tmp_path / "out" / "failures.json").read_text())["status"] == {"unreadable": 4}


def test_the_command_line_teaches(tmp_path):
    out, _ = _run("evaluate", "list")
    for name in "android_control gui_odyssey mind2web agentnetbench gta gaia osworld android_world".split():  # noqa: SIM905
        assert f"{name}, headline: " in out
    for words, problem in (
        (("evaluate", "atari"), "unknown benchmark 'atari': use one of android_control"),
        (("evaluate", "toy"), "give --data PATH, and no --results"),
        (("evaluate", "toy", "--data", tmp_path), "say where the results go: --output DIR"),
        (("evaluate", "toy", "--data", tmp_path, "--output", tmp_path), "give one of --planner"),
        (
            ("evaluate", "toy", "--data", tmp_path, "--output", tmp_path, "--protocol", "x"),
            "no protocol 'x': use one of strict",
        ),
        (("compare", tmp_path), "there is no .*card.json"),
    ):
        _, err = _run(*words, code=1)
        assert re.search(problem, err), err
    _run("evaluate", "toy", "--data", tmp_path, "--output", __file__, code=2)  # an output that is a file


def test_coverage_in_words():
    damaged, left_out = Fault("k", "w", "f", "r", "x"), Fault("l", "w", "f", "r", "x", expected=True)
    assert coverage(10, 10, 10, [left_out])["partial"] == ""
    found = coverage(10, 5, 4, [damaged, left_out, damaged], unjudged=1)
    assert found["partial"] == (
        "PARTIAL, 3 of 11 samples: --limit 5; 1 without an answer; 1 that cannot be judged; 1 damaged or missing"
    )
    assert (found["n"], found["faults"], found["excluded"]) == (3, {"k": 2}, {"l": 1})
