"""Tool tasks from their file: which are read, and that damage names the line."""

from __future__ import annotations

import json

import pytest

from tracer1.environments.tools import read_tasks


def task(name, split="train", **changed):
    said = {"name": name, "split": split, "instruction": f"Do {name}", "family": "sum", "tools": ["python"]}
    return {**said, "pictures": ["a.png"], "expected": {"rule": "gaia", "value": "3"}, **changed}


def write(folder, *lines):
    (folder / "a.png").write_bytes(b"a picture")
    data = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    (folder / "tasks.jsonl").write_bytes(b"\n".join([*data, b""]))
    return folder


def test_the_tasks_of_a_split(tmp_path):
    found = read_tasks(write(tmp_path, task("one"), task("two", "heldout"), task("one", "heldout")), "heldout")
    assert list(found) == ["two", "one"] and found["two"].instruction == "Do two"
    assert found["two"].pictures == (b"a picture",) and found["two"].tools == ("python",)
    assert found["two"].expected.matches("3.0")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b'{"name": "\xff"}', "UnicodeDecodeError"),
        (b"[" * 100_000, "RecursionError"),
        (b"{", "Expecting property name"),
        (b"[1]", "TypeError"),
        ({"split": "train"}, "KeyError"),
        (task("one"), "two tasks called 'one'"),
        (task("b", pictures=["none.png"]), "No such file"),
        (task("b", expected={"rule": "guess", "value": "3"}), "unknown answer rule"),
    ],
)
def test_damage_names_file_and_line(tmp_path, line, says):
    with pytest.raises(ValueError, match=r"tasks\.jsonl, line 2: .*make the tasks again") as told:
        read_tasks(write(tmp_path, task("one"), line), "train")
    assert says in str(told.value)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"tasks\.jsonl: No such file .*tool_tasks"):
        read_tasks(tmp_path, "train")
    with pytest.raises(ValueError, match="has no task of the split 'heldout'"):
        read_tasks(write(tmp_path, task("one")), "heldout")
