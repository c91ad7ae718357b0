"""Files that remote tools send back: kept by content, whole or not at all, under names that lead nowhere."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import served_tools as toys
from hypothesis import given
from hypothesis import strategies as st

from tracer1.sandbox.inputs import Refused
from tracer1.toolbox.remote_files import Folders, bounded
from tracer1.toolbox.remote_http import read_answer

PICTURE = toys.picture()


@pytest.fixture(scope="module")
def server():
    with toys.running(toys.TOY_TOOLS) as one:
        yield one


@pytest.fixture
def files(tmp_path: Path) -> Path:
    return toys.sample_files(tmp_path)


def returned(*contents: tuple[str, bytes], text: str | None = None) -> str:
    answer = {"files": [{"name": name, "base64": base64.b64encode(data).decode()} for name, data in contents]}
    return "answer " + json.dumps(answer | ({"text": text} if text else {}))


def test_files_are_kept_by_content_and_can_be_named_again(server: toys.Server, files: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    tool = toys.http_tool(server.url, files, made)
    for name in ("b.png", "../../b.png", "/etc/b.PNG", "b.png"):
        result = toys.call(tool, how=returned((name, PICTURE), text="done"))
        assert result.text == f"done\n{hashlib.sha256(PICTURE).hexdigest()[:24]}.png"
    assert [path.name for path in made.iterdir()] == [result.text.splitlines()[1]] == result.facts["files"]
    again = toys.call(tool, how="", image_path=result.facts["files"][0])
    assert json.loads(again.text)["files"]["image_path"]["base64"] == base64.b64encode(PICTURE).decode()
    odd = toys.call(tool, how=returned(("a.p/n\0g", b"1"), ("noending", b"2"), ("x." + "y" * 99, b"3"))).facts["files"]
    assert all(len(name) <= 24 + 9 and "/" not in name for name in odd) and len(odd) == 3


def test_an_output_folder_within_the_files_is_named_from_there(server: toys.Server, files: Path) -> None:
    result = toys.call(toys.http_tool(server.url, files, files / "made"), how=returned(("b.png", PICTURE)))
    assert result.text.startswith("made/") and (files / result.text).read_bytes() == PICTURE


def test_what_cannot_be_written_is_a_failure(server: toys.Server, files: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for output in (None, tmp_path / "file", tmp_path / "file" / "made"):
        result = toys.call(toys.http_tool(server.url, files, output), how=returned(("b.png", PICTURE)))
        assert result.status == "failed" and result.detail.startswith("output: cannot be written")
    bad = '{"files": [{"name": "b.png", "base64": "%%%"}]}'
    assert "no base64" in toys.call(toys.http_tool(server.url, files, tmp_path / "made"), how=f"answer {bad}").detail


def test_a_full_disk_leaves_no_half_file(server: toys.Server, files: Path, tmp_path: Path) -> None:
    """RLIMIT_FSIZE: every write beyond 1000 bytes fails, as on a full disk."""
    code = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
import served_tools as toys
from test_remote_files import returned
tool = toys.http_tool({server.url!r}, Path({str(files)!r}), Path({str(tmp_path / "made")!r}))
large, small = (toys.call(tool, how=returned(("b.bin", bytes(size)))) for size in (5000, 500))
print(large.status, large.detail, small.status)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "failed output: cannot be written (File too large) ok\n", done.stderr
    assert [path.stat().st_size for path in (tmp_path / "made").iterdir()] == [500]


def held(folder: Path) -> int:
    return sum(-(-path.stat().st_size // 4096) * 4096 for path in folder.iterdir())


def test_what_tools_leave_is_bounded_in_all(tmp_path: Path) -> None:
    """Two processes' worth of objects that share a folder; what is there already takes no room, and room can be made."""
    made, most = tmp_path / "made", 1 << 20
    sharing = [Folders(tmp_path, made, most), Folders(tmp_path, made, most)]
    data = [os.urandom(30_000) for _ in range(100)]
    kept = []
    with pytest.raises(OSError, match="raise output_bytes"):
        for number, one in enumerate(data):
            kept.append(sharing[number % 2].keep(one, "a.bin"))
    assert len(kept) == (1 << 20) // 32768 and held(made) <= most
    assert sharing[0].keep(data[0], "a.bin") == kept[0]
    for name in kept[:2]:
        (tmp_path / name).unlink()
    sharing[0].keep(b"new", "a.bin")


def test_empty_files_are_bounded_too(tmp_path: Path) -> None:
    folders = Folders(tmp_path, tmp_path / "made", 40_960)
    for number in range(10):
        folders.keep(bytes([number]), "a.bin")
    with pytest.raises(OSError, match="remove what tools left there"):
        folders.keep(b"more", "a.bin")


def test_processes_that_share_a_folder_share_its_bound(tmp_path: Path) -> None:
    code = f"""
import os
from pathlib import Path
from tracer1.toolbox.remote_files import Folders
folders = Folders(Path({str(tmp_path)!r}), Path({str(tmp_path / "made")!r}), 1 << 20)
try:
    for _ in range(1000): folders.keep(os.urandom(4000), "a.bin")
except OSError as error:
    print(error.strerror)
"""
    running = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [one.communicate(timeout=60) for one in running]
    assert all("would hold more than 1,048,576 bytes" in out for out, _ in said), said
    assert held(tmp_path / "made") <= (1 << 20) + 2 * 4096  # they may look at the same time


def test_many_writers_of_the_same_file_leave_one(tmp_path: Path) -> None:
    folders, data = Folders(tmp_path, tmp_path / "made"), os.urandom(1 << 20)
    threads = [threading.Thread(target=folders.keep, args=(data, "a.bin")) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.read_bytes() for path in (tmp_path / "made").iterdir()] == [data]


@given(name=st.text(max_size=80))
def test_no_name_leads_out(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    root = tmp_path_factory.getbasetemp() / "names"
    (root / "files").mkdir(parents=True, exist_ok=True)
    folders = Folders(root / "files", root / "made")
    kept = root / "made" / folders.keep(name.encode("utf-8", "surrogatepass"), name)
    assert kept.parent == root / "made" and kept.is_file()
    with pytest.raises(Refused):
        folders.find(f"../{name}")


@given(raw=st.one_of(st.binary(max_size=60), st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["text", "value", "files", "name", "base64", "error"]), inner, max_size=4),
).map(lambda data: json.dumps(data).encode())), status=st.sampled_from([200, 201, 204, 301, 400, 404, 429, 500, 503]))  # fmt: skip
def test_any_answer_can_be_read(raw: bytes, status: int) -> None:
    reply = read_answer("http://x/", status, "", raw)
    assert (reply.outcome.status == "ok") <= (status == 200)
    assert reply.outcome.status != "ok" or {"text", "value", "files"} & json.loads(reply.outcome.text).keys()


def test_bounded_text() -> None:
    assert bounded("a\ud800b😀") == "a?b😀"
    assert bounded("x" * 65536) == "x" * 65536 and bounded("x" * 65537).endswith(
        "[cut: the first 65536 of 65537 characters]"
    )
