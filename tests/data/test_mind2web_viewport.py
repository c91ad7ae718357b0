"""The viewport cut: the target stays in it, the pixels stay under it, and its place is drawn from the key."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from tracer1.coordinates import Box, Size
from tracer1_data.pictures import BadPicture
from tracer1_data.sources.mind2web_viewport import VIEWPORT, clip, cut, place

SMALL = Size(40, 30)


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def page(size: Size) -> Image.Image:
    """No two pixels near each other are the same: red counts columns, green rows, blue both in larger steps."""
    image = Image.new("RGB", (size.width, size.height))
    image.putdata(
        [(x % 256, y % 256, x // 256 + 16 * (y // 256)) for y in range(size.height) for x in range(size.width)]
    )
    return image


@st.composite
def pages(draw: st.DrawFn, most: int, whole: bool) -> tuple[Size, Box]:
    size = Size(draw(st.integers(1, most)), draw(st.integers(1, most)))
    number = st.integers if whole else st.floats

    def edges(length: int) -> tuple[float, float]:
        low = draw(number(0, length - 1))
        return low, draw(number(low + 1, length))

    (left, right), (top, bottom) = edges(size.width), edges(size.height)
    return size, Box(left, top, right, bottom, "pixel")


@given(pages(20_000, whole=False), st.text())
def test_a_target_that_fits_is_whole_in_the_cut_and_the_cut_on_the_page(case: tuple[Size, Box], key: str) -> None:
    size, box = case
    left, top, seen = place(size, box, key)
    assert place(size, box, key) == (left, top, seen)
    assert (seen.width, seen.height) == (min(size.width, 1280), min(size.height, 720))
    assert 0 <= left <= size.width - seen.width and 0 <= top <= size.height - seen.height
    if box.right - box.left <= 1279 and box.bottom - box.top <= 719:  # a pixel less: the cut starts at whole pixels
        assert left <= box.left and box.right <= left + seen.width
        assert top <= box.top and box.bottom <= top + seen.height
    else:
        assert left <= box.left < left + seen.width and top <= box.top < top + seen.height
    moved = clip(box, left, top, seen)
    assert 0 <= moved.left < moved.right <= seen.width and 0 <= moved.top < moved.bottom <= seen.height


@settings(max_examples=60, deadline=None)
@given(pages(90, whole=True), st.text())
def test_the_same_pixels_are_under_the_box(case: tuple[Size, Box], key: str) -> None:
    size, box = case
    whole = page(size)
    view = cut(png(whole), box, key, SMALL)
    seen = Image.open(io.BytesIO(view.picture)).convert("RGB")
    assert seen.size == (view.size.width, view.size.height)
    shown = view.box
    inside = seen.crop((shown.left, shown.top, shown.right, shown.bottom))
    on_page = whole.crop((box.left, box.top, box.left + inside.width, box.top + inside.height))
    assert ImageChops.difference(inside, on_page).getbbox() is None
    assert (shown.right - shown.left, shown.bottom - shown.top) == (
        min(box.right - box.left, view.size.width),
        min(box.bottom - box.top, view.size.height),
    )


def test_the_target_is_anywhere_in_the_cut_not_in_its_middle() -> None:
    box = Box(500, 3000, 600, 3040, "pixel")
    tops = [place(Size(1280, 7000), box, f"uid-{number}")[1] for number in range(2000)]
    assert min(tops) >= 3040 - 720 and max(tops) <= 3000
    tenths = Counter((3000 - top) * 10 // 681 for top in tops)  # 681 places: 2320 up to 3000
    assert set(tenths) == set(range(10)) and all(140 <= number <= 260 for number in tenths.values())


def test_by_hand() -> None:
    draw = 0x2FCB2D2D3DB216C0  # printf uid | sha256sum: bytes 8 to 15
    box = Box(10, 2000, 110, 2020, "pixel")
    assert place(Size(1280, 5000), box, "uid") == (0, 1300 + draw % 701, VIEWPORT)
    assert place(Size(1280, 5000), Box(0, 0, 10, 10, "pixel"), "uid")[1] == 0  # nothing is above
    tall = Box(0, 900, 10, 2000, "pixel")
    assert place(Size(1280, 5000), tall, "uid")[1] == 900 and clip(tall, 0, 900, VIEWPORT) == Box(
        0, 0, 10, 720, "pixel"
    )
    footer = Box(0, 4200, 10, 5000, "pixel")  # too tall, and the page ends
    assert place(Size(1280, 5000), footer, "uid")[1] == 4200 and place(Size(1280, 4850), footer, "uid")[1] == 4130


def test_a_page_that_fits_is_kept_byte_for_byte() -> None:
    data = png(Image.new("RGB", (1280, 720), "red"))
    view = cut(data, Box(-5, 700, 20, 730, "pixel"), "key")
    assert view.picture is data and view.size == VIEWPORT and view.box == Box(0, 700, 20, 720, "pixel")


def test_the_same_page_gives_the_same_bytes_and_any_kind_of_picture_is_read() -> None:
    image = page(Size(60, 80))
    box = Box(50, 60, 55, 70, "pixel")
    assert cut(png(image), box, "a", SMALL) == cut(png(image), box, "a", SMALL)
    for kind, mode in (("JPEG", "RGB"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGB")):
        buffer = io.BytesIO()
        image.convert(mode).save(buffer, kind)
        seen = Image.open(io.BytesIO(cut(buffer.getvalue(), box, "a", SMALL).picture))
        assert (seen.format, seen.mode, seen.size) == ("PNG", "RGB", (40, 30))


def test_what_cannot_be_cut() -> None:
    tall = png(page(Size(60, 80)))
    box = Box(0, 0, 10, 10, "pixel")
    for damaged in (b"", b"no picture", tall[:-20], tall[:40], png(page(Size(20, 20)))[:-20]):
        with pytest.raises(BadPicture):
            cut(damaged, box, "a", SMALL)
    for outside in (Box(0, 80, 10, 90, "pixel"), Box(-20, 0, 0, 10, "pixel"), Box(60, 0, 70, 10, "pixel")):
        with pytest.raises(ValueError, match="outside the page of 60x80 pixels"):
            cut(tall, outside, "a", SMALL)
