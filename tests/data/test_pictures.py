"""Pictures: what is whole without decoding, and what becomes of a step whose pictures are made smaller."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.plans import Step
from tracer1.trajectories import Element, Observation, RecordedStep
from tracer1_data.pictures import BadPicture, is_whole, shrink, size_of, size_of_whole

PREVIEW = b"\xff\xe1\x00\x08\xff\xd8\xff\xd9\x00\x00"  # a header segment that holds the end of a small JPEG


def encoded(kind: str, size: tuple[int, int] = (300, 200), **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise(size, 50).convert("RGB").save(buffer, kind, **options)
    return buffer.getvalue()


WHOLE = {
    "PNG": encoded("PNG"),
    "JPEG": encoded("JPEG"),
    "progressive JPEG": encoded("JPEG", progressive=True),
    "JPEG with a preview": (jpeg := encoded("JPEG"))[:2] + PREVIEW + jpeg[2:],
    "WebP": encoded("WEBP"),
}


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_a_picture_is_whole_whatever_stands_behind_it(data: bytes) -> None:
    assert size_of_whole(data) == Size(300, 200)
    assert is_whole(data + b"appended by a camera" * 50)


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("missing", [2, 10, 1_000])
def test_a_picture_that_is_cut_off_is_not_whole(data: bytes, missing: int) -> None:
    assert not is_whole(data[:-missing])
    with pytest.raises(BadPicture):
        size_of_whole(data[:-missing])


def test_all_pictures_of_a_step_are_made_smaller_and_places_move_along() -> None:
    box, place = Box(30, 20, 60, 40, "pixel"), Box(0, 100, 300, 200, "pixel")
    small = encoded("PNG", (10, 10))
    screenshot, attached = encoded("PNG"), encoded("JPEG", (400, 100))
    seen = Observation(screenshot, Size(300, 200), (Element("button", "Go", place),), (small, attached), paths=("a",))
    shrunk = shrink(RecordedStep(seen, Step(Action("click"), "Click Go"), box), 15_000)  # a quarter of 300 x 200
    assert shrunk.observation.size == size_of(shrunk.observation.screenshot) == Size(150, 100)
    assert shrunk.box == Box(15, 10, 30, 20, "pixel")
    assert shrunk.observation.elements[0].box == Box(0, 50, 150, 100, "pixel")
    same, other = shrunk.observation.attachments
    # 400 x 100 to 15,000 pixels: by sqrt(0.375) = 0.6124, so 244 x 61
    assert same is small and size_of(other) == Size(244, 61) and shrunk.observation.paths == ()


def test_pictures_without_a_screenshot_are_made_smaller_too() -> None:
    seen = Observation(b"", None, attachments=(encoded("PNG"),))
    shrunk = shrink(RecordedStep(seen, Step(Action("finish"), "Done")), 15_000)
    assert shrunk.observation.screenshot == b"" and shrunk.observation.size is None
    assert size_of(shrunk.observation.attachments[0]) == Size(150, 100)
