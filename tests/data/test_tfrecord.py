"""TFRecords, the protobuf wire format and tf.train.Example: known bytes, an independent implementation, and damage."""

from __future__ import annotations

import contextlib
import gzip
import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer1_data.sources.tf_example import decode, encode, take
from tracer1_data.sources.tfrecord import LARGEST, UnreadableFile, load_crc32c, mask, read_records, write_records
from tracer1_data.sources.wire import (
    BYTES,
    FIXED32,
    FIXED64,
    VARINT,
    BadMessage,
    fields,
    read_varints,
    signed,
    write_field,
    write_varint,
)

RECORDS = [b"first", b"", b"third" * 1000]


def framed(data: bytes) -> bytes:
    """A record, with the checksums written out."""

    def crc(part: bytes) -> bytes:
        value = load_crc32c()(part)
        rotated = (value >> 15) + (value << 17) % 2**32
        return ((rotated + 0xA282EAD8) % 2**32).to_bytes(4, "little")

    length = len(data).to_bytes(8, "little")
    return length + crc(length) + data + crc(data)


def packed(path: Path, content: bytes) -> Path:
    path.write_bytes(gzip.compress(content))
    return path


def read_until_error(path: Path) -> tuple[list[bytes | None], str]:
    records: list[bytes | None] = []
    try:
        for record in read_records(path):
            records.append(record)
    except UnreadableFile as error:
        return records, str(error)
    return records, ""


def test_the_checksum_is_crc_32c_masked() -> None:
    assert load_crc32c()(b"123456789") == 0xE3069283
    # rotated right by 15 bits: 0xE3069283 >> 15 is 0x1C60D, its lowest 15 bits 0x1283 << 17 are 0x25060000
    assert mask(0xE3069283) == 0x2507C60D + 0xA282EAD8 == 0xC78AB0E5
    assert mask(0xFFFFFFFF) == (0xFFFFFFFF + 0xA282EAD8) % 2**32


def test_a_file_is_the_framed_records_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    path = tmp_path / "records"
    assert write_records(path, RECORDS) == 3
    assert gzip.decompress(path.read_bytes()) == b"".join(map(framed, RECORDS))
    assert list(read_records(path)) == RECORDS
    write_records(tmp_path / "again", iter(RECORDS))
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_several_gzip_members_are_one_file(tmp_path: Path) -> None:
    path = tmp_path / "records"
    path.write_bytes(b"".join(gzip.compress(framed(record)) for record in RECORDS))
    assert list(read_records(path)) == RECORDS


def test_a_flipped_byte_of_data_costs_one_record(tmp_path: Path) -> None:
    content = bytearray(b"".join(map(framed, RECORDS)))
    content[12] ^= 1
    assert list(read_records(packed(tmp_path / "x", bytes(content)))) == [None, *RECORDS[1:]]


def test_a_wrong_length_ends_the_file(tmp_path: Path) -> None:
    content = bytearray(b"".join(map(framed, RECORDS)))
    content[len(framed(RECORDS[0]))] ^= 1
    records, reason = read_until_error(packed(tmp_path / "x", bytes(content)))
    assert records == RECORDS[:1] and reason == "a record's length does not fit its checksum"


def test_a_length_beyond_all_records_is_not_believed(tmp_path: Path) -> None:
    length = struct.pack("<Q", LARGEST + 1)
    content = framed(b"good") + length + struct.pack("<I", mask(load_crc32c()(length)))
    assert read_until_error(packed(tmp_path / "x", content)) == ([b"good"], f"a record claims {LARGEST + 1} bytes")


def test_every_cut_of_a_file_gives_the_whole_records_and_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_records(path, [b"first", b"second", b"third"])
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        records, reason = read_until_error(path)
        assert records == [b"first", b"second", b"third"][: len(records)] and reason
    assert len(records) == 3  # only the checksum of the compression is cut off


@pytest.mark.parametrize("end", [3, 8, 10, 14, 19])
def test_a_whole_gzip_file_that_ends_within_a_record(tmp_path: Path, end: int) -> None:
    content = framed(b"good") + framed(b"next")[:end]
    records, reason = read_until_error(packed(tmp_path / "x", content))
    assert records == [b"good"] and reason.startswith("the file ends within a record")


def test_what_is_no_gzip_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(framed(b"plain"))
    (tmp_path / "empty").write_bytes(b"")
    assert read_until_error(tmp_path / "plain") == ([], "it is no GZIP file")
    assert read_until_error(tmp_path / "empty") == ([], "the file is empty")
    assert read_until_error(tmp_path / "nowhere") == ([], "No such file or directory")


