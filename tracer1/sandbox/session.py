"""The steps of one episode, in one process: what a step defines, the next one has."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from tracer1.sandbox.answers import outcome_of
from tracer1.sandbox.inputs import Refused, encode, open_files
from tracer1.sandbox.limits import Limits, Outcome
from tracer1.sandbox.worker import Worker, WorkerDied


class Session:
    """Made by :meth:`Sandbox.session`. It ends for good with a step that was killed, crashed, failed or cancelled, and after
    ``session_seconds``, whether or not something runs in it; then steps are refused.
    """

    def __init__(self, worker: Worker, files: Mapping[str, Path | bytes], limits: Limits) -> None:
        self._worker, self._files = worker, files
        self._limits = replace(limits, cpu_seconds=limits.session_seconds)  # which counts over all steps
        self._ended, self._started, self._turn = "", False, asyncio.Lock()
        self._deadline = time.monotonic() + limits.session_seconds
        self._timer = asyncio.get_running_loop().call_later(limits.session_seconds, self._expire)

    @property
    def ended(self) -> str:
        """Why it has ended; empty while it has not."""
        return self._ended

    async def run(self, code: str, variables: Mapping[str, Any] | None = None) -> Outcome:
        """The next step."""
        async with self._turn:
            if self._ended:
                return Outcome("refused", error=f"the session has ended: {self._ended}")
            limits, left = self._limits, self._deadline - time.monotonic()
            if left < limits.wall_seconds:
                limits = replace(limits, wall_seconds=max(0.001, left))
            try:
                outcome = await self._ask(code, dict(variables or {}), limits)
            except asyncio.CancelledError:
                self._ended = self._ended or "a step was cancelled"
                raise
            if outcome.status not in ("ok", "error", "refused"):
                self._ended = self._ended or f"{outcome.status}: {outcome.error}"
            return outcome

    async def _ask(self, code: str, variables: dict[str, Any], limits: Limits) -> Outcome:
        request = {"code": code, "variables": variables, "limits": limits.as_dict(), "session": True, "names": []}
        try:
            with ExitStack() as stack:
                inputs: list[int] = []
                if not self._started:
                    inputs, request["names"] = open_files(self._files, limits.input_bytes, stack), list(self._files)
                whole = encode(request)
                self._started = True
                return outcome_of(await self._worker.ask(whole, inputs, limits.wall_seconds), limits)
        except Refused as error:
            return Outcome("refused", error=str(error))
        except OSError as error:
            return Outcome("failed", error=str(error))
        except WorkerDied as error:
            if self._ended:
                return Outcome("timed_out", error=self._ended)
            return Outcome("failed", error=f"the sandbox's worker died: {error}")

    async def end(self) -> None:
        """Kill the process and what it left running."""
        self._timer.cancel()
        self._ended = self._ended or "it was closed"
        if self._started and self._worker.running:
            try:
                await self._worker.ask(encode({"end": True, "session": False}))
            except (WorkerDied, OSError):
                self._worker.kill()  # whoever has it next must not meet the process of this session

    def _expire(self) -> None:
        self._ended = f"it was open for {self._limits.session_seconds} s"
        self._worker.kill()
