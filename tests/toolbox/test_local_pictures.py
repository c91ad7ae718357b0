"""Pictures made of pictures, looked at pixel by pixel."""

from __future__ import annotations

import pytest
from PIL import Image

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def opened(box, name):
    return Image.open(box.output / name)


def test_crop_cuts_the_box_out_and_the_result_can_be_cut_again(local):
    """The picture is 40x20, red to the left of x = 20 and blue to the right."""
    name = local.text("crop", image_path="quarters.png", box=[10, 5, 30, 15])
    part = opened(local, name)
    assert part.size == (20, 10) and part.getpixel((9, 0)) == RED and part.getpixel((10, 0)) == BLUE
    again = opened(local, local.text("crop", image_path=name, box="(10, 0, 20, 10)"))
    assert again.getcolors() == [(100, BLUE)]


def test_the_same_call_gives_the_same_name(local):
    first, second = (local.text("crop", image_path="quarters.png", box=[0, 0, 20, 20]) for _ in range(2))
    other = local.text("crop", image_path="quarters.png", box=[20, 0, 40, 20])
    assert first == second != other and "/" not in first


def test_boxes_are_clipped_and_may_come_as_a_list_of_one_box(local):
    part = opened(local, local.text("crop", image_path="quarters.png", box=[[-10, -10, 1000, 10]]))
    assert part.size == (40, 10)


def test_zoom_enlarges(local):
    part = opened(local, local.text("zoom", image_path="quarters.png", box=[0, 0, 10, 10], factor=3))
    assert part.size == (30, 30) and part.getcolors() == [(900, RED)]
    assert opened(local, local.text("zoom", image_path="quarters.png", box=[0, 0, 10, 10])).size == (20, 20)


@pytest.mark.parametrize(
    "box", [[30, 0, 10, 20], [50, 0, 60, 20], [1, 2, 3], "somewhere", [1, 2, 3, "x"], [0, 0, 10**400, 9], {}, None]
)
def test_what_is_no_box_is_refused(local, box):
    assert "box" in local.refusal("crop", image_path="quarters.png", box=box) or "numbers" in local.refusal(
        "crop", image_path="quarters.png", box=box
    )


@pytest.mark.parametrize(
    ("name", "why"),
    [("cut.png", "damaged"), ("huge.png", "100000x100000"), ("garbage.png", "no picture"), ("../x.png", "no file")],
)
def test_what_is_no_picture_is_refused(local, name, why):
    assert why in local.refusal("crop", image_path=name, box=[0, 0, 5, 5])


def test_zoom_is_bounded(local):
    for factor in (0, -1, 11):
        assert "factor" in local.refusal("zoom", image_path="quarters.png", box=[0, 0, 9, 9], factor=factor)


def test_draw_box_tints_the_inside_and_leaves_the_rest(gta):
    """Red at 64/255 over white is (255, 191, 191)."""
    made = opened(gta, gta.text("DrawBox", image="white.png", bbox="(100, 120, 200, 220)"))
    assert made.size == (336, 336) and made.getpixel((100, 120)) == RED and made.getpixel((99, 119)) == WHITE
    assert made.getpixel((150, 170)) == (255, 191, 191)
    named = opened(gta, gta.text("DrawBox", image="white.png", bbox="(100, 120, 200, 220)", annotation="cat"))
    assert named.crop((100, 95, 140, 119)).getextrema()[1][0] < 60


def test_add_text_writes_where_it_is_told(gta):
    left = opened(gta, gta.text("AddText", image="white.png", text="Hello", position="lt"))
    assert left.crop((0, 0, 168, 168)).getcolors() != [(168 * 168, WHITE)]
    assert left.crop((0, 168, 336, 336)).getcolors() == [(336 * 168, WHITE)]
    placed = opened(gta, gta.text("AddText", image="white.png", text="Hello", position="(200, 300)", color="blue"))
    assert placed.crop((200, 270, 336, 301)).getcolors() != [(136 * 31, WHITE)]
    assert placed.crop((0, 0, 199, 336)).getcolors() == [(199 * 336, WHITE)]


def test_transparent_parts_are_white(gta):
    made = opened(gta, gta.text("AddText", image="clear.png", text=" ", position="mm"))
    assert made.getcolors() == [(100, WHITE)]


@pytest.mark.parametrize(
    ("name", "arguments", "why"),
    [
        ("DrawBox", {"bbox": "(200, 0, 100, 50)"}, "left, top, right, bottom"),
        ("DrawBox", {"bbox": "(1, 2, 3)"}, "numbers"),
        ("AddText", {"text": "x", "position": "top"}, "numbers"),
        ("AddText", {"text": "x", "position": "mt", "color": "no colour"}, "colour"),
    ],
)
def test_what_cannot_be_drawn_is_refused(gta, name, arguments, why):
    assert why in gta.refusal(name, image="white.png", **arguments)
