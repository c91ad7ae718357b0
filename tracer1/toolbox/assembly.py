"""Brings the parts of a toolbox up: sandboxes, corpus, connections, and of these the tools."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from tracer1.sandbox import Limits, Sandbox
from tracer1.toolbox import documents, pictures
from tracer1.toolbox.base import Tool, ToolResult, ToolSpec
from tracer1.toolbox.bench import INSIDE, MIB, Bench, LocalTool
from tracer1.toolbox.local import LOCAL, Needs, preload
from tracer1.toolbox.remote_files import Folders
from tracer1.toolbox.settings import Settings

QUEUE = 100_000
MEMORY, RESULT_BYTES, PRINTED_BYTES = 1024 * MIB, 48 * MIB, 64 * 1024
EPISODE_SECONDS = 24 * 3600  # a planner may think long between two programs; the episode's end ends their process


async def open_bench(settings: Settings, output: Path, stack: AsyncExitStack) -> Bench:
    """What local tools work with, until ``stack`` is closed. Two sandboxes, so that programs which keep a worker for an
    episode never keep the other tools waiting. Raises SandboxUnavailable, ValueError (the corpus)."""
    limits = Limits(
        memory=MEMORY,
        wall_seconds=settings.seconds,
        cpu_seconds=math.ceil(settings.seconds),
        output_bytes=RESULT_BYTES,
    )
    needs: dict[Needs, list[str]] = {"calls": [], "code": [], "corpus": []}
    for spec in settings.specs:
        if settings.is_local(spec.name) and not settings.lacks(spec.name):
            needs[LOCAL[spec.name].needs].append(spec.name)

    modules = preload(needs["calls"])
    if any(_sends_pictures(spec, settings) for spec in settings.specs):
        modules = (*modules, f"{INSIDE}.sending")

    async def sandbox(loaded: Sequence[str], bounds: Limits) -> Sandbox | None:
        if not loaded:
            return None
        made = Sandbox(bounds, workers=settings.workers, queue=QUEUE, preload=loaded)
        return await stack.enter_async_context(made)

    bench = Bench(Folders(settings.files, output, settings.output_bytes), limits)
    bench.others = [spec.name for spec in settings.specs if spec.name != "python"]
    bench.calls = await sandbox(modules, limits)
    code_limits = replace(limits, output_bytes=PRINTED_BYTES, session_seconds=EPISODE_SECONDS)
    bench.code = await sandbox(preload(needs["code"]), code_limits)
    if needs["corpus"]:
        from tracer1.toolbox.corpus import load_corpus

        bench.corpus = await asyncio.to_thread(load_corpus, settings.corpus, settings.cache_dir)
    return bench


def make_tool(spec: ToolSpec, settings: Settings, bench: Bench) -> Tool:
    """The tool, here or behind its endpoint."""
    local = LocalTool(spec, LOCAL[spec.name].work, bench) if settings.is_local(spec.name) else None
    if spec.name not in settings.endpoints:
        assert local is not None
        return local
    from tracer1.toolbox.remote import remote_tool

    async def text_of(path: Path) -> ToolResult:
        return await documents.text_of(bench, path)

    async def shape(path: Path, region: pictures.Region | None, most: int) -> bytes | ToolResult:
        return await pictures.to_send(bench, path, region, most)

    endpoint, folders = settings.endpoint(spec.name), bench.folders
    remote = remote_tool(spec, endpoint, folders.files, folders.output, most=folders.most, text_of=text_of, shape=shape)
    return documents.Inspector(local, remote) if local else remote


async def connect(settings: Settings, bench: Bench, stack: AsyncExitStack) -> list[Tool]:
    """The tools of the servers in ``settings.mcp``. Raises ValueError for a name that is taken, McpUnavailable, and
    ModuleNotFoundError without the SDK."""
    found: list[Tool] = []
    for server in settings.mcp:
        from tracer1.toolbox.mcp_source import mcp_tools

        given = {"output": str(bench.folders.output), "output_bytes": settings.output_bytes} | dict(server)
        found += await stack.enter_async_context(mcp_tools(given))
    names = [spec.name for spec in settings.specs] + [tool.spec.name for tool in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"mcp: two tools are called {', '.join(twice)}: give the server a prefix")
    return found


def _sends_pictures(spec: ToolSpec, settings: Settings) -> bool:
    """Whether a model is asked about pictures, which are looked at in the sandbox first."""
    if settings.endpoints.get(spec.name, {}).get("kind") != "openai":
        return False
    from tracer1.toolbox.remote_chat import picture_arguments

    return bool(picture_arguments(spec, settings.endpoints[spec.name]))
