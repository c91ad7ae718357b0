"""Tools behind a real HTTP server on loopback: what is sent and read, and servers that are slow, broken or gone."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
from pathlib import Path

import pytest
import served_tools as toys

from tracer1.toolbox import remote_files
from tracer1.toolbox.remote import remote_tool

PICTURE = toys.picture()


@pytest.fixture(scope="module")
def server():
    with toys.running(toys.TOY_TOOLS) as one:
        yield one


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return toys.sample_files(tmp_path)


def test_a_call_sends_arguments_and_the_files_they_name(server: toys.Server, files: Path) -> None:
    result = toys.call(toys.http_tool(server.url, files), how="", image_path="a.png")
    assert result.status == "ok" and result.facts["seconds"] < 20
    assert json.loads(result.text) == {
        "tool": "echo",
        "arguments": {"how": "", "image_path": "a.png"},
        "files": {"image_path": {"name": "a.png", "base64": base64.b64encode(PICTURE).decode()}},
    }


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"text": "two cars"}, "two cars"),
        ({"value": [[1.5, 2, 3, 4]]}, "[[1.5, 2, 3, 4]]"),
        ({"value": "red"}, "red"),
        ({"value": None}, "null"),
        ({"text": "é", "more": 1}, "é"),
        ({"text": "x" * 70_000}, "x" * 65536 + "\n[cut: the first 65536 of 70000 characters]"),
    ],
)
def test_what_the_planner_reads(server: toys.Server, files: Path, answer: dict, text: str) -> None:
    assert toys.call(toys.http_tool(server.url, files), how=f"answer {json.dumps(answer)}").text == text


@pytest.mark.parametrize(
    ("how", "status", "detail", "requests"),
    [
        ("status 500", "failed", "status 500: http", 4),
        ("status 503 x2", "ok", "", 3),
        ("status 429", "failed", "status 429", 4),
        ("status 400", "refused", "made to say 400", 1),
        ("status 422", "refused", "made to say 422", 1),
        ("status 404", "failed", "status 404", 1),
        ("status 401", "failed", "status 401", 1),
        ("status 204", "failed", "", 1),
        ("half", "failed", "half answer: ", 4),
        ("silent", "failed", "connection: ", 4),
        ("junk", "failed", "bad json: ", 4),
        ("deep", "failed", "bad json: ", 4),
        ("answer []", "failed", "bad json: ", 4),
        ("answer {}", "failed", "text, value or files", 4),
        ('answer {"text": 3}', "failed", "text is no text", 4),
        ('answer {"files": {}}', "failed", "files is no list", 4),
        ('answer {"files": [{"name": "a"}]}', "failed", "name and base64", 4),
    ],
)
def test_what_becomes_of_a_call_and_how_often_it_is_tried(
    files: Path, how: str, status: str, detail: str, requests: int
) -> None:
    with toys.running(toys.TOY_TOOLS) as own:
        result = toys.call(toys.http_tool(own.url, files, open_after=99), how=how)
        assert (result.status, own.stats()["requests"]) == (status, requests)
        assert detail in result.detail


def test_a_tool_that_hangs_ends_at_its_deadline(server: toys.Server, files: Path) -> None:
    began = time.monotonic()
    result = toys.call(toys.http_tool(server.url, files, seconds=0.4), how="hang")
    assert result.status == "timed_out" and "0.4 s" in result.detail and time.monotonic() - began < 2


def test_an_answer_without_end_is_given_up(server: toys.Server, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracer1.executors.client.MOST_BYTES", 2 << 20)
    result = toys.call(toys.http_tool(server.url, files), how="flood")
    assert result.status == "failed" and result.detail.startswith("answer too large: http")


def test_the_limit_on_calls_holds_for_all_tools_of_an_endpoint(files: Path) -> None:
    with toys.running(toys.TOY_TOOLS) as own:
        tools = [toys.http_tool(own.url, files, concurrency=3) for _ in range(4)]

        async def go() -> list:
            return await asyncio.gather(*(tool.call({"how": "slow 0.05"}) for tool in tools for _ in range(6)))

        assert {one.status for one in asyncio.run(go())} == {"ok"}
        assert own.stats() == {"requests": 24, "now": 0, "peak": 3}
        assert tools[0].endpoint is tools[3].endpoint


def test_a_server_killed_in_mid_call_and_started_again_takes_over(files: Path) -> None:
    with toys.running(toys.TOY_TOOLS) as own:
        tool = toys.http_tool(own.url, files, concurrency=8, open_after=3)

        def fail() -> None:
            time.sleep(0.3)
            own.kill()
            time.sleep(1.0)
            own.start()

        async def go() -> list:
            return await asyncio.gather(*(tool.call({"how": "slow 0.1"}) for _ in range(64)))

        vandal = threading.Thread(target=fail)
        vandal.start()
        results = asyncio.run(go())
        vandal.join()
        assert [one.status for one in results] == ["ok"] * 64
        assert tool.endpoint.counters.snapshot()["retries"] > 0


def test_a_server_that_is_gone_and_comes_back_later(files: Path) -> None:
    with toys.running(toys.TOY_TOOLS) as own:
        tool = toys.http_tool(own.url, files, seconds=1.0, retries=1, open_after=2)
        own.kill()
        assert toys.call(tool, how="").detail.startswith("connection: ")
        assert toys.call(tool, how="").detail.startswith("circuit open: http")
        own.start()
        assert toys.call(tool, how="").status == "ok"


def test_other_files_are_refused_and_not_sent(files: Path, tmp_path: Path) -> None:
    (files / "link.png").symlink_to(tmp_path / "secret.png")
    (files / "folder").mkdir()
    with toys.running(toys.TOY_TOOLS) as own:
        tool = toys.http_tool(own.url, files, tmp_path / "made")
        named = [
            "../secret.png",
            str(tmp_path / "secret.png"),
            "link.png",
            "folder",
            "",
            ".",
            "no.png",
            "a\0b",
            "/etc/passwd",
        ]
        for name in [*named, "x" * 5000, "~/.bashrc", "made/../../secret.png"]:
            result = toys.call(tool, how="", image_path=name)
            assert result.status == "refused" and "there is no file" in result.detail
        assert toys.call(tool, how="", image_path=3).detail == "image_path is the name of a file, got int"
        assert toys.call(tool, how=float("nan")).status == "refused"  # JSON cannot say it
        assert own.stats()["requests"] == 0


def test_a_file_that_is_too_large_is_refused(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_files, "MOST_BYTES", 1 << 20)
    (files / "large.png").write_bytes(bytes(3 << 20))
    result = toys.call(toys.http_tool("http://127.0.0.1:9/", files), how="", image_path="large.png")
    assert result.status == "refused" and "3 MiB, more than 1 MiB" in result.detail


@pytest.mark.parametrize(
    ("endpoint", "says"),
    [
        ({}, "kind is openai or http, got None"),
        ({"kind": "grpc"}, "got 'grpc'"),
        ({"kind": "http"}, "url is missing"),
        ({"kind": "http", "url": "node1:8100"}, "is no address"),
        ({"kind": "http", "url": "http://x/", "model": "m"}, "unknown key model: use kind, file_arguments, url"),
        ({"kind": "http", "url": "http://x/", "seconds": 0}, "seconds must be positive"),
        ({"kind": "http", "url": "http://x/", "file_arguments": ["mask"]}, "file_arguments is a list of arguments of"),
        ({"kind": "openai", "model": "m", "prompt": "?"}, "base_urls is empty"),
        ({"kind": "openai", "base_urls": "http://x/v1", "prompt": "?"}, "model is empty"),
        (
            {"kind": "openai", "base_urls": "http://x/v1", "model": "m"},
            "there is no prompt for it, only for visualizer",
        ),
        ({"kind": "http", "url": "http://x/", "key_variable": "NO_SUCH_KEY"}, "NO_SUCH_KEY is not set"),
    ],
)
def test_bad_endpoints_are_named(tmp_path: Path, endpoint: dict, says: str) -> None:
    with pytest.raises(ValueError, match="tool segmentation, endpoint: ") as raised:
        remote_tool(toys.spec("segmentation", "image_path"), endpoint, tmp_path, None)
    assert says in str(raised.value)
