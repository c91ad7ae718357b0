"""Documents as Markdown text, by markitdown's converters (github.com/microsoft/markitdown, 0.1.8).

markitdown itself takes a damaged document for plain text and returns its bytes; what it guesses by a model costs seconds to
load. So the kind of a file is what its name says, its structure is checked here first, and only then a converter is asked.
"""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

from charset_normalizer import from_bytes
from markitdown import converters
from markitdown._stream_info import StreamInfo

from tracer1.toolbox.inside.refusal import CannotDo

MIB = 1 << 20
MOST_UNPACKED, MOST_MEMBERS, MOST_MEMBER = 256 * MIB, 20, 32 * MIB
_OFFICE: dict[str, tuple[str, str, Any]] = {
    ".docx": ("word/document.xml", "Word document", converters.DocxConverter),
    ".pptx": ("ppt/presentation.xml", "PowerPoint presentation", converters.PptxConverter),
    ".xlsx": ("xl/workbook.xml", "Excel workbook", converters.XlsxConverter),
    ".epub": ("META-INF/container.xml", "EPUB book", converters.EpubConverter),
}
_TEXTS = {
    ".html": converters.HtmlConverter,
    ".htm": converters.HtmlConverter,
    ".csv": converters.CsvConverter,
    ".ipynb": converters.IpynbConverter,
}
_PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"}
_OTHERS = {
    ".wav",
    ".mp3",
    ".flac",
    ".m4a",
    ".ogg",
    ".mp4",
    ".mov",
    ".avi",
    ".mkv",
    ".doc",
    ".xls",
    ".ppt",
    ".rar",
    ".7z",
}
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
# Those in use; of all that there are, short texts fit too many. Central European letters are taken for Western ones.
_ENCODINGS = [
    "cp1252",
    "cp1251",
    "cp1253",
    "cp1255",
    "cp1256",
    "koi8_r",
    "shift_jis",
    "euc_jp",
    "gb18030",
    "big5",
    "euc_kr",
]
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def read(path: str, suffix: str, start: int, most: int) -> dict[str, Any]:
    """``most`` characters of a document from ``start`` on, and how many it has (``characters``)."""
    text = text_of(Path(path).read_bytes(), suffix.lower())
    return {"text": text[start : start + most], "characters": len(text)}


def text_of(data: bytes, suffix: str, inside: bool = False) -> str:
    """The text of a file whose name ends in ``suffix``. Raises CannotDo for what is damaged, or is no text."""
    if suffix in _PICTURES:
        raise CannotDo("it is a picture: use ocr or visualizer")
    if suffix in _OTHERS or (inside and suffix == ".zip"):
        raise CannotDo(f"{suffix} files cannot be read as text here")
    if suffix == ".zip":
        return _archive(data)
    if suffix in _OFFICE:
        return _office(data, suffix)
    if suffix == ".pdf":
        return _pdf(data)
    text = decode(data)
    return _convert(_TEXTS[suffix](), text.encode(), suffix) if suffix in _TEXTS else text


def decode(data: bytes) -> str:
    """Text in whatever encoding it is. Raises CannotDo for bytes that are no text."""
    mark = next((mark for mark in _MARKS if data.startswith(mark)), None)
    try:
        text = data.decode(_MARKS[mark] if mark else "utf-8")
    except UnicodeDecodeError:
        guess = from_bytes(data[:MIB], cp_isolation=_ENCODINGS).best()
        if mark or guess is None:
            raise CannotDo("it is no text, or damaged") from None
        text = data.decode(guess.encoding, "replace")
    if len(_CONTROLS.findall(text)) > len(text) / 1000:
        raise CannotDo("it is no text, or damaged")
    return text.replace("\r\n", "\n")


def _convert(converter: Any, data: bytes, suffix: str) -> str:
    said = converter.convert(io.BytesIO(data), StreamInfo(extension=suffix, charset="utf-8"))
    return str(said.markdown).strip()


def _pdf(data: bytes) -> str:
    if b"%PDF-" not in data[:1024]:
        raise CannotDo("damaged: it is no PDF")
    if b"%%EOF" not in data:
        raise CannotDo("damaged: the PDF is cut off")
    return _convert(converters.PdfConverter(), data, ".pdf")


def _office(data: bytes, suffix: str) -> str:
    part, what, converter = _OFFICE[suffix]
    with _open(data, what) as archive:
        if part not in archive.namelist():
            raise CannotDo(f"damaged: it is no {what}")
        if (broken := archive.testzip()) is not None:
            raise CannotDo(f"damaged: its part {broken} cannot be read")
    return _convert(converter(), data, suffix)


def _open(data: bytes, what: str) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        raise CannotDo(f"damaged: it is no {what} ({error})") from error
    unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > MOST_UNPACKED:
        raise CannotDo(f"it unpacks to {unpacked // MIB} MiB, more than {MOST_UNPACKED // MIB} MiB")
    return archive


def _archive(data: bytes) -> str:
    """Each file under its name, an archive within it aside; why, where one cannot be read."""
    with _open(data, "zip archive") as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        parts = [f"{len(members)} files: {', '.join(member.filename for member in members[:200])}"]
        for member in members[:MOST_MEMBERS]:
            try:
                text = _member(archive, member)
            except CannotDo as error:
                text = f"(not shown: {error})"
            parts.append(f"## {member.filename}\n\n{text}")
    if len(members) > MOST_MEMBERS:
        parts.append(f"(only the first {MOST_MEMBERS} files are shown)")
    return "\n\n".join(parts)


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> str:
    if member.flag_bits & 1:
        raise CannotDo("it has a password")
    if member.file_size > MOST_MEMBER:
        raise CannotDo(f"it has more than {MOST_MEMBER // MIB} MiB")
    try:
        return text_of(archive.read(member), PurePosixPath(member.filename).suffix.lower(), inside=True)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise CannotDo(f"damaged: {error}") from error
