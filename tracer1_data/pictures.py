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
    """Whether the file has the end of its format: a cut picture is found without decoding it (WebP says its length). A JPEG is
    decoded where more follows, as cameras append it: the end of the preview in its header looks the same."""
    if data.startswith(b"\x89PNG"):
        return data.rfind(b"IEND\xaeB`\x82") >= 0
    if data.startswith(b"\xff\xd8"):
        return b"\xff\xd9" in data[-64:] or _can_be_decoded(data)
    return len(data) >= 8 and len(data) >= int.from_bytes(data[4:8], "little") + 8


def _can_be_decoded(data: bytes) -> bool:
    try:
        decode(data)
    except BadPicture:
        return False
    return True


def size_of_whole(data: bytes) -> Size:
    """The size of a picture that is not cut off, without decoding it. Raises BadPicture."""
    size = size_of(data)
    if not is_whole(data):
        raise BadPicture("the picture is cut off")
    return size


def shrink(recorded: RecordedStep, most: int) -> RecordedStep:
    """The step with pictures of at most ``most`` pixels each, and what lies on the screenshot moved along. Raises BadPicture."""
    seen = recorded.observation
    attachments = tuple(_shrunk(picture, most) for picture in seen.attachments)
    seen = replace(seen, attachments=attachments, paths=())
    if seen.size is None or seen.size.width * seen.size.height <= most:
        return replace(recorded, observation=seen)
    screenshot = _shrunk(seen.screenshot, most)
    small = size_of(screenshot)
    factors = small.width / seen.size.width, small.height / seen.size.height
    elements = tuple(replace(element, box=_scaled(element.box, *factors)) for element in seen.elements)
    box = _scaled(recorded.box, *factors) if recorded.box else None
    return replace(recorded, observation=replace(seen, screenshot=screenshot, size=small, elements=elements), box=box)


def _shrunk(picture: bytes, most: int) -> bytes:
    """The picture itself, or a smaller one as PNG."""
    size = size_of(picture)
    if size.width * size.height <= most:
        return picture
    scale = (most / (size.width * size.height)) ** 0.5
    small = max(1, int(size.width * scale)), max(1, int(size.height * scale))
    buffer = io.BytesIO()
    decode(picture).convert("RGB").resize(small, Image.Resampling.LANCZOS).save(buffer, "PNG")
    return buffer.getvalue()


def _scaled(box: Box, across: float, down: float) -> Box:
    return Box(box.left * across, box.top * down, box.right * across, box.bottom * down, "pixel")
