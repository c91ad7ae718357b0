"""The words in a picture, read by tesseract (github.com/tesseract-ocr/tesseract, 5) in one thread."""

from __future__ import annotations

import csv
import io
import subprocess

from PIL import Image

from tracer1.toolbox.inside.refusal import CannotDo, NotWorking

_LONGEST = 32_767  # it counts pixels in 16 bits
_ALONE = {"OMP_THREAD_LIMIT": "1", "PATH": "/usr/bin:/bin", "LC_ALL": "C"}


def words(picture: Image.Image, mode: int, language: str = "eng", dpi: int = 96) -> list[dict[str, str]]:
    """Tesseract's rows (its TSV) that have a word, in reading order; ``mode`` is its ``--psm``. Raises CannotDo for a picture that
    is too large, NotWorking when it does not read it, MemoryError."""
    if max(picture.size) > _LONGEST:
        raise CannotDo(f"the picture has {picture.width}x{picture.height} pixels, more than {_LONGEST:,} one way")
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    line = ["tesseract", "stdin", "stdout", "-l", language, "--psm", str(mode), "--dpi", str(dpi), "tsv"]
    done = subprocess.run(line, input=file.getvalue(), capture_output=True, env=_ALONE, check=False)
    if done.returncode < 0:  # killed, or it gave up itself: that is for want of memory
        raise MemoryError
    if done.returncode:
        raise NotWorking(f"tesseract: {' '.join(done.stderr.decode('utf-8', 'replace').split())[-200:]}")
    rows = csv.DictReader(io.StringIO(done.stdout.decode("utf-8", "replace")), delimiter="\t", quoting=csv.QUOTE_NONE)
    return [row for row in rows if row["level"] == "5" and (row["text"] or "").strip()]


def place(word: dict[str, str]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a word, in pixels."""
    left, top, width, height = (int(word[name]) for name in ("left", "top", "width", "height"))
    return left, top, left + width, top + height
