"""The wire format of Protocol Buffers: the numbered fields of a message, read without a schema and without copying.

Source: protobuf.dev/programming-guides/encoding. Traps: a negative int32 or int64 is ten bytes long; repeated numbers come
packed or one by one, whatever the schema says; a field may be absent, or occur twice (the last one counts).
"""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_WIDTHS = {FIXED64: 8, FIXED32: 4}
_LONGEST_VARINT = 10
Buffer = bytes | memoryview
Field = tuple[int, int, int | Buffer]


class BadMessage(ValueError):
    """The bytes are no message of this format; the message says what is wrong."""


def fields(data: Buffer) -> Iterator[Field]:
    """Number, wire type and value of each field: an unsigned int for a varint, the bytes themselves for all others.

    The bytes are slices of ``data``, so those of a memoryview are not copied. Raises BadMessage.
    """
    position, end = 0, len(data)
    while position < end:
        tag, position = read_varint(data, position)
        field, kind = tag >> 3, tag & 7
        if field == 0:
            raise BadMessage("a field has the number 0")
        if kind == VARINT:
            value, position = read_varint(data, position)
            yield field, kind, value
            continue
        if kind == BYTES:
            length, position = read_varint(data, position)
        elif (length := _WIDTHS.get(kind, 0)) == 0:
            raise BadMessage(f"field {field} has the wire type {kind}, which is not in use")
        start, position = position, position + length
        if position > end:
            raise BadMessage(f"field {field} is cut off")
        yield field, kind, data[start:position]


def read_varint(data: Buffer, position: int) -> tuple[int, int]:
    """The unsigned number at ``position``, and the position behind it. Raises BadMessage."""
    value = shift = 0
    for byte in data[position : position + _LONGEST_VARINT]:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value & 0xFFFFFFFFFFFFFFFF, position + shift // 7
    raise BadMessage("a number is cut off, or longer than ten bytes")


def read_varints(data: Buffer) -> list[int]:
    """Packed unsigned numbers. Raises BadMessage."""
    numbers, position = [], 0
    while position < len(data):
        number, position = read_varint(data, position)
        numbers.append(number)
    return numbers


def signed(number: int) -> int:
    """An unsigned number of 64 bits as int64 means it."""
    return number - (1 << 64) if number >> 63 else number


def write_varint(number: int) -> bytes:
    """An int of at most 64 bits, negative ones as two's complement."""
    number &= 0xFFFFFFFFFFFFFFFF
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    written.append(number)
    return bytes(written)


def write_field(number: int, value: int | bytes) -> bytes:
    """A field: an int as a varint, bytes with their length."""
    if isinstance(value, int):
        return write_varint(number << 3 | VARINT) + write_varint(value)
    return b"".join((write_varint(number << 3 | BYTES), write_varint(len(value)), value))
