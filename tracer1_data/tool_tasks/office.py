"""Office files and PDF with a title and a few lines, free of clocks: the same input gives the same bytes.

openpyxl, python-pptx and fpdf2 write what is in the file; what they take from the clock (zip entries, ``modified``,
``CreationDate``) is set to :data:`WHEN`. A docx is the least that ECMA-376 asks for: content types, one relationship, the
document.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import datetime, timezone
from xml.sax.saxutils import escape

WHEN = datetime(2025, 1, 1, tzinfo=timezone.utc)
_CLOCKS = re.compile(rb"(<dcterms:(?:created|modified)\b[^>]*>)[^<]*")
_OFFICE = "http://schemas.openxmlformats.org"
_DOCX = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_OFFICE}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'wordprocessingml.document.main+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_OFFICE}/package/2006/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>'
    ),
    "word/document.xml": (
        f'<w:document xmlns:w="{_OFFICE}/wordprocessingml/2006/main"><w:body>{{body}}</w:body></w:document>'
    ),
}


def xlsx(title: str, table: Sequence[Sequence[object]]) -> bytes:
    """A workbook of one sheet that is named ``title``."""
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = title
    for row in table:
        book.active.append(list(row))
    data = io.BytesIO()
    book.save(data)
    return _without_clocks(data.getvalue())


def pptx(title: str, lines: Sequence[str]) -> bytes:
    """A presentation of one slide. The layouts that it does not use are left out, so it stays below 20 KB."""
    import pptx as library

    show = library.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text = title
    slide.placeholders[1].text = "\n".join(lines)
    for layout in list(show.slide_layouts):
        if layout.name != slide.slide_layout.name:
            show.slide_layouts.remove(layout)
    data = io.BytesIO()
    show.save(data)
    return _without_clocks(data.getvalue())


def docx(title: str, lines: Sequence[str]) -> bytes:
    """A text of one paragraph a line."""
    body = "".join(f"<w:p><w:r><w:t>{escape(line)}</w:t></w:r></w:p>" for line in (title, *lines))
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return _zip({name: (head + part.replace("{body}", body)).encode() for name, part in _DOCX.items()})


def pdf(title: str, lines: Sequence[str]) -> bytes:
    """One page of text."""
    from fpdf import FPDF

    page = FPDF()
    page.set_creation_date(WHEN)
    page.add_page()
    page.set_font("Helvetica", size=16)
    for line in (title, *lines):
        page.cell(0, 10, line, new_x="LMARGIN", new_y="NEXT")
    return bytes(page.output())


def _without_clocks(data: bytes) -> bytes:
    when = WHEN.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    return _zip({name: _CLOCKS.sub(rb"\g<1>" + when, part) for name, part in parts.items()})


def _zip(parts: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name, part in parts.items():
            file.writestr(zipfile.ZipInfo(name, WHEN.timetuple()[:6]), part, zipfile.ZIP_DEFLATED)
    return data.getvalue()
