"""Pictures of text that tesseract reads without an error: large black letters on white, in the font that Pillow brings along."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

_SIZE, _LINE, _MARGIN = 28, 46, 18
_WIDTH = 320


def png(title: str, lines: Sequence[str]) -> bytes:
    """A title and lines below each other, 320 pixels wide, as PNG with 16 shades of grey."""
    text, font = [title, *lines], ImageFont.load_default(_SIZE)
    image = Image.new("L", (_WIDTH, 2 * _MARGIN + _LINE * len(text)), 255)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(text):
        draw.text((_MARGIN, _MARGIN + number * _LINE), line, 0, font)
    data = io.BytesIO()
    image.quantize(16).save(data, "PNG", optimize=True)
    return data.getvalue()
