"""The executor of tool calls: it calls the tool that a step names, and its text is the answer.

    executor = load_executor("toolbox", toolbox="local", files="data/files", cache_dir="cache")
    await executor.execute(observation, step)

Its tools are those of :mod:`tracer1.toolbox`. They are started when the first call is made, in the process that makes it and in
that process's background loop, so it may be used from any event loop or thread; a pickled executor carries its options only.
By itself each ``python`` call is a program of its own; within :meth:`ToolboxExecutor.episode` they share their names.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import TimeoutError as NotClosed
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, fields
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracer1.executors.background import background_loop, in_background
from tracer1.executors.base import Execution, answer_of
from tracer1.executors.options import read_options
from tracer1.plans import Step
from tracer1.sandbox import SandboxUnavailable
from tracer1.toolbox.base import ToolResult
from tracer1.toolbox.mcp_connection import McpUnavailable
from tracer1.toolbox.quota import MOST_KEPT
from tracer1.trajectories import Observation

if TYPE_CHECKING:
    from tracer1.toolbox.episode import Episode
    from tracer1.toolbox.toolbox import Toolbox

_CLOSE_SECONDS = 10.0
_NOT_STARTED = (SandboxUnavailable, McpUnavailable, ModuleNotFoundError, OSError, ValueError)
Call = Callable[[str, Mapping[str, Any]], Coroutine[Any, Any, ToolResult]]


@dataclass(frozen=True, slots=True)
class ToolboxOptions:
    """``toolbox``: its name; the others are those of :func:`tracer1.toolbox.toolbox.load_toolbox`. Raises ValueError."""

    toolbox: str = ""
    files: Path | None = None
    output: Path | None = None
    endpoints: dict[str, Any] = field(default_factory=dict)
    corpus: Path | None = None
    mcp: tuple[Any, ...] = ()
    only: tuple[Any, ...] = ()
    workers: int = 2
    seconds: float = 30.0
    cache_dir: Path | None = None
    output_bytes: int = MOST_KEPT

    def __post_init__(self) -> None:
        if not self.toolbox:
            raise ValueError("toolbox is missing: name one, such as local, t3_agent or gta")
        if self.files is None:
            raise ValueError("files is missing: name the folder with the files of the tasks")


class ToolboxExecutor:
    """A toolbox as an executor. Made by :func:`toolbox_executor`."""

    name = "toolbox"

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = dict(options)
        self._toolbox, self._process = _load(self._options), 0
        self._opening: asyncio.Task[None] | None = None
        self.specs, self.missing = self._toolbox.specs, self._toolbox.missing

    def __reduce__(self) -> tuple[Any, ...]:
        return ToolboxExecutor, (self._options,)

    async def execute(self, observation: Observation, step: Step) -> Execution:
        """Call the tool of a ``call_tool`` step; for all others say what would be entered."""
        return await _execute(step, self._call)

    @asynccontextmanager
    async def episode(self, files: Sequence[str] = ()) -> AsyncIterator[EpisodeExecutor]:
        """The same tools for the steps of one episode, whose ``python`` calls share their names and have ``files``."""
        episode = EpisodeExecutor(self, files)
        try:
            yield episode
        finally:
            await in_background(episode.end())

    def snapshot(self) -> dict[str, float]:
        """Counts since the start in this process, and quantiles of the seconds that calls took."""
        return self._toolbox.snapshot()

    async def close(self) -> None:
        """End the tools' processes. They also end with this process; the next call starts them again."""
        if self._process == os.getpid():
            await in_background(self._shut())

    async def opened(self) -> Toolbox:
        """The toolbox, started; to be awaited in the background loop. A start that failed is tried again with the next call.
        Raises what entering a toolbox raises."""
        if self._process != os.getpid():  # a fork has neither the processes nor the loop
            if self._process:
                self._toolbox = _load(self._options)
            self._process, self._opening = os.getpid(), None
            Finalize(None, self._end, exitpriority=10)  # unlike atexit also at the end of a multiprocessing worker
        if self._opening is None or (self._opening.done() and (self._opening.cancelled() or self._opening.exception())):
            self._opening = asyncio.ensure_future(self._start())
        await asyncio.shield(self._opening)
        return self._toolbox

    async def _call(self, name: str, arguments: Mapping[str, Any]) -> ToolResult:
        try:
            toolbox = await self.opened()
        except _NOT_STARTED as error:
            return _not_started(error)
        return await toolbox.call(name, arguments)

    async def _start(self) -> None:
        await self._toolbox.__aenter__()

    async def _shut(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
            with suppress(asyncio.CancelledError, *_NOT_STARTED):
                await self._opening
            self._opening = None
            await self._toolbox.__aexit__(None, None, None)

    def _end(self) -> None:
        """:meth:`close` at the end of the process."""
        if self._process == os.getpid():
            closing = asyncio.run_coroutine_threadsafe(self._shut(), background_loop())
            with suppress(NotClosed, TimeoutError):
                closing.result(_CLOSE_SECONDS)


class EpisodeExecutor:
    """Made by :meth:`ToolboxExecutor.episode`."""

    def __init__(self, executor: ToolboxExecutor, files: Sequence[str]) -> None:
        self.name = executor.name
        self._executor, self._files = executor, files
        self._episode: Episode | None = None
        self._stack = AsyncExitStack()

    async def execute(self, observation: Observation, step: Step) -> Execution:
        """As the executor that it was made by."""
        return await _execute(step, self._call)

    async def end(self) -> None:
        """End what the episode's code left running; to be awaited in the background loop."""
        await self._stack.aclose()

    async def _call(self, name: str, arguments: Mapping[str, Any]) -> ToolResult:
        try:
            toolbox = await self._executor.opened()
        except _NOT_STARTED as error:
            return _not_started(error)
        if self._episode is None:
            self._episode = await self._stack.enter_async_context(toolbox.episode(self._files))
        return await self._episode.call(name, arguments)


def toolbox_executor(**options: Any) -> ToolboxExecutor:
    """The executor for configuration values: :class:`ToolboxOptions`, paths as texts. Raises ValueError for those that it cannot
    use."""
    try:
        return ToolboxExecutor(options)
    except ValueError as error:
        raise ValueError(f"executor toolbox: {error}") from error


async def _execute(step: Step, call: Call) -> Execution:
    if step.action.type != "call_tool":
        return Execution("ok", answer=answer_of(step))
    asked = step.action.arguments
    result = await in_background(call(asked["name"], asked.get("arguments", {})))
    return Execution(result.status, answer=result.text or None, detail=result.detail)


def _not_started(error: Exception) -> ToolResult:
    return ToolResult("failed", detail=f"the toolbox does not start: {error}")


def _load(options: Mapping[str, Any]) -> Toolbox:
    from tracer1.toolbox.toolbox import load_toolbox

    given = {name: value for name, value in options.items() if value not in ("", None)}
    chosen = read_options(ToolboxOptions, given, "option")
    values = {one.name: getattr(chosen, one.name) for one in fields(chosen)}
    return load_toolbox(values.pop("toolbox"), **values)
