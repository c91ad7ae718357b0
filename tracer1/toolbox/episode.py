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

Call = Callable[[Mapping[str, Any]], Awaitable[ToolResult]]
WAIT_SECONDS = 600.0
ANEW = "(what was defined before is gone: the next python call starts anew)"


class Episode:
    """Made by :meth:`tracer1.toolbox.toolbox.Toolbox.episode`. It takes one of the workers for programs with its first
    ``python`` call, and gives it back at its end."""

    def __init__(self, call: Callable[..., Awaitable[ToolResult]], bench: Bench, files: Sequence[str]) -> None:
        self._toolbox, self._bench, self._files = call, bench, files
        self._session: Session | None = None
        self._stack = AsyncExitStack()
        self._turn = asyncio.Lock()

    async def call(self, name: str, arguments: Mapping[str, Any]) -> ToolResult:
        """Call a tool, as :meth:`tracer1.toolbox.toolbox.Toolbox.call` does."""
        return await self._toolbox(name, arguments, self.python if name == "python" else None)

    async def python(self, arguments: Mapping[str, Any]) -> ToolResult:
        """The next step of the episode's code. Raises SandboxUnavailable and NotDone as a session does."""
        async with self._turn:
            code = arguments["code"]
            if self._session is None:
                files = named_files(self._bench, code, self._files)
                opening = self._stack.enter_async_context(code_session(self._bench, files))
                try:
                    self._session = await asyncio.wait_for(opening, WAIT_SECONDS)
                except (TimeoutError, asyncio.TimeoutError):
                    detail = f"no worker for code was free for {WAIT_SECONDS:g} s: raise workers"
                    return ToolResult("failed", detail=detail)
            outcome = await self._session.run(code)
            result = result_of(outcome, self._bench)
            if outcome.status not in ("ok", "error"):
                await self.close()
                result = replace(result, text="\n".join(filter(None, (result.text, ANEW))))
            return result

    async def close(self) -> None:
        """End the code's process."""
        self._session = None
        await self._stack.aclose()
