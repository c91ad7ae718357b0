"""Smart-resized sizes worked out by hand, and coordinates on them at the edges of every common screen."""

import pytest

from tracer1.coordinates import Point, Size
from tracer1.resizing import RULES, smart_resize

pytest.importorskip("qwen_vl_utils")
SCREENS = [(1080, 2400), (1080, 1920), (1440, 3120), (1280, 720), (1366, 768), (1920, 1080), (2560, 1440), (3840, 2160)]


@pytest.mark.parametrize(
    ("image", "model", "resized"),
    [
        # to the nearest multiple of 28: 1920 / 28 = 68.57 → 69, 1080 / 28 = 38.57 → 39
        ((1920, 1080), "ui_tars_1_5", (1932, 1092)),
        # 1080 / 28 → 39, 2400 / 28 = 85.71 → 86
        ((1080, 2400), "ui_tars_1_5", (1092, 2408)),
        # to the nearest multiple of 32: 1080 / 32 = 33.75 → 34, 1920 / 32 = 60
        ((1920, 1080), "qwen3_vl", (1920, 1088)),
        # 160 x 210 is 33,600 pixels, below 78,400: scale by √(78400/33600) = 1.5275; 244.4 → 252, 320.8 → 336 (up)
        ((160, 210), "ui_tars_1_5", (252, 336)),
        # 8000 x 4000 is above 16384·784 = 12,845,056: divide by √2.4912 = 1.5784; 5068.6 → 5068, 2534.3 → 2520 (down)
        ((8000, 4000), "opencua", (5068, 2520)),
    ],
)
def test_sizes_by_hand(image, model, resized):
    assert smart_resize(Size(*image), RULES[model]) == Size(*resized)


def test_an_extreme_shape_is_refused():
    with pytest.raises(ValueError, match="aspect beyond 200"):
        smart_resize(Size(4000, 10), RULES["ui_tars_1_5"])


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("model", RULES)
def test_edges_and_the_middle_stay_where_they_are(screen, model):
    image = Size(*screen)
    resized = smart_resize(image, RULES[model])
    for share in (0, 0.5, 1):
        pixel = Point(image.width * share, image.height * share, "pixel")
        seen = pixel.to("resized", image, resized)
        assert (seen.x, seen.y) == (resized.width * share, resized.height * share)
        assert seen.to("pixel", image, resized) == pixel
        assert seen.to("thousand", image, resized) == Point(1000 * share, 1000 * share, "thousand")
