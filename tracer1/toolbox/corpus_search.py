"""``search``, ``visit_page`` and the searches of T3-Agent and GTA, over a corpus of your own instead of the web."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from tracer1.toolbox.bench import Bench, refused
from tracer1.toolbox.corpus import Page
from tracer1.toolbox.paging import MOST_CHARACTERS, part, start_of

MOST_RESULTS, GTA_CHARACTERS = 50, 1500
NOTHING = "(no page has any of these words)"


async def search(bench: Bench, arguments: Mapping[str, Any]) -> str:
    """Number, title and address, then an excerpt, for each result."""
    found = await _found(bench, arguments["query"], arguments.get("k", 5))
    return "\n\n".join(f"{n}. {page.title} ({page.url})\n{text}" for n, (page, text) in enumerate(found, 1)) or NOTHING


async def google_search(bench: Bench, arguments: Mapping[str, Any]) -> str:
    """GTA's form, which has no addresses and at most 1500 characters: open-compass/GTA, agentlego/agentlego/tools/search."""
    found = await _found(bench, arguments["query"], arguments.get("k", 10))
    text = "".join(f"{n} - {page.title}: {excerpt}\n\n" for n, (page, excerpt) in enumerate(found, 1))
    cut = f"{text[:GTA_CHARACTERS]}..." if len(text) > GTA_CHARACTERS else text
    return cut or "No good Google Search Result was found"


async def open_first(bench: Bench, arguments: Mapping[str, Any]) -> str:
    """T3-Agent's ``navigational_web_search``: the best page itself."""
    found = await _found(bench, arguments["query"], 1)
    return _shown(found[0][0], 0) if found else NOTHING


async def visit_page(bench: Bench, arguments: Mapping[str, Any]) -> str:
    """A page of the corpus, a part at a time."""
    assert bench.corpus is not None
    start = start_of(arguments)
    if (page := bench.corpus.page(arguments["url"])) is None:
        raise refused(f"there is no page {arguments['url']!r:.200}: search gives the addresses of those that there are")
    return _shown(page, start)


async def _found(bench: Bench, query: str, k: float) -> list[tuple[Page, str]]:
    assert bench.corpus is not None
    if not 1 <= k <= MOST_RESULTS or k != int(k):
        raise refused(f"k is a whole number from 1 to {MOST_RESULTS}, got {k}")
    return await asyncio.to_thread(bench.corpus.search, query, int(k))


def _shown(page: Page, start: int) -> str:
    text = part(page.text[start : start + MOST_CHARACTERS], start, len(page.text))
    return f"{page.title} ({page.url})\n\n{text}"
