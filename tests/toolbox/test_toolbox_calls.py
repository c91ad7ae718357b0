"""What holds for every call of a toolbox: checks, statuses, concurrency, what is kept, and workers that die."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress

import psutil
import pytest
from small_files import PAGES

from tracer1.sandbox import unavailable
from tracer1.toolbox.episode import LOST
from tracer1.toolbox.toolbox import load_toolbox

needs_sandbox = pytest.mark.skipif(bool(unavailable()), reason=unavailable())
VISUALIZER = {"kind": "openai", "base_urls": ["http://127.0.0.1:9/v1"], "model": "m"}


def test_an_unknown_tool_is_refused_with_the_nearest(local):
    why = local.refusal("Visit_Page", url="x")
    assert "there is no tool 'Visit_Page'" in why and "did you mean visit_page?" in why and "calculator" in why
    assert "did you mean" not in local.refusal("zzzz")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({}, "needs 'expression'"),
        ({"expression": 3}, "takes a text as 'expression'"),
        ({"expression": "1", "x": 1}, "has no argument 'x'; it is calculator(expression)"),
        (["1"], "the arguments are no object"),
        (None, "the arguments are no object"),
    ],
)
def test_wrong_arguments_are_refused(local, arguments, why):
    result = local.loop.run_until_complete(local.toolbox.call("calculator", arguments))
    assert result.status == "refused" and why in result.detail


def test_values_that_json_does_not_have_are_refused(local):
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    for box in ([0, 0, math.nan, 5], {1, 2}, deep):
        assert "no JSON values" in local.refusal("crop", image_path="quarters.png", box=box)


def test_a_tool_without_a_backend_fails_and_says_what_it_needs(gta):
    result = gta.call("MathOCR", image="white.png")
    assert result.status == "failed" and "needs an endpoint: endpoints.MathOCR" in result.detail
    missing = {"ImageDescription", "TextToBbox", "CountGivenObject", "MathOCR", "TextToImage", "ImageStylization"}
    assert set(gta.toolbox.missing) - {"OCR"} == missing | {"RegionAttributeDescription"}


def test_calls_are_counted(local):
    before = local.toolbox.snapshot()
    local.text("calculator", expression="1")
    local.refusal("nothing_like_it")
    after = local.toolbox.snapshot()
    assert after["calls"] - before.get("calls", 0) == 2
    assert after["calculator: ok"] - before.get("calculator: ok", 0) == 1
    assert after["unknown: refused"] - before.get("unknown: refused", 0) == 1 and "nothing_like_it" not in str(after)


MIXED = [
    ("calculator", {"expression": "2 ** 10"}),
    ("inspect_file_as_text", {"file_path": "table.csv"}),
    ("inspect_file_as_text", {"file_path": "garbage.pdf"}),
    ("python", {"code": "print(open('table.csv').read()); x = 1"}),
    ("python", {"code": "x"}),
    ("crop", {"image_path": "quarters.png", "box": [5, 5, 25, 15]}),
    ("search", {"query": "tower"}),
    ("visit_page", {"url": PAGES[0]["url"]}),
]


def test_32_calls_at_once_are_as_one_after_the_other(local):
    async def together():
        return await asyncio.gather(*(local.toolbox.call(name, arguments) for name, arguments in MIXED * 4))

    alone = [local.call(name, **arguments) for name, arguments in MIXED]
    both = local.loop.run_until_complete(together())
    assert [(one.status, one.text, one.detail) for one in both] == [
        (one.status, one.text, one.detail) for one in alone
    ] * 4


@needs_sandbox
def test_what_is_kept_survives_a_restart_and_follows_the_files(tmp_path):
    files = tmp_path / "files"
    files.mkdir()
    (files / "a.txt").write_text("one")

    async def main(*calls):
        options = {"only": ["python"], "workers": 1, "cache_dir": tmp_path / "cache"}
        async with load_toolbox("local", files=files, **options) as tools:
            results = [await tools.call("python", {"code": code}) for code in calls]
            return [(one.status, one.text) for one in results], tools.snapshot()

    read, clock, error = "open('a.txt').read()", "import time; time.time_ns()", "1 / 0"
    first, counts = asyncio.run(main(read, clock, clock, error))
    assert first[1] == first[2] and counts["cache_hits"] == 1
    again, counts = asyncio.run(main(read, clock, clock, error))
    assert again == first and counts["cache_hits"] == 4 and "cache_misses" not in counts
    (files / "a.txt").write_text("two")
    (changed, kept), _ = asyncio.run(main(read, clock))
    assert changed == ("ok", "two") and kept == first[1]


@needs_sandbox
def test_a_kept_result_whose_picture_is_gone_is_made_again(tmp_path):
    from PIL import Image

    (tmp_path / "files").mkdir()
    Image.new("RGB", (9, 9), "red").save(tmp_path / "files" / "a.png")

    async def main():
        options = {"only": ["crop"], "workers": 1, "cache_dir": tmp_path / "cache", "output": tmp_path / "output"}
        async with load_toolbox("local", files=tmp_path / "files", **options) as tools:
            return (await tools.call("crop", {"image_path": "a.png", "box": [0, 0, 3, 3]})).text

    name = asyncio.run(main())
    (tmp_path / "output" / name).unlink()
    assert asyncio.run(main()) == name and (tmp_path / "output" / name).is_file()


def zygotes() -> list[psutil.Process]:
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "tracer1.sandbox.inside.zygote" in (line := process.cmdline()) and "bwrap" not in line:
                found.append(process)
    return found


@needs_sandbox
def test_a_worker_that_is_killed_fails_the_call_and_is_replaced(tmp_path):
    others = {process.pid for process in zygotes()}

    async def main():
        options = {"only": ["python"], "workers": 1, "seconds": 60.0}
        async with load_toolbox("local", files=tmp_path, **options) as tools, tools.episode() as episode:
            await episode.call("python", {"code": "x = 1"})
            call = asyncio.create_task(episode.call("python", {"code": "import time; time.sleep(50)"}))
            await asyncio.sleep(0.5)
            for process in zygotes():
                if process.pid not in others:
                    process.kill()
            return await call, await episode.call("python", {"code": "'x' in globals()"})

    died, after = asyncio.run(main())
    assert died.status == "failed" and "worker died" in died.detail
    assert (after.status, after.text) == ("ok", f"{LOST}\nFalse")
    assert {process.pid for process in zygotes()} <= others


@needs_sandbox
def test_open_episodes_do_not_keep_other_tools_waiting(tmp_path):
    async def main():
        options = {"only": ["python", "calculator"], "workers": 1}
        async with load_toolbox("local", files=tmp_path, **options) as tools, tools.episode() as first:
            await first.call("python", {"code": "x = 1"})
            async with tools.episode() as second:
                waiting = asyncio.create_task(second.call("python", {"code": "2"}))
                sums = [await one.call("calculator", {"expression": "1 + 1"}) for one in (tools, first, second)]
                await first.close()
                return [one.text for one in sums], (await waiting).text

    assert asyncio.run(main()) == (["2", "2", "2"], "2")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"files": "nothing"}, "files: there is no folder"),
        ({"only": ["ocr", "telescope"]}, "only: telescope is not in the toolbox local"),
        ({"endpoints": {"visualizer": VISUALIZER}}, "endpoints: visualizer is no tool of these"),
        ({"endpoints": {"ocr": {"kind": "smoke"}}}, "tool ocr, endpoint: kind is openai or http"),
        ({"endpoints": {"ocr": "http://x"}}, "ocr holds names and values"),
        ({"corpus": "nothing.jsonl"}, "corpus: there is no"),
        ({"workers": 0}, "workers and seconds"),
        ({"seconds": 0.0}, "workers and seconds"),
        ({"mcp": ["my-server"]}, "mcp: a server has names and values"),
        ({"mcp": [{"args": []}]}, "mcp: an MCP server has either a command or a url"),
    ],
)
def test_what_cannot_be_used_is_told_before_anything_starts(tmp_path, options, why):
    given = {"files": tmp_path} | {
        name: tmp_path / value if name in ("files", "corpus") else value for name, value in options.items()
    }
    with pytest.raises(ValueError, match=why):
        load_toolbox("local", **given)


def test_only_some_tools_and_a_toolbox_that_is_not_open(tmp_path):
    toolbox = load_toolbox("t3_agent_gaia", files=tmp_path, only=["visualizer"], endpoints={"visualizer": VISUALIZER})
    assert [spec.name for spec in toolbox.specs] == ["visualizer"] and toolbox.missing == {}
    result = asyncio.run(toolbox.call("visualizer", {"question": "?", "image_path": "a.png"}))
    assert result.status == "failed" and "not open" in result.detail


def test_remote_tools_start_no_process_and_have_the_seconds_of_the_toolbox(tmp_path):
    from PIL import Image

    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    before = len(psutil.Process().children(recursive=True))

    async def main():
        endpoint = {"kind": "http", "url": "http://127.0.0.1:9/"}  # a model's pictures are looked at in the sandbox
        options = {"only": ["visualizer"], "endpoints": {"visualizer": endpoint}, "seconds": 0.5}
        async with load_toolbox("t3_agent", files=tmp_path, **options) as tools:
            assert len(psutil.Process().children(recursive=True)) == before
            return await tools.call("visualizer", {"question": "?", "image_path": "a.png"})

    result = asyncio.run(main())  # nobody listens on port 9
    assert result.status in ("failed", "timed_out") and result.facts["seconds"] < 10


@needs_sandbox
def test_a_question_about_a_document_goes_to_the_model_with_its_text(tmp_path):
    """The endpoint is a server on loopback that repeats what it was asked."""
    import json
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    from small_files import docx

    class Echo(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said = asked["messages"][0]["content"][-1]["text"]
            choice = {"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
            body = json.dumps({"choices": [choice]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    docx(tmp_path / "letter.docx", "Dear Ada")
    (tmp_path / "bad.docx").write_bytes(b"PK")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = {"kind": "openai", "base_urls": [f"http://127.0.0.1:{server.server_port}/v1"], "model": "m"}

    async def main():
        options = {"only": ["inspect_file_as_text"], "endpoints": {"inspect_file_as_text": endpoint}, "workers": 1}
        async with load_toolbox("t3_agent", files=tmp_path, **options) as tools:
            asked = [("letter.docx", "To whom?"), ("letter.docx", ""), ("bad.docx", "To whom?")]
            return [
                await tools.call("inspect_file_as_text", {"file_path": name, "question": question})
                for name, question in asked
            ]

    try:
        answer, text, bad = asyncio.run(main())
    finally:
        server.shutdown()
        server.server_close()
    assert answer.status == "ok" and "To whom?" in answer.text and "Dear Ada" in answer.text
    assert (text.text, bad.status) == ("Dear Ada", "refused") and "damaged" in bad.detail


@needs_sandbox
def test_mcp_servers_add_their_tools(tmp_path):
    pytest.importorskip("mcp")
    import sys
    from pathlib import Path

    server = {"command": sys.executable, "args": [str(Path(__file__).with_name("toy_mcp.py")), "stdio"]}

    async def main():
        async with load_toolbox("local", files=tmp_path, only=["calculator"], workers=1, mcp=[server]) as tools:
            return [spec.name for spec in tools.specs], await tools.call("add", {"left": 2, "right": 3})

    names, result = asyncio.run(main())
    assert names[0] == "calculator" and "add" in names
    assert result.status == "ok" and float(result.text) == 5
