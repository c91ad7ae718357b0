"""AndroidControl: each published script's rules and denominators by hand, and the data as they are downloaded."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phone_samples import BACK, FINISH, PHONE, WAIT, click, marks, numbers, opened, read, scrolled, step, typed

sys.path.append(str(Path(__file__).parents[1] / "data"))
from android_control_records import CLICK, OPEN, ROW, SCROLL, dataset, episode, picture

from tracer1.actions import Action
from tracer1.coordinates import Box
from tracer1.evaluation.benchmarks.android_control.benchmark import BENCHMARK
from tracer1.evaluation.harness.base import Prediction

PROTOCOLS = ("os_atlas", "infigui_r1", "gui_r1")
TYPE_TEXT = {"action_type": "input_text", "text": "new york"}


def marked(protocol, action, *about, **said):
    return marks(BENCHMARK, protocol, action, *about, **said)


@pytest.mark.parametrize(
    ("action", "reference", "right"),
    [
        (click(640, 500), click(500, 500), True),  # exactly 140 across
        (click(584, 612), click(500, 500), True),  # sqrt(84^2 + 112^2) = 140
        (click(641, 500), click(500, 500), False),
        (Action("click"), click(500, 500), False),  # no place
        (typed("new delhi"), typed("new york"), True),  # the second token of both is "[new"
        (typed("new"), typed("new york"), False),  # "[new]" is another token
        (typed("NEW X"), typed("new york"), True),
        (opened("Maps"), opened("Google Maps"), False),
        (scrolled("up"), scrolled("down"), False),
        (FINISH, FINISH, True),  # a step that ends the task is judged like any other
    ],
)
def test_os_atlas_compares_the_arguments(action, reference, right):
    found = marked("os_atlas", action, reference, size=PHONE)
    assert (found["step success"], found["type accuracy"]) == (float(right), 1.0)
    assert found["grounding accuracy"] == (float(right) if reference.type == "click" else None)


def test_os_atlas_cuts_the_recorded_point_to_whole_thousandths():
    # 1027 of 1080 pixels are 950.93: OS-Atlas' row says 950, and 810 is exactly 140 from it.
    reference = click(1027 * 1000 / 1080, 209 * 1000 / 2400)
    assert marked("os_atlas", click(810, 87), reference)["step success"] == 1
    assert marked("os_atlas", click(809, 87), reference)["step success"] == 0


@pytest.mark.parametrize("action", [None, WAIT, click(500, 500, "long_press")])
def test_os_atlas_another_type_is_wrong_and_not_grounded(action):
    assert marked("os_atlas", action, click(500, 500)) == {
        "step success": 0, "type accuracy": 0, "grounding accuracy": None,
    }  # fmt: skip


def test_os_atlas_divides_by_all_steps_and_by_the_clicks_of_the_right_type():
    pairs = [
        (step(click(500, 500)), click(500, 500)),
        (step(click(500, 500)), click(900, 900)),
        (step(click(500, 500)), BACK),  # not among the grounded
        (step(click(500, 500, "long_press")), click(500, 500, "long_press")),  # right, but no click
        (step(typed("a")), typed("b")),
        (step(WAIT), None),
    ]
    # right: 1st and 4th; type right: 1st, 2nd, 4th, 5th; grounded clicks: 1st and 2nd, one of them right
    assert numbers(BENCHMARK, "os_atlas", pairs) == {
        "step success": (0.3333, 6), "type accuracy": (0.6667, 6), "grounding accuracy": (0.5, 2),
    }  # fmt: skip


def test_an_episode_counts_to_its_first_sub_split_with_os_atlas_and_to_all_with_the_others():
    pairs = [(step(WAIT, parts=("IDD", "task_unseen")), WAIT), (step(WAIT, parts=("task_unseen",)), BACK)]
    ours = numbers(BENCHMARK, "os_atlas", pairs)
    assert (ours["step success", "IDD"], ours["step success", "task_unseen"]) == ((1, 1), (0, 1))
    theirs = numbers(BENCHMARK, "infigui_r1", pairs)
    assert (theirs["exact match", "IDD"], theirs["exact match", "task_unseen"]) == ((1, 1), (0.5, 2))


def test_infigui_measures_in_the_resized_image():
    # 1080x2400 becomes 1092x2408: 4 % of 2408 are 96.32 pixels. Across, 88.5 thousandths are 96.64 there (95.58 before).
    assert marked("infigui_r1", click(588, 500), click(500, 500), size=PHONE)["exact match"] == 1
    assert marked("infigui_r1", click(588.5, 500), click(500, 500), size=PHONE)["exact match"] == 0
    # Down, 40 thousandths are 96.32 pixels.
    assert marked("infigui_r1", click(500, 539.9), click(500, 500), size=PHONE)["exact match"] == 1
    assert marked("infigui_r1", click(500, 540.1), click(500, 500), size=PHONE)["exact match"] == 0
    # A box of 100 to 200 pixels reaches to 210 when it is 1.2 times as wide: 194.4 thousandths of 1080.
    box = Box(100, 100, 200, 2300, "pixel")
    assert marked("infigui_r1", click(194, 800), click(100, 100), box, PHONE)["exact match"] == 1
    assert marked("infigui_r1", click(195, 800), click(100, 100), box, PHONE)["exact match"] == 0


def test_infigui_counts_errors_as_wrong_but_not_as_clicks():
    icon = Box(400, 400, 600, 600, "pixel")
    pairs = [
        (step(click(500, 500)), click(500, 500)),
        (step(click(500, 500)), BACK),
        (step(click(500, 500)), None),  # an error
        (step(click(500, 500)), Action("click")),  # an error: no coordinates
        (step(FINISH), FINISH),  # an error: the script knows no such step
        (step(opened("Maps"), icon), click(500, 500)),  # opens it by its icon: one more right click
        (step(opened("Google Maps")), opened("maps ")),
        (step(BACK), Action("press_home")),  # the type is right, the button is not
        (step(BACK), Action("key", {"key": "enter"})),
        (step(scrolled("up")), scrolled("up")),
    ]
    # exact: 1st, 6th, 7th, 10th. type: also 8th and 9th. clicks: the first two; right clicks: 1st and the icon.
    assert numbers(BENCHMARK, "infigui_r1", pairs) == {
        "exact match": (0.4, 10), "type match": (0.6, 10), "click match": (1.0, 2),
    }  # fmt: skip
    assert numbers(BENCHMARK, "infigui_r1", pairs[:5])["click match"] == (0.5, 2)


@pytest.mark.parametrize(
    ("action", "reference", "right"),
    [
        (click(639.9, 500), click(500, 500), 1),
        (click(640, 500), click(500, 500), 0),  # less than 0.14 is asked for
        (click(500, 500, "long_press"), click(500, 500), 1),  # whatever the type
        (BACK, click(60, 70), 1),  # without a point it points at (0, 0): 92.2 away
        (None, click(60, 70), 1),
        (BACK, click(200, 70), 0),
        (typed("new delhi"), typed("new york"), 1),  # F1 = 0.5 exactly is enough
        (typed("delhi is far"), typed("new york"), 0),
        (opened("[e]"), typed("weather"), 1),  # one word within another, brackets aside, whatever the type
        (BACK, typed("text"), 1),  # "no input text": F1 = 2 * (1/3 * 1) / (1/3 + 1) = 0.5
        (BACK, typed("text message"), 0),  # 2 * (1/3 * 1/2) / (1/3 + 1/2) = 0.4
        (scrolled("down"), scrolled("down"), 1),
        (scrolled("up"), scrolled("down"), 0),
    ],
)
def test_gui_r1_asks_for_the_place_or_the_text_alone(action, reference, right):
    found = marked("gui_r1", action, reference)
    assert found["Step"] == right
    assert found["GR"] == (right if reference.type == "click" else None)
    assert found["Type"] == float(action is not None and action.type == reference.type)


def test_gui_r1_drops_types_of_which_nothing_is_right():
    pairs = [
        (step(click(500, 500)), click(500, 500)),
        (step(click(500, 500)), scrolled("up")),
        (step(typed("a")), click(1, 1)),
        (step(opened("maps")), opened("maps")),
        (step(WAIT), BACK),
        (step(BACK), BACK),
    ]
    # Step: two clicks, one right; the text of `type` is never right and drops out; one app, right: 2 of 3.
    # Type: click 1 of 2, open_app 1 of 1, press_back 1 of 1; type and wait drop out: 3 of 4. GR: 1 of 2.
    assert numbers(BENCHMARK, "gui_r1", pairs) == {"Step": (0.6667, 3), "Type": (0.75, 4), "GR": (0.5, 2)}
    nothing = numbers(BENCHMARK, "gui_r1", [(step(click(500, 500)), None), (step(WAIT), BACK)])
    assert nothing == {"Step": (0, 1), "Type": (0, 2), "GR": (0, 1)}


@pytest.mark.parametrize("status", ["failed", "timed_out"])
def test_what_a_server_left_without_an_answer_is_not_judged(status):
    with pytest.raises(ValueError, match="asked again"):
        BENCHMARK.judge(step(WAIT), Prediction("s", status), "os_atlas")


POINTS = st.floats(0, 1000, allow_nan=False)
ACTIONS = st.one_of(
    st.builds(click, POINTS, POINTS), st.builds(typed, st.text("ab x]", max_size=6)), st.sampled_from([WAIT, BACK, FINISH])
)  # fmt: skip


@given(st.lists(st.tuples(ACTIONS, st.none() | ACTIONS), min_size=1, max_size=8))
def test_a_step_is_right_only_if_its_type_is_and_numbers_are_shares(pairs):
    for protocol, right, kind in (
        ("os_atlas", "step success", "type accuracy"),
        ("infigui_r1", "exact match", "type match"),
    ):
        assert all(marked(protocol, said, done)[right] <= marked(protocol, said, done)[kind] for done, said in pairs)
    for protocol in PROTOCOLS:
        for value, n in numbers(BENCHMARK, protocol, [(step(done), said) for done, said in pairs]).values():
            assert 0 <= value <= 1 and n <= len(pairs)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Episodes 4 and 7 in the first file, 9 in the second; 5 is for training. 4 has three actions, the others two."""
    first = [episode(4, [OPEN, CLICK, SCROLL]), episode(5), episode(7, [CLICK, TYPE_TEXT])]
    folder = dataset(tmp_path / "data", first, [episode(9, [CLICK, SCROLL])], train=[5], test=[4, 7, 9])
    said = {"IDD": [4], "app_unseen": [7, 9], "task_unseen": [9, 4], "category_unseen": []}
    (folder / "test_subsplits.json").write_text(json.dumps(said))
    ids = "episode_7_screenshot_0 episode_7_screenshot_1 episode_4_screenshot_1 episode_9_screenshot_0"
    (folder / "ac_idx.txt").write_text("\n".join(ids.split()))
    return folder


