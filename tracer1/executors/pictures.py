"""The screenshot that a served model is sent: as it is, or resized so that both sides count the same pixels.

A server resizes every picture to multiples of the model's patches and into its limits (:mod:`tracer1.resizing`). Where only
the patches matter it comes to the same size as we do. Where a limit matters its limits may be others than those with which
the model's coordinates are defined (UI-TARS-1.5's parser does not go below 78 400 pixels, the preprocessor of its weights
does), so such a picture is resized here, and the server has nothing left to do.
"""

from __future__ import annotations

import base64
import io
import sys
from dataclasses import replace

from PIL import Image, UnidentifiedImageError

from tracer1.coordinates import Size
from tracer1.resizing import ResizeRule, smart_resize

KINDS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_DAMAGED = (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError)


def measure(picture: bytes) -> Size:
    """The size, from the header. Raises ValueError for what is no PNG, JPEG or WebP picture."""
    with _opened(picture) as image:
        return Size(*image.size)


def size_to_send(image: Size, rule: ResizeRule) -> Size | None:
    """The size to which the picture must be resized before it is sent; None when it may go as it is. Raises ValueError
    beyond an aspect of 200."""
    resized = smart_resize(image, rule)
    unlimited = smart_resize(image, replace(rule, least=0, most=sys.maxsize))
    return None if resized == unlimited else resized


def data_url(picture: bytes, size: Size | None) -> bytes:
    """The picture as a data URL (in ASCII), resized to ``size`` (as PNG) unless that is None. Raises ValueError when it is damaged."""
    with _opened(picture) as image:
        kind = KINDS[str(image.format)]
        if size is not None:
            picture, kind = _resized(image, size), KINDS["PNG"]
    return b"".join((f"data:{kind};base64,".encode(), base64.b64encode(picture)))


def _opened(picture: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(picture), formats=tuple(KINDS))
    except _DAMAGED as error:
        raise ValueError(f"{len(picture)} bytes that are no PNG, JPEG or WebP picture") from error


def _resized(image: Image.Image, size: Size) -> bytes:
    output = io.BytesIO()
    try:
        image.convert("RGB").resize((size.width, size.height), Image.Resampling.BICUBIC).save(output, "PNG")
    except _DAMAGED as error:
        raise ValueError(f"the picture is damaged or cut off ({error})") from error
    return output.getvalue()
