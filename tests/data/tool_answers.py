"""The answers of tool tasks, worked out again from nothing but the instruction and the files: an oracle for the tests.

The files are read by pandas, openpyxl, python-pptx, pdfplumber, zipfile and tesseract; a question is understood by its words.
"""

from __future__ import annotations

import re
import subprocess
import zipfile
from pathlib import Path

NAME, FILE = r"([A-Z][a-z]+)", r"(\w+\.\w+)"
QUESTIONS = {
    "lookup": (
        rf"What is the \w+ of {NAME} in {FILE}\?",
        r"Read (?P<file>\w+\.\w+): what is the \w+ of (?P<row>[A-Z][a-z]+)\?",
    ),
    "total": (
        rf"What is the \w+ of {NAME} plus that of {NAME} in {FILE}\?",
        rf"Add the \w+ of {NAME} and that of {NAME} in {FILE}\.",
    ),
    "difference": (
        rf"What is the \w+ of {NAME} minus that of {NAME} in {FILE}\?",
        rf"By how much is the \w+ of {NAME} larger than that of {NAME} in {FILE}\?",
    ),
    "ratio": (
        rf"What is the \w+ of {NAME} divided by that of {NAME} in {FILE}\?",
        r"How many times that of (?P<second>[A-Z][a-z]+) is the \w+ of (?P<first>[A-Z][a-z]+) in (?P<file>\w+\.\w+)\?",
    ),
    "two_files": (
        rf"What is the \w+ of {NAME} in {FILE} plus that of {NAME} in {FILE}\?",
        rf"Add the \w+ of {NAME} in {FILE} and that of {NAME} in {FILE}\.",
    ),
    "picture": (
        rf"What is the \w+ of {NAME} plus that of {NAME} in the picture {FILE}\?",
        rf"Add the \w+ of {NAME} and that of {NAME} in the picture {FILE}\.",
    ),
    "receipt": (
        rf"What is the price of {NAME} in the picture {FILE} times its count in {FILE}\?",
        rf"Multiply the price of {NAME} in the picture {FILE} by its count in {FILE}\.",
    ),
    "order": (
        rf"What is the price of {NAME} in {FILE} times its count in {FILE}, plus a fee of (\d+)\?",
        rf"Multiply the price of {NAME} in {FILE} by its count in {FILE}, then add a fee of (\d+)\.",
    ),
    "follow": (
        rf"What is the \w+ of {NAME} in the file that {FILE} names\?",
        r"Read (?P<file>\w+\.\w+): what is the \w+ of (?P<row>[A-Z][a-z]+) in the file that it names\?",
    ),
    "find": (
        rf"Find the {NAME} (\w+), whose page names a file: what is the \w+ of {NAME} in it\?",
        rf"Search for the {NAME} (\w+)\. Its page names a file: what is the \w+ of {NAME} in it\?",
    ),
    "age": (
        rf"Find the {NAME} (\w+), whose page names a guide: how old was it in (\d+)\?",
        rf"Search for the {NAME} (\w+)\. Its page names a guide: how old was it in (\d+)\?",
    ),
    "count": (
        rf"How many names in {FILE} have a \w+ over (\d+)\?",
        rf"Count the names in {FILE} with a \w+ over (\d+)\.",
    ),
    "compare": (
        rf"Which has the larger \w+ in {FILE}, {NAME} or {NAME}\?",
        rf"Read {FILE}: who has the larger \w+, {NAME} or {NAME}\?",
    ),
    "convert": (
        rf"The \w+ of {NAME} in {FILE} is in (\w+): how many (\w+) is it\?",
        r"How many (?P<small>\w+) is the \w+ of (?P<row>[A-Z][a-z]+) in (?P<file>\w+\.\w+), which is in (?P<large>\w+)\?",
    ),
}
FACTORS = {
    ("kilograms", "grams"): 1000,
    ("metres", "centimetres"): 100,
    ("hours", "minutes"): 60,
    ("euros", "cents"): 100,
}


def facts_of(path: Path) -> dict[str, str]:
    """Names and values of a document."""
    kind = path.suffix[1:]
    if kind in ("csv", "xlsx"):
        import pandas

        table = pandas.read_csv(path) if kind == "csv" else pandas.read_excel(path)
        return {name: str(value) for name, value in table.itertuples(index=False)}
    return dict(line.split(": ", 1) for line in TEXTS[kind](path).splitlines() if ": " in line)


def _pptx(path: Path) -> str:
    from pptx import Presentation

    return "\n".join(shape.text for slide in Presentation(str(path)).slides for shape in slide.shapes)


def _pdf(path: Path) -> str:
    import pdfplumber

    with pdfplumber.open(path) as pages:
        return "\n".join(page.extract_text() for page in pages.pages)


def _docx(path: Path) -> str:
    with zipfile.ZipFile(path) as file:
        return re.sub("<[^>]*>", "", file.read("word/document.xml").decode().replace("</w:p>", "\n"))


def _png(path: Path) -> str:
    line = ["tesseract", str(path), "stdout", "--psm", "6", "--dpi", "96"]
    return subprocess.run(line, capture_output=True, text=True, check=True, env={"OMP_THREAD_LIMIT": "1"}).stdout


TEXTS = {
    "txt": lambda path: path.read_text(encoding="utf-8"),
    "html": lambda path: re.sub("<[^>]*>", "", path.read_text(encoding="utf-8")),
    "pptx": _pptx,
    "pdf": _pdf,
    "docx": _docx,
    "png": _png,
}


def understand(family: str, instruction: str) -> list[str]:
    """What the instruction names, in the order of the family's first wording. AssertionError when it has another wording."""
    first, second = QUESTIONS[family]
    found = re.fullmatch(first, instruction) or re.fullmatch(second, instruction)
    assert found, instruction
    order = {
        "lookup": "row file",
        "ratio": "first second file",
        "follow": "row file",
        "convert": "row file large small",
    }
    if found.groupdict():
        return [found[name] for name in order[family].split()]
    return list(found.groups())


def answer(family: str, instruction: str, files: Path) -> str:
    """The answer, from the instruction and the folder of files."""
    said = understand(family, instruction)

    def value(file: str, row: str) -> int:
        return int(facts_of(files / file)[row])

    match family, said:
        case "lookup", [row, file]:
            return str(value(file, row))
        case (("total" | "picture"), [one, other, file]):
            return str(value(file, one) + value(file, other))
        case "difference", [one, other, file]:
            return str(value(file, one) - value(file, other))
        case "ratio", [one, other, file]:
            return str(value(file, one) / value(file, other))
        case "two_files", [one, file, other, second]:
            return str(value(file, one) + value(second, other))
        case "receipt", [row, file, second]:
            return str(value(file, row) * value(second, row))
        case "order", [row, file, second, fee]:
            return str(value(file, row) * value(second, row) + int(fee))
        case "follow", [row, note]:
            return str(value(facts_of(files / note)["file"], row))
        case "find", [name, place, row]:
            return str(value(facts_of(files / f"{name.lower()}_{place}.html")["file"], row))
        case "age", [name, place, year]:
            return str(int(year) - value(facts_of(files / f"{name.lower()}_{place}.html")["guide"], "opened"))
        case "count", [file, limit]:
            return str(sum(int(number) > int(limit) for number in facts_of(files / file).values()))
        case "compare", [file, one, other]:
            return one if value(file, one) > value(file, other) else other
        case "convert", [row, file, large, small]:
            return str(value(file, row) * FACTORS[large, small])
    raise AssertionError(f"{family}: {said}")
