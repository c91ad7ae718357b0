"""What a local tool works with: the sandbox, the files that may be named, the corpus. ``NotDone`` ends its work early."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tracer1.sandbox import Limits, Outcome, Sandbox
from tracer1.sandbox.inputs import Refused
from tracer1.toolbox.base import ToolResult, ToolSpec
from tracer1.toolbox.corpus import Corpus
from tracer1.toolbox.remote_files import Folders

MIB = 1 << 20
INSIDE = "tracer1.toolbox.inside"
GIVEN = "given"
READERS = ("documents", "characters", "sending")
"""Modules whose work depends on nothing but the file that they read."""
Blame = Literal["code", "call", "file"]
"""What decides how long a call takes and how much memory: code that the model wrote; the arguments of its call, together with a
file; a file of the task alone."""
_NOT_INSTALLED = ("ModuleNotFoundError", "ImportError", "MissingDependencyException")
_PNG = b"\x89PNG\r\n\x1a\n"


class NotDone(Exception):
    """The tool has no result but this one."""

    def __init__(self, result: ToolResult) -> None:
        super().__init__(result.detail)
        self.result = result


def refused(why: str, text: str = "") -> NotDone:
    """The model's fault, and final; ``text`` is what it is told besides."""
    return NotDone(ToolResult("refused", text, why))


@dataclass
class Bench:
    """One for each toolbox. ``calls`` runs tools, ``code`` the programs of models; either is None where no tool needs it.
    ``others`` are the names of the tools that a program cannot call."""

    folders: Folders
    limits: Limits
    calls: Sandbox | None = None
    code: Sandbox | None = None
    corpus: Corpus | None = None
    others: Sequence[str] = ()

    async def inside(self, function: str, arguments: Mapping[str, Any], file: str | Path = "", kind: type = str) -> Any:
        """What ``function`` (``module.name`` in ``tracer1.toolbox.inside``) returns, which is of that ``kind``. With a ``file``,
        named by the model or found already, it has its ``path``. Raises NotDone."""
        module, _, name = function.rpartition(".")
        given: dict[str, Path | bytes] = {}
        blame: Blame = "code"
        if file:
            path = self.find(file) if isinstance(file, str) else file
            given, arguments = {GIVEN: path}, {"path": f"/files/{GIVEN}"} | dict(arguments)
            blame = "file" if module in READERS and not self.folders.is_made(path) else "call"
        assert self.calls is not None
        outcome = await self.calls.call(f"{INSIDE}.{module}", name, arguments, given)
        if outcome.status != "ok":
            raise NotDone(verdict(outcome, self.limits, blame))
        if not isinstance(outcome.value, kind):
            raise refused(f"it gives no {kind.__name__}, but {outcome.value!r:.80}")
        return outcome.value

    def find(self, name: str) -> Path:
        """The file that a model named. Raises NotDone."""
        try:
            path = self.folders.find(name)
        except Refused as error:
            raise refused(str(error)) from error
        if (size := path.stat().st_size) > self.limits.input_bytes:
            raise refused(f"the file {name!r} has {size // MIB} MiB, more than {self.limits.input_bytes // MIB} MiB")
        return path

    async def keep(self, picture: Any) -> ToolResult:
        """Keep a picture (PNG in base64, as it left the sandbox) under a name that is its content. Raises NotDone."""
        return await asyncio.to_thread(self._keep, picture)

    def _keep(self, picture: Any) -> ToolResult:
        try:
            data = base64.b64decode(picture, validate=True)
        except (binascii.Error, TypeError, ValueError):
            data = b""
        if not data.startswith(_PNG):
            raise refused("the code returned no picture")
        try:
            name = self.folders.keep(data, "picture.png")
        except OSError as error:
            raise NotDone(
                ToolResult("failed", detail=f"the picture cannot be kept: {error.strerror or error}")
            ) from error
        return ToolResult("ok", name, facts={"files": [name]})


@dataclass(frozen=True)
class LocalTool:
    """A tool that runs here: ``work`` gives its text or its result, or raises NotDone."""

    spec: ToolSpec
    work: Callable[[Bench, Mapping[str, Any]], Awaitable[ToolResult | str]]
    bench: Bench

    async def call(self, arguments: Mapping[str, Any]) -> ToolResult:
        """Carry it out."""
        try:
            result = await self.work(self.bench, arguments)
        except NotDone as error:
            return error.result
        return ToolResult("ok", result) if isinstance(result, str) else result


def verdict(outcome: Outcome, limits: Limits, blame: Blame = "code") -> ToolResult:
    """What an outcome that is not ``ok`` means: that the call asked for too much, or that something here does not work. A file of
    the task that takes too long or too much is no fault of the call."""
    kind, _, message = outcome.error.partition(": ")
    ours = blame == "file"
    match outcome.status:
        case "error" if kind == "CannotDo":
            return ToolResult("refused", detail=message)
        case "error" if blame == "code":
            return ToolResult("refused", detail=outcome.error)
        case "error" if kind in _NOT_INSTALLED:
            return ToolResult("failed", detail=f"{message}: pip install 'tracer1[tools]'")
        case "error" if kind == "NotWorking":
            return ToolResult("failed", detail=message)
        case "error":
            return ToolResult("refused", detail=f"damaged, or not what its name says ({outcome.error})")
        case "timed_out" if not ours:
            return ToolResult(
                "refused", detail=f"it takes longer than {limits.wall_seconds:g} s", facts={"final": False}
            )
        case "out_of_memory" if not ours:
            return ToolResult("refused", detail=f"it takes more than {limits.memory // MIB} MiB of memory")
        case "crashed" if not ours:
            return ToolResult("refused", detail=outcome.error)
        case "timed_out":
            return ToolResult("timed_out", detail=outcome.error)
    return ToolResult("failed", detail=outcome.error)
