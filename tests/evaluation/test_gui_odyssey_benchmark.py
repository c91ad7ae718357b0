"""GUI-Odyssey: both published scripts' rules and denominators by hand, and the splits as they are on disk."""

from __future__ import annotations

import json
import math
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phone_samples import BACK, SQUARE, click, judged, marks, numbers, opened, read, scrolled, step, typed

sys.path.append(str(Path(__file__).parents[1] / "data"))
from gui_odyssey_records import BOX, DONE, TAP, episode, first, second, splits, write

from tracer1.actions import Action
from tracer1.evaluation.benchmarks.gui_odyssey import BENCHMARK, KINDS
from tracer1.evaluation.benchmarks.step_scripts.gui_odyssey import Recorded
from tracer1.evaluation.harness.base import Prediction

OFFICIAL, STEP = BENCHMARK.protocols
IMPOSSIBLE = Action("finish", {"outcome": "failure"})
COMPLETE = Action("finish", {"outcome": "success"})
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "os_atlas" / "gui_odyssey_test.jsonl"


def official(action, reference, box=None, length=1, **said):
    return marks(BENCHMARK, OFFICIAL, action, reference, truth=Recorded(box, length), **said)


def by_step(action, reference):
    return marks(BENCHMARK, STEP, action, reference)


@pytest.mark.parametrize(
    ("action", "reference", "right_officially", "right_by_step"),
    [
        (click(640, 500), click(500, 500), 1, 1),  # exactly 0.14
        (click(584, 612), click(500, 500), 1, 1),
        (click(640.1, 500), click(500, 500), 0, 0),
        (click(500, 641, "long_press"), click(500, 500, "long_press"), 0, 0),
        (
            typed("abxx"),
            typed("abcd"),
            1,
            0,
        ),  # 1 - 2/4 = 0.5 is enough; F1 of TYPE [abxx], TYPE [abcd] is 0.5, which is not
        (typed("abxxx"), typed("abcde"), 0, 0),  # 1 - 3/5
        (typed("new delhi"), typed("new york"), 0, 1),  # 1 - 5/9; F1: 2 of 3 tokens are shared
        (typed("10:45"), typed("10:30"), 1, 0),  # cut at the colon; F1 0.5
        (typed(""), typed("a"), 1, 0),  # contained
        (scrolled("up"), scrolled("up"), 1, 1),
        (scrolled("up"), scrolled("left"), 0, 0),
        (BACK, BACK, 1, 1),
        (COMPLETE, Action("finish"), 1, 1),
    ],
)
def test_the_arguments_are_compared(action, reference, right_officially, right_by_step):
    found = official(action, reference)
    assert (found["AMS"], found["action_type"]) == (right_officially, 1)
    assert found["text"] == (right_officially if reference.type == "type" else None)
    found = by_step(action, reference)
    assert (found["Step Acc"], found["Type Acc"]) == (right_by_step, 1)


@pytest.mark.parametrize(("action", "reference"), [
    (None, BACK), (IMPOSSIBLE, COMPLETE), (click(500, 500), click(500, 500, "long_press")), (opened("X"), typed("X")),
])  # fmt: skip
def test_another_type_is_wrong(action, reference):
    assert official(action, reference) == {"AMS": 0, "action_type": 0, "text": None, "last step": 1}
    assert by_step(action, reference) == {"Step Acc": 0, "Type Acc": 0, "Grounding Acc": None}


def test_the_recorded_box_counts_as_it_is_recorded():
    far = click(700, 900)
    assert official(far, click(100, 100), (700, 900, 800, 950))["AMS"] == 1  # its edges are inside, the tap need not be
    assert official(far, click(100, 100), (701, 900, 800, 950))["AMS"] == 0
    assert official(click(240, 100), click(100, 100), (701, 900, 800, 950))["AMS"] == 1  # near is enough
    assert official(far, click(100, 100), (800, 950, 700, 900))["AMS"] == 0  # an inverted box holds nothing
    assert official(click(100, 100), click(100, 100), ())["AMS"] == 0  # the script fails on an empty box
    assert official(click(100, 100), click(100, 100), ())["action_type"] == 1
    assert official(BACK, BACK, ())["AMS"] == 1


def test_a_click_without_a_place():
    assert official(Action("click"), click(60, 70), (0, 0, 99, 99)) == {
        "AMS": 0, "action_type": 1, "text": None, "last step": 1,
    }  # fmt: skip
    assert by_step(Action("click"), click(60, 70))["Step Acc"] == 1  # taken for (0, 0), 92.2 away
    assert by_step(Action("click"), click(99, 100))["Step Acc"] == 0  # 140.7


def test_step_accuracy_divides_by_steps_and_grounding_by_taps_of_the_right_type():
    pairs = [
        (step(click(500, 500)), click(500, 500)),
        (step(click(500, 500)), click(900, 900)),
        (step(click(500, 500)), BACK),
        (
            step(click(500, 500, "long_press")),
            click(500, 500, "long_press"),
        ),  # right, and still counted against grounding
        (step(BACK), None),
    ]
    # clicks right: 1 of the 3 taps whose type is right
    assert numbers(BENCHMARK, STEP, pairs) == {"Step Acc": (0.4, 5), "Type Acc": (0.6, 5), "Grounding Acc": (0.3333, 3)}


