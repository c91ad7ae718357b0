"""AgentNetBench: each rule of its score by hand, alternatives, denominators."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from agentnetbench_records import SUCCESS, at, keys, place, read, save, scroll, scrolled, step, write
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer1.actions import Action
from tracer1.evaluation.benchmarks.agentnetbench.benchmark import ALTERNATIVE, BENCHMARK, CARD, RIGHT, SCORE
from tracer1.evaluation.benchmarks.agentnetbench.scoring import operations_of
from tracer1.evaluation.harness.base import Judgement, Prediction, Sample
from tracer1.plans import Step


def judged(folder: Path, given: dict[str, Any], action: Action | None) -> Judgement:
    (sample,) = read(save(folder, given))
    assert isinstance(sample, Sample), sample
    status = "ok" if action else "unreadable"
    return BENCHMARK.judge(sample, Prediction(sample.id, status, action), CARD.name)


def fall(distance: float) -> float:
    """The published score of a relative distance."""
    return min(1.0, math.exp(-120 * (distance - 0.01 * math.sqrt(2))))


BOX = [0.5, 0.4, 0.25, 0.2]  # 0.5 to 0.75, 0.4 to 0.6


@pytest.mark.parametrize(
    ("reference", "action", "expected"),
    [
        (place("click"), at(500, 500), 1),
        (place("click"), at(510, 510), 1),  # sqrt(2) hundredths away: just inside
        (place("click"), at(530, 500), math.exp(-120 * (0.03 - 0.0141421356))),
        (place("click"), at(500, 600), fall(0.1)),
        (place("click", 0.7, 0.5, BOX), at(500, 400), 1),  # the corners count
        (place("click", 0.7, 0.5, BOX), at(750, 600), 1),
        (place("click", 0.7, 0.5, BOX), at(780, 500), fall(0.08)),  # beside the box: from the point, not from the box
        (place("click", 0.7, 0.5, [0, 0, 0.1, 0.1], BOX), at(600, 500), 1),  # any of the boxes
        (place("click"), Action("click"), 0),
        (place("click"), at(500, 500, "double_click"), 0),
        (place("doubleClick"), at(500, 500, "double_click"), 1),
        (place("rightClick"), at(500, 500, "right_click"), 1),
        (place("tripleClick"), at(500, 500, "triple_click"), 1),
        (place("moveTo"), at(530, 500, "hover"), fall(0.03)),
        (place("middleClick"), at(500, 500, "middle_click"), 0),  # nothing scores it
        (write("Hello World"), Action("type", {"text": " hello world\n"}), 1),
        (write("abcdefghij"), Action("type", {"text": "abcdefgh"}), 1),  # similarity 0.8
        (write("abcdefghij"), Action("type", {"text": "abcdefg"}), 0.7 / 0.8),
        (write("abcd"), Action("type", {"text": "wxyz"}), 0),
        (write("", "content"), Action("type", {"text": "\n"}), 1),  # both empty
        (write("abcd", "content"), Action("type", {"text": "ab"}), 0.5 / 0.8),
        (keys("Enter"), Action("key", {"key": "enter"}), 1),
        (keys("ctrl", "C"), Action("key", {"key": "C+CTRL"}), 1),
        (keys("ctrl", "c"), Action("key", {"key": "cmd+c"}), 1),
        (keys("cmd", "c"), Action("key", {"key": "cmd+c"}), 0),  # only predicted keys are translated
        (keys("ctrl", "c"), Action("key", {"key": "ctrl+shift+c"}), 0),
        (keys("enter"), Action("key", {"key": "return"}), 0),  # names, not keys
        (keys("c", kind="hotkey"), Action("key", {"key": "c"}), 0),  # press and hotkey are two types
        (scroll(-5), scrolled("up"), 1),  # the direction is no matter
        (scroll(-5), scrolled("left"), 0),
        (SUCCESS, Action("finish"), 1),
        (SUCCESS, Action("finish", {"outcome": "success"}), 1),
        (SUCCESS, Action("finish", {"outcome": "failure"}), 0),
        (SUCCESS, at(500, 500), 0),
        (place("click"), Action("wait"), 0),
        (place("click"), None, 0),
    ],
)
def test_the_score_of_one_operation(
    tmp_path: Path, reference: dict[str, Any], action: Action | None, expected: float
) -> None:
    marks = judged(tmp_path, step(reference), action).marks
    assert marks[SCORE] == pytest.approx(expected) and marks[ALTERNATIVE] == 0
    assert marks[RIGHT] == float(expected == 1)


MOVED = (place("moveTo"), scroll(-5))
DRAGGED = (place("moveTo", 0.2, 0.2), place("dragTo", 0.8, 0.8))


@pytest.mark.parametrize(
    ("reference", "action", "total", "by_type"),
    [
        (MOVED, scrolled(point=[500, 500]), 1, {"moveto": 1, "scroll": 1}),
        (MOVED, scrolled(point=[900, 500]), (fall(0.4) + 1) / 2, {"moveto": fall(0.4), "scroll": 1}),
        (MOVED, scrolled(), 0, {"moveto": 0, "scroll": 0}),  # compared with the move, by position
        (MOVED, scrolled("right", point=[500, 500]), 0.5, {"moveto": 1, "scroll": 0}),
        (MOVED, at(500, 500, "hover"), 0.5, {"moveto": 1, "scroll": 0}),
        (MOVED, at(500, 500), 0, {"moveto": 0, "scroll": 0}),  # the first type is in none of them
        ((scroll(-5),), scrolled(point=[500, 500]), 0, {"scroll": 0}),
        (DRAGGED, Action("drag", {"start": [200, 200], "end": [800, 800]}), 1, {"moveto": 1, "dragto": 1}),
        (DRAGGED, Action("drag", {"start": [200, 200], "end": [800, 830]}), None, {"moveto": 1, "dragto": fall(0.03)}),
        (DRAGGED, Action("drag", {"end": [800, 800]}), 0, {"moveto": 0, "dragto": 0}),
        (DRAGGED, Action("drag", {"start": [200, 200]}), 0, {}),  # no code says it
        ((place("moveTo"), scroll(5, "hscroll")), scrolled("left", point=[500, 500]), 0.5, {"moveto": 1, "hscroll": 0}),
        ((place("click"), place("click")), at(500, 500), 0.5, {"click": 0.5}),  # the mean over operations of a type
        ((write("ab"), keys("Return")), Action("type", {"text": "ab\n"}), 1, {"write": 1}),  # enter belongs to the text
        # Only one enter belongs to the text: the second is an operation, which the prediction lacks.
        (
            (write("ab"), keys("enter"), keys("enter")),
            Action("type", {"text": "ab\n"}),
            0.5,
            {"write": 1, "press": 0},
        ),
        (({"type": "wait", "params": {}},), at(500, 500), 0, {"wait": 0}),  # nothing is right, and the step counts
        ((place("click"), {"type": "wait", "params": {}}), at(500, 500), 0.5, {"click": 1, "wait": 0}),
        ((write("ab"), keys("tab")), Action("type", {"text": "ab\n"}), 0.5, {"write": 1, "press": 0}),
        (
            (place("click"), write("ab")),
            Action("type", {"text": "ab"}),
            0,
            {"click": 0, "write": 0},
        ),  # not in its place
        ((place("click"), SUCCESS), at(500, 500), 0.5, {"click": 1, "terminate": 0}),
        ((place("click"),), Action("press_back"), 0, {}),
        ((place("click"),), Action("key", {"key": "ctrl + c"}), 0, {}),  # no key is called so
    ],
)
def test_the_score_of_several_operations(
    tmp_path: Path,
    reference: tuple[dict[str, Any], ...],
    action: Action,
    total: float | None,
    by_type: dict[str, float],
) -> None:
    marks = dict(judged(tmp_path, step(*reference), action).marks)
    total = sum(by_type.values()) / len(by_type) if total is None else total
    assert (marks.pop(SCORE), marks.pop(RIGHT), marks.pop(ALTERNATIVE)) == pytest.approx((total, float(total == 1), 0))
    assert marks == pytest.approx({f"score_{kind}": score for kind, score in by_type.items()})


def test_the_best_way_counts_and_the_first_of_equals(tmp_path: Path) -> None:
    near, exact = place("click", 0.55, 0.5), place("click", 0.6, 0.5)
    given = step(place("click"), alternative_options=[[near], [exact], [exact], [keys("enter")]])
    found = judged(tmp_path, given, at(600, 500))
    assert found.marks == {SCORE: 1, RIGHT: 1, ALTERNATIVE: 1, "score_click": 1}
    assert judged(tmp_path, given, at(550, 500)).marks[SCORE] == 1
    assert judged(tmp_path, given, Action("key", {"key": "enter"})).marks["score_press"] == 1
    assert judged(tmp_path, given, at(500, 500)).marks[ALTERNATIVE] == 0
    wrong = judged(tmp_path, given, Action("type", {"text": "x"}))
    assert wrong.marks == {
        SCORE: 0,
        RIGHT: 0,
        ALTERNATIVE: 0,
        "score_click": 0,
    }  # the reference's types, not the others'
    assert judged(tmp_path, step(place("click"), alternative_options=None), at(500, 500)).marks[SCORE] == 1
    empty = step(place("click"), alternative_options=[[], [exact]])  # an empty one is never the best
    assert judged(tmp_path, empty, at(600, 500)).marks[SCORE] == 1
    assert judged(tmp_path, empty, at(500, 500)).marks[ALTERNATIVE] == 0


def test_a_place_on_an_edge_is_in_the_box_for_every_coordinate_of_the_format(tmp_path: Path) -> None:
    (sample,) = read(save(tmp_path, step(place("click", 0.9, 0.9, [0.2145, 0.6538, 0.1, 0.1]))))
    click = Action("click", {"point": [0.2145 * 1000, 0.6538 * 1000]})
    assert BENCHMARK.judge(sample, Prediction("x", "ok", click), CARD.name).marks[SCORE] == 1


def judgement(task: str, **marks: float) -> Judgement:
    total = marks.pop("total")
    given = {SCORE: total, RIGHT: float(total == 1), ALTERNATIVE: 0.0} | {
        f"score_{kind}": one for kind, one in marks.items()
    }
    return Judgement(f"{task}/0", task, 0, "click", given)


def test_the_denominators() -> None:
    judged = [
        judgement("a", total=1.0, click=1.0),
        judgement("a", total=0.5, moveto=1.0, scroll=0.0),
        judgement("b", total=0.0),  # a response without operations is in no mean by type
        judgement("b", total=0.25, click=0.25),
    ]
    metrics = BENCHMARK.summarise(judged, CARD.name)
    assert [metric.name for metric in metrics][:4] == [SCORE, RIGHT, ALTERNATIVE, "score_click"]
    assert {metric.name: (metric.value, metric.n) for metric in metrics} == {
        SCORE: (pytest.approx(1.75 / 4), 4),
        RIGHT: (0.25, 4),
        ALTERNATIVE: (0, 4),
        "score_click": (0.625, 2),
        "score_moveto": (1, 1),
        "score_scroll": (0, 1),
    }
    assert metrics[0].name == BENCHMARK.headline and metrics[0].low <= metrics[0].value <= metrics[0].high
    assert [metric.n for metric in BENCHMARK.summarise([], CARD.name)] == [0, 0, 0]


KINDS = ("click", "double_click", "triple_click", "right_click", "hover")
points = st.lists(st.floats(0, 1000), min_size=2, max_size=2)
actions = st.one_of(
    st.builds(lambda kind, point: Action(kind, {"point": point}), st.sampled_from(KINDS), points),
    st.builds(lambda start, end: Action("drag", {"start": start, "end": end}), points, points),
    st.builds(lambda point, way: scrolled(way, point=point), points, st.sampled_from(("up", "down"))),
    st.builds(lambda text: Action("type", {"text": text}), st.text("ab \n'", max_size=6)),
    st.builds(lambda names: Action("key", {"key": "+".join(names)}), st.lists(st.sampled_from("abc"), min_size=1)),
)


@settings(deadline=None)
@given(actions, actions)
def test_a_score_is_a_share_and_the_same_action_scores_1(one: Action, other: Action) -> None:
    sample = Sample(
        "t/0", "t", 0, "x", None, "desktop", truth=(operations_of(one), operations_of(other)), future=(Step(one, "x"),)
    )
    same, crossed = (BENCHMARK.judge(sample, Prediction("t/0", "ok", action), CARD.name) for action in (one, other))
    assert same.marks[SCORE] == same.marks[RIGHT] == 1 and same.marks[ALTERNATIVE] == 0
    assert crossed.marks[SCORE] == 1
    assert all(0 <= mark <= 1 for mark in (*same.marks.values(), *crossed.marks.values()))
