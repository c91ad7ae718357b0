"""The calls of one episode: what one ``python`` call defines, the next one has; all other tools keep nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

from tracer1.sandbox.session import Session
from tracer1.toolbox.base import ToolResult
from tracer1.toolbox.bench import Bench
from tracer1.toolbox.computation import code_session, named_files, result_of

ANEW = "(what was defined before is gone: the next python call starts anew)"
LOST = "(what was defined before was lost: this call started anew)"


class Episode:
    """Made by :meth:`tracer1.toolbox.toolbox.Toolbox.episode`. It takes one of the workers for programs with its first
    ``python`` call, and gives it back at its end. Who waits for one holds none, so episodes cannot block each other for good."""

    def __init__(self, call: Callable[..., Awaitable[ToolResult]], bench: Bench, files: Sequence[str]) -> None:
        self._toolbox, self._bench, self._files = call, bench, files
        self._session: Session | None = None
        self._has_run = self._lost = False
        self._stack = AsyncExitStack()
        self._turn = asyncio.Lock()

    async def call(self, name: str, arguments: Mapping[str, Any]) -> ToolResult:
        """Call a tool, as :meth:`tracer1.toolbox.toolbox.Toolbox.call` does."""
        return await self._toolbox(name, arguments, self.python if name == "python" else None)

    async def python(self, arguments: Mapping[str, Any]) -> ToolResult:
        """The next step of the episode's code. What it defined is gone once a step was stopped, or lost with a worker; then the
        result says so. Raises SandboxUnavailable and NotDone as a session does."""
        async with self._turn:
            if self._session is not None and self._session.ended:
                self._lost = self._has_run
                await self.close()
            if self._session is None:
                files = named_files(self._bench, arguments["code"], self._files)
                self._session = await self._stack.enter_async_context(code_session(self._bench, files))
            outcome = await self._session.run(arguments["code"])
            result = result_of(outcome, self._bench)
            if result.status == "failed":  # it is not told to the planner, but tried again
                return result
            note = ANEW if self._session.ended else LOST if self._lost else ""
            self._has_run, self._lost = True, False
            if self._session.ended:
                await self.close()
            return replace(result, text="\n".join(filter(None, (note, result.text)))) if note else result

    async def close(self) -> None:
        """End the code's process."""
        self._session, self._has_run = None, False
        await self._stack.aclose()
