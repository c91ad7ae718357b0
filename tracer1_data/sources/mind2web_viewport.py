"""Cut a viewport out of a full-page screenshot, as an agent would see it when it has scrolled to its target.

Where the target lies in the cut is drawn from a hash of a key, evenly from all cuts that hold it: a planner must not learn that
the target is in the middle. The same key gives the same cut on every machine. The cut is stored as PNG, so its pixels are those
of the page; a page that fits already is kept byte for byte.
"""

from __future__ import annotations

import hashlib
import io
import math
from dataclasses import dataclass

from tracer1.coordinates import Box, Size
from tracer1_data.pictures import decode, size_of_whole

VIEWPORT = Size(1280, 720)
COMPRESS_LEVEL = 3
"""Of zlib, fixed so that a page gives the same bytes again: twice as fast as its usual 6, and a tenth larger."""


@dataclass(frozen=True, slots=True)
class View:
    """What is seen: the picture's bytes and size, and the target's box in its pixels."""

    picture: bytes
    size: Size
    box: Box


def cut(page: bytes, box: Box, key: str, view: Size = VIEWPORT) -> View:
    """The part of the page, at most ``view`` large, that shows the box (page pixels); of a larger box its top left part.

    Raises BadPicture for a damaged page, and ValueError for a box that lies outside it.
    """
    size = size_of_whole(page)
    left, top, seen = place(size, box, key, view)
    visible = clip(box, left, top, seen)
    if seen == size:
        return View(page, size, visible)
    buffer = io.BytesIO()
    image = decode(page).crop((left, top, left + seen.width, top + seen.height)).convert("RGB")
    image.save(buffer, "PNG", compress_level=COMPRESS_LEVEL, icc_profile=None)
    return View(buffer.getvalue(), seen, visible)


def place(page: Size, box: Box, key: str, view: Size = VIEWPORT) -> tuple[int, int, Size]:
    """Left and top edge of the cut on the page, in whole pixels, and its size. Raises ValueError for a box off the page."""
    on_page = clip(box, 0, 0, page)
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    size = Size(min(page.width, view.width), min(page.height, view.height))
    left = _start(on_page.left, on_page.right, page.width, size.width, int.from_bytes(digest[:8], "big"))
    top = _start(on_page.top, on_page.bottom, page.height, size.height, int.from_bytes(digest[8:16], "big"))
    return left, top, size


def clip(box: Box, left: int, top: int, size: Size) -> Box:
    """The box's part within the cut, in the cut's own pixels. Raises ValueError when there is none."""
    x1, x2 = max(box.left - left, 0), min(box.right - left, size.width)
    y1, y2 = max(box.top - top, 0), min(box.bottom - top, size.height)
    if x1 >= x2 or y1 >= y2:
        raise ValueError(f"the target lies outside the page of {size.width}x{size.height} pixels")
    return Box(x1, y1, x2, y2, "pixel")


def _start(low: float, high: float, length: int, window: int, draw: int) -> int:
    """Where a window on one axis starts: drawn from all whole starts that show low to high, or so that low is seen."""
    first, last = max(0, math.ceil(high) - window), min(math.floor(low), length - window)
    return first + draw % (last - first + 1) if first <= last else last
