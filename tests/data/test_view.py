"""The page of rows: which rows are chosen and read, what a card says, and what a browser makes of it."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mixed
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from typer import Typer
from typer.testing import CliRunner

from tracer1.coordinates import Box, Point, Size
from tracer1.ground_truth import GroundTruth, load
from tracer1_data.rows import SCHEMA
from tracer1_data.viewing.cards import make_card, marks_of, read_prompt
from tracer1_data.viewing.command import cards, choose, find, view

app = Typer(pretty_exceptions_enable=False)
app.command()(view)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return mixed.write(tmp_path / "mixed")


def run(*arguments: object):
    return CliRunner().invoke(app, list(map(str, arguments)), env={"COLUMNS": "200"})


def test_rows_are_spread_evenly() -> None:
    assert choose(range(10), 2) == [2, 7] and choose(range(10), 5) == [1, 3, 5, 7, 9]
    assert choose(range(3), 20) == [0, 1, 2] and choose([], 20) == [] and choose([4, 8, 9], 1) == [8]
    assert choose(range(10**9), 3) == [166666666, 500000000, 833333333]


def test_rows_from_a_start_or_at_random() -> None:
    assert choose(range(10), 3, start=4) == [4, 5, 6] and choose([1, 5, 9], 3, start=4) == [5, 9]
    one, again, other = (choose(range(1000), 5, seed=seed) for seed in (1, 1, 2))
    assert one == again != other and one == sorted(set(one)) and len(one) == 5


def test_rows_of_a_source_or_task(rows: Path) -> None:
    shards = sorted(rows.glob("*.parquet"))
    assert list(find(shards)) == list(range(7))
    assert find(shards, source="phones") == [2, 3, 4] and find(shards, task="buy") == [0, 1]
    assert find(shards, source="phones", task="buy") == []


def test_cards_know_where_their_row_is(rows: Path) -> None:
    made, total = cards(rows, rows=20)
    assert total == 7 and [card.number for card in made] == list(range(7))
    assert [card.where for card in made][3:6] == [
        "train-00000-000.parquet, row 3",
        "train-00001-000.parquet, row 0",
        "train-00001-000.parquet, row 1",
    ]
    assert [card.info["episode"] for card in cards(rows, rows=2, start=4)[0]] == ["phones/7", "t/0"]
    assert [card.number for card in cards(rows, rows=2, source="phones")[0]] == [2, 4]


def test_only_the_row_groups_that_are_shown_are_read(rows: Path) -> None:
    shard = rows / "train-00000-000.parquet"
    metadata, data = pq.read_metadata(shard), bytearray(shard.read_bytes())
    group = metadata.row_group(0)  # rows 0 and 1
    for chunk in map(group.column, range(group.num_columns)):
        if chunk.path_in_schema.startswith("images"):
            end = chunk.data_page_offset + chunk.total_compressed_size
            data[chunk.data_page_offset : end] = b"\xff" * chunk.total_compressed_size
    shard.write_bytes(data)
    assert [card.number for card in cards(rows, start=2)[0]] == [2, 3, 4, 5, 6]
    assert [card.number for card in cards(rows, task="settings")[0]] == [2, 3, 4]
    with pytest.raises(ValueError, match=r"train-00000-000\.parquet is damaged .*validate says where"):
        cards(rows)


def test_what_a_card_says(rows: Path) -> None:
    web, second, tap, *_, bare, tool = cards(rows)[0]
    assert web.task == f"Buy {mixed.EVIL} & go" and web.history == ()
    assert second.history == ("click(): Click the search box",)
    assert web.plan == (("click()", "Click the search box"), ("click()", "Click Send"), ("finish()", "Done"))
    assert dict(web.facts) == {
        "episode": "shop/1", "position": "0", "split": "train", "platform": "web", "task": "buy", "index": "0",
        "instructions": "recorded", "image tokens": "880", "horizon": "3", "protocol": "tracer1",
    }  # fmt: skip
    (mark,) = web.pictures[0].marks
    assert (mark.left, mark.top, mark.width, mark.height) == pytest.approx(
        (100 * 100 / 1280, 100 * 60 / 720, 100 * 320 / 1280, 100 * 50 / 720)
    )
    # 1280 × 720 in 900 × 700, 1080 × 2400 in 900 × 700.
    assert web.pictures[0].shown == Size(900, 506) and tap.pictures[0].shown == Size(315, 700)
    (point,) = tap.pictures[0].marks
    assert (point.kind, point.left, point.top, point.width) == ("point", 25, 50, None)
    assert bare.pictures == () and bare.info["stage2"] == "the tool's answer cannot be judged"
    assert [p.caption for p in tool.pictures] == [f"Picture {n} of 3, 320×240" for n in (1, 2, 3)]
    assert all(p.marks == () and p.shown == Size(320, 240) for p in tool.pictures)
    assert dict(tool.facts)["expected answer"] == "green (rule text)"


def test_points_of_the_plan_are_marked_too(rows: Path) -> None:
    truth = load(mixed.rows()[2]["reward_model"]["ground_truth"])
    assert [mark.says for mark in marks_of(truth)] == ["target point: 250, 500 of 1000"]
    other = GroundTruth(
        truth.reference, truth.image, 3, "mobile", box=Box(0, 0, 9, 9, "pixel"), point=Point(1, 2, "thousand")
    )
    assert [mark.says for mark in marks_of(other)] == [
        "target box: 0, 0 to 9, 9",
        "target point: 1, 2 of 1000",
        "point of step 1: 250, 500 of 1000",
    ]


def test_task_and_history_come_out_of_the_prompt() -> None:
    def read(content: str) -> tuple[str, tuple[str, ...]]:
        return read_prompt([{"role": "system", "content": "x"}, {"role": "user", "content": content}])

    assert read("<image>Task: Go\nDone:\n- none\nPlan:") == ("Go", ())
    assert read("<image><image>Task: a\nDone:\nb\nDone:\n- x(): X\n- y(): Y => 3\nPlan:") == (
        "a\nDone:\nb",
        ("x(): X", "y(): Y => 3"),
    )
    assert read("<image>Something else") == ("Something else", ())
    assert read_prompt([]) == ("", ())


def broken(**columns: Any) -> dict[str, Any]:
    return {**mixed.rows()[0], **columns}


def test_damaged_rows_are_shown_as_such() -> None:
    cut = mixed.picture(mixed.WEB, mixed.BOXES[0])[:-900]
    card = make_card(broken(images=[{"bytes": cut}, {"bytes": b"no picture"}]), 0, "")
    assert "cut off" in card.pictures[0].problem and "no PNG, JPEG or WebP" in card.pictures[1].problem
    card = make_card(broken(reward_model={"style": "rule", "ground_truth": "{}"}), 0, "")
    assert "lacks the field 'version'" in card.problem and card.plan == () and card.task.startswith("Buy")
    assert [(p.caption, p.marks) for p in card.pictures] == [("Picture 1 of 1, 1280×720, shown at 70%", ())]


def test_a_picture_with_transparency_or_palette_is_shown() -> None:
    for mode in ("RGBA", "P", "LA", "I;16"):
        buffer = io.BytesIO()
        Image.new(mode, (40, 30)).save(buffer, "PNG")
        card = make_card(broken(images=[{"bytes": buffer.getvalue()}]), 0, "")
        assert card.pictures[0].problem == "" and card.pictures[0].shown == Size(80, 60)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--source", "nowhere", "--task", "buy"], "has no row of source nowhere, task buy"),
        (["--start", "7"], "has no row of start 7"),
        (["--start", "1", "--seed", "1"], "give one of them"),
    ],
)
def test_a_wish_that_cannot_be_met(rows: Path, tmp_path: Path, arguments: list[str], says: str) -> None:
    result = run(rows, "--output", tmp_path / "page.html", *arguments)
    assert result.exit_code == 1 and says in " ".join(result.output.split()) and not (tmp_path / "page.html").exists()


def test_what_cannot_be_read_or_written(rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(tmp_path / "none.parquet", "--output", tmp_path / "page.html")
    assert result.exit_code == 1 and "there is no" in result.output
    pq.write_table(pa.Table.from_pylist([], SCHEMA), tmp_path / "empty.parquet")
    result = run(tmp_path / "empty.parquet", "--output", tmp_path / "page.html")
    assert result.exit_code == 1 and "has no row" in result.output
    (tmp_path / "file").write_text("")
    assert run(rows, "--output", tmp_path / "file" / "page.html").exit_code == 4
    monkeypatch.setitem(sys.modules, "jinja2", None)
    result = run(rows, "--output", tmp_path / "page.html")
    assert result.exit_code == 1 and "pip install 'tracer1[report]'" in result.output


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The page of all seven rows in Chromium; ``page.problems`` gathers messages, dialogs and requests."""
    from playwright.sync_api import sync_playwright

    from tracer1.environments.miniwob.browser import launch

    directory = tmp_path_factory.mktemp("view")
    result = run(mixed.write(directory / "mixed"), "--output", directory / "page.html")
    assert result.exit_code == 0, result.output
    with sync_playwright() as playwright:
        browser = launch(playwright)
        opened, problems = browser.new_page(viewport={"width": 1500, "height": 900}), []
        opened.problems = problems
        opened.on("console", lambda message: problems.append(message.text))
        opened.on("pageerror", lambda error: problems.append(str(error)))
        opened.on("dialog", lambda dialog: (problems.append(dialog.message), dialog.dismiss()))
        opened.on("request", lambda request: problems.append(request.url[:80]))
        opened.goto((directory / "page.html").as_uri())
        yield opened
        browser.close()


