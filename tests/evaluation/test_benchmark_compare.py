"""Published numbers are those of the papers, and what cannot be compared is said to be so."""

import json
from dataclasses import replace

import pytest
from toy_benchmark import APP
from typer.testing import CliRunner

from tracer1.evaluation.harness.base import Metric
from tracer1.evaluation.harness.card import combine, describe, read_card, write_card
from tracer1.evaluation.harness.compare import compare
from tracer1.evaluation.harness.compare_table import markdown
from tracer1.evaluation.harness.published import published
from tracer1.evaluation.harness.registry import BENCHMARKS, load_benchmark
from tracer1.protocols import PROTOCOLS

TABLES = {
    ("TraceR1 8B with Qwen3-VL-32B-Thinking", "android_world"): 64.8,
    ("TraceR1 8B with Qwen3-VL-32B-Thinking", "osworld"): 41.2,
    ("TraceR1 8B with UI-TARS-1.5-7B", "osworld"): 30.9,
    ("Qwen3-VL-32B-Thinking", "android_world"): 61.4,
    ("UI-TARS-1.5-7B", "osworld"): 27.4,
    ("TraceR1 8B with UI-TARS-7B", "android_control"): 75.3,
    ("TraceR1 8B with UI-TARS-7B", "gui_odyssey"): 88.2,
    ("TraceR1 8B with UI-TARS-7B", "mind2web"): 65.3,
    ("UI-TARS-7B", "android_control"): 72.5,
    ("UI-TARS-72B", "mind2web"): 64.7,
    ("GUI-R1-7B", "android_control"): 51.7,
    ("TraceR1 8B", "gaia"): 40.2,
    ("TraceR1 8B", "gta"): 56.7,
    ("T3-Agent 7B", "gta"): 53.8,
    ("GPT-5", "gaia"): 59.3,
}


def _card(directory, model="mine", **changes):
    made = {"model": model, "history": 4, "horizon": 8, "prompt": "p", "executor": {"name": "ui_tars"}}
    card = {
        "schema": 1,
        "benchmark": "android_control",
        "split": "high",
        "headline": "step success",
        "protocol": {"name": "os_atlas", "source": "s", "measures": {}, "quirks": []}
        | dict.fromkeys(("click", "text", "scroll", "other", "excluded"), ""),
        "samples": {"n": 7708, "total": 7708, "partial": "", "digest": "d", "faults": {}, "excluded": {}},
        "seeds": [0],
        "metrics": combine(
            [[Metric("step success", 0.75, 7708, 0.74, 0.76, "steps"), Metric("odd", 0.5, 2, 0.1, 0.9)]]
        ),
        "other_protocols": {"gui_r1": combine([[Metric("Step", 0.5, 7000, 0.49, 0.51, "steps")]])},
        "made_with": made | changes.pop("made_with", {}),
        "made": {"git": None, "time": "t"},
    }
    write_card(directory, card | changes)
    return directory


def _of(groups, metric):
    (group,) = [group for group in groups if group.metric == metric]
    return {one.method: one for one in group.numbers}


def test_the_tables_of_the_paper_are_there():
    for (method, benchmark), percent in TABLES.items():
        numbers = [one for one in published() if (one.method, one.benchmark, one.part) == (method, benchmark, "")]
        assert numbers and numbers[0].value == pytest.approx(percent / 100), (method, benchmark)
    by_split = [one.value for one in published() if one.method == "UI-TARS-7B" and one.part.startswith("test_")]
    assert sum(by_split) / 3 == pytest.approx(0.631, abs=5e-5)


def test_published_numbers_are_called_as_the_benchmarks_call_them():
    assert len(
        {(one.method, one.benchmark, one.metric, one.part, one.protocol, one.source) for one in published()}
    ) == len(published())
    for one in published():
        known = load_benchmark(one.benchmark)
        assert one.metric in {name for card in known.protocols.values() for name in card.measures}, one
        assert not one.protocol or one.protocol in known.protocols or one.protocol in PROTOCOLS, one
        assert not one.split or one.split in known.splits, one
        assert 0 <= one.value <= 1 and one.source


