"""Operations on pictures, with Pillow. Boxes are in pixels of the picture as it is stored (orientation marks are not applied).

``draw_box`` and ``add_text`` draw as GTA's tools do: open-compass/GTA, agentlego/agentlego/tools/image_editing.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageColor, ImageDraw, ImageFont, UnidentifiedImageError

from tracer1.toolbox.inside.refusal import CannotDo

MOST_PIXELS, MOST_BYTES = 40_000_000, 32 << 20
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
_NUMBER = re.compile(r"[-+]?\d*\.?\d+")
_RED = (255, 0, 0)
Image.MAX_IMAGE_PIXELS = None  # open_picture looks at the size itself


def open_picture(path: str) -> Image.Image:
    """A picture as RGB, transparent parts on white. Raises CannotDo for what is none, is damaged or too large."""
    try:
        picture = Image.open(path, formats=_FORMATS)
        if picture.width * picture.height > MOST_PIXELS:
            raise CannotDo(f"the picture has {picture.width}x{picture.height} pixels, more than {MOST_PIXELS:,} in all")
        picture.load()
    except UnidentifiedImageError as error:
        raise CannotDo("it is no picture, or damaged") from error
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise CannotDo(f"the picture is damaged: {error}") from error
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    solid = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", solid.size, "white"), solid).convert("RGB")


def encoded(picture: Image.Image) -> str:
    """PNG in base64: how a picture leaves the sandbox. Raises CannotDo for more bytes than can."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    if file.tell() > MOST_BYTES:
        raise CannotDo(f"the result has {file.tell() >> 20} MiB, more than {MOST_BYTES >> 20} MiB")
    return base64.b64encode(file.getvalue()).decode()


def crop(path: str, box: Any, factor: float) -> str:
    """What is in the box, ``factor`` times as large; parts outside of the picture are left out."""
    picture = open_picture(path)
    x1, y1, x2, y2 = _numbers(box, 4)
    inside = (max(0, round(x1)), max(0, round(y1)), min(picture.width, round(x2)), min(picture.height, round(y2)))
    if inside[0] >= inside[2] or inside[1] >= inside[3]:
        raise CannotDo(f"the box {box} is empty in a picture of {picture.width}x{picture.height} pixels")
    part = picture.crop(inside)
    size = round(part.width * factor), round(part.height * factor)
    if not 0 < size[0] * size[1] <= MOST_PIXELS:
        raise CannotDo(f"the result would have {size[0]}x{size[1]} pixels")
    return encoded(part if factor == 1 else part.resize(size, Image.Resampling.LANCZOS))


def draw_box(path: str, box: Any, annotation: str) -> str:
    """A red box, its inside tinted, with a text above its upper left corner."""
    picture = open_picture(path).convert("RGBA")
    x1, y1, x2, y2 = _numbers(box, 4)
    if x1 > x2 or y1 > y2:
        raise CannotDo(f"the box {box} is not (left, top, right, bottom)")
    canvas = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((x1, y1, x2, y2), fill=(*_RED, 64), outline=(*_RED, 255))
    if annotation:
        draw.text((x1, y1 - 5), annotation, fill=(*_RED, 255), anchor="lb", font=_font(picture))
    return encoded(Image.alpha_composite(picture, canvas).convert("RGB"))


def add_text(path: str, text: str, position: str, color: str) -> str:
    """Text at a place: ``lt`` to ``rb``, a twentieth of the width from the border, or ``(x, y)`` for its lower left corner."""
    picture = open_picture(path)
    try:
        ImageColor.getrgb(color)
    except ValueError as error:
        raise CannotDo(f"there is no colour {color!r}") from error
    width, height = picture.size
    margin = width // 20
    if re.fullmatch("[lmr][tmb]", position):
        x = {"l": margin, "m": width // 2, "r": width - margin}[position[0]]
        y = {"t": margin, "m": height // 2, "b": height - margin}[position[1]]
        anchor = position
    else:
        (x, y), anchor = _numbers(position, 2), "lb"
    ImageDraw.Draw(picture).text((x, y), text, anchor=anchor, fill=color, font=_font(picture))
    return encoded(picture)


def _font(picture: Image.Image) -> Any:
    return ImageFont.load_default(size=max(1, int(picture.height / 336 * 18)))


def _numbers(said: Any, count: int) -> Sequence[float]:
    """Of a text such as ``(1, 2, 3, 4)``, of a list, or of a list that holds one list."""
    if isinstance(said, list) and len(said) == 1:
        said = said[0]
    found = _NUMBER.findall(said[:200]) if isinstance(said, str) else said
    try:
        numbers = [float(one) for one in found]
    except (TypeError, ValueError, OverflowError):
        numbers = []
    if len(numbers) != count or not all(abs(one) < 1e6 for one in numbers):
        raise CannotDo(f"{said!r:.80} are not {count} numbers in pixels")
    return numbers