def place(page: Any, selector: str) -> tuple[float, ...]:
    edges = page.locator(selector).bounding_box()
    return edges["x"], edges["y"], edges["x"] + edges["width"], edges["y"] + edges["height"]


@pytest.mark.browser
def test_every_row_has_a_card_and_nothing_comes_from_outside(page: Any) -> None:
    assert page.locator("article").count() == 7
    assert page.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
    assert page.locator("#row-5").get_by_text("no picture").is_visible()
    assert page.locator("#row-6 img").count() == 3
    outside = [what for what in page.problems if not what.startswith(("data:", "file:"))]
    assert outside == [] and sum(what.startswith("file:") for what in page.problems) == 1


@pytest.mark.browser
def test_text_of_the_data_stays_text(page: Any) -> None:
    assert page.locator("#row-0 .task").inner_text() == f"Buy {mixed.EVIL} & go"
    assert page.evaluate("document.scripts.length") == 1


@pytest.mark.browser
def test_the_target_lies_where_it_is_in_the_picture(page: Any) -> None:
    for row, box in enumerate(mixed.BOXES):
        left, top, _, _ = place(page, f"#row-{row} img")
        scale = 900 / 1280
        expected = [left + box.left * scale, top + box.top * scale, left + box.right * scale, top + box.bottom * scale]
        assert place(page, f"#row-{row} .box") == pytest.approx(expected, abs=1)
    left, top, right, bottom = place(page, "#row-2 img")
    assert (right - left, bottom - top) == pytest.approx((315, 700), abs=0.5)
    assert place(page, "#row-2 .point")[:2] == pytest.approx((left + 315 / 4, top + 350), abs=1)