def test_every_benchmark_says_what_it_is():
    for name in BENCHMARKS:
        known = load_benchmark(name)
        assert known.name == name
        for protocol, card in known.protocols.items():
            assert card.name == protocol and card.source
        assert known.headline in next(iter(known.protocols.values())).measures


def test_a_card_stands_beside_published_numbers_with_warnings(tmp_path):
    groups = compare([_card(tmp_path / "mine", made_with={"history": 4})])
    assert [group.metric for group in groups] == ["step success", "Step"]
    found = _of(groups, "step success")
    assert next(iter(found)) == "mine" and found["mine"].ours
    assert found["UI-TARS-7B"].value == 0.725
    assert found["UI-TARS-7B"].differs == () and found["UI-TARS-7B"].unknown == ("n", "history")
    assert found["TraceR1 8B with UI-TARS-7B"].differs == (
        "history: 4 here, last K steps as text, K not published there",
    )
    assert "protocol" in found["TraceR1 8B with UI-TARS-7B"].unknown
    gui_r1 = _of(groups, "Step")["GUI-R1-7B"]
    assert gui_r1.differs == () and "which it is not" in gui_r1.note


def test_another_protocol_n_or_split_is_a_warning(tmp_path):
    whole = {"split": "high_all", "samples": {"n": 8444, "partial": "PARTIAL, 8,444 of 8,500 samples: x"}}
    protocol = {"name": "infigui_r1", "source": "s", "measures": {}, "quirks": []}
    protocol |= dict.fromkeys(("click", "text", "scroll", "other", "excluded"), "")
    metrics = combine([[Metric("step success", 0.7, 8444, 0.6, 0.8)]])
    groups = compare([_card(tmp_path / "mine", protocol=protocol, metrics=metrics, other_protocols={}, **whole)])
    ui_tars = _of(groups, "step success")["UI-TARS-7B"]
    assert ui_tars.differs == (
        "protocol: infigui_r1 here, os_atlas there",
        "split: high_all here, high there",
        "this is PARTIAL, 8,444 of 8,500 samples: x",
    )


def test_two_cards_of_other_prompts_or_samples_are_told_apart(tmp_path):
    first = _card(tmp_path / "first")
    same = _card(tmp_path / "same", model="better")
    other = _card(tmp_path / "other", made_with={"prompt": "q", "history": 2, "executor": {"name": "x"}})
    moved = _card(tmp_path / "moved", samples={"n": 7708, "partial": "", "digest": "e", "faults": {}, "excluded": {}})
    found = _of(compare([first, same, other, moved / "card.json"]), "step success")
    assert found["same"].differs == ()
    assert found["other"].differs == ("history: 4 here, 2 there", "prompt differs", "executor differs")
    assert found["moved"].differs == ("samples: as many, but not the same",)


def test_a_number_under_another_protocol_is_never_compared_with_itself(tmp_path):
    """The first card has two protocols' numbers of one metric, the second card a third protocol's."""

    def step_success(value):
        return combine([[Metric("step success", value, 7708, value - 0.01, value + 0.01, "steps")]])

    first = _card(tmp_path / "first", other_protocols={"infigui_r1": step_success(0.7)})
    rules = read_card(first)["protocol"]
    third = _card(
        tmp_path / "third", protocol=rules | {"name": "gui_r1"}, metrics=step_success(0.9), other_protocols={}
    )
    same = _card(
        tmp_path / "same", protocol=rules | {"name": "infigui_r1"}, metrics=step_success(0.8), other_protocols={}
    )
    (group,) = [group for group in compare([first, third, same]) if group.metric == "step success"]
    told = {(one.method, one.protocol): one.differs for one in group.numbers if one.ours}
    assert told == {
        ("first", "os_atlas"): (),
        ("first", "infigui_r1"): ("protocol: os_atlas here, infigui_r1 there",),
        ("third", "gui_r1"): ("protocol: os_atlas here, gui_r1 there",),
        ("same", "infigui_r1"): (),
    }


