"""Coordinates: edges, half-way values, round trips, and refusal of numbers without a space."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer1.coordinates import Box, Point, Size

sizes = st.builds(Size, st.integers(1, 8000), st.integers(1, 8000))


@given(sizes, st.integers(0, 1000), st.integers(0, 1000))
def test_thousand_to_pixels_and_back_changes_nothing(size, x, y):
    point = Point(x, y, "thousand")
    assert point.to("pixel", size).to("thousand", size) == point


@given(sizes, st.floats(0, 1), st.floats(0, 1))
def test_the_error_is_at_most_half_a_cell(size, x, y):
    pixel = Point(x * size.width, y * size.height, "pixel")
    back = pixel.to("thousand", size).to("pixel", size)
    assert abs(back.x - pixel.x) <= size.width / 2000 * (1 + 1e-9)
    assert abs(back.y - pixel.y) <= size.height / 2000 * (1 + 1e-9)


def test_edges_are_legal():
    size = Size(160, 210)
    assert Point(0, 0, "pixel").to("thousand", size) == Point(0, 0, "thousand")
    assert Point(160, 210, "pixel").to("thousand", size) == Point(1000, 1000, "thousand")
    assert Point(1.0, 0.5, "unit").to("resized", size, Size(160, 224)) == Point(160, 112, "resized")


def test_half_way_values_round_up():
    assert Point(0.0005, 0.0015, "unit").to("thousand", Size(10, 10)) == Point(1, 2, "thousand")


def test_spaces_are_not_mixed():
    with pytest.raises(ValueError, match="unknown coordinate space"):
        Point(1, 1, "percent")
    with pytest.raises(ValueError, match="convert one"):
        Box(0, 0, 1, 1, "unit").contains(Point(1, 1, "pixel"))
    with pytest.raises(ValueError, match="smart-resized"):
        Point(1, 1, "pixel").to("resized", Size(10, 10))


def test_a_box_includes_its_edges():
    box = Box(10, 10, 20, 30, "pixel")
    assert box.contains(Point(10, 30, "pixel")) and not box.contains(Point(9.99, 20, "pixel"))
    assert box.centre == Point(15, 20, "pixel")
