"""The page about the language is the one that the code makes."""

from pathlib import Path

from tracer1 import language


def test_the_page_is_made_from_the_code():
    page = Path(language.__file__).with_name("LANGUAGE.md").read_text(encoding="utf-8")
    assert page == language.page(), "make it again: python -m tracer1.language > tracer1/LANGUAGE.md"
