"""Tools of a real MCP server, over standard input and output and over HTTP: calls, deaths and ends of the server."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

pytest.importorskip("mcp")
from tracer1.toolbox.base import Parameter, Tool, ToolResult, ToolSpec
from tracer1.toolbox.mcp_connection import McpUnavailable
from tracer1.toolbox.mcp_source import mcp_tools, spec_of

TOY = str(Path(__file__).with_name("toy_mcp.py"))


def stdio(mode: str = "stdio", **more: Any) -> dict[str, Any]:
    return {"command": sys.executable, "args": [TOY, mode], "seconds": 20, "start_seconds": 60, **more}


def using(server: dict[str, Any], use: Callable[[dict[str, Tool]], Any]) -> Any:
    """What the coroutine function ``use`` gives for the server's tools."""

    async def go() -> Any:
        async with mcp_tools(server) as tools:
            return await use({tool.spec.name: tool for tool in tools})

    return asyncio.run(go())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class HttpServer:
    def __init__(self, mode: str = "http") -> None:
        self.port, self._mode = free_port(), mode
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mcp"

    def start(self) -> None:
        command = [sys.executable, TOY, self._mode, str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("the server does not start")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def http_server(mode: str = "http") -> Iterator[HttpServer]:
    server = HttpServer(mode)
    try:
        yield server
    finally:
        server.kill()


def test_tools_are_listed_and_called_over_stdio(tmp_path: Path) -> None:
    async def use(tools: dict[str, Tool]) -> list[ToolResult]:
        assert list(tools) == ["my_add", "my_describe", "my_draw", "my_fail", "my_environment"]
        assert tools["my_add"].spec == ToolSpec(
            "my_add",
            "Add two numbers. Both are needed.",
            (Parameter("left", "number"), Parameter("right", "number"), Parameter("note", "text", "", False)),
            "JSON",
        )
        kind = Parameter("kind", "text", 'One of ["cat", "dog"].')
        more = (Parameter("options", "any", "", False), Parameter("loud", "boolean", "", False))
        assert tools["my_describe"].spec.parameters == (kind, *more)
        return [
            await tools["my_add"].call({"left": 1, "right": 2.5}),
            await tools["my_describe"].call({"kind": "cat", "options": {"a": [1]}}),
            await tools["my_describe"].call({"kind": "cow"}),
            await tools["my_fail"].call({"why": "x"}),
            await tools["my_draw"].call({"colour": "red"}),
            await tools["my_environment"].call({"name": "TOY_SETTING"}),
        ]

    names = ["add", "describe", "draw", "fail", "environment"]
    made = tmp_path / "made"
    server = stdio(prefix="my_", tools=names, output=str(made), env={"TOY_SETTING": "7"}, cwd=str(tmp_path))
    added, described, wrong, failed, drawn, environment = using(server, use)
    assert (added.status, added.text) == ("ok", "3.5") and added.facts["seconds"] < 20
    assert described.text == "cat {'a': [1]} False"
    assert wrong.status == "refused" and "'cat' or 'dog'" in wrong.detail
    assert failed.status == "refused" and "fail" in failed.detail
    said, name = drawn.text.splitlines()
    with Image.open(made / name) as picture:
        assert said == "a red picture" and picture.getpixel((0, 0)) == (255, 0, 0) and name.endswith(".png")
    assert environment.text == f"7 ['stdio'] {tmp_path}"


@pytest.fixture(scope="module")
def tools() -> Iterator[dict[str, Tool]]:
    """One server for several tests. The tests have loops of their own."""
    block, loop = mcp_tools(stdio(seconds=1.5)), asyncio.new_event_loop()
    yield {tool.spec.name: tool for tool in loop.run_until_complete(block.__aenter__())}
    loop.run_until_complete(block.__aexit__(None, None, None))
    loop.close()


def test_without_an_output_folder_pictures_are_told_of(tools: dict[str, Tool]) -> None:
    drawn = asyncio.run(tools["draw"].call({"colour": "red"}))
    assert drawn.status == "ok" and "image/png" in drawn.text and "not kept" in drawn.text


def test_an_output_folder_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    drawn = using(stdio(output=str(tmp_path / "file")), lambda tools: tools["draw"].call({"colour": "red"}))
    assert drawn.status == "failed" and drawn.detail.startswith("output: cannot be written")


def test_a_server_that_dies_in_mid_call_is_started_again(tmp_path: Path) -> None:
    async def use(tools: dict[str, Tool]) -> None:
        began = time.monotonic()
        dead, other = await asyncio.gather(tools["end"].call({}), tools["wait"].call({"seconds": 15}))
        assert dead.status == other.status == "failed" and dead.detail.startswith("connection: ")
        assert time.monotonic() - began < 12
        again = await asyncio.gather(*(tools["add"].call({"left": 1, "right": n}) for n in range(8)))
        assert [one.text for one in again] == [f"{1.0 + n}" for n in range(8)]
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
        time.sleep(0.2)
        assert (await tools["add"].call({"left": 1, "right": 1})).status in ("ok", "failed")
        assert (await tools["add"].call({"left": 1, "right": 1})).text == "2.0"

    using(stdio(env={"TOY_MCP_PID": str(tmp_path / "pid")}), use)


def test_the_server_ends_with_the_block_and_later_calls_fail(tmp_path: Path) -> None:
    async def use(tools: dict[str, Tool]) -> Tool:
        assert psutil.pid_exists(int((tmp_path / "pid").read_text()))
        return tools["add"]

    tool = using(stdio(env={"TOY_MCP_PID": str(tmp_path / "pid")}), use)
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))
    late = asyncio.run(tool.call({"left": 1, "right": 1}))
    assert late.status == "failed" and "its block has ended" in late.detail


