"""Searching a corpus of one's own."""

from __future__ import annotations

import itertools
import json
import math
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracer1.toolbox.corpus import Corpus, load_corpus


def corpus_of(folder, texts, **options) -> Corpus:
    lines = [json.dumps({"url": f"p{number}", "text": text}) for number, text in enumerate(texts)]
    (folder / "corpus.jsonl").write_text("\n".join(lines))
    return load_corpus(folder / "corpus.jsonl", **options)


def bm25(texts, query, k1=1.5, b=0.75):
    """BM25 as Lucene counts it, by the book: idf = ln(1 + (N - n + 0.5) / (n + 0.5)), tf / (tf + k1 (1 - b + b len / mean))."""
    documents = [Counter(text.split()) for text in texts]
    lengths = [sum(one.values()) for one in documents]
    mean = sum(lengths) / len(lengths)
    scores = []
    for one, length in zip(documents, lengths, strict=True):
        score = 0.0
        for word in set(query.split()):
            having = sum(word in other for other in documents)
            if one[word]:
                idf = math.log(1 + (len(documents) - having + 0.5) / (having + 0.5))
                score += idf * one[word] / (one[word] + k1 * (1 - b + b * length / mean))
        scores.append(score)
    return scores


words = st.sampled_from(["ape", "bee", "cat", "dog", "elk"])


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(words, min_size=1, max_size=8).map(" ".join), min_size=1, max_size=6),
    st.lists(words, min_size=1, max_size=3),
)
def test_the_order_is_that_of_bm25(tmp_path_factory, texts, asked):
    query = " ".join(asked)
    found = corpus_of(tmp_path_factory.mktemp("bm25"), texts).search(query, len(texts))
    scores = bm25(texts, query)
    given_scores = [scores[int(page.url[1:])] for page, _ in found]
    assert len(found) == sum(score > 0 for score in scores)
    assert all(one >= other - 1e-4 for one, other in itertools.pairwise(given_scores))


def test_search_and_visit(local):
    text = local.text("search", query="How high is the tower in Paris?", k=2)
    assert text.startswith("1. Eiffel Tower (https://towers.org/eiffel)\nThe Eiffel tower stands in Paris.")
    assert text.count("https://") == 2 and "2. Tokyo Tower" in text
    page = local.text("visit_page", url="https://towers.org/tokyo")
    assert page == "Tokyo Tower (https://towers.org/tokyo)\n\nThe tower of Tokyo is 333 metres high. It is red."
    assert local.text("visit_page", url="http://www.towers.org/tokyo/#top") == page
    assert "no page" in local.text("search", query="zebra") and "no page" in local.refusal(
        "visit_page", url="towers.org"
    )


def test_a_long_page_comes_in_parts(local):
    """The text has 21 + 2000 * 19 characters."""
    first = local.text("visit_page", url="fruit.org/apple")
    assert "start=20000" in first and "of 38021" in first
    last = local.text("visit_page", url="fruit.org/apple", start=38_000)
    assert last == "Apple (https://fruit.org/apple)\n\n. It grows on trees. \n\n[characters 38000 to 38021 of 38021]"


def test_gta_search_has_its_form(gta):
    text = gta.text("GoogleSearch", query="metres high", k=1)
    assert text.startswith("1 - ") and "2 - " not in text and "towers.org" not in text
    assert gta.text("GoogleSearch", query="zebra") == "No good Google Search Result was found"


@pytest.mark.parametrize("k", [0, -1, 1.5, 51, 10**400])
def test_k_is_bounded(local, k):
    assert "k is" in local.refusal("search", query="tower", k=k)


def test_a_folder_is_a_corpus(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.html").write_text("<title>Apes</title><p>An ape.</p><script>hidden()</script>")
    (tmp_path / "b.md").write_text("intro\n\n# Bees\n\nA bee.")
    (tmp_path / "c.txt").write_text("A cat.")
    (tmp_path / "d.bin").write_bytes(b"\xff")
    corpus = load_corpus(tmp_path)
    found = {page.url: page.title for page, _ in corpus.search("ape bee cat", 9)}
    assert found == {"sub/a.html": "Apes", "b.md": "Bees", "c.txt": "c"}
    assert corpus.page("sub/a.html").text == "An ape." and not corpus.search("hidden", 9)


def test_equal_pages_come_by_address_in_any_process(tmp_path):
    corpus_of(tmp_path, ["same words here"] * 30, cache_dir=tmp_path / "cache")
    code = "import sys; from pathlib import Path; from tracer1.toolbox.corpus import load_corpus\n"
    code += (
        "c = load_corpus(Path(sys.argv[1]), Path(sys.argv[2])); print([p.url for p, _ in c.search('words here', 4)])"
    )
    line = [sys.executable, "-c", code, str(tmp_path / "corpus.jsonl"), str(tmp_path / "cache")]
    assert subprocess.run(line, capture_output=True, text=True, check=True).stdout == "['p0', 'p1', 'p10', 'p11']\n"
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"url": "a", "text": "x"', "line 2"),
        ('{"url": "a"}', "text is missing"),
        ('{"text": "x"}', "url is missing"),
        ('{"url": "a", "text": 3}', "text is missing or no text"),
        ('["a"]', "no object"),
        ('{"url": "first", "text": "x"}', "two pages have the url 'first'"),
    ],
)
def test_a_bad_corpus_says_where(tmp_path, line, why):
    (tmp_path / "corpus.jsonl").write_text(f'{{"url": "first", "text": "words"}}\n{line}\n')
    with pytest.raises(ValueError, match=why):
        load_corpus(tmp_path / "corpus.jsonl")


def test_a_corpus_without_pages_or_words(tmp_path):
    with pytest.raises(ValueError, match="no pages"):
        load_corpus(tmp_path)
    (tmp_path / "a.txt").write_text("-")
    with pytest.raises(ValueError, match="no words"):
        load_corpus(tmp_path)
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ValueError, match="it is not UTF-8"):
        load_corpus(tmp_path)
    with pytest.raises(ValueError, match="give a folder"):
        load_corpus(tmp_path / "nothing")