def test_what_our_own_card_does_not_say_is_a_warning_too(tmp_path):
    """Predictions from a file: nobody knows which history their prompts told."""
    card = read_card(_card(tmp_path / "file"))
    write_card(tmp_path / "file", card | {"made_with": {"model": "answers.jsonl", "form": "ui_tars"}})
    ours = _of(compare([tmp_path / "file", _card(tmp_path / "mine")]), "step success")
    assert ours["mine"].unknown == ("history",)
    assert "history" in ours["TraceR1 8B with UI-TARS-7B"].unknown


def test_a_card_that_is_not_in_utf_8_is_named(tmp_path):
    (tmp_path / "card.json").write_bytes('{"schema": 1, "metrics": "é"}'.encode("latin-1"))
    with pytest.raises(ValueError, match=r"card\.json is damaged .*0xe9"):
        compare([tmp_path])


def test_the_command_writes_table_json_and_chart(tmp_path):
    _card(tmp_path / "mine", made_with={"history": 9})
    out = CliRunner().invoke(APP, ["compare", str(tmp_path / "mine"), "--output", str(tmp_path / "c")]).stdout
    assert "android_control: step success" in out and "TraceR1 8B with UI-TARS-7B" in out
    assert "! TraceR1 8B with UI-TARS-7B: history: 9 here" in out
    groups = json.loads((tmp_path / "c" / "compare.json").read_text())
    assert groups[0]["numbers"][0]["method"] == "mine"
    chart = (tmp_path / "c" / "compare.svg").read_text()
    assert chart.lstrip().startswith("<?xml") and "</svg>" in chart


def test_cards_of_the_same_name_are_told_apart(tmp_path):
    for run in ("one", "two"):
        _card(tmp_path / run / "android_control")
    found = _of(compare(sorted(tmp_path.glob("*/android_control"))), "step success")
    assert list(found)[:2] == ["one/android_control", "two/android_control"]


def test_a_metric_without_samples_has_no_value():
    (entry,) = combine([[Metric("x", 0.0, 0, 0.0, 1.0)]])
    assert entry["value"] is None
    card = {"benchmark": "b", "split": "s", "protocol": {"name": "p"}, "samples": {"partial": ""}}
    assert describe(card, entry) == "b s, p: x has nothing to be measured on"


def test_runs_are_combined_by_name_and_part():
    runs = [
        [Metric("x", value, n, value - 0.1, value + 0.1, part="a")] for value, n in ((0.4, 10), (0.6, 12), (0.5, 11))
    ]
    runs[1].insert(0, replace(runs[1][0], part="b"))
    entry, only_in_one = combine(runs)
    assert (entry["value"], entry["sd"], entry["n"]) == (pytest.approx(0.5), pytest.approx(0.1), 10)
    assert (entry["low"], entry["high"]) == (pytest.approx(0.4), pytest.approx(0.6))
    # A part that only the second run could be scored on is not lost.
    assert (only_in_one["part"], only_in_one["n"], only_in_one["values"]) == ("b", 12, [0.6])


def test_as_markdown(tmp_path):
    other = _card(tmp_path / "b", metrics=combine([[Metric("step success", 0.5, 7708, 0.49, 0.51, "steps")]]))
    lines = markdown(compare([_card(tmp_path / "a"), other])).splitlines()
    assert lines[:2] == ["| android_control | step success (%) | Step (%) |", "|---|---|---|"]
    assert lines[2:4] == ["| a, os_atlas | 75.0 (74.0–76.0) |  |", "| b, os_atlas | 50.0 (49.0–51.0) |  |"]
    assert "| TraceR1 8B with UI-TARS-7B | 75.3* |  |" in lines  # of the paper, with another history
    assert "| a, gui_r1 |  | 50.0 (49.0–51.0) |" in lines and "| GUI-R1-7B, gui_r1 |  | 51.7 |" in lines
