"""``tf.train.Example``: named lists of bytes, whole numbers or floats, without TensorFlow.

Source: tensorflow/tensorflow, tensorflow/core/example/example.proto and feature.proto. Example.features = 1;
Features.feature = 1, a map (key = 1, value = 2); Feature is one of bytes_list = 1, float_list = 2, int64_list = 3; the values
of each list are its field 1, numbers packed or not.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from tracer1_data.sources.wire import (
    BYTES,
    FIXED32,
    VARINT,
    BadMessage,
    fields,
    read_varints,
    signed,
    write_field,
    write_varint,
)

_BYTES_LIST, _FLOAT_LIST, _INT64_LIST = 1, 2, 3
Values = list[memoryview] | list[int] | list[float]


def decode(record: bytes) -> dict[str, Values]:
    """The features by name; bytes are views into ``record``, not copies. Raises BadMessage."""
    features: dict[str, Values] = {}
    for number, kind, group in fields(memoryview(record)):
        if number == 1 and kind == BYTES:
            for entry in (value for key, wire, value in fields(group) if (key, wire) == (1, BYTES)):
                name, feature = _entry(entry)
                features[name] = _values(feature)
    return features


def _entry(data: memoryview) -> tuple[str, memoryview]:
    found = {number: value for number, kind, value in fields(data) if kind == BYTES}
    try:
        return str(found.get(1, b""), "utf-8"), found.get(2, memoryview(b""))
    except UnicodeDecodeError as error:
        raise BadMessage("the name of a feature is not UTF-8") from error


def _values(feature: memoryview) -> Values:
    chosen, values = 0, []
    for number, kind, data in fields(feature):
        if kind != BYTES or number not in _READ:
            continue
        values = values if number == chosen else []
        chosen = number
        values += _READ[number](data)
    return values


def _read_bytes(data: memoryview) -> list[memoryview]:
    return [value for number, kind, value in fields(data) if (number, kind) == (1, BYTES)]


def _read_floats(data: memoryview) -> list[float]:
    values: list[float] = []
    for number, kind, value in fields(data):
        if number == 1 and kind in (BYTES, FIXED32):
            if len(value) % 4:
                raise BadMessage("a list of floats is cut off")
            values += struct.unpack(f"<{len(value) // 4}f", value)
    return values


def _read_ints(data: memoryview) -> list[int]:
    values: list[int] = []
    for number, kind, value in fields(data):
        if number == 1 and kind == BYTES:
            values += map(signed, read_varints(value))
        elif number == 1 and kind == VARINT:
            values.append(signed(value))
    return values


_READ = {_BYTES_LIST: _read_bytes, _FLOAT_LIST: _read_floats, _INT64_LIST: _read_ints}


def take(example: Mapping[str, Values], name: str, kind: type) -> list:
    """The values of a feature, none when it is absent; ``kind`` is memoryview, int or float. Raises BadMessage."""
    values = example.get(name, [])
    if not all(isinstance(value, kind) for value in values):
        raise BadMessage(f"{name} holds {type(values[0]).__name__} values")
    return list(values)


def encode(features: Mapping[str, Sequence[bytes] | Sequence[int] | Sequence[float]]) -> bytes:
    """A record of these features: numbers are packed, an empty list is a feature without values."""
    entries = (
        write_field(1, write_field(1, name.encode()) + write_field(2, _feature(values)))
        for name, values in features.items()
    )
    return write_field(1, b"".join(entries))


def _feature(values: Sequence[bytes] | Sequence[int] | Sequence[float]) -> bytes:
    if not values:
        return b""
    if isinstance(values[0], bytes):
        return write_field(_BYTES_LIST, b"".join(write_field(1, value) for value in values))
    if isinstance(values[0], float):
        return write_field(_FLOAT_LIST, write_field(1, struct.pack(f"<{len(values)}f", *values)))
    return write_field(_INT64_LIST, write_field(1, b"".join(map(write_varint, values))))
