"""Text in pictures, English, for the tools ``ocr`` and ``OCR``.

Tesseract's page segmentation (mode 3) overlooks a few words on an empty page; where it finds none, its sparse mode (11) looks.
"""

from __future__ import annotations

from typing import Any

from tracer1.toolbox.inside.pictures import open_picture
from tracer1.toolbox.inside.tesseract import place, words

_LEVELS = {"line": ("block_num", "par_num", "line_num"), "paragraph": ("block_num", "par_num")}


def read(path: str, level: str) -> list[dict[str, Any]]:
    """The ``text`` and ``box`` (x1, y1, x2, y2 in pixels) of each line or paragraph, in reading order. Raises CannotDo for what is
    no picture or too large, NotWorking when tesseract does not read it."""
    picture = open_picture(path)
    groups: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for word in words(picture, 3) or words(picture, 11):
        groups.setdefault(tuple(word[name] for name in _LEVELS[level]), []).append(word)
    return [{"text": " ".join(word["text"] for word in group), "box": _around(group)} for group in groups.values()]


def _around(group: list[dict[str, str]]) -> list[int]:
    lefts, tops, rights, bottoms = zip(*map(place, group), strict=True)
    return [min(lefts), min(tops), max(rights), max(bottoms)]
