"""``inspect_file_as_text`` and ``ocr`` on real files: what is in them, and nothing from those that are damaged."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from small_files import FONT

READ = "inspect_file_as_text"
needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None or not FONT.exists(), reason="needs tesseract and the DejaVu fonts"
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plain.txt", "naïve café\n"),
        ("wide.txt", "wide"),
        ("data.json", '{"a": [1, 2]}'),
        ("code.py", "print('hi')\n"),
        ("feed.xml", "<root><item>one</item></root>"),
        ("sub/inner.txt", "inner"),
        ("inside.txt", "inner"),
        ("table.csv", "| name | price |\n| --- | --- |\n| pen | 3 |\n| ink | 4 |"),
        ("page.html", "# Head\n\nBody"),
        ("book.xlsx", "## Prices\n| name | price |\n| --- | --- |\n| pen | 3 |\n| ink | 4 |"),
        ("letter.docx", "Dear reader"),
        ("empty.txt", "(there is no text in it)"),
    ],
)
def test_the_text_of_a_file(local, name, text):
    assert local.text(READ, file_path=name) == text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("invoice.pdf", ["Invoice 17", "Invoice 18"]),
        ("deck.pptx", ["Quarterly deck"]),
        ("latin.txt", ["Käse", "Mädchen", "blühen – für 5 £"]),
        (
            "bundle.zip",
            ["3 files", "## notes/a.txt\n\nfirst note", "| 1 | 2 |", "## c.png\n\n(not shown: it is a picture"],
        ),
    ],
)
def test_what_must_be_in_the_text(local, name, words):
    text = local.text(READ, file_path=name)
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("garbage.docx", "damaged"),
        ("garbage.pptx", "damaged"),
        ("garbage.xlsx", "damaged"),
        ("garbage.zip", "damaged"),
        ("garbage.pdf", "damaged"),
        ("cut.pdf", "cut off"),
        ("cut.docx", "damaged"),
        ("broken.xlsx", "damaged"),
        ("renamed.docx", "it is no Word document"),
        ("bytes.txt", "no text"),
        ("bomb.zip", "300 MiB"),
        ("bomb.xlsx", "300 MiB"),
        ("liar.xlsx", "damaged"),
        ("white.png", "use ocr or visualizer"),
        ("nothing.txt", "there is no file"),
        ("sub", "there is no file"),
        ("", "there is no file"),
        ("../secret.txt", "there is no file"),
        ("link.txt", "there is no file"),
        ("/etc/passwd", "there is no file"),
        ("a\0b", "there is no file"),
        ("x" * 5000, "there is no file"),
    ],
)
def test_what_is_refused(local, name, why):
    assert why in local.refusal(READ, file_path=name)


def test_a_long_text_is_read_in_parts(local):
    """The file has 5000 lines of 10 characters, so a part of 20,000 characters has 2000 of them."""
    parts, start = [], 0
    while start is not None:
        text, _, note = local.text(READ, file_path="long.txt", start=start).rpartition("\n\n[")
        parts.append(text)
        more = re.search(r"start=(\d+)", note)
        start = int(more[1]) if more else None
    assert [len(part) for part in parts] == [20000, 20000, 10000]
    assert "".join(parts).split() == [f"{number:09}" for number in range(5000)]
    assert "50000 characters" in local.refusal(READ, file_path="long.txt", start=50_000)
    for start in (-1, 0.5, 10**400):
        assert "start" in local.refusal(READ, file_path="plain.txt", start=start)


def test_a_question_without_a_model_gets_the_text(local):
    assert local.text(READ, file_path="letter.docx", question="Who is it for?") == "Dear reader"


@needs_tesseract
def test_ocr_gives_the_lines(local):
    assert json.loads(local.text("ocr", image_path="receipt.png")) == ["Total due 42.50", "Paid on 7 May"]
    assert json.loads(local.text("ocr", image_path="white.png", debug=True)) == []


@needs_tesseract
def test_gta_ocr_gives_boxes_that_hold_the_text(gta):
    """The text was written at (30, 20) and (30, 180), 36 pixels high; two paragraphs, because they are far apart."""
    found = [
        re.fullmatch(r"\((\d+), (\d+), (\d+), (\d+)\) (.+)", line)
        for line in gta.text("OCR", image="receipt.png").split("\n")
    ]
    assert [match[5] for match in found] == ["Total due 42.50", "Paid on 7 May"]
    for match, top in zip(found, (20, 180), strict=True):
        x1, y1, x2, y2 = (int(match[number]) for number in (1, 2, 3, 4))
        assert 25 <= x1 <= 40 and top <= y1 < y2 <= top + 50 and 200 < x2 < 400


@needs_tesseract
@pytest.mark.parametrize(
    ("name", "why"),
    [("garbage.png", "no picture"), ("cut.png", "damaged"), ("huge.png", "100000x100000"), ("plain.txt", "no picture")],
)
def test_ocr_refuses_what_is_no_picture(local, name, why):
    assert why in local.refusal("ocr", image_path=name)
