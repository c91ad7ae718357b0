"""A call that does not go well is ``refused`` (scored 0) when the model brought it about, otherwise ``failed`` or ``timed_out``
(not scored). No call may be left unscored because the model wants it so."""

from __future__ import annotations

import asyncio
import json

import pytest
from PIL import Image

from tracer1.sandbox import Limits, Outcome, unavailable
from tracer1.toolbox.bench import verdict
from tracer1.toolbox.toolbox import load_toolbox

if REASON := unavailable():
    pytest.skip(REASON, allow_module_level=True)

PROGRAMS = {
    "endless": "while True: pass",
    "regex": "import re; re.match(r'(a+)+$', 'a' * 40 + 'b')",
    "recursion": "def f(): f()\nf()",
    "deeper": "import sys; sys.setrecursionlimit(10 ** 9)\nclass A:\n    def __repr__(self): return repr(self)\nA()",
    "memory": "x = [bytes(1 << 20) for _ in range(10 ** 6)]",
    "fork_bomb": "import os\nwhile True: os.fork()",
    "exit": "import os; os._exit(3)",
    "abort": "import os; os.abort()",
    "segment": "import ctypes; ctypes.string_at(0)",
    "kill_itself": "import os; os.kill(os.getpid(), 9); os.kill(os.getppid(), 9); 1 / 0",
    "kill_its_group": "import os; os.killpg(0, 9); 1 / 0",
    "kill_by_limit": "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass",
    "other_program": "import os; os.execv('/usr/bin/true', ['true'])",
    "closes_everything": "import os; os.closerange(0, 1000)",
    "forged": "import os\nfor n in range(3, 30):\n    try: os.write(n, b'\\0\\0\\0\\1{')\n    except OSError: pass\nos._exit(0)",
    "unknown_file": "open('nothing.csv')",
    "syntax": "def (",
    "null": "\0",
    "half_a_pair": "\ud800",
    "says_so": "raise RuntimeError('the sandbox worker died')",
    "poses_as_ours": "class NotWorking(RuntimeError): pass\nraise NotWorking('tesseract')",
    "not_installed": "import no_such_package",
}
FLOODS = {
    "print": "print('x' * 10 ** 8)",
    "value": "'x' * 10 ** 7",
    "numbers": "list(range(10 ** 6))",
    "error": "import sys; sys.stderr.write('x' * 10 ** 8)",
}


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """A toolbox whose calls may take two seconds, and a way to make calls of it, several at a time."""
    folder = tmp_path_factory.mktemp("quick")
    noise = Image.effect_noise((2000, 2000), 90).convert("RGB")
    noise.save(folder / "noise.png", compress_level=0)
    (folder / "slow.html").write_text("<p><b>word</b> <i>word</i></p>\n" * 200_000)
    names = ["python", "calculator", "zoom", "inspect_file_as_text"]
    loop = asyncio.new_event_loop()
    toolbox = load_toolbox("local", files=folder, output=folder / "made", only=names, workers=1, seconds=2.0)
    loop.run_until_complete(toolbox.__aenter__())
    yield lambda name, **arguments: loop.run_until_complete(toolbox.call(name, arguments))
    loop.run_until_complete(toolbox.__aexit__(None, None, None))
    loop.close()


@pytest.mark.parametrize("code", PROGRAMS.values(), ids=PROGRAMS)
def test_what_a_program_does_is_its_own_fault(quick, code):
    result = quick("python", code=code)
    assert result.status == "refused", result
    assert quick("python", code="6 * 7").text == "42"


@pytest.mark.parametrize("code", FLOODS.values(), ids=FLOODS)
def test_floods_are_cut(quick, code):
    result = quick("python", code=code)
    assert result.status == "ok" and len(result.text) < 21_000, result.status


@pytest.mark.parametrize(
    "expression",
    [
        "9 ** 9 ** 9",
        "'x' * 10 ** 10",
        "sum(x for x in (1 for _ in iter(int, 1)))",
        "(" * 5000 + ")" * 5000,
        "[].__class__",
    ],
)
def test_what_an_expression_asks_for_is_its_own_fault(quick, expression):
    result = quick("calculator", expression=expression)
    assert result.status in ("refused", "ok"), result


def test_a_picture_that_takes_too_long_is_the_fault_of_what_was_asked_of_it(quick):
    result = quick("zoom", image_path="noise.png", box=[0, 0, 2000, 2000], factor=3.1)
    assert result.status in ("refused", "ok") and (result.status == "ok" or "longer than 2 s" in result.detail), result


def test_a_document_that_takes_too_long_is_no_fault_of_the_model(quick):
    result = quick("inspect_file_as_text", file_path="slow.html")
    assert result.status == "timed_out" and "stopped after 2 s" in result.detail


def test_a_document_that_takes_too_much_memory_is_no_fault_of_the_model(tmp_path, monkeypatch):
    monkeypatch.setattr("tracer1.toolbox.assembly.MEMORY", 48 << 20)
    (tmp_path / "large.html").write_text("<p><b>word</b> <i>word</i></p>\n" * 100_000)

    async def main():
        async with load_toolbox("local", files=tmp_path, only=["inspect_file_as_text"], workers=1) as tools:
            return await tools.call("inspect_file_as_text", {"file_path": "large.html"})

    assert asyncio.run(main()).status == "failed"