def test_every_flipped_byte_of_the_compressed_file_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_records(path, RECORDS)
    whole = path.read_bytes()
    for place in range(10, len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        records, reason = read_until_error(path)
        assert reason or None in records


def test_the_missing_library_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write_records(tmp_path / "x", RECORDS)
    monkeypatch.setitem(sys.modules, "google_crc32c", None)
    with pytest.raises(ValueError, match=r"pip install 'tracer1\[data\]'"):
        list(read_records(tmp_path / "x"))


def test_fields_of_known_bytes() -> None:
    # the examples of protobuf's own description: field 1 = 150, field 2 = "testing", field 4 = 3, 270, 86942 packed
    assert list(fields(bytes.fromhex("089601"))) == [(1, VARINT, 150)]
    assert list(fields(bytes.fromhex("120774657374696e67"))) == [(2, BYTES, b"testing")]
    ((number, kind, value),) = fields(memoryview(bytes.fromhex("2206038e029ea705")))
    assert (number, kind, read_varints(value)) == (4, BYTES, [3, 270, 86942])
    assert list(fields(b"\x09ABCDEFGH\x15abcd")) == [(1, FIXED64, b"ABCDEFGH"), (2, FIXED32, b"abcd")]
    assert list(fields(b"\xb8\x01\x01")) == [(23, VARINT, 1)] and list(fields(b"")) == []


def test_signed_numbers() -> None:
    assert write_varint(-1) == b"\xff" * 9 + b"\x01" and write_varint(300) == b"\xac\x02"
    (unsigned,) = read_varints(write_varint(-2))
    assert (unsigned, signed(unsigned)) == (2**64 - 2, -2)
    assert (signed(2**31), signed(2**63 - 1), signed(2**63), signed(7)) == (2**31, 2**63 - 1, -(2**63), 7)


@pytest.mark.parametrize(
    "data", ["08", "0880", "08" + "80" * 10 + "01", "1205aabb", "12", "0d0102", "0900", "0b", "0c", "0e", "0001", "ff"]
)
def test_what_is_no_message(data: str) -> None:
    with pytest.raises(BadMessage):
        list(fields(bytes.fromhex(data)))


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for read in (lambda: list(fields(data)), lambda: read_varints(data), lambda: decode(data)):
        try:
            read()
        except BadMessage:
            continue


@given(st.lists(st.tuples(st.integers(1, 1 << 28), st.integers(0, 2**64 - 1) | st.binary(max_size=300))))
def test_written_fields_are_read_again(written: list[tuple[int, int | bytes]]) -> None:
    data = b"".join(write_field(number, value) for number, value in written)
    assert [(number, value) for number, _, value in fields(memoryview(data))] == written


FEATURES = {"b": [b"", b"\xff" * 200], "i": [-1, 0, 2**62], "f": [0.5, -2.0], "none": []}


def test_an_example_is_read_without_copies() -> None:
    record = encode(FEATURES)
    example = decode(record)
    assert example == FEATURES and list(example) == list(FEATURES)
    assert example["b"][1].obj is record
    assert take(example, "i", int) == [-1, 0, 2**62] and take(example, "absent", int) == []
    with pytest.raises(BadMessage, match="b holds memoryview values"):
        take(example, "b", int)


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_damaged_example_is_read_or_refused(place: int, byte: int) -> None:
    record = bytearray(encode(FEATURES))
    record[place % len(record)] = byte
    with contextlib.suppress(BadMessage):
        decode(bytes(record))


def test_examples_of_the_protobuf_library_are_read_packed_or_not() -> None:
    message = pytest.importorskip("google.protobuf.message_factory")
    from google.protobuf import descriptor_pb2, descriptor_pool

    pool = descriptor_pool.DescriptorPool()
    for name, is_packed in (("packed", True), ("loose", False)):
        pool.Add(descriptor_pb2.FileDescriptorProto.FromString(example_proto(descriptor_pb2, name, is_packed)))
        example = message.GetMessageClass(pool.FindMessageTypeByName(f"{name}.Example"))()
        feature = example.features.feature
        feature["b"].bytes_list.value.extend(FEATURES["b"])
        feature["i"].int64_list.value.extend(FEATURES["i"])
        feature["f"].float_list.value.extend(FEATURES["f"])
        feature["none"].SetInParent()
        assert decode(example.SerializeToString()) == FEATURES
        assert (
            message.GetMessageClass(pool.FindMessageTypeByName(f"{name}.Example")).FromString(encode(FEATURES))
            == example
        )


def example_proto(pb2, package: str, is_packed: bool) -> bytes:
    """The schema of tf.train.Example, for the library."""
    file = pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    kinds = pb2.FieldDescriptorProto

    def add(name: str, *members: tuple) -> pb2.DescriptorProto:
        made = file.message_type.add(name=name)
        for number, (field, kind, label, of) in enumerate(members, 1):
            made.field.add(name=field, number=number, type=kind, label=label, type_name=of and f".{package}.{of}")
        return made

    one, many = kinds.LABEL_OPTIONAL, kinds.LABEL_REPEATED
    for name, kind in (
        ("BytesList", kinds.TYPE_BYTES),
        ("FloatList", kinds.TYPE_FLOAT),
        ("Int64List", kinds.TYPE_INT64),
    ):
        made = add(name, ("value", kind, many, None))
        if name != "BytesList":
            made.field[0].options.packed = is_packed
    lists = (("bytes_list", "BytesList"), ("float_list", "FloatList"), ("int64_list", "Int64List"))
    feature = add("Feature", *((name, kinds.TYPE_MESSAGE, one, of) for name, of in lists))
    feature.oneof_decl.add(name="kind")
    for field in feature.field:
        field.oneof_index = 0
    features = add("Features", ("feature", kinds.TYPE_MESSAGE, many, "Features.FeatureEntry"))
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=kinds.TYPE_STRING, label=one)
    entry.field.add(name="value", number=2, type=kinds.TYPE_MESSAGE, label=one, type_name=f".{package}.Feature")
    add("Example", ("features", kinds.TYPE_MESSAGE, one, "Features"))
    return file.SerializeToString()
