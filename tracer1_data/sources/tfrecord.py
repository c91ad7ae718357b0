"""TFRecord files compressed with GZIP, read and written without TensorFlow, one record in memory at a time.

A record is: its length (8 bytes, little endian), the masked CRC-32C of those 8 bytes, the data, the masked CRC-32C of the data.
Source: tensorflow/tensorflow, tensorflow/core/lib/io/record_writer.h and tensorflow/core/lib/hash/crc32c.h. Traps: CRC-32C
(Castagnoli) is not zlib's CRC-32; masking is a rotation by 15 bits and a sum; once a length is wrong, the rest is lost.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pyarrow as pa

LARGEST = (1 << 31) - 1
"""Bytes in a record: protobuf reads no longer message."""
_LENGTH, _CRC = struct.Struct("<Q"), struct.Struct("<I")


class UnreadableFile(ValueError):
    """The file cannot be read on; the message says why."""


def load_crc32c() -> Callable[[bytes], int]:
    """CRC-32C of bytes. Raises ValueError, naming the fix, when google-crc32c is not installed."""
    try:
        import google_crc32c
    except ImportError as error:
        raise ValueError("TFRecords are checked with google-crc32c: pip install 'tracer1[data]'") from error
    return google_crc32c.value


def mask(crc: int) -> int:
    """The form in which TFRecord stores a CRC."""
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def read_records(path: Path) -> Iterator[bytes | None]:
    """The records in order; None stands for one whose data do not fit their checksum.

    Raises UnreadableFile where the file is cut off, damaged or no GZIP, or a length does not fit its checksum; ValueError
    when google-crc32c is not installed.
    """
    crc32c = load_crc32c()
    try:
        _check_start(path)
        with pa.CompressedInputStream(pa.OSFile(str(path)), "gzip") as file:
            while head := file.read(_LENGTH.size):
                data = file.read(_length(head, file.read(_CRC.size), crc32c))
                check = file.read(_CRC.size)
                if len(check) < _CRC.size:
                    raise UnreadableFile("the file ends within a record")
                yield data if _CRC.pack(mask(crc32c(data))) == check else None
    except OSError as error:
        raise UnreadableFile(error.strerror or f"the compression is damaged or cut off ({error})") from error


def _check_start(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(2)
    if start != b"\x1f\x8b":
        raise UnreadableFile("it is no GZIP file" if start else "the file is empty")


def _length(head: bytes, check: bytes, crc32c: Callable[[bytes], int]) -> int:
    if len(check) < _CRC.size:
        raise UnreadableFile("the file ends within a record's length")
    if _CRC.pack(mask(crc32c(head))) != check:
        raise UnreadableFile("a record's length does not fit its checksum")
    (length,) = _LENGTH.unpack(head)
    if length > LARGEST:
        raise UnreadableFile(f"a record claims {length} bytes")
    return length


def write_records(path: Path, records: Iterable[bytes], level: int = 6) -> int:
    """Write a GZIP file of these records, the same bytes for the same records; gives how many. Raises OSError."""
    crc32c, count = load_crc32c(), 0
    with path.open("wb") as raw, gzip.GzipFile("", "wb", level, raw, mtime=0) as file:
        for count, record in enumerate(records, 1):  # noqa: B007
            head = _LENGTH.pack(len(record))
            file.write(head + _CRC.pack(mask(crc32c(head))))
            file.write(record)
            file.write(_CRC.pack(mask(crc32c(record))))
    return count