def test_a_hanging_tool_ends_at_its_deadline_and_disturbs_no_other(tools: dict[str, Tool]) -> None:
    async def use() -> None:
        hanging = asyncio.ensure_future(tools["wait"].call({"seconds": 600}))
        await asyncio.sleep(0.1)
        assert (await tools["add"].call({"left": 1, "right": 1})).text == "2.0"
        late = await hanging
        assert late.status == "timed_out" and "within 1.5 s" in late.detail
        assert (await tools["add"].call({"left": 1, "right": 1})).text == "2.0"

    asyncio.run(use())


def test_calls_from_other_threads_and_loops(tools: dict[str, Tool]) -> None:
    texts: list[str] = []

    def one(number: int) -> None:
        texts.append(asyncio.run(tools["add"].call({"left": number, "right": 0})).text)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(texts) == [f"{number}.0" for number in range(6)]


@pytest.mark.parametrize(
    ("server", "says"),
    [
        (stdio("deaf", start_seconds=3), "no answer within 3 s (I am deaf)"),
        (stdio("broken"), "(no such module)"),
        (stdio("noise"), "python"),
        ({"command": "/no/such/program"}, "/no/such/program"),
        (stdio(tools=["add", "subtract"]), "has no tool subtract, only add, describe"),
        ({"url": f"http://127.0.0.1:{free_port()}/mcp"}, "ConnectError"),
    ],
)
def test_a_server_that_does_not_start_is_told_of(tmp_path: Path, server: dict[str, Any], says: str) -> None:
    if "args" in server:
        server = {**server, "env": {"TOY_MCP_PID": str(tmp_path / "pid")}}
    began = time.monotonic()
    with pytest.raises(McpUnavailable) as raised:
        using(server, lambda tools: None)
    assert says in str(raised.value) and "\n" not in str(raised.value)
    assert time.monotonic() - began < 30
    if (tmp_path / "pid").exists():
        assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


def test_the_server_dies_with_a_killed_process(tmp_path: Path) -> None:
    """A server that does not look at its input: only the kernel tells it that we are gone."""
    code = f"""
import asyncio, sys
from tracer1.toolbox.mcp_source import mcp_tools
async def go():
    async with mcp_tools({stdio("deaf", env={"TOY_MCP_PID": str(tmp_path / "pid")})!r}): pass
asyncio.run(go())
"""
    process = subprocess.Popen([sys.executable, "-c", code])
    until = time.monotonic() + 60
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < until and process.poll() is None
        time.sleep(0.05)
    server = int((tmp_path / "pid").read_text())
    process.kill()
    process.wait()
    until = time.monotonic() + 20
    while psutil.pid_exists(server) and psutil.Process(server).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until, "the server outlives us"
        time.sleep(0.05)


