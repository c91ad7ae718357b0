"""Small files of every kind, some of them damaged or hostile."""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from pathlib import Path

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
PAGES = [
    {
        "url": "https://towers.org/eiffel",
        "title": "Eiffel Tower",
        "text": "The Eiffel tower stands in Paris. It is 330 metres high.",
    },
    {
        "url": "https://towers.org/tokyo",
        "title": "Tokyo Tower",
        "text": "The tower of Tokyo is 333 metres high. It is red.",
    },
    {
        "url": "https://fruit.org/apple",
        "title": "Apple",
        "text": "An apple is a fruit. " + "It grows on trees. " * 2000,
    },
]


def fill(files: Path, beside: Path) -> None:
    """Into ``files`` what tools may read, beside it what they may not, and a corpus."""
    (beside / "pages.jsonl").write_text("".join(json.dumps(page) + "\n" for page in PAGES))
    (beside / "secret.txt").write_text("secret")
    (files / "link.txt").symlink_to(beside / "secret.txt")
    (files / "sub").mkdir()
    (files / "sub" / "inner.txt").write_text("inner")
    (files / "inside.txt").symlink_to(files / "sub" / "inner.txt")
    texts(files)
    documents(files)
    damaged(files)
    pictures(files)


def texts(files: Path) -> None:
    (files / "plain.txt").write_text("naïve café\r\n")
    (files / "latin.txt").write_bytes("Der Käse schmeckt den Mädchen, die Bäume blühen – für 5 £.".encode("cp1252"))
    (files / "wide.txt").write_bytes("wide".encode("utf-16"))
    (files / "empty.txt").write_text("")
    (files / "long.txt").write_text("".join(f"{number:09}\n" for number in range(5000)))
    (files / "data.json").write_text('{"a": [1, 2]}')
    (files / "code.py").write_text("print('hi')\n")
    (files / "table.csv").write_text("name,price\npen,3\nink,4\n")
    (files / "page.html").write_text(
        "<html><title>T</title><body><h1>Head</h1><p>Body</p><script>bad()</script></body></html>"
    )
    (files / "feed.xml").write_text("<root><item>one</item></root>")


def documents(files: Path) -> None:
    import openpyxl
    from fpdf import FPDF
    from pptx import Presentation

    book = openpyxl.Workbook()
    book.active.title = "Prices"
    for row in (("name", "price"), ("pen", 3), ("ink", 4)):
        book.active.append(row)
    book.save(files / "book.xlsx")
    pdf = FPDF()
    for number in (17, 18):
        pdf.add_page()
        pdf.set_font("helvetica", size=12)
        pdf.cell(text=f"Invoice {number}")
    pdf.output(str(files / "invoice.pdf"))
    deck = Presentation()
    deck.slides.add_slide(deck.slide_layouts[0]).shapes.title.text = "Quarterly deck"
    deck.save(str(files / "deck.pptx"))
    docx(files / "letter.docx", "Dear reader")
    with zipfile.ZipFile(files / "bundle.zip", "w") as archive:
        archive.writestr("notes/a.txt", "first note")
        archive.writestr("b.csv", "x,y\n1,2\n")
        archive.writestr("c.png", b"\x89PNG")


def docx(path: Path, text: str) -> None:
    """The least that is a Word document."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships">'
            f'<Relationship Id="r1" Type="{office}" Target="word/document.xml"/></Relationships>',
        )
        body = f"<w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body>"
        archive.writestr("word/document.xml", f'<w:document xmlns:w="{word}">{body}</w:document>')


def damaged(files: Path) -> None:
    for name in ("garbage.docx", "garbage.pdf", "garbage.xlsx", "garbage.pptx", "garbage.zip", "garbage.png"):
        (files / name).write_bytes(b"PK this is no document " * 50)
    (files / "bytes.txt").write_bytes(bytes(range(256)) * 20)
    whole = (files / "invoice.pdf").read_bytes()
    (files / "cut.pdf").write_bytes(whole[: len(whole) // 2])
    book = bytearray((files / "book.xlsx").read_bytes())
    middle = book.find(b"xl/worksheets/sheet1.xml") + 60
    book[middle : middle + 40] = bytes(40)
    (files / "broken.xlsx").write_bytes(book)
    (files / "cut.docx").write_bytes((files / "letter.docx").read_bytes()[:300])
    (files / "renamed.docx").write_bytes((files / "book.xlsx").read_bytes())
    for name, part in (("bomb.zip", "zeros.txt"), ("bomb.xlsx", "xl/workbook.xml")):
        packing = {"compression": zipfile.ZIP_DEFLATED, "compresslevel": 1}
        with zipfile.ZipFile(files / name, "w", **packing) as archive, archive.open(part, "w") as member:
            for _ in range(300):
                member.write(bytes(1 << 20))
    liar = (files / "bomb.xlsx").read_bytes().replace(struct.pack("<I", 300 << 20), struct.pack("<I", 1000))
    (files / "liar.xlsx").write_bytes(liar)


def pictures(files: Path) -> None:
    from PIL import Image, ImageDraw, ImageFont

    quarters = Image.new("RGB", (40, 20), "red")
    quarters.paste("blue", (20, 0, 40, 20))
    quarters.save(files / "quarters.png")
    Image.new("RGB", (336, 336), "white").save(files / "white.png")
    Image.new("RGBA", (10, 10), (255, 0, 0, 0)).save(files / "clear.png")
    if FONT.exists():
        text = Image.new("RGB", (700, 260), "white")
        draw, font = ImageDraw.Draw(text), ImageFont.truetype(str(FONT), 36)
        draw.text((30, 20), "Total due 42.50", fill="black", font=font)
        draw.text((30, 180), "Paid on 7 May", fill="black", font=font)
        text.save(files / "receipt.png")
    whole = (files / "white.png").read_bytes()
    (files / "cut.png").write_bytes(whole[: len(whole) // 2])
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    huge = whole[:8] + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + whole[33:]
    (files / "huge.png").write_bytes(huge)
