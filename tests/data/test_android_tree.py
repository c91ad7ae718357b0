"""Android's accessibility trees: what is seen, how it is called, and what a tap hits."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import pytest
from android_control_records import (
    ROW,
    SCREEN,
    TREE,
    dataset,
    episode,
    forest,
    node,
    read_all,
    shown,
)

from tracer1.coordinates import Box
from tracer1_data.sources.android_control import parts
from tracer1_data.sources.android_forest import load_forest
from tracer1_data.sources.android_tree import MOST_ELEMENTS, elements_of, read_nodes, target_of
from tracer1_data.sources.wire import BadMessage, write_field


def target(x: float, y: float, *windows: tuple[int, list[bytes]]) -> tuple | None:
    box = target_of(read_nodes(memoryview(forest(*windows)), SCREEN), x, y, SCREEN)
    return box and (box.left, box.top, box.right, box.bottom)


def test_the_target_is_the_smallest_node_that_takes_taps() -> None:
    page, card = node((0, 0, 1080, 2400), clickable=True), node((0, 600, 1080, 1200), clickable=True)
    row, label = node(ROW, long_clickable=True), node((60, 760, 400, 820), text="Network")
    assert target(100, 800, (0, [page, card, row, label])) == ROW
    assert target(100, 800, (0, [page, label])) == (60, 760, 400, 820)  # nothing takes taps but the page
    assert target(100, 800, (0, [page])) is None and target(100, 800) is None
    assert target(100, 800, (0, [page, node(ROW, clickable=True, visible=False)])) is None


def test_edges_belong_to_the_node_that_begins_there() -> None:
    left, right = node((0, 0, 100, 100), clickable=True), node((100, 0, 300, 100), clickable=True)
    assert target(100, 50, (0, [left, right])) == (100, 0, 300, 100)
    assert target(99.5, 99.5, (0, [left, right])) == (0, 0, 100, 100) and target(50, 100, (0, [left, right])) is None


def test_the_window_in_front_takes_the_tap() -> None:
    app, keyboard = [node((0, 2000, 50, 2050), clickable=True)], [node((0, 1600, 1080, 2400))]
    assert target(10, 2010, (0, app), (3, keyboard)) == (0, 1600, 1080, 2400)
    assert target(10, 2010, (3, app), (0, keyboard)) == (0, 2000, 50, 2050)


def test_boxes_are_clipped_and_those_beside_the_screen_left_out() -> None:
    boxes = [(-50, -10, 60, 40), (768, 4097, 902, 2337), (1080, 0, 1200, 40), (5, 5, 5, 90), (900, 2300, 2000, 9000)]
    nodes = read_nodes(memoryview(forest((0, [node(box, text="x") for box in boxes]))), SCREEN)
    assert [one.element.box for one in nodes] == [Box(0, 0, 60, 40, "pixel"), Box(900, 2300, 1080, 2400, "pixel")]


def test_names_roles_and_values() -> None:
    box = (0, 0, 10, 10)
    nodes = [
        node(box, cls="android.widget.ImageButton", description="More\n options"),
        node(box, cls="android.widget.EditText", editable=True, hint="Email", text="a@b.c", focused=True),
        node(box, editable=True, password=True, hint="Password", text="secret"),
        node(box, editable=True, text="Search"),
        node(box, cls="androidx.compose.View", text="y" * 500, description="unused"),
        node(box, cls="android.widget.FrameLayout"),
        node(box, text="\u00e9" * 300)[:-3] + write_field(31, b"tip"),
    ]
    elements = elements_of(read_nodes(memoryview(forest((0, nodes))), SCREEN))
    assert [(one.role, one.name, one.value, one.focused) for one in elements] == [
        ("button", "More options", "", False),
        ("textbox", "Email", "a@b.c", True),
        ("textbox", "Password", "", False),
        ("textbox", "Search", "", False),
        ("group", "y" * 100, "", False),
        ("group", "\u00e9" * 100, "", False),
    ]


def test_a_text_that_is_no_utf_8_costs_neither_node_nor_tree() -> None:
    nodes = [node((0, 0, 10, 10), text="?").replace(b"?", b"\xff"), node((0, 0, 10, 10), text="good")]
    elements = elements_of(read_nodes(memoryview(forest((0, nodes))), SCREEN))
    assert [one.name for one in elements] == ["\N{REPLACEMENT CHARACTER}", "good"]


def test_what_is_not_written_is_zero() -> None:
    shown = write_field(23, 1) + write_field(7, b"here")
    at = write_field(2, write_field(3, 30) + write_field(4, 40))
    hidden = write_field(2, write_field(3, 30) + write_field(4, 40)) + write_field(7, b"hidden")
    behind = write_field(4, -1) + write_field(
        11, write_field(1, shown + at) + write_field(1, shown) + write_field(1, hidden)
    )
    above = write_field(11, write_field(1, shown + at + write_field(99, b"unknown")))
    nodes = read_nodes(memoryview(write_field(1, behind) + write_field(1, b"") + write_field(1, above)), SCREEN)
    assert [(one.element.box, one.takes_taps, one.window) for one in nodes] == [
        (Box(0, 0, 30, 40, "pixel"), False, 1),
        (Box(0, 0, 30, 40, "pixel"), False, 2),
    ]


def test_elements_are_limited() -> None:
    many = [node((0, 0, 10, 10), text=str(number)) for number in range(500)]
    elements = elements_of(read_nodes(memoryview(forest((0, many))), SCREEN))
    assert len(elements) == MOST_ELEMENTS and elements[-1].name == str(MOST_ELEMENTS - 1)


def test_a_cut_or_changed_tree_is_refused_or_read() -> None:
    for place in range(len(TREE)):
        for damaged in (TREE[:place], TREE[:place] + bytes([TREE[place] ^ 0xA4]) + TREE[place + 1 :]):
            with contextlib.suppress(BadMessage):
                assert len(read_nodes(memoryview(damaged), SCREEN)) <= 5


def test_a_tree_that_cannot_be_read_costs_no_row(tmp_path: Path) -> None:
    trees = [TREE, b"\x0a\xff", TREE, b"no tree"]
    found, *notes = read_all(dataset(tmp_path / "in", [episode(1, accessibility_trees=trees)]))
    assert shown(found.steps) == ["open_app", "click", "scroll", "finish"] and found.steps[1].box is None
    assert [(note.kind, note.expected, note.where[-6:]) for note in notes] == [
        ("unreadable tree", True, "step 1"),
        ("unreadable tree", True, "step 3"),
    ]


def test_the_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = dataset(tmp_path / "in", [episode(1)])
    monkeypatch.setitem(sys.modules, "google.protobuf", None)
    load_forest.cache_clear()
    with pytest.raises(ValueError, match=r"pip install 'tracer1\[data\]'"):
        parts(folder, "train")
