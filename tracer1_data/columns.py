"""What can be said of a batch of rows column by column, without making Python objects of its rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tracer1_data.check import MARK
from tracer1_data.lengths import AROUND_A_PICTURE, Lengths


def leaves(batch: pa.RecordBatch) -> Iterator[tuple[str, pa.Array]]:
    """Each column, and each field of a struct, by its dotted name; lists count as one value."""
    for name in batch.schema.names:
        column = batch[name]
        if pa.types.is_struct(column.type):
            yield from ((f"{name}.{inner.name}", pc.struct_field(column, inner.name)) for inner in column.type)
        else:
            yield name, column


def find_empty(batch: pa.RecordBatch) -> Iterator[tuple[int, str]]:
    """Rows and fields that have no value; a prompt without a message has none either."""
    for name, column in leaves(batch):
        empty = column.is_null()
        if name == "prompt":
            roles, contents = (_per_message(batch, pc.is_null(part)) for part in _messages(batch))
            empty = pa.array((pc.fill_null(pc.list_value_length(column), 0).to_numpy() == 0) | (roles + contents > 0))
        if empty.true_count:
            yield from ((number, name) for number in np.flatnonzero(empty.to_numpy(zero_copy_only=False)).tolist())


def count_marks(batch: pa.RecordBatch) -> np.ndarray:
    """How many pictures each prompt marks."""
    return _per_message(batch, pc.count_substring(_messages(batch)[1], MARK))


def prompt_tokens(batch: pa.RecordBatch, lengths: Lengths) -> np.ndarray:
    """The tokens of each prompt: what ``lengths`` says of its messages and their frame, and its pictures."""
    roles, contents = _messages(batch)
    text = _per_message(batch, lengths.measure(pc.replace_substring(pc.fill_null(contents, ""), MARK, "")))
    names: list[list[str]] = [[] for _ in range(batch.num_rows)]
    for row, role in zip(pc.list_parent_indices(batch["prompt"]).to_pylist(), roles.to_pylist(), strict=True):
        names[row].append(role or "")
    around = np.array([lengths.frame(",".join(spoken)) for spoken in names], np.int64)
    return text + around + image_tokens(batch) + AROUND_A_PICTURE * count_marks(batch)


def image_tokens(batch: pa.RecordBatch) -> np.ndarray:
    """``extra_info.n_image_tokens``; 0 where it is empty."""
    return pc.fill_null(pc.struct_field(batch["extra_info"], "n_image_tokens"), 0).to_numpy(zero_copy_only=False)


def identities(info: pa.StructArray) -> np.ndarray:
    """64 bits for each row of ``extra_info``, a hash of source, episode and position: two of ten million different decisions
    have the same with a probability of 3 in a million."""
    parts = (pc.struct_field(info, name).to_pylist() for name in ("source", "episode", "position"))
    hashes = (hashlib.blake2b(repr(key).encode(), digest_size=8).digest() for key in zip(*parts, strict=True))
    return np.frombuffer(b"".join(hashes), "<u8")


def _messages(batch: pa.RecordBatch) -> tuple[pa.Array, pa.Array]:
    """Roles and contents of all messages of all rows."""
    messages = batch["prompt"].flatten()
    return pc.struct_field(messages, "role"), pc.struct_field(messages, "content")


def _per_message(batch: pa.RecordBatch, values: pa.Array | np.ndarray) -> np.ndarray:
    """The sum of each row's messages."""
    if isinstance(values, pa.Array):
        values = pc.fill_null(values.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    rows = pc.list_parent_indices(batch["prompt"]).to_numpy()
    return np.bincount(rows, values, batch.num_rows).astype(np.int64)
