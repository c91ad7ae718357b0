"""Long JSON lists: each element once, from any place, in bounded memory; damage costs what it must."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from tracer1.trajectories import Fault
from tracer1_data.sources import json_list

ELEMENTS = [{"text": "ä\n" * 30, "n": 1}, [], "a] b", 3.5, {"deep": [[{"x": None}]]}, "😀", -7]


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("layout", [{}, {"indent": 4}, {"ensure_ascii": False}])
@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
def test_elements_and_their_places(tmp_path: Path, monkeypatch, layout: dict, chunk: int) -> None:
    monkeypatch.setattr(json_list, "_CHUNK", chunk)
    file = write(tmp_path / "list.json", json.dumps(ELEMENTS, **layout).encode())
    found = list(json_list.iterate(file))
    assert [element for _, element in found] == ELEMENTS
    data = file.read_bytes()
    assert [data[position : position + 1] for position, _ in found] == [b"{", b"[", b'"', b"3", b"{", b'"', b"-"]


def test_ranges_cover_the_list_once(tmp_path: Path) -> None:
    file = write(tmp_path / "list.json", json.dumps(ELEMENTS * 9, indent=1).encode())
    ranges = json_list.split(file, 200)
    assert len(ranges) > 5 and ranges[0][0] == 0 and ranges[-1][1] == file.stat().st_size
    assert [element for start, stop in ranges for _, element in json_list.iterate(file, start, stop)] == ELEMENTS * 9


@pytest.mark.parametrize(
    ("data", "before", "kind", "where", "reason"),
    [
        (b"", [], "unreadable file", 0, "no JSON list"),
        (b'{"a": 1}', [], "unreadable file", 0, "no JSON list"),
        (b"[1, 2", [1, 2], "unreadable file", 5, "cut off"),
        (b'[1, "ab', [1], "unreadable file", 4, "Unterminated"),
        (b'[1, {"a": }, 3]', [1], "unreadable file", 4, "not JSON at byte 10"),
        (b"[1, " + b"[" * 100_000, [1], "unreadable file", 4, "nested too deeply"),
        (b"[1, " + b"9" * 5_000 + b"]", [1], "unreadable file", 4, "too long"),
    ],
)
def test_damage_is_named_and_what_came_before_is_read(
    tmp_path: Path, data: bytes, before: list, kind: str, where: int, reason: str
) -> None:
    file = write(tmp_path / "list.json", data)
    *good, (_, fault) = json_list.iterate(file)
    assert [element for _, element in good] == before
    assert (fault.kind, fault.where) == (kind, f"list.json, byte {where}") and reason in fault.reason
    again = [found for start, stop in json_list.split(file, 1) for found in json_list.iterate(file, start, stop)]
    assert again == [*good, (where, fault)]


def test_an_element_that_is_not_utf8_costs_only_itself(tmp_path: Path) -> None:
    file = write(tmp_path / "list.json", b'\xef\xbb\xbf[1, {"a": "\xff"}, 3]')
    (_, first), (_, fault), (position, last) = json_list.iterate(file)
    assert (first, last, position) == (1, 3, 19) and isinstance(fault, Fault)
    assert (fault.kind, fault.where) == ("not UTF-8", "list.json, byte 7")


def test_memory_is_that_of_an_element(tmp_path: Path) -> None:
    element = json.dumps({"text": "x" * 20_000})
    file = write(tmp_path / "list.json", f"[{','.join([element] * 2_000)}]".encode())  # 40 MB
    tracemalloc.start()
    assert sum(1 for _ in json_list.iterate(file)) == 2_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20
