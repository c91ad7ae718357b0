"""Rows as an Arrow table whose pictures are the rows' own bytes.

``pyarrow.Table.from_pylist`` copies every picture, and imports pandas wherever it is installed (50 MB, and up to a
second, in each worker), only to see that a list is none of its own. Here each picture is a chunk of its own, which Parquet
then writes as a page of its own, so that neither a writer nor a reader needs room for more.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

import pyarrow as pa

INLINE = pa.list_(pa.struct({"bytes": pa.binary()}))
"""Pictures that rows hold themselves."""
PATHS = pa.list_(pa.struct({"image": pa.string()}))
"""Pictures that rows only name, by absolute paths."""


def to_table(rows: Sequence[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """The rows; what is missing or None is null. Texts, bytes and int64, in structs and lists, are known.

    Raises TypeError, AttributeError or ValueError for a value of another type than the schema's.
    """
    columns = ([row.get(field.name) for row in rows] for field in schema)
    return pa.Table.from_arrays([_column(*of) for of in zip(columns, schema, strict=True)], schema=schema)


def _column(values: list[Any], field: pa.Field) -> pa.ChunkedArray:
    chunks = [[value] for value in values] if field.type == INLINE else [values]
    return pa.chunked_array([_array(chunk, field.type) for chunk in chunks], field.type)


def _array(values: list[Any], kind: pa.DataType) -> pa.Array:
    if None in values:
        return pa.array(values, kind)
    children, buffers = [], []
    if pa.types.is_struct(kind):
        children = [_array([value.get(field.name) for value in values], field.type) for field in kind]
    elif pa.types.is_list(kind):
        buffers = [_offsets(map(len, values))]
        children = [_array([item for value in values for item in value], kind.value_type)]
    elif pa.types.is_int64(kind):
        buffers = [pa.py_buffer(array("q", values))]
    else:
        data = [value.encode() for value in values] if pa.types.is_string(kind) else values
        buffers = [_offsets(map(len, data)), pa.py_buffer(b"".join(data))]  # one item is not copied
    return pa.Array.from_buffers(kind, len(values), [None, *buffers], children=children)


def _offsets(lengths: Iterable[int]) -> pa.Buffer:
    return pa.py_buffer(array("i", accumulate(lengths, initial=0)))
