"""Each thing that can be wrong with a Parquet file gives one line that names it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from omegaconf import OmegaConf

from tracer1.training.preflight_data import find_data_problems

DATA = OmegaConf.create({"prompt_key": "prompt", "image_key": "images", "reward_fn_key": "data_source"})


def _row(content: str = "<image>Task: go", images: int = 1) -> dict[str, Any]:
    return {
        "data_source": "test",
        "prompt": [{"role": "user", "content": content}],
        "images": [{"bytes": b"x"}] * images,
        "reward_model": {"style": "rule", "ground_truth": "{}"},
        "extra_info": {"index": 0},
    }


def _problems(folder: Path, rows: list[dict[str, Any]]) -> list[str]:
    path = folder / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    return list(find_data_problems(path, DATA))


def test_a_good_file_has_no_problem(tmp_path: Path) -> None:
    assert _problems(tmp_path, [_row(), _row()]) == []


def test_wrong_number_of_marks(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, [_row(), _row("no mark"), _row("<image><image>", images=2), _row(images=0)])
    assert "2 rows (row 1, 3)" in problem


def test_missing_column(tmp_path: Path) -> None:
    row = _row()
    del row["reward_model"]
    (problem,) = _problems(tmp_path, [row])
    assert "lacks the column reward_model" in problem


def test_missing_empty_and_broken_files(tmp_path: Path) -> None:
    (problem,) = find_data_problems(tmp_path / "none.parquet", DATA)
    assert "does not exist" in problem
    empty = pa.Table.from_pylist([_row()]).slice(0, 0)
    pq.write_table(empty, tmp_path / "empty.parquet")
    (problem,) = find_data_problems(tmp_path / "empty.parquet", DATA)
    assert "has no rows" in problem
    (tmp_path / "broken.parquet").write_bytes(b"not parquet")
    (problem,) = find_data_problems(tmp_path / "broken.parquet", DATA)
    assert "no readable Parquet file" in problem