def test_high_holds_the_listed_steps_in_the_files_order(raw: Path):
    samples, faults = read(BENCHMARK, raw, "high")
    assert [one.id for one in samples] == [
        "episode_4_screenshot_1", "episode_7_screenshot_0", "episode_7_screenshot_1", "episode_9_screenshot_0",
    ]  # fmt: skip
    tap = samples[0]
    assert tap.instruction == "Turn on airplane mode 4"
    assert (tap.group, tap.position, tap.parts) == ("android_control/4", 1, ("IDD", "task_unseen"))
    assert [(one.action, one.instruction) for one in tap.history] == [(opened("Settings"), "Step 0 of 4")]
    assert [one.action.type for one in tap.future] == ["click", "scroll", "finish"]
    assert tap.reference.arguments["point"] == [500, 812 * 1000 / 2400]
    assert tap.box == Box(*ROW, "pixel") and tap.observation.screenshot == picture(41)
    assert samples[3].parts == ("app_unseen", "task_unseen")  # in the file's order
    # 4: steps 0, 2 and the last screenshot; 7: the last; 9: step 1 and the last
    assert [one.kind for one in faults] == ["not in OS-Atlas' subset"] * 6 and all(one.expected for one in faults)


def test_low_says_the_step_instruction_where_one_was_recorded(tmp_path: Path, raw: Path):
    assert read(BENCHMARK, raw, "low")[0][0].instruction == "Turn on airplane mode 4 You need to: Step 1 of 4"
    folder = dataset(tmp_path / "b", [episode(1, [CLICK], step_instructions=[b" "])], train=[], test=[1])
    (folder / "test_subsplits.json").write_text('{"IDD": []}')
    assert read(BENCHMARK, folder, "low_all")[0][0].instruction == "Turn on airplane mode 1"


