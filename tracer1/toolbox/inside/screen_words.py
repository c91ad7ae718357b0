"""The words on a screenshot and where they are, read by tesseract (github.com/tesseract-ocr/tesseract, 5) for the executor ``ocr``.

Tesseract reads letters of 20 pixels and more; those of a small window have 10, so it is enlarged first.
"""

from __future__ import annotations

import csv
import io
import subprocess
from typing import Any

from PIL import Image

from tracer1.toolbox.inside.pictures import open_picture

_LARGEST, _FACTOR = 1200, 4
_ALONE = {"OMP_THREAD_LIMIT": "1", "PATH": "/usr/bin:/bin", "LC_ALL": "C"}


def read(path: str, mode: int, language: str) -> list[list[list[Any]]]:
    """Lines of words, each ``[text, left, top, right, bottom]`` in pixels of the screenshot. ``mode`` is tesseract's ``--psm``.
    Raises CannotDo for what is no picture, RuntimeError when tesseract does not read it."""
    picture = open_picture(path)
    factor = max(1, min(_FACTOR, _LARGEST // max(picture.size)))
    if factor > 1:
        picture = picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    line = ["tesseract", "stdin", "stdout", "-l", language, "--psm", str(mode), "--dpi", str(96 * factor), "tsv"]
    done = subprocess.run(line, input=file.getvalue(), capture_output=True, env=_ALONE, check=False)
    if done.returncode:
        raise RuntimeError(f"tesseract: {' '.join(done.stderr.decode('utf-8', 'replace').split())[-200:]}")
    rows = csv.DictReader(io.StringIO(done.stdout.decode("utf-8", "replace")), delimiter="\t", quoting=csv.QUOTE_NONE)
    lines: dict[tuple[str, ...], list[list[Any]]] = {}
    for row in rows:
        if row["level"] == "5" and (text := (row["text"] or "").strip()):
            left, top, width, height = (int(row[name]) for name in ("left", "top", "width", "height"))
            box = [round(edge / factor, 2) for edge in (left, top, left + width, top + height)]
            lines.setdefault((row["block_num"], row["par_num"], row["line_num"]), []).append([text, *box])
    return list(lines.values())
