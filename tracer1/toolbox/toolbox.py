"""A toolbox: tools by name, whose calls are checked, bounded, counted and kept.

    async with load_toolbox("local", files=Path("data/files"), corpus=Path("pages.jsonl")) as tools:
        result = await tools.call("inspect_file_as_text", {"file_path": "a.xlsx"})
        async with tools.episode() as episode:  # python keeps its names from call to call
            await episode.call("python", {"code": "x = 2"})

A tool that has an endpoint is asked there; otherwise it runs here (``local.py``), in the sandbox. ``README.md`` lists both.
"""

from __future__ import annotations

import asyncio
import difflib
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tracer1.executors.counters import Counters, is_worth_telling
from tracer1.sandbox import SandboxUnavailable
from tracer1.toolbox.assembly import connect, make_tool, open_bench
from tracer1.toolbox.base import Tool, ToolResult, ToolSpec
from tracer1.toolbox.bench import Bench, NotDone
from tracer1.toolbox.episode import Episode
from tracer1.toolbox.local import LOCAL, versions
from tracer1.toolbox.quota import MOST_KEPT
from tracer1.toolbox.results import KeptResults
from tracer1.toolbox.scratch import make_scratch, remove_scratch
from tracer1.toolbox.settings import Settings

log = logging.getLogger(__name__)
CLOSED = "the toolbox is not open: use it within `async with toolbox`"


def load_toolbox(
    name: str,
    *,
    files: Path,
    output: Path | None = None,
    endpoints: Mapping[str, Mapping[str, Any]] | None = None,
    corpus: Path | None = None,
    mcp: Sequence[Any] = (),
    only: Sequence[str] = (),
    workers: int = 2,
    seconds: float = 30.0,
    cache_dir: Path | None = None,
    output_bytes: int = MOST_KEPT,
) -> Toolbox:
    """The toolbox of that name (:data:`tracer1.toolbox.specs.TOOLBOXES`), to be entered. Raises ValueError for what is wrong.

    ``files``      the folder in which files may be named; nothing outside of it can be
    ``output``     where pictures that tools make go, to be named in later calls; None: a folder that goes with the toolbox
    ``endpoints``  by the tool's name, where it is served (ENDPOINTS.md)
    ``corpus``     pages for the searches: a folder or a .jsonl file
    ``mcp``        servers whose tools are added
    ``only``       the tools to offer; empty for all
    ``workers``    calls at a time, and besides that programs or episodes with programs at a time
    ``seconds``    for one call, from its turn on
    ``cache_dir``  where results are kept by content; None for nowhere
    ``output_bytes``  that the files in ``output`` may have together; what would be more is ``failed``
    """
    given = dict(endpoints or {})
    chosen = Settings(name, files, output, given, corpus, mcp, only, workers, seconds, cache_dir, output_bytes)
    return Toolbox(chosen)


