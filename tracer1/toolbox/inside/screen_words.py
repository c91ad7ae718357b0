"""The words on a screenshot and where they are, for the executor ``ocr``.

Tesseract reads letters of 20 pixels and more; those of a small window have 10, so it is enlarged first.
"""

from __future__ import annotations

from typing import Any

from PIL import Image

from tracer1.toolbox.inside.pictures import open_picture
from tracer1.toolbox.inside.tesseract import place, words

_LARGEST, _FACTOR = 1200, 4


def read(path: str, mode: int, language: str) -> list[list[list[Any]]]:
    """Lines of words, each ``[text, left, top, right, bottom]`` in pixels of the screenshot. ``mode`` is tesseract's ``--psm``.
    Raises CannotDo for what is no picture or too large, NotWorking when tesseract does not read it."""
    picture = open_picture(path)
    factor = max(1, min(_FACTOR, _LARGEST // max(picture.size)))
    if factor > 1:
        picture = picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.BICUBIC)
    lines: dict[tuple[str, ...], list[list[Any]]] = {}
    for word in words(picture, mode, language, 96 * factor):
        box = [round(edge / factor, 2) for edge in place(word)]
        lines.setdefault((word["block_num"], word["par_num"], word["line_num"]), []).append(
            [word["text"].strip(), *box]
        )
    return list(lines.values())
