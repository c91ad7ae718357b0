"""Files, variables and values: what goes in and what comes out."""

from __future__ import annotations

import os
import pickle
import zipfile
from pathlib import Path

import pytest

from tracer1.sandbox import file_in

BAD_NAMES = [
    "/etc/passwd",
    "../x",
    "a/../../x",
    "a/..",
    ".",
    "..",
    "",
    "a//b",
    "./a",
    "a/",
    "a\0b",
    "a\nb",
    "\ud800",
    "x" * 300,
]


def test_files_are_given_and_can_only_be_read(contained, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("1,2")
    path.chmod(0o600)
    code = """
import os
print(open('/files/data/table.csv').read(), open('/files/Ünï ☃.bin', 'rb').read(), sorted(os.listdir('/files')))
for attempt in ("open('/files/data/table.csv', 'a')", "os.remove('/files/data/table.csv')", "open('/files/new', 'w')",
                "os.chmod('/files', 0o777)", "os.symlink('/', '/files/root')", "os.rename('/files/data', '/files/other')"):
    try: eval(attempt); print('done', attempt)
    except OSError as error: print(error.errno, end=' ')
"""
    outcome = contained.attack(code, {"data/table.csv": path, "Ünï ☃.bin": b"\0\1"})
    assert outcome.stdout.splitlines()[0] == "1,2 b'\\x00\\x01' ['data', 'Ünï ☃.bin']"
    assert set(outcome.stdout.splitlines()[1].split()) == {"30"}  # EROFS
    assert path.read_text() == "1,2"


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_lead_elsewhere_are_refused(contained, name):
    outcome = contained.run("1", {name: b"x"})
    assert outcome.status == "refused" and "file name" in outcome.error


def test_clashing_names_too_many_and_too_large_files_are_refused(contained):
    assert "cannot be a file and the folder" in contained.run("1", {"a": b"", "a/b": b""}).error
    assert "more than 200" in contained.run("1", {str(n): b"" for n in range(201)}).error
    assert "larger than the limit" in contained.run("1", {"a": bytes(9 << 20), "b": bytes(9 << 20)}).error
    files = {f"{n}": bytes([n]) * 4097 for n in range(200)}
    assert contained.run("sum(len(open(f'/files/{n}', 'rb').read()) for n in range(200))", files).value == 200 * 4097
    assert contained.run("len(open('/files/a', 'rb').read())", {"a": bytes(16 << 20)}).value == 16 << 20


def test_links_folders_pipes_and_missing_files_are_refused(contained, tmp_path):
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    for name, told in (
        ("link", "symbolic link"),
        ("pipe", "regular file"),
        (".", "regular file"),
        ("none", "No such file"),
    ):
        outcome = contained.run("1", {"a": tmp_path / name})
        assert outcome.status == "refused" and told in outcome.error
    assert contained.run("1", {"a": Path("/dev/zero")}).status == "refused"


def test_a_name_that_a_model_chose_stays_in_its_folder(tmp_path):
    root = tmp_path / "files"
    root.mkdir()
    (root / "a.txt").write_text("a")
    (tmp_path / "secret").write_text("s")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "loop").symlink_to(root / "loop")
    (root / "inside").symlink_to(root / "a.txt")
    assert file_in(root, "a.txt") == file_in(root, "inside") == file_in(root, "../files/a.txt")
    for name in (
        "link",
        "loop",
        "../secret",
        str(tmp_path / "secret"),
        "/etc/passwd",
        ".",
        "",
        "none",
        "a\0b",
        "x" * 5000,
    ):
        with pytest.raises(ValueError, match="there is no file"):
            file_in(root, name)


def test_variables_must_be_json(contained):
    variables = {"a": [1, {"b": None}], "c": "ü😀"}
    assert contained.run("[a, c]", variables=variables).value == [[1, {"b": None}], "ü😀"]
    for value in (object(), float("nan"), b"x", {1, 2}):
        assert contained.run("1", variables={"a": value}).status == "refused"


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("", None),
        ("x = 3", None),
        ("x = 3; x", 3),
        ("(1, 'a')", [1, "a"]),
        ("{1}", "{1}"),
        ("float('inf')", "inf"),
        ("'\\ud800'", "'\\ud800'"),
        ("print", "<built-in function print>"),
        ("class A: pass\nimport pickle\ntype(pickle.loads(pickle.dumps(A()))).__name__", "A"),
        ("import numpy\n[numpy.float32(0.5), numpy.arange(3)]", [0.5, [0, 1, 2]]),
    ],
)
def test_the_value_is_that_of_the_last_expression(contained, code, value):
    assert contained.run(code).value == value


def test_errors_show_the_codes_own_lines(contained):
    outcome = contained.run("def f(x):\n    return 1 / x\n\nf(0)")
    assert outcome.error == "ZeroDivisionError: division by zero"
    assert "line 4, in <module>" in outcome.trace and "return 1 / x" in outcome.trace and "tracer1" not in outcome.trace
    assert contained.run("x = (").error.startswith("SyntaxError: '(' was never closed")
    assert contained.run("class E(Exception):\n    def __str__(self): 1 / 0\nraise E").status == "error"
    assert contained.run("input()").error.startswith("EOFError")


def test_own_functions_run_in_there_too(contained):
    def call(function, files=None, **arguments):
        return contained.loop.run_until_complete(contained.sandbox.call("parsers", function, arguments, files))

    assert call("greet", name="Ada").value == {"hello": "Ada"}
    assert call("greet", nme="Ada").error.startswith("TypeError")
    assert call("nothing").error.startswith("AttributeError")


def bomb(path: Path) -> Path:
    """64 MiB of zeros in an archive in an archive, in less than 1 KiB."""
    with zipfile.ZipFile(path / "inner.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("zeros", bytes(64 << 20))
    with zipfile.ZipFile(path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            archive.write(path / "inner.zip", f"{number}.zip")
    return path


def test_archive_bombs_and_pickles_hurt_only_their_own_call(contained, tmp_path):
    def call(function, path):
        task = contained.sandbox.call(
            "parsers", function, {"path": "/files/x"}, {"x": path}, contained.limits(memory=48 << 20)
        )
        return contained.loop.run_until_complete(task)

    folder = bomb(tmp_path)
    assert (folder / "bomb.zip").stat().st_size < 10_000
    assert call("unpack", folder / "bomb.zip").error.startswith("OSError: [Errno 27] File too large")
    assert call("read_member", folder / "inner.zip").status == "out_of_memory"

    class Run:
        def __reduce__(self):
            return os.system, (f"id -u; touch {tmp_path}/touched; kill -9 -1",)

    (tmp_path / "evil").write_bytes(pickle.dumps(Run()))
    outcome = call("unpickle", tmp_path / "evil")
    assert outcome.status in ("ok", "crashed") and outcome.stdout == "1000\n" and not (tmp_path / "touched").exists()
    assert contained.attack("2").value == 2