class Toolbox:
    """Made by :func:`load_toolbox`; an async context manager, for one event loop. Entering it raises SandboxUnavailable where
    nothing can be contained, ValueError for a corpus that cannot be read or tools that share a name, and McpUnavailable."""

    def __init__(self, settings: Settings) -> None:
        self.name, self.specs = settings.name, settings.specs
        self.counters = Counters()
        self._settings = settings
        self._stack = AsyncExitStack()
        self._tools: dict[str, Tool] = {}
        self._bench: Bench | None = None
        self._kept: KeptResults | None = None

    specs: tuple[ToolSpec, ...]
    """The tools; those of ``mcp`` servers are among them once it is entered."""

    @property
    def missing(self) -> dict[str, str]:
        """The tools that cannot be called, and what each needs. Known before it is entered."""
        return {spec.name: why for spec in self._settings.specs if (why := self._settings.lacks(spec.name))}

    async def __aenter__(self) -> Toolbox:
        async with AsyncExitStack() as undo:
            undo.push_async_callback(self._close)
            await self._open()
            undo.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    async def call(self, name: str, arguments: Mapping[str, Any]) -> ToolResult:
        """Call a tool. Never raises for what ``name`` and ``arguments`` say."""
        return await self._call(name, arguments)

    @asynccontextmanager
    async def episode(self, files: Sequence[str] = ()) -> AsyncIterator[Episode]:
        """Calls that belong together. ``files`` are there for ``python`` besides those that its first code names."""
        if self._bench is None:
            raise RuntimeError(CLOSED)
        episode = Episode(self._call, self._bench, files)
        try:
            yield episode
        finally:
            await episode.close()

    def snapshot(self) -> dict[str, float]:
        """Counts since the start, by status and by tool, of the cache's hits, and quantiles of the seconds that calls took."""
        return self.counters.snapshot()

    async def _open(self) -> None:
        if self.missing:
            log.warning(
                "toolbox %s: calls of these tools will fail: %s",
                self.name,
                "; ".join(map(" ".join, self.missing.items())),
            )
        settings, output = self._settings, self._settings.output
        if output is None:
            output, lock = make_scratch()
            self._stack.callback(remove_scratch, output, lock)  # in this process only, not in its forks
        bench = await open_bench(settings, output, self._stack)
        if settings.cache_dir:
            self._kept = KeptResults(settings.cache_dir, self.counters, bench.folders)
        connected = await connect(settings, bench, self._stack)
        tools = [make_tool(spec, settings, bench) for spec in settings.specs if not settings.lacks(spec.name)]
        self._tools = {tool.spec.name: tool for tool in (*tools, *connected)}
        self.specs = (*settings.specs, *(tool.spec for tool in connected))
        self._bench = bench

    async def _close(self) -> None:
        self._tools, self._bench = {}, None
        await self._stack.aclose()

    async def _call(
        self, name: str, arguments: Mapping[str, Any], instead: Callable[..., Awaitable[ToolResult]] | None = None
    ) -> ToolResult:
        """``instead`` carries out the call in place of the tool of that name; its result is not kept."""
        began = time.monotonic()
        result = self._objection(name, arguments)
        if result is None:
            try:
                result = await (instead(arguments) if instead else self._kept_or_made(name, arguments))
            except NotDone as error:
                result = error.result
            except (SandboxUnavailable, OSError) as error:
                result = ToolResult("failed", detail=str(error))
        seconds = round(time.monotonic() - began, 4)
        self._note(name if name in {spec.name for spec in self.specs} else "unknown", result)
        self.counters.took(seconds)
        return replace(result, facts={"seconds": seconds} | dict(result.facts))

    def _note(self, name: str, result: ToolResult) -> None:
        """Count the result, and tell of failures now and then: rewards do not carry the detail."""
        self.counters.add("calls")
        self.counters.add(result.status)
        count = self.counters.add(f"{name}: {result.status}")
        if result.status in ("failed", "timed_out") and is_worth_telling(count):
            log.warning("toolbox %s: %d calls of %s %s (%s)", self.name, count, name, result.status, result.detail)

    def _objection(self, name: str, arguments: Mapping[str, Any]) -> ToolResult | None:
        """Why a call is not even tried."""
        specs = {spec.name: spec for spec in self.specs}
        if name not in specs:
            near = difflib.get_close_matches(str(name).lower(), {one.lower(): one for one in specs}, 1)
            meant = [f"; did you mean {one}?" for one in specs if [one.lower()] == near]
            return ToolResult(
                "refused", detail=f"there is no tool {name!r:.80}: there are {', '.join(specs)}{''.join(meant)}"
            )
        if not isinstance(arguments, Mapping):
            return ToolResult("refused", detail=f"the arguments are no object; the tool is {specs[name].signature}")
        if problem := specs[name].problem(arguments):
            return ToolResult("refused", detail=problem)
        try:
            json.dumps(dict(arguments), allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            return ToolResult("refused", detail=f"the arguments of {name} are no JSON values: {error}")
        if name not in self._tools:
            return ToolResult("failed", detail=f"{name} {self._settings.lacks(name)}" if self._bench else CLOSED)
        return None

    async def _kept_or_made(self, name: str, arguments: Mapping[str, Any]) -> ToolResult:
        tool = self._tools[name]
        if self._kept is None or not self._is_worth_keeping(name):
            return await tool.call(arguments)
        key = await asyncio.to_thread(self._key, self._kept, name, arguments)
        if (result := await asyncio.to_thread(self._kept.get, key)) is None:
            result = await tool.call(arguments)
            await asyncio.to_thread(self._kept.put, key, result)
        return result

    def _key(self, kept: KeptResults, name: str, arguments: Mapping[str, Any]) -> str:
        """The name of a call's result. Raises OSError when a file that it names cannot be read."""
        decides: dict[str, Any] = {}
        if endpoint := self._settings.endpoints.get(name):
            from tracer1.toolbox.remote_clients import REACHING

            decides = {key: value for key, value in endpoint.items() if key not in REACHING}
        return kept.key(name, arguments, [decides, versions(name) if self._settings.is_local(name) else ()])

    def _is_worth_keeping(self, name: str) -> bool:
        """Searches are quick, and servers of ``mcp`` may answer differently each time."""
        return name in self._settings.endpoints or (name in LOCAL and LOCAL[name].needs != "corpus")
