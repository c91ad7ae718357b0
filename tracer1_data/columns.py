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


def text_tokens(batch: pa.RecordBatch, lengths: Lengths) -> np.ndarray:
    """What ``lengths`` says of each prompt's messages and of the frame around them, without the pictures."""
    roles, contents = _messages(batch)
    said = measure_once(pc.replace_substring(pc.fill_null(contents, ""), MARK, ""), lengths)
    turns = pc.fill_null(pc.list_value_length(batch["prompt"]), 0).to_numpy()
    edges = pa.array(np.append(0, np.cumsum(turns)), pa.int32())
    frames = pc.binary_join(pa.ListArray.from_arrays(edges, pc.fill_null(roles, "")), ",").dictionary_encode()
    around = np.array([lengths.frame(names) for names in frames.dictionary.to_pylist()], np.int64)
    return _per_message(batch, said) + around[frames.indices.to_numpy()]


def measure_once(texts: pa.Array, lengths: Lengths) -> np.ndarray:
    """The tokens of each text; those that are alike are measured once, since a set has few system prompts."""
    known = texts.dictionary_encode()
    return lengths.measure(known.dictionary)[known.indices.to_numpy()]


def picture_tokens(batch: pa.RecordBatch) -> np.ndarray:
    """The tokens of each prompt's pictures and of the marks around them."""
    return image_tokens(batch) + AROUND_A_PICTURE * count_marks(batch)


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