def test_files_that_cannot_be_given_to_a_program_are_no_fault_of_it(tmp_path, monkeypatch):
    monkeypatch.setattr("tracer1.toolbox.computation.PRELUDE", "import os; os._exit(1)")

    async def main():
        async with load_toolbox("local", files=tmp_path, only=["python"], workers=1) as tools:
            return await tools.call("python", {"code": "1"})

    result = asyncio.run(main())
    assert result.status == "failed" and "cannot be given" in result.detail


@pytest.mark.parametrize(
    ("status", "error", "code", "call", "file"),
    [
        ("error", "CannotDo: no PDF", "refused", "refused", "refused"),
        ("error", "KeyError: 'x'", "refused", "refused", "refused"),
        ("error", "ModuleNotFoundError: x", "refused", "failed", "failed"),
        ("error", "MissingDependencyException: x", "refused", "failed", "failed"),
        ("error", "NotWorking: tesseract", "refused", "failed", "failed"),
        ("timed_out", "stopped after 2 s", "refused", "refused", "timed_out"),
        ("out_of_memory", "MemoryError", "refused", "refused", "failed"),
        ("crashed", "killed by SIGSEGV", "refused", "refused", "failed"),
        ("failed", "the sandbox's worker died", "failed", "failed", "failed"),
        ("refused", "the session has ended", "failed", "failed", "failed"),
    ],
)
def test_whose_fault_an_outcome_is(status, error, code, call, file):
    outcome = Outcome(status, error=error)
    found = [verdict(outcome, Limits(), blame).status for blame in ("code", "call", "file")]
    assert found == [code, call, file]


def test_answers_that_lie_beside_the_files_cannot_be_read(tmp_path):
    """As in GAIA, whose metadata is in the folder of the attachments, and in GTA's."""
    (tmp_path / "gta_dataset").mkdir()
    for name in ("metadata.jsonl", "metadata.level1.parquet", "gta_dataset/dataset.json"):
        (tmp_path / name).write_text(json.dumps({"Final answer": "SECRET"}))
    (tmp_path / "notes.txt").symlink_to(tmp_path / "metadata.jsonl")
    (tmp_path / "data.json").write_text("{}")
    names = ["metadata.jsonl", "./metadata.jsonl", "metadata.level1.parquet", "gta_dataset/dataset.json", "notes.txt"]

    async def main():
        async with load_toolbox(
            "local", files=tmp_path, only=["inspect_file_as_text", "python"], workers=1, cache_dir=tmp_path / "cache"
        ) as tools:
            read = [
                await tools.call("inspect_file_as_text", {"file_path": name})
                for name in (*names, str(tmp_path / names[0]))
            ]
            run = [await tools.call("python", {"code": f"open({name!r}).read()"}) for name in names]
            return [*read, *run], await tools.call("inspect_file_as_text", {"file_path": "data.json"})

    results, other = asyncio.run(main())
    assert {one.status for one in results} == {"refused"} and "SECRET" not in str(results)
    assert (other.status, other.text) == ("ok", "{}")


def test_a_refusal_for_time_is_not_kept_and_other_software_has_other_results(tmp_path, monkeypatch):
    files = tmp_path / "files"
    files.mkdir()

    async def main(seconds, *codes):
        options = {"only": ["python"], "workers": 1, "cache_dir": tmp_path / "cache", "seconds": seconds}
        async with load_toolbox("local", files=files, **options) as tools:
            results = [await tools.call("python", {"code": code}) for code in codes]
            return [one.status for one in results], tools.snapshot().get("cache_hits", 0)

    slow, wrong = "import time; time.sleep(2)", "1 / 0"
    assert asyncio.run(main(1.0, slow, wrong)) == (["refused", "refused"], 0)
    assert asyncio.run(main(20.0, slow, wrong)) == (["ok", "refused"], 1)
    monkeypatch.setattr("tracer1.toolbox.toolbox.versions", lambda name: ("python 9",))
    assert asyncio.run(main(20.0, wrong)) == (["refused"], 0)


def test_pictures_cannot_fill_the_disk(tmp_path):
    """A model that has as many large pictures made as it can: the folder is full, and its calls are told so."""
    code = """
def solution():
    import base64, os, tracer1.toolbox.inside.computation as mine
    mine.base64.b64encode = lambda _: base64.encodebytes(b"\\x89PNG\\r\\n\\x1a\\n" + os.urandom(3 << 20)).replace(b"\\n", b"")
    import matplotlib.pyplot as plt
    return plt.figure()
# """
    output = tmp_path / "made"

    async def main():
        async with load_toolbox(
            "gta", files=tmp_path, output=output, only=["Plot", "Calculator"], workers=1, output_bytes=10 << 20
        ) as tools:
            results = [await tools.call("Plot", {"command": f"{code}{number}"}) for number in range(5)]
            return results, await tools.call("Calculator", {"expression": "6 * 7"})

    results, other = asyncio.run(main())
    assert [one.status for one in results] == ["ok", "ok", "ok", "failed", "failed"], results
    assert "raise output_bytes" in results[-1].detail and other.text == "42"
    assert sum(path.stat().st_size for path in output.iterdir()) <= 10 << 20
