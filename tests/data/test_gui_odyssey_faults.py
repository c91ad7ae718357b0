"""GUI-Odyssey: every damage is named, and its neighbours survive."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from gui_odyssey_records import DONE, EPISODE, TAP, episode, faults, first, only, png, read, second, splits, write

from tracer1_data.sources.gui_odyssey import SOURCE
from tracer1_data.windows import window


def test_input_that_is_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"there is no directory .*annotations: GUI-Odyssey has"):
        SOURCE.parts(tmp_path, "train")
    root = write(tmp_path, episode(DONE))
    for split in ("app/train", "device/test"):
        with pytest.raises(ValueError, match=f"there is no .*{split[:3]}.*_split.json"):
            SOURCE.parts(root, split)
    for split in ("validation", "random", "web/train", "random/dev"):
        with pytest.raises(ValueError, match=f"GUI-Odyssey has no split '{split}': use one of train, random/train"):
            SOURCE.parts(root, split)
    for halves in ([], {"test": []}, {"train": "a"}, {"train": [1]}):
        splits(root, random=halves)
        with pytest.raises(ValueError, match="has no list of annotation files called train"):
            SOURCE.parts(root, "train")
    (root / "splits" / "random_split.json").write_text("{")
    with pytest.raises(ValueError, match=r"random_split\.json is damaged"):
        SOURCE.parts(root, "train")


@pytest.mark.parametrize(
    ("broken", "kind", "field"),
    [
        (b"", "broken record", "record"),
        (b'{"episode_id": ', "broken record", "record"),
        (b"[]", "broken record", "record"),
        (b"[" * 100_000, "broken record", "record"),
        (b'{"episode_id": "\xff"}', "not UTF-8", "record"),
        (b"{}", "missing field", "task_info.instruction"),
        (episode(DONE, task_info=[]), "missing field", "task_info.instruction"),
        (episode(DONE, task_info={"instruction": "a </think> b"}), "missing field", "task_info.instruction"),
        (episode(), "empty episode", "steps"),
        (episode(DONE, steps=None), "empty episode", "steps"),
        (episode(DONE, step_length=2), "wrong step count", "steps"),
        (episode(second("CLICK", TAP), DONE, step_length=1), "wrong step count", "steps"),
        (episode(second("CLICK", TAP), DONE | {"step": 2}), "wrong step count", "steps"),
    ],
)
def test_an_episode_that_is_none_is_named_and_its_neighbours_survive(
    tmp_path: Path, broken: dict | bytes, kind: str, field: str
) -> None:
    data = broken if isinstance(broken, bytes) else json.dumps(broken).encode()
    before, fault, after = read(write(tmp_path, episode(DONE, name="before"), data, episode(DONE, name="after")))
    assert (before.episode, after.episode) == ("before", "after")
    assert (fault.kind, fault.field, fault.where) == (kind, field, "annotations/broken1.json")
    assert fault.reason and fault.fix and not fault.expected


def test_an_episode_that_the_split_names_but_nobody_has_is_named(tmp_path: Path) -> None:
    root = write(tmp_path, episode(DONE, name="a"), episode(DONE, name="b"))
    splits(root, random={"train": ["a.json", "gone.json", "../splits/random_split.json", "\ud800.json", "b.json"]})
    (part,) = SOURCE.parts(root, "train")
    (root / "annotations" / "b.json").unlink()
    known, *wrong = SOURCE.read(part, "train")
    assert known.episode == "a"
    assert [(one.kind, one.where) for one in wrong] == [
        ("missing annotation", "annotations/gone.json"),
        ("missing annotation", "annotations/../splits/random_split.json"),
        ("missing annotation", "annotations/\\ud800.json"),
        ("unreadable file", "annotations/b.json"),
    ]


@pytest.mark.parametrize(
    ("step", "kind", "field", "known"),
    [
        (second("CLICK", [[1001, 5], [1001, 5]]), "off-screen coordinates", "info", False),
        (second("SCROLL", [[500, 500], [500, -1]]), "off-screen coordinates", "info", False),
        (second("CLICK", TAP, box=[470, 905, 548, 1001]), "off-screen coordinates", "sam2_bbox", True),
        (second("CLICK", TAP, box=[548, 905, 470, 960]), "broken record", "sam2_bbox", True),
        (second("CLICK", TAP, box=[470, 905]), "broken record", "sam2_bbox", True),
        (second("CLICK", TAP, box={"left": 1}), "broken record", "sam2_bbox", True),
        (second("CLICK", TAP, box=[True, 905, 548, 960]), "broken record", "sam2_bbox", True),
        (second("SWIPE", TAP), "unknown action", "info", False),
        (second("CLICK", "KEY_POWER"), "unknown action", "info", False),
        (second("CLICK", []), "unknown action", "info", False),
        (second("CLICK", [["5", 5]]), "unknown action", "info", False),
        (second("CLICK", None), "unknown action", "info", False),
        (second("SCROLL", [[5, 5], [5, 5]]), "unknown action", "info", False),
        (second("TEXT", ["a"]), "unknown action", "info", False),
        (second("TEXT", None), "unknown action", "info", False),
        (second("TEXT", ""), "missing field", "info", True),
        (second("COMPLETE"), "broken record", "action", True),
        ({"screenshot": "gone.png"} | second("CLICK", TAP), "missing image", "screenshot", True),
        ({"screenshot": None} | second("CLICK", TAP), "missing image", "screenshot", True),
        ({"screenshot": "empty.png"} | second("CLICK", TAP), "unreadable image", "screenshot", True),
        ({"screenshot": "cut.png"} | second("CLICK", TAP), "unreadable image", "screenshot", True),
    ],
)
def test_a_step_that_cannot_be_used_costs_itself(
    tmp_path: Path, step: dict, kind: str, field: str, known: bool
) -> None:
    root = write(tmp_path, episode(second("CLICK", TAP, "Before."), step, DONE))
    (root / "screenshots" / "empty.png").write_bytes(b"")
    (root / "screenshots" / "cut.png").write_bytes(png()[:-16])
    trajectory = only(root)
    assert faults(trajectory) == [(1, kind, field)] and trajectory.complete
    gap = trajectory.steps[1]
    assert gap.fault.where == f"annotations/{EPISODE}.json, step 1" and gap.fault.reason
    assert (gap.step is not None) == known
    assert [trajectory.steps[n].step.instruction for n in (0, 2)] == ["Before.", "The task is complete."]


@pytest.mark.parametrize("untaught", [second("TEXT", "", says="Type it."), second("COMPLETE", says="Done?")])
def test_what_only_the_benchmark_takes_is_seen_and_never_taught(tmp_path: Path, untaught: dict) -> None:
    trajectory = only(write(tmp_path, episode(second("CLICK", TAP, "Before."), untaught, DONE)))
    gap = trajectory.steps[1]
    assert gap.observation.screenshot == png(1) and not gap.taught
    before, fault, after = window(trajectory, horizon=4, history=4)
    assert [one.instruction for one in before.reference.steps] == ["Before."] and fault is gap.fault
    assert [one.instruction for one in after.history] == ["Before.", untaught["low_level_instruction"]]
    assert [one.instruction for one in after.reference.steps] == ["The task is complete."]


def test_a_damaged_box_costs_its_row_and_nothing_else(tmp_path: Path) -> None:
    trajectory = only(write(tmp_path, episode(second("CLICK", TAP, "Tap.", box=[548, 905, 470, 960]), DONE)))
    assert trajectory.steps[0].observation.screenshot == png(0) and trajectory.steps[0].taught


def test_an_empty_text_of_the_first_release_is_not_said_to_clear_the_field(tmp_path: Path) -> None:
    trajectory = only(write(tmp_path, episode(first("TEXT", ""), first("COMPLETE"))))
    assert trajectory.steps[0].step.instruction == "Type a text"


def test_a_step_that_is_no_object_costs_itself(tmp_path: Path) -> None:
    trajectory = only(write(tmp_path, episode(DONE, steps=[second("CLICK", TAP), 7, DONE], step_length=3)))
    assert faults(trajectory) == [(1, "broken record", "step")]