def episode_of(name: str, length: int, wrong: int = 0, part: str = "", judged_steps: int | None = None):
    """Steps of an episode with as many wrong answers at its beginning, each of which presses home."""
    for position in range(length if judged_steps is None else judged_steps):
        about = {"group": name, "position": position, "truth": Recorded(None, length), "parts": (part,) if part else ()}
        yield step(BACK, id=f"{name}_{position}", **about), Action("press_home") if position < wrong else BACK


def test_ams_and_sr_are_plain_means_without_categories():
    pairs = [*episode_of("a", 2), *episode_of("b", 3, wrong=1), *episode_of("c", 3, judged_steps=2)]
    # 6 of 7 steps; c lacks its last step: of the other two episodes one is right
    assert numbers(BENCHMARK, OFFICIAL, pairs) == {
        "AMS": (0.8571, 7), "SR": (0.5, 2), "action_type": (0.8571, 7), "text": (0, 0),
    }  # fmt: skip


def test_an_episode_without_its_first_step_is_dropped_from_sr_too():
    pairs = [*list(episode_of("a", 3))[1:], *episode_of("b", 1)]
    assert numbers(BENCHMARK, OFFICIAL, pairs)["SR"] == (1, 1)


def test_on_the_random_split_categories_weigh_the_same():
    pairs = [*episode_of("a", 4, wrong=1, part="Social_Sharing"), *episode_of("b", 1, part="Multi_Apps")]
    found = numbers(BENCHMARK, OFFICIAL, pairs)
    # (3/4 + 1/1) / 2, not 4/5; SR: (0 + 1) / 2
    assert (found["AMS"], found["SR"]) == ((0.875, 5), (0.5, 2))
    assert (found["AMS", "Social_Sharing"], found["SR", "Multi_Apps"]) == ((0.75, 4), (1, 1))
    assert found["action_type"] == (0.8, 5)  # a plain mean there as well


def test_text_divides_by_the_typing_steps_of_the_right_type():
    pairs = [(typed("abcd"), typed("abcd")), (typed("abcd"), typed("xyz1")), (typed("a"), BACK), (BACK, BACK)]
    whole = [(step(done, truth=Recorded(None, 1), id=str(n)), said) for n, (done, said) in enumerate(pairs)]
    assert numbers(BENCHMARK, OFFICIAL, whole)["text"] == (0.5, 2)


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(-200, 200), st.integers(-200, 200))
def test_near_is_a_circle_in_thousandths(x, y, across, down):
    goal = click(min(1000, max(0, x + across)), min(1000, max(0, y + down)))
    near = float(math.dist((x, y), goal.arguments["point"]) <= 140)
    assert official(click(x, y), goal)["AMS"] == by_step(click(x, y), goal)["Step Acc"] == near


def data(root: Path, **halves: list[str]) -> Path:
    """Three episodes: three steps, one step, and one whose second screenshot is missing; each in its category's list."""
    swipe = second("SCROLL", [[500, 800], [510, 300]], "Swipe up.")
    away = second("CLICK", TAP, "Tap it.", [0, 0, 10, 10])  # a box that does not hold the tap
    episodes = [
        episode(second("CLICK", TAP, "Tap it.", BOX), swipe, DONE, name="11"),
        episode(away, name="12", task_info={"category": "Multi_Apps", "instruction": "Share it."}),
        episode(second("TEXT", "news", "Type it."), second("CLICK", "KEY_BACK", "Go back."), name="13"),
    ]
    write(root, *episodes)
    (root / "screenshots" / "13_1.png").unlink()
    names = ["11.json", "12.json", "13.json"]
    splits(root, **{kind: {"train": [], "test": names} for kind in KINDS} | halves)
    return root


def test_samples_of_every_split(tmp_path: Path):
    for kind in KINDS:
        samples, faults = read(BENCHMARK, data(tmp_path / kind), kind)
        assert [one.id for one in samples] == ["11_0", "11_1", "11_2", "12_0", "13_0"]
        assert [(one.kind, one.where) for one in faults] == [("missing image", "annotations/13.json, step 1")]
        assert samples[0].parts == (("Social_Sharing",) if kind == "random" else ())
    tap, swipe, done = samples[:3]
    assert (tap.instruction, tap.group, swipe.position) == ("Using Chrome, find the news and share them on X.", "11", 1)
    assert [one.reference for one in samples[:3]] == [
        click(512, 933), Action("scroll", {"direction": "down", "point": [500, 800]}), COMPLETE,
    ]  # fmt: skip
    assert [one.instruction for one in done.history] == ["Tap it.", "Swipe up."]
    assert tap.truth == Recorded((470, 905, 548, 960), 3)
    assert (samples[3].box, samples[3].truth.sam2_bbox) == (None, (0, 0, 10, 10))
    assert [one.action.type for one in samples[4].future] == ["type", "press_back"]


