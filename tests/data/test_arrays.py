"""Rows as Arrow tables, and shards of them: nothing is copied or compressed in vain, and pandas stays out."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from rowsets import rows

from tracer1_data import easyr1
from tracer1_data.arrays import to_table
from tracer1_data.easyr1 import to_easyr1
from tracer1_data.rows import SCHEMA
from tracer1_data.shards import ShardWriter

IMAGES = "images.list.element.bytes"


def noise(level: int) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((400, 400), 90).save(buffer, "PNG", compress_level=level)
    return buffer.getvalue()


def flat() -> bytes:
    """An uncompressed palette PNG, as recordings of browsers have them."""
    buffer = io.BytesIO()
    Image.new("P", (400, 400), 3).save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()


def mixed_rows() -> list[dict]:
    """With one picture, none and three."""
    made = [*rows("web", 2), *rows("tools", 1, platform="tool"), *rows("more", 1)]
    made[-1]["images"] = [{"bytes": noise(6)} for _ in range(3)]
    return made


def test_the_table_is_the_one_that_pyarrow_makes() -> None:
    made = mixed_rows()
    table = to_table(made, SCHEMA)
    table.validate(full=True)
    assert table.equals(pa.Table.from_pylist(made, SCHEMA)) and table.to_pylist() == made
    single = to_table([to_easyr1(row) for row in made], easyr1.SCHEMA)
    assert single.equals(pa.Table.from_pylist([to_easyr1(row) for row in made], easyr1.SCHEMA))


def test_what_is_missing_is_null() -> None:
    first, second, third = rows("web", 3, length=1)
    del first["ability"], first["extra_info"]["task"]
    second["prompt"], second["extra_info"]["seed"], second["images"] = None, None, None
    third["images"], third["reward_model"] = [{"bytes": None}], None
    table = to_table([first, second, third], SCHEMA)
    table.validate(full=True)
    assert table.equals(pa.Table.from_pylist([first, second, third], SCHEMA))


@pytest.mark.parametrize("value", [3, b"bytes", ["a"]])
def test_a_value_of_another_type_is_refused(value: object) -> None:
    (row,) = rows("web", 1, length=1)
    with pytest.raises((TypeError, AttributeError)):
        to_table([{**row, "ability": value}], SCHEMA)


def test_pictures_are_not_copied() -> None:
    made = rows("web", 2)
    chunks = to_table(made, SCHEMA)["images"].chunks
    places = [chunk.flatten().field(0).buffers()[2].address for chunk in chunks]
    assert places == [pa.py_buffer(row["images"][0]["bytes"]).address for row in made]


def test_shards_are_written_without_pandas(tmp_path: Path) -> None:
    script = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
import rowsets
rowsets.save(Path({str(tmp_path)!r}) / "set", rowsets.rows("web", 2))
heavy = {{"pandas", "torch", "matplotlib", "transformers"}} & set(sys.modules)
sys.exit(f"imported: {{heavy}}" if heavy else 0)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=120).returncode == 0


@pytest.mark.parametrize(
    ("pictures", "compression"),
    [
        ([noise(6)], "UNCOMPRESSED"),
        ([flat()], "ZSTD"),
        ([noise(0)] * 3, "UNCOMPRESSED"),  # the same picture again is another page
        ([flat(), *[noise(6)] * 30], "UNCOMPRESSED"),
        ([], "ZSTD"),
    ],
)
def test_pictures_are_compressed_where_it_helps(tmp_path: Path, pictures: list[bytes], compression: str) -> None:
    (row,) = rows("web", 1, length=1)
    made = [{**row, "images": [{"bytes": picture}]} for picture in pictures] or [{**row, "images": []}]
    with ShardWriter(tmp_path / "x.parquet", SCHEMA) as writer:
        for one in made:
            writer.write(one)
        writer.finish()
    group = pq.ParquetFile(tmp_path / "x.parquet").metadata.row_group(0)
    used = {column.path_in_schema: column.compression for column in map(group.column, range(group.num_columns))}
    assert used.pop(IMAGES) == compression and set(used.values()) == {"ZSTD"}
    assert pq.read_table(tmp_path / "x.parquet").to_pylist() == made


def test_a_shard_without_rows_is_a_file(tmp_path: Path) -> None:
    with ShardWriter(tmp_path / "x.parquet", SCHEMA) as writer:
        assert writer.finish().rows == 0
    assert pq.read_table(tmp_path / "x.parquet").schema.equals(SCHEMA)
    with pytest.raises(KeyError), ShardWriter(tmp_path / "y.parquet", SCHEMA):
        raise KeyError
    assert [file.name for file in tmp_path.iterdir()] == ["x.parquet"]
