"""GUI-Odyssey: both releases in their exact format, each kind of action, the splits, and every damage by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from gui_odyssey_records import (
    BOX,
    DONE,
    EPISODE,
    NAME,
    TAP,
    edges,
    episode,
    faults,
    first,
    only,
    png,
    read,
    second,
    splits,
    write,
)

from tracer1.actions import Action
from tracer1.coordinates import Size
from tracer1.ground_truth import load
from tracer1.plans import Step
from tracer1.trajectories import RecordedStep
from tracer1_data.convert import Job
from tracer1_data.prepare import prepare
from tracer1_data.rows import read_rows
from tracer1_data.settings import RowSettings
from tracer1_data.sources.base import check_split
from tracer1_data.sources.gui_odyssey import SOURCE
from tracer1_data.windows import window


def test_the_second_release_says_and_boxes_each_step(tmp_path: Path) -> None:
    trajectory = only(write(tmp_path, episode(second("CLICK", TAP, "Tap  the Share\nbutton.", BOX), DONE)))
    tap, done = trajectory.steps
    assert tap.step == Step(Action("click", {"point": [512, 933]}), "Tap the Share button.")
    # thousandths of 90 x 200 pixels, whatever device_info says: 470 -> 42.3, 905 -> 181, 548 -> 49.32, 960 -> 192
    assert edges(tap.box) == [42.3, 181, 49.32, 192]
    assert (tap.observation.screenshot, tap.observation.size) == (png(0), Size(90, 200))
    assert (done.step, done.box) == (
        Step(Action("finish", {"outcome": "success"}), "The task is complete."), None,
    )  # fmt: skip
    assert (trajectory.source, trajectory.episode, trajectory.platform, trajectory.task) == (
        "gui_odyssey", EPISODE, "mobile", "Social_Sharing",
    )  # fmt: skip
    assert trajectory.instruction == "Using Chrome, find the news and share them on X."
    assert (trajectory.complete, trajectory.instructions) == (True, "recorded")


def test_the_first_release_has_neither_sentence_nor_box(tmp_path: Path) -> None:
    steps = [first("CLICK", [[512, 933]]), first("TEXT", "news"), first("SCROLL", [[500, 800], [510, 300]])]
    trajectory = only(write(tmp_path, episode(*steps, first("COMPLETE"))))
    assert [one.step.instruction for one in trajectory.steps] == [
        "Click at the bottom of the screen", 'Type "news"', "Scroll down", "Done",
    ]  # fmt: skip
    assert trajectory.steps[0].box is None
    assert (trajectory.complete, trajectory.instructions) == (True, "derived")


@pytest.mark.parametrize(
    ("action", "info", "meant"),
    [
        ("CLICK", [[0, 1000]], Action("click", {"point": [0, 1000]})),
        ("CLICK", [[374, 621], [374, 621]], Action("click", {"point": [374, 621]})),
        ("CLICK", "KEY_HOME", Action("press_home")),
        ("CLICK", "KEY_BACK", Action("press_back")),
        ("CLICK", "KEY_APPSELECT", Action("press_recent")),
        ("LONG_PRESS", "KEY_BACK", Action("press_back")),
        ("LONG_PRESS", [[100, 200], [101, 200]], Action("long_press", {"point": [100, 200]})),
        # the finger goes up (dy < 0), which the dataset calls UP: the view moves down
        ("SCROLL", [[500, 800], [510, 300]], Action("scroll", {"direction": "down", "point": [500, 800]})),
        ("SCROLL", [[500, 300], [510, 800]], Action("scroll", {"direction": "up", "point": [500, 300]})),
        ("SCROLL", [[900, 500], [100, 510]], Action("scroll", {"direction": "right", "point": [900, 500]})),
        ("SCROLL", [[100, 500], [900, 510]], Action("scroll", {"direction": "left", "point": [100, 500]})),
        # as long as it is wide: vertical, as in the dataset's converter
        ("SCROLL", [[100, 500], [200, 400]], Action("scroll", {"direction": "down", "point": [100, 500]})),
        ("TEXT", "São Paulo\n", Action("type", {"text": "São Paulo\n"})),
        ("TYPE", "x", Action("type", {"text": "x"})),
        ("COMPLETE", "", Action("finish", {"outcome": "success"})),
        ("INCOMPLETE", "", Action("finish", {"outcome": "failure"})),
        ("IMPOSSIBLE", "", Action("finish", {"outcome": "failure"})),
    ],
)
def test_each_kind_of_action(tmp_path: Path, action: str, info: object, meant: Action) -> None:
    (recorded,) = only(write(tmp_path, episode(second(action, info)))).steps
    assert isinstance(recorded, RecordedStep) and recorded.step == Step(meant, "Tap the Share button.")


def test_a_task_that_was_given_up_teaches_to_stop(tmp_path: Path) -> None:
    given_up = second("INCOMPLETE", says="There are no flights.")
    trajectory = only(write(tmp_path, episode(second("CLICK", TAP), given_up | {"ps": "No flights"})))
    assert not trajectory.complete
    tap, _ = window(trajectory, 4, 4)
    assert [one.action for one in tap.reference.steps][1:] == [Action("finish", {"outcome": "failure"})]


@pytest.mark.parametrize(
    "box",
    [[], None, [0, 0, 100, 100], [513, 905, 548, 960]],
    ids=["empty", "null", "elsewhere", "beside the tap"],
)
def test_without_a_box_that_holds_the_tap_the_point_is_the_target(tmp_path: Path, box: object) -> None:
    (tap,) = only(write(tmp_path, episode(second("CLICK", TAP) | {"sam2_bbox": box}))).steps
    assert isinstance(tap, RecordedStep) and tap.box is None


@pytest.mark.parametrize("place", ["screenshots", "screenshots/screenshots_00", f"screenshots/{EPISODE}", "pictures"])
def test_screenshots_are_found_wherever_they_were_unzipped(tmp_path: Path, place: str) -> None:
    assert not faults(only(write(tmp_path, episode(second("CLICK", TAP), DONE), place=place)))


def test_the_repository_s_data_folder_is_found(tmp_path: Path) -> None:
    write(tmp_path / "data", episode(DONE))
    assert only(tmp_path).episode == EPISODE


def test_each_split_reads_its_own_episodes(tmp_path: Path) -> None:
    root = write(tmp_path, *(episode(DONE, name=name) for name in "abcd"))
    splits(root, random={"train": ["a.json", "b.json"], "test": ["c.json"]}, app={"train": ["c"], "test": ["d"]})
    episodes = {split: [one.episode for one in read(root, split)] for split in ("train", "random/train", "app/train")}
    assert episodes == {"train": ["a", "b"], "random/train": ["a", "b"], "app/train": ["c"]}
    assert [one.episode for one in read(root, "test")] == [one.episode for one in read(root, "random/test")] == ["c"]
    assert [one.episode for one in read(root, "app/test")] == ["d"]
    assert set(SOURCE.reserved) == {"test", "random/test", "app/test", "device/test", "task/test"}
    with pytest.raises(ValueError, match="app/test is what the benchmark scores"):
        check_split(SOURCE, "app/test")
    check_split(SOURCE, "task/train")


def test_parts_of_64_episodes(tmp_path: Path) -> None:
    names = [f"{number:03d}" for number in range(130)]
    root = write(tmp_path, *(episode(DONE, name=name) for name in names), images=1)
    parts = SOURCE.parts(root, "random/train")
    assert [(part.name, part.start, part.stop, part.weight) for part in parts] == [
        ("random-train-00000", 0, 64, 64),
        ("random-train-00001", 64, 128, 64),
        ("random-train-00002", 128, 130, 2),
    ]
    assert [one.episode for one in read(root)] == names


def test_the_whole_way_to_rows_and_the_same_bytes_for_any_number_of_workers(tmp_path: Path) -> None:
    steps = second("CLICK", TAP, "Tap Share.", BOX), second("CLICK", "KEY_HOME", "Go home."), DONE
    episodes: list[dict | bytes] = [episode(*steps, name=f"{number:03d}") for number in range(70)]
    episodes[5] = b"{"
    root = write(tmp_path / "in", *episodes, images=3)
    (root / "screenshots" / "009_1.png").unlink()
    made = [prepare(Job(NAME, root, tmp_path / f"out{n}", RowSettings(history=1)), n) for n in (1, 2)]
    assert made[0] == made[1]
    assert made[0]["counts"] == {
        "episodes": 69,
        "rejected: broken record": 1,
        "rejected: missing image": 1,
        "rows": 206,
        "stage 2: can be executed": 206,
        "steps": 207,
    }
    row, *_ = read_rows(tmp_path / "out1")
    assert row["extra_info"]["reference"] == (
        '1. click(): Tap Share.\n2. press_home(): Go home.\n3. finish(outcome="success"): The task is complete.'
    )
    assert (row["extra_info"]["episode"], row["extra_info"]["platform"]) == ("000", "mobile")
    assert edges(load(row["reward_model"]["ground_truth"]).box) == [42.3, 181, 49.32, 192]