def test_steps_that_are_not_trained_on_are_scored(tmp_path: Path):
    """Text that was not recorded, a COMPLETE before the end, a box with swapped edges: the authors' converter keeps them all."""
    typed_nothing, early = second("TEXT", "", "Type it."), second("COMPLETE", says="Done?")
    bad_box = second("CLICK", TAP, "Tap it.", [548, 905, 470, 960])
    write(tmp_path, episode(typed_nothing, early, bad_box, DONE, name="21"))
    splits(tmp_path, task={"train": [], "test": ["21.json"]})
    samples, faults = read(BENCHMARK, tmp_path, "task")
    assert faults == [] and [one.id for one in samples] == [f"21_{n}" for n in range(4)]
    assert [one.reference for one in samples] == [typed(""), COMPLETE, click(512, 933), COMPLETE]
    assert [len(one.future) for one in samples] == [1, 1, 2, 1]  # nothing is continued behind what must not be taught
    assert [len(one.history) for one in samples] == [0, 1, 2, 3]
    assert samples[2].truth == Recorded((548, 905, 470, 960), 4) and samples[2].box is None
    found = numbers(BENCHMARK, OFFICIAL, [(one, one.reference) for one in samples])
    assert (found["AMS"], found["SR"], found["text"]) == ((1, 4), (1, 1), (1, 1))


def test_low_asks_for_the_step_and_needs_the_second_release(tmp_path: Path):
    root = data(tmp_path)
    assert [one.instruction for one in read(BENCHMARK, root, "task_low")[0]][:2] == ["Tap it.", "Swipe up."]
    (root / "annotations" / "12.json").write_text(json.dumps(episode(first("CLICK", TAP), name="12")))
    samples, faults = read(BENCHMARK, root, "task_low")
    assert "12_0" not in [one.id for one in samples]
    assert [(one.kind, one.field) for one in faults][:1] == [("missing field", "low_level_instruction")]
    first_release = next(one for one in read(BENCHMARK, root, "task")[0] if one.id == "12_0")
    assert first_release.truth.sam2_bbox is None


def test_faults_of_episodes(tmp_path: Path):
    names = {"train": [], "test": ["11.json", "11", "none.json", "12"]}  # the first release leaves .json out
    samples, faults = read(BENCHMARK, data(tmp_path, device=names), "device")
    assert [one.id for one in samples] == ["11_0", "11_1", "11_2", "12_0"]
    assert [one.kind for one in faults] == ["duplicate episode", "missing annotation"]


def test_the_random_split_needs_categories(tmp_path: Path):
    root = data(tmp_path)
    (root / "annotations" / "12.json").write_text(
        json.dumps(episode(DONE, name="12", task_info={"instruction": "Share it."}))
    )
    assert read(BENCHMARK, root, "random")[1][0].field == "task_info.category"
    assert "12_0" in [one.id for one in read(BENCHMARK, root, "app")[0]]


def test_a_wrong_split_or_path_is_named(tmp_path: Path):
    with pytest.raises(ValueError, match="no split 'test': use one of random, task, device, app"):
        BENCHMARK.samples(tmp_path, "test")
    with pytest.raises(ValueError, match=r"there is no directory .*annotations"):
        list(BENCHMARK.samples(tmp_path, "random"))
    with pytest.raises(ValueError, match="asked again"):
        BENCHMARK.judge(step(BACK), Prediction("s", "timed_out"), OFFICIAL)


@pytest.mark.parametrize("protocol", [OFFICIAL, STEP])
def test_perfect_answers_give_one_and_empty_ones_nothing(tmp_path: Path, protocol: str):
    samples, _ = read(BENCHMARK, data(tmp_path), "task")
    near = [one for one in samples if one.id != "12_0"]
    perfect = numbers(BENCHMARK, protocol, [(one, one.reference) for one in near])
    assert {value for value, n in perfect.values() if n} == {1.0}
    empty = numbers(BENCHMARK, protocol, [(one, None) for one in samples])
    assert {value for value, n in empty.values() if n} == {0.0}
    assert next(iter(perfect)) in ("AMS", "Step Acc")
    assert BENCHMARK.headline in numbers(BENCHMARK, OFFICIAL, [(one, None) for one in samples])


@pytest.mark.skipif(not REAL.is_file(), reason="no real sample rows here")
def test_the_real_rows_actions_are_judged_alike(tmp_path: Path):
    from tracer1.dialects import Screen, load_dialect

    rows = [json.loads(line) for line in REAL.read_text().splitlines()]
    words = [row["conversations"][1]["value"].partition("actions:\n")[2] for row in rows]
    actions = [load_dialect("os_atlas").read(one, Screen(SQUARE))[0] for one in words]
    assert actions == [click(683, 321), click(749, 810), click(348, 232)]
    found = judged(BENCHMARK, STEP, [(step(one), one) for one in actions])
    assert [one.marks["Step Acc"] for one in found] == [1, 1, 1]
    assert [by_step(said, done)["Step Acc"] for done, said in pairwise(actions)] == [0, 0]
