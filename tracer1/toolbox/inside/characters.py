"""Text in pictures, read by tesseract (github.com/tesseract-ocr/tesseract, 5): one thread, English.

Tesseract's page segmentation (mode 3) overlooks a few words on an empty page; where it finds none, its sparse mode (11) looks.
"""

from __future__ import annotations

import csv
import io
import subprocess
from typing import Any

from tracer1.toolbox.inside.pictures import open_picture
from tracer1.toolbox.inside.refusal import CannotDo, NotWorking

_LONGEST = 32_767  # tesseract counts pixels in 16 bits
_LEVELS = {"line": ("block_num", "par_num", "line_num"), "paragraph": ("block_num", "par_num")}
_ALONE = {"OMP_THREAD_LIMIT": "1", "PATH": "/usr/bin:/bin", "LC_ALL": "C"}


def read(path: str, level: str) -> list[dict[str, Any]]:
    """The ``text`` and ``box`` (x1, y1, x2, y2 in pixels) of each line or paragraph, in reading order. Raises CannotDo for what is
    no picture or too large, NotWorking when tesseract does not read it."""
    file, picture = io.BytesIO(), open_picture(path)
    if max(picture.size) > _LONGEST:
        raise CannotDo(f"the picture has {picture.width}x{picture.height} pixels, more than {_LONGEST:,} one way")
    picture.save(file, "PNG", compress_level=1)
    words = _words(file.getvalue(), "3") or _words(file.getvalue(), "11")
    groups: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for word in words:
        groups.setdefault(tuple(word[name] for name in _LEVELS[level]), []).append(word)
    return [{"text": " ".join(word["text"] for word in group), "box": _around(group)} for group in groups.values()]


def _words(picture: bytes, mode: str) -> list[dict[str, str]]:
    line = ["tesseract", "stdin", "stdout", "--psm", mode, "--dpi", "96", "tsv"]
    done = subprocess.run(line, input=picture, capture_output=True, env=_ALONE, check=False)
    if done.returncode < 0:  # killed, or it gave up itself: that is for want of memory
        raise MemoryError
    if done.returncode:
        raise NotWorking(f"tesseract: {done.stderr.decode('utf-8', 'replace').strip()[-200:]}")
    rows = csv.DictReader(io.StringIO(done.stdout.decode("utf-8", "replace")), delimiter="\t", quoting=csv.QUOTE_NONE)
    return [row for row in rows if row["level"] == "5" and (row["text"] or "").strip()]


def _around(words: list[dict[str, str]]) -> list[int]:
    boxes = [[int(word[name]) for name in ("left", "top", "width", "height")] for word in words]
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    return [left, top, max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)]
