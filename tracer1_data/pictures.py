"""Pictures: their size from the header alone, a full check, and scaling down with the coordinates that belong to them."""

from __future__ import annotations

import io
from dataclasses import replace

from PIL import Image, UnidentifiedImageError

from tracer1.coordinates import Box, Size
from tracer1.trajectories import RecordedStep

FORMATS = ("PNG", "JPEG", "WEBP")


class BadPicture(ValueError):
    """The bytes are no picture that can be used; the message says what is wrong."""


def size_of(data: bytes) -> Size:
    """The size, from the header. Raises BadPicture."""
    if not data:
        raise BadPicture("the file is empty")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            return Size(*image.size)
    except UnidentifiedImageError as error:
        raise BadPicture("the bytes are no PNG, JPEG or WebP picture") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadPicture(f"the picture's header is damaged ({error})") from error


def decode(data: bytes) -> Image.Image:
    """The picture, read to its last byte. Raises BadPicture when it is cut off or damaged."""
    size_of(data)
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadPicture(f"the picture is damaged or cut off ({error})") from error
    return image


def is_whole(data: bytes) -> bool:
    """Whether the file ends as its format does: a cut picture is found without decoding it (WebP says its length)."""
    if data.startswith(b"\x89PNG"):
        return data[-12:] == b"\0\0\0\0IEND\xaeB`\x82" or b"IEND\xaeB`\x82" in data[-64:]
    if data.startswith(b"\xff\xd8"):
        return b"\xff\xd9" in data[-64:]
    return len(data) >= 8 and len(data) >= int.from_bytes(data[4:8], "little") + 8


def size_of_whole(data: bytes) -> Size:
    """The size of a picture that is not cut off, without decoding it. Raises BadPicture."""
    size = size_of(data)
    if not is_whole(data):
        raise BadPicture("the picture is cut off")
    return size


def shrink(recorded: RecordedStep, most: int) -> RecordedStep:
    """The step with a screenshot of at most ``most`` pixels, its box and elements moved along. Raises BadPicture."""
    observation = recorded.observation
    size = observation.size
    if size is None or size.width * size.height <= most:
        return recorded
    scale = (most / (size.width * size.height)) ** 0.5
    small = Size(max(1, int(size.width * scale)), max(1, int(size.height * scale)))
    buffer = io.BytesIO()
    image = decode(observation.screenshot).convert("RGB").resize((small.width, small.height), Image.Resampling.LANCZOS)
    image.save(buffer, "PNG")
    factors = small.width / size.width, small.height / size.height
    elements = tuple(replace(element, box=_scaled(element.box, *factors)) for element in observation.elements)
    box = _scaled(recorded.box, *factors) if recorded.box else None
    seen = replace(observation, screenshot=buffer.getvalue(), size=small, elements=elements, paths=())
    return replace(recorded, observation=seen, box=box)


def _scaled(box: Box, across: float, down: float) -> Box:
    return Box(box.left * across, box.top * down, box.right * across, box.bottom * down, "pixel")