def red(png: bytes) -> tuple[int, ...]:
    """The edges of what is red in a screenshot, where all else is light grey."""
    _, green, _ = Image.open(io.BytesIO(png)).convert("RGB").split()
    return green.point(lambda value: 255 * (value < 138)).getbbox()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1500, 700])
def test_the_target_covers_what_is_drawn_there_in_any_window(page: Any, width: int) -> None:
    """In the picture itself the target is a red rectangle; the overlay, switched off here, has its edges."""
    page.set_viewport_size({"width": width, "height": 900})
    page.locator("#row-1").scroll_into_view_if_needed()
    screen, box = place(page, "#row-1 .screen"), place(page, "#row-1 .box")
    page.keyboard.press("t")
    assert not page.locator("#row-1 .box").is_visible()
    drawn = red(page.locator("#row-1 .screen").screenshot())
    page.keyboard.press("t")
    assert page.locator("#row-1 .box").is_visible()
    found = [box[0] - screen[0], box[1] - screen[1], box[2] - screen[0], box[3] - screen[1]]
    assert drawn == pytest.approx(found, abs=1.5)
    page.set_viewport_size({"width": 1500, "height": 900})


@pytest.mark.browser
def test_filter_and_keys(page: Any) -> None:
    page.locator("#filter").fill("SETTINGS scroll")
    shown = "[...document.querySelectorAll('article:not([hidden])')].map((card) => card.id)"
    assert page.evaluate(shown) == ["row-2", "row-3"] and page.locator("#count").inner_text() == "2"
    page.keyboard.press("Escape")
    for key, row in (("ArrowRight", 2), ("ArrowRight", 3), ("ArrowRight", 3), ("ArrowLeft", 2)):
        page.keyboard.press(key)
        assert page.evaluate("document.querySelector('.current').id") == f"row-{row}"
    page.locator("#filter").fill("")
    assert len(page.evaluate(shown)) == 7
