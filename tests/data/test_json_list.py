"""Files of many JSON objects: each record once, from any place, in bounded memory; damage costs its own record only."""

from __future__ import annotations

import json
import time
import tracemalloc
from pathlib import Path

import pytest

from tracer1.trajectories import Fault
from tracer1_data.sources import json_list

RECORDS = [
    {"text": "ä\n" * 30, "n": 1},
    {"text": 'a {"text": b', "deep": [[{"x": None}], "}, {"]},
    {"text": "😀"},
    {"other": {"key": "which is not that of the first"}},
    {"text": [], "n": -7},
]
LAYOUTS = {
    "list": json.dumps(RECORDS),
    "indented": json.dumps(RECORDS, indent=4),
    "letters": json.dumps(RECORDS, ensure_ascii=False),
    "windows": json.dumps(RECORDS, indent=1).replace("\n", "\r\n"),
    "mark": "\ufeff \n" + json.dumps(RECORDS),
    "lines": "\n".join(map(json.dumps, RECORDS)),
    "more lines": "\ufeff" + "".join(f"{json.dumps(record, ensure_ascii=False)}\r\n\r\n" for record in RECORDS),
}


def write(path: Path, data: bytes | str) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def read(path: Path, start: int = 0, stop: int | None = None) -> list[dict | Fault]:
    return [record for _, record in json_list.iterate(path, start, stop)]


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("chunk", [64, 1 << 20])
def test_records_and_their_places(tmp_path: Path, monkeypatch, text: str, chunk: int) -> None:
    monkeypatch.setattr(json_list, "_CHUNK", chunk)
    file = write(tmp_path / "records.json", text)
    assert read(file) == RECORDS
    data = file.read_bytes().replace(b"\xef\xbb\xbf", b"   ")
    places = [position for position, _ in json_list.iterate(file)]
    assert [json.JSONDecoder().raw_decode(data[place:].decode().lstrip())[0] for place in places] == RECORDS
    assert len(set(places)) == len(RECORDS)


@pytest.mark.parametrize("text", [json.dumps(RECORDS * 9, indent=1), "\n".join(map(json.dumps, RECORDS * 9))])
@pytest.mark.parametrize("size", [1, 200, 1 << 20])
def test_ranges_cover_the_file_once(tmp_path: Path, monkeypatch, text: str, size: int) -> None:
    monkeypatch.setattr(json_list, "_CHUNK", 100)
    file = write(tmp_path / "records.json", text)
    ranges = json_list.split(file, size)
    assert ranges[0][0] == 0 and ranges[-1][1] == file.stat().st_size
    assert (len(ranges) == 1) == (size == 1 << 20)
    assert [record for one in ranges for record in read(file, *one)] == RECORDS * 9


DAMAGE = {
    "no end": (lambda record: record[:-1], "not JSON"),
    "no beginning": (lambda record: record[1:], None),
    "half": (lambda record: record[: len(record) // 2], "not JSON"),
    "an open text": (lambda record: record.replace(b'"x"', b'"x', 1), "not JSON"),
    "a mark too much": (lambda record: record.replace(b'"x"', b'"x""', 1), "not JSON"),
    "bytes": (lambda record: record.replace(b'"x"', b'"\xff"', 1), "no UTF-8"),
    "bytes in the key": (lambda record: record.replace(b"text", b"te\xfft", 1), "no UTF-8"),
    "zeros": (lambda record: b"\0" * len(record), None),
    "deep": (lambda record: b'{"text": ' + b"[" * 100_000, "nested too deeply"),
    "a long number": (lambda record: b'{"text": ' + b"9" * 5_000 + b"}", "a number too long"),
    "another element": (lambda record: b"7", "no JSON object"),
    "50 MB": (lambda record: b'{"text": "' + b"x" * 50_000_000 + b'"}', "longer than 32 MiB"),
}


@pytest.mark.parametrize(("damage", "reason"), DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("layout", ["list", "lines"])
def test_damage_costs_one_record(tmp_path: Path, layout: str, damage, reason: str | None) -> None:
    pieces = [json.dumps({"text": name, "more": "x"}).encode() for name in "abcd"]
    pieces[2] = damage(pieces[2])
    data = b"[" + b", ".join(pieces) + b"]" if layout == "list" else b"\n".join(pieces)
    file = write(tmp_path / "records.json", data)
    found = list(json_list.iterate(file))
    assert [record["text"] for _, record in found if isinstance(record, dict)] == ["a", "b", "d"]
    ((place, fault),) = [one for one in found if isinstance(one[1], Fault)]
    assert fault.kind == ("not UTF-8" if reason == "no UTF-8" else "broken record")
    assert fault.where == f"records.json, byte {place}" and (reason or "JSON") in fault.reason
    assert place == len(data[: data.index(pieces[1])] + pieces[1]) + (2 if layout == "list" else 1)
    assert [found for one in json_list.split(file, 1) for found in json_list.iterate(file, *one)] == found


def test_a_list_that_is_cut_off(tmp_path: Path) -> None:
    data = json.dumps(RECORDS[:2]).encode()
    *good, last = read(write(tmp_path / "between.json", data[:-1]))
    assert good == RECORDS[:2] and (last.kind, last.where) == ("unreadable file", "between.json")
    first, broken, last = read(write(tmp_path / "within.json", data[:-9]))
    assert (first, broken.kind, last.reason) == (
        RECORDS[0], "broken record", "the list does not end: records are missing",
    )  # fmt: skip


@pytest.mark.parametrize("data", [b"", b"[]", b"[1, 2]", b'{\n"a": 1\n}', b"PAR1", b"\xff\xfe\0", b'["{"]'])
def test_a_file_of_something_else_is_one_fault(tmp_path: Path, data: bytes) -> None:
    file = write(tmp_path / "other.json", data)
    ((place, fault),) = json_list.iterate(file)
    assert (place, fault.kind, fault.where) == (0, "unreadable file", "other.json")
    assert json_list.split(file, 1) == [(0, len(data))]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    (fault,) = read(tmp_path / "gone.json")
    assert (fault.kind, fault.where, fault.reason) == ("unreadable file", "gone.json", "No such file or directory")


def test_lines_may_begin_with_damage_where_the_name_says_that_they_are_lines(tmp_path: Path) -> None:
    fault, record = read(write(tmp_path / "records.jsonl", b'[[[\n{"a": 1}\n'))
    assert fault.kind == "broken record" and record == {"a": 1}


def test_memory_is_that_of_a_record(tmp_path: Path) -> None:
    record = json.dumps({"text": "x" * 20_000})
    file = write(tmp_path / "list.json", f"[{','.join([record] * 2_000)}]")  # 40 MB
    tracemalloc.start()
    assert len(json_list.split(file, 1 << 20)) > 30
    assert sum(1 for _ in json_list.iterate(file)) == 2_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_one_endless_record_takes_no_time(tmp_path: Path) -> None:
    file = write(tmp_path / "records.jsonl", b'{"a": [' + b'{"b": 1}, ' * 8_000_000)  # 80 MB
    began = time.process_time()
    assert [fault.kind for fault in read(file)] == ["broken record"]
    assert time.process_time() - began < 20
