"""The executor of tool calls: it calls the tool that a step names, and its text is the answer.

    executor = load_executor("toolbox", toolbox="local", files="data/files", cache_dir="cache")
    await executor.execute(observation, step)

Its tools are those of :mod:`tracer1.toolbox`. They are started when the first call is made, in the process that makes it and in
that process's background loop, so it may be used from any event loop or thread; a pickled executor carries its options only.
By itself each ``python`` call is a program of its own; within :meth:`ToolboxExecutor.episode` they share their names.
"""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import TimeoutError as NotClosed
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracer1.executors.background import background_loop, in_background
from tracer1.executors.base import Execution, answer_of
from tracer1.plans import Step
from tracer1.sandbox import SandboxUnavailable
from tracer1.toolbox.base import ToolResult
from tracer1.toolbox.mcp_connection import McpUnavailable
from tracer1.trajectories import Observation

if TYPE_CHECKING:
    from tracer1.toolbox.toolbox import Toolbox

_CLOSE_SECONDS = 10.0
_NOT_STARTED = (SandboxUnavailable, McpUnavailable, ModuleNotFoundError, OSError, ValueError)
Call = Callable[[str, Mapping[str, Any]], Coroutine[Any, Any, ToolResult]]


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
        """The same tools for the steps of one episode, whose ``python`` calls share their names. Raises what
        starting the toolbox raises."""
        stack = AsyncExitStack()

        async def enter() -> Any:
            return await stack.enter_async_context((await self._opened()).episode(files))

        episode = await in_background(enter())
        try:
            yield EpisodeExecutor(self.name, episode.call)
        finally:
            await in_background(stack.aclose())

    def snapshot(self) -> dict[str, float]:
        """Counts since the start in this process, and quantiles of the seconds that calls took."""
        return self._toolbox.snapshot()

    def close(self) -> None:
        """End the tools' processes. They also end with this process; the next call starts them again."""
        if self._process == os.getpid():
            closing = asyncio.run_coroutine_threadsafe(self._shut(), background_loop())
            with suppress(NotClosed, TimeoutError):
                closing.result(_CLOSE_SECONDS)

    async def _call(self, name: str, arguments: Mapping[str, Any]) -> ToolResult:
        try:
            toolbox = await self._opened()
        except _NOT_STARTED as error:
            return ToolResult("failed", detail=f"the toolbox does not start: {error}")
        return await toolbox.call(name, arguments)

    async def _opened(self) -> Toolbox:
        """The toolbox, started. In the background loop. A start that failed is tried again with the next call."""
        if self._process != os.getpid():  # a fork has neither the processes nor the loop
            if self._process:
                self._toolbox = _load(self._options)
            self._process, self._opening = os.getpid(), None
            Finalize(None, self.close, exitpriority=10)  # unlike atexit also at the end of a multiprocessing worker
        if self._opening is None or (self._opening.done() and (self._opening.cancelled() or self._opening.exception())):
            self._opening = asyncio.ensure_future(self._start())
        await asyncio.shield(self._opening)
        return self._toolbox

    async def _start(self) -> None:
        await self._toolbox.__aenter__()

    async def _shut(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
            with suppress(asyncio.CancelledError, *_NOT_STARTED):
                await self._opening
            self._opening = None
            await self._toolbox.__aexit__(None, None, None)


class EpisodeExecutor:
    """Made by :meth:`ToolboxExecutor.episode`."""

    def __init__(self, name: str, call: Call) -> None:
        self.name, self._call = name, call

    async def execute(self, observation: Observation, step: Step) -> Execution:
        """As the executor that it was made by."""
        return await _execute(step, self._call)


def toolbox_executor(**options: Any) -> ToolboxExecutor:
    """The executor for configuration values: ``toolbox`` and ``files``, and what :func:`tracer1.toolbox.toolbox.load_toolbox`
    takes, paths as texts. Raises ValueError for those that it cannot use."""
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


def _load(options: Mapping[str, Any]) -> Toolbox:
    from tracer1.toolbox.toolbox import load_toolbox

    if unknown := [name for name in options if name not in _READ]:
        raise ValueError(f"unknown option {', '.join(unknown)}: use {', '.join(_READ)}")
    values = {name: _READ[name](name, value) for name, value in options.items() if value not in ("", None)}
    for name in ("toolbox", "files"):
        if name not in values:
            raise ValueError(f"{name} is missing: {_NEEDED[name]}")
    return load_toolbox(values.pop("toolbox"), **values)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is a text, got {value!r:.60}")
    return value


def _path(name: str, value: Any) -> Path:
    return value if isinstance(value, Path) else Path(_text(name, value)).expanduser()


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} is a number, got {value!r:.60}")
    return value


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name} is a whole number, got {value!r:.60}")
    return value


def _list(name: str, value: Any) -> tuple[Any, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError(f"{name} is a list, got {value!r:.60}")
    return tuple(value)


def _object(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} holds names and values, got {value!r:.60}")
    return dict(value)


_NEEDED = {
    "toolbox": "name one, such as local, t3_agent or gta",
    "files": "name the folder with the files of the tasks",
}
_READ: dict[str, Callable[[str, Any], Any]] = {
    "toolbox": _text,
    "files": _path,
    "output": _path,
    "endpoints": _object,
    "corpus": _path,
    "mcp": _list,
    "only": _list,
    "workers": _whole,
    "seconds": _number,
    "cache_dir": _path,
}