def test_over_http_a_server_that_is_killed_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracer1.toolbox.mcp_connection.PAUSE_SECONDS", 0.2)
    with http_server() as server:

        async def use(tools: dict[str, Tool]) -> None:
            assert (await tools["add"].call({"left": 1, "right": 2})).text == "3.0"
            assert (await tools["describe"].call({"kind": "cow"})).status == "refused"
            waiting = asyncio.ensure_future(tools["wait"].call({"seconds": 60}))
            await asyncio.sleep(0.5)
            server.kill()
            began = time.monotonic()
            dead = await waiting
            assert dead.status == "failed" and dead.detail.startswith("connection: ") and time.monotonic() - began < 5
            assert (await tools["add"].call({"left": 1, "right": 2})).status == "failed"
            server.start()
            await asyncio.sleep(0.3)
            assert (await tools["add"].call({"left": 1, "right": 2})).text == "3.0"

        using({"url": server.url, "seconds": 20, "start_seconds": 20}, use)


@pytest.mark.parametrize("mode", ["stdio", "http", "json"])
def test_an_endless_answer_is_not_read_to_its_end(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a query for a whole table: 80 MiB, of which 16 are read."""
    monkeypatch.setattr("tracer1.toolbox.mcp_connection.PAUSE_SECONDS", 0.0)

    async def use(tools: dict[str, Tool]) -> None:
        large = await tools["flood"].call({"mebibytes": 3})
        assert large.status == "ok" and large.text.startswith("x" * 65536)
        flood = await tools["flood"].call({"mebibytes": 80})
        assert flood.status == "failed", flood.text[:80]
        assert (await tools["add"].call({"left": 1, "right": 1})).text == "2.0"

    if mode == "stdio":
        return using(stdio(), use)
    with http_server(mode) as server:
        using({"url": server.url, "seconds": 20, "start_seconds": 20}, use)


def test_more_files_than_can_be_meant_are_no_answer(tmp_path: Path) -> None:
    async def use(tools: dict[str, Tool]) -> list[ToolResult]:
        return [await tools["draw_many"].call({"count": count}) for count in (16, 17)]

    few, many = using(stdio(output=str(tmp_path / "made")), use)
    assert few.status == "ok" and len(few.text.splitlines()) == 16 == len(list((tmp_path / "made").iterdir()))
    assert many.status == "failed" and "more than 16 files" in many.detail


def test_an_output_folder_that_is_full_is_a_failure(tmp_path: Path) -> None:
    server = stdio(output=str(tmp_path / "made"), output_bytes=3 * 4096)
    drawn = using(server, lambda tools: tools["draw_many"].call({"count": 4}))
    assert drawn.status == "failed" and "raise output_bytes" in drawn.detail
    assert len(list((tmp_path / "made").iterdir())) == 3


def test_a_server_that_hangs_is_left_for_a_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracer1.toolbox.mcp_connection.STOP_SECONDS", 1.0)

    async def use(tools: dict[str, Tool]) -> None:
        first = (tmp_path / "pid").read_text()
        os.kill(int(first), signal.SIGSTOP)
        for _ in range(3):
            assert (await tools["add"].call({"left": 1, "right": 1})).status == "timed_out"
        assert (await tools["add"].call({"left": 1, "right": 1})).text == "2.0"
        assert (tmp_path / "pid").read_text() != first and not psutil.pid_exists(int(first))

    using(stdio(env={"TOY_MCP_PID": str(tmp_path / "pid")}, seconds=2.5), use)


@pytest.mark.parametrize(
    "schema", [{"properties": None}, {"properties": {"a": True}, "required": "a"}, {"required": ["b", 3]}, {}]
)
def test_a_schema_that_is_none_keeps_no_toolbox_from_starting(schema: dict[str, Any]) -> None:
    from mcp.types import Tool as Listed

    assert spec_of(Listed(name="x", input_schema=schema)).name == "x"


def test_a_key_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="NO_SUCH_KEY is not set"):
        using({"url": "http://127.0.0.1:9/mcp", "key_variable": "NO_SUCH_KEY"}, lambda tools: None)
