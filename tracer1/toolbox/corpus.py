"""A corpus of pages on disk, and BM25 over it (github.com/xhluca/bm25s; Robertson's BM25 in Lucene's form, k1 1.5, b 0.75).

A corpus is a JSONL file of ``{"url": …, "title": …, "text": …}`` (``title`` may be left out), or a folder of .txt, .md and .html
files, whose addresses are their paths within it. It is the operator's own, so it is read here, not in the sandbox. The same
corpus and query always give the same results: equal scores go by address.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

SUFFIXES = (".txt", ".md", ".html", ".htm")
LONGEST_QUERY, EXCERPT = 1000, 300
_WORD = re.compile(r"\w\w+")
_TITLE = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """One page as text."""

    url: str
    title: str
    text: str


class Corpus:
    """Pages and their index. Make one with :func:`load_corpus`."""

    def __init__(self, pages: list[Page], index: Any) -> None:
        self._pages, self._index = pages, index
        self._places = {_plain(page.url): page for page in reversed(pages)}

    def search(self, query: str, k: int) -> list[tuple[Page, str]]:
        """The ``k`` best pages, each with an excerpt where words of the query are; none that has no word of it."""
        import numpy as np

        words = _words(query[:LONGEST_QUERY])
        known = [word for word in dict.fromkeys(words) if word in self._index.vocab_dict]
        if not known:
            return []
        scores = self._index.get_scores(known)
        best = [place for place in np.argsort(-scores, kind="stable")[:k].tolist() if scores[place] > 0]
        return [(self._pages[place], _excerpt(self._pages[place].text, set(words))) for place in best]

    def page(self, url: str) -> Page | None:
        """The page at an address; scheme, ``www.``, fragment and a slash at the end make no difference."""
        return self._places.get(_plain(url))


def load_corpus(path: Path, cache_dir: Path | None = None) -> Corpus:
    """Read a corpus; the index is kept in ``cache_dir``, by the content of the corpus.

    Raises ValueError, naming file and line, for what is no page, for two pages with one address, and for no pages at all."""
    import bm25s

    pages = sorted(_read(path), key=lambda page: page.url)
    if not pages:
        raise ValueError(
            f"corpus {path}: there are no pages: give a .jsonl file, or a folder with {', '.join(SUFFIXES)} files"
        )
    for one, next_one in itertools.pairwise(pages):
        if one.url == next_one.url:
            raise ValueError(f"corpus {path}: two pages have the url {one.url!r}: give each its own")
    kept = cache_dir / f"corpus-{_digest(pages)}" if cache_dir else None
    if kept and kept.is_dir():
        with suppress(OSError, ValueError, KeyError):
            return Corpus(pages, bm25s.BM25.load(kept))
        shutil.rmtree(kept, ignore_errors=True)  # damaged
    index = bm25s.BM25()
    words = [_words(f"{page.title}\n{page.text}") for page in pages]
    if not any(words):
        raise ValueError(f"corpus {path}: there are no words in its {len(pages)} pages")
    index.index(words, show_progress=False)
    if kept:
        _keep(index, kept)
    return Corpus(pages, index)


def _read(path: Path) -> Iterator[Page]:
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.suffix.lower() in SUFFIXES and file.is_file():
                yield _file(file, file.relative_to(path).as_posix())
        return
    try:
        lines = path.open(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"corpus {path}: {error.strerror}: give a folder or a .jsonl file") from error
    number = 0
    with lines:
        try:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _line(line, f"corpus {path}, line {number}")
        except UnicodeDecodeError as error:
            raise ValueError(f"corpus {path}, after line {number}: not UTF-8 ({error.reason}): convert it") from error


def _line(line: str, where: str) -> Page:
    try:
        data = json.loads(line)
    except ValueError as error:
        raise ValueError(f"{where}: {error}: write one JSON object a line") from error
    if not isinstance(data, dict):
        raise ValueError(f'{where}: it is no object: write {{"url": …, "title": …, "text": …}}')
    page = {"title": ""} | {name: data[name] for name in ("url", "title", "text") if data.get(name) is not None}
    for name in ("url", "title", "text"):
        if not isinstance(page.get(name), str) or (name == "url" and not page["url"].strip()):
            raise ValueError(f"{where}: {name} is missing or no text: give one")
    return Page(**page)


def _file(file: Path, name: str) -> Page:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"corpus file {file}: it is not UTF-8 ({error.reason}): convert it") from error
    if file.suffix.lower() in (".html", ".htm"):
        from bs4 import BeautifulSoup

        page = BeautifulSoup(text, "html.parser")
        title = page.title.get_text(" ", strip=True) if page.title else file.stem
        for part in page(["script", "style", "title"]):
            part.decompose()
        return Page(name, title, page.get_text("\n", strip=True))
    heading = _TITLE.search(text)
    return Page(name, heading[1].strip() if heading else file.stem, text)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _excerpt(text: str, words: set[str]) -> str:
    """The stretch with the most different words of the query, the first of several."""
    found = [(match.start(), match[0].lower()) for match in _WORD.finditer(text) if match[0].lower() in words]
    best, most, low = 0, 0, 0
    counts: dict[str, int] = {}
    for start, word in found:
        counts[word] = counts.get(word, 0) + 1
        while start - found[low][0] > EXCERPT - 40:
            first = found[low][1]
            counts[first] -= 1
            if not counts[first]:
                del counts[first]
            low += 1
        if len(counts) > most:
            best, most = found[low][0], len(counts)
    begin = max(0, best - 40)
    cut = " ".join(text[begin : begin + EXCERPT].split())
    return f"{'…' if begin else ''}{cut}{'…' if begin + EXCERPT < len(text) else ''}"


def _plain(url: str) -> str:
    said = re.sub(r"^(?:[a-zA-Z]+://)?(?:www\.)?", "", url.strip().partition("#")[0])
    return said.removeprefix("./").rstrip("/")


def _digest(pages: list[Page]) -> str:
    digest = hashlib.sha256(f"bm25s {metadata.version('bm25s')}".encode())
    for page in pages:
        for text in (page.url, page.title, page.text):
            digest.update(f"{len(text)}:{text}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:24]


def _keep(index: Any, place: Path) -> None:
    """A whole index or none: it is written beside its place and renamed. A disk that is full costs the cache only."""
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = tempfile.mkdtemp(dir=place.parent, prefix=".", suffix=".partial")
        try:
            index.save(partial)
            os.rename(partial, place)
        except OSError:
            shutil.rmtree(partial, ignore_errors=True)
            raise