def test_the_whole_split_holds_every_recorded_action(raw: Path):
    (raw / "ac_idx.txt").unlink()
    samples, faults = read(BENCHMARK, raw, "high_all")
    assert [one.reference.type for one in samples] == [
        "open_app",
        "click",
        "scroll",
        "click",
        "type",
        "click",
        "scroll",
    ]
    assert [(one.kind, one.expected) for one in faults] == [("no recorded action", True)] * 3
    assert faults[0].where == "episode_4_screenshot_3"


def test_what_is_missing_broken_or_twice_is_a_fault(raw: Path, tmp_path: Path):
    pictures = [picture(1), b"\x89PNG cut", picture(3)]
    broken = episode(9, [CLICK, SCROLL], screenshots=pictures)
    folder = dataset(tmp_path / "b", [episode(4), episode(4), broken], train=[], test=[4, 9])
    (folder / "test_subsplits.json").write_text('{"IDD": [4]}')
    (folder / "ac_idx.txt").write_text("episode_4_screenshot_0\nepisode_9_screenshot_1\nepisode_8_screenshot_2\n")
    samples, faults = read(BENCHMARK, folder, "high")
    assert [one.id for one in samples] == ["episode_4_screenshot_0"]
    assert [one.kind for one in faults if not one.expected] == ["duplicate episode", "unreadable image", "missing step"]
    assert faults[-1].where == "episode_8_screenshot_2"


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("ac_idx.txt", None, "take ac_idx.txt from OS-Copilot/OS-Atlas"),
        ("ac_idx.txt", "", "is empty"),
        ("ac_idx.txt", "episode_4_screenshot_1\nepisode_4\n", "line 2: 'episode_4' is no step id"),
        ("ac_idx.txt", "episode_4_screenshot_1\n" * 2, "line 2: episode_4_screenshot_1 stands there twice"),
        ("test_subsplits.json", None, "there is no .*test_subsplits.json"),
        ("test_subsplits.json", '{"IDD": ["4"]}', "IDD is no list of episode numbers"),
        ("splits.json", '{"train": [4]}', "no list of episode numbers called test"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_fix(raw: Path, file: str, content: str | None, says: str):
    (raw / file).unlink() if content is None else (raw / file).write_text(content)
    with pytest.raises(ValueError, match=says):
        list(BENCHMARK.samples(raw, "high"))


@pytest.mark.parametrize(
    ("split", "says"), [("test", "no split 'test': use one of high, low"), ("high_all", "use high or low")]
)
def test_a_wrong_split_is_refused(tmp_path: Path, split: str, says: str):
    with pytest.raises(ValueError, match=says):
        BENCHMARK.samples(tmp_path / "rows.jsonl", split)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_perfect_answers_give_one_and_empty_ones_nothing(raw: Path, protocol: str):
    samples, _ = read(BENCHMARK, raw, "high")
    perfect = numbers(BENCHMARK, protocol, [(one, one.reference) for one in samples])
    assert {value for value, n in perfect.values() if n} == {1.0}
    empty = numbers(BENCHMARK, protocol, [(one, None) for one in samples])
    assert {value for value, n in empty.values() if n} == {0.0}
    assert next(iter(perfect)) in {"step success", "exact match", "Step"}
    assert BENCHMARK.summarise([], protocol)[0].n == 0
