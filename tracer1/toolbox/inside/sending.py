"""A picture as a model behind a server is sent it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image

from tracer1.toolbox.inside.pictures import encoded, open_picture
from tracer1.toolbox.inside.refusal import CannotDo


def shape(path: str, region: Sequence[float] | None, most: int) -> str:
    """What is in the ``region`` (left, top, right, bottom in pixels; None: all), shrunk to ``most`` pixels (0: any number), as PNG
    in base64; empty when that is the file as it is. Raises CannotDo for what is no whole picture, or a region outside of it."""
    whole = open_picture(path)
    picture = whole if region is None else _cut_out(whole, region)
    area = picture.width * picture.height
    if most and area > most:
        factor = math.sqrt(most / area)
        size = max(1, int(picture.width * factor)), max(1, int(picture.height * factor))
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    return "" if picture is whole else encoded(picture)


def _cut_out(picture: Image.Image, region: Sequence[float]) -> Image.Image:
    left, top = max(0, math.floor(region[0])), max(0, math.floor(region[1]))
    right, bottom = min(picture.width, math.ceil(region[2])), min(picture.height, math.ceil(region[3]))
    if left >= right or top >= bottom:
        raise CannotDo(f"the region {region} is outside the picture of {picture.width}x{picture.height} pixels")
    return picture.crop((left, top, right, bottom))
