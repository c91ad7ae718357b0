"""Rows that name the dataset's picture files instead of holding them: made, checked, shown, mixed, and read by veRL."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from agentnet_records import NAME, png, record, step, write
from rowsets import rows as inline_rows
from rowsets import save
from typer.testing import CliRunner

from tracer1.evaluation import offline
from tracer1.files import picture_bytes
from tracer1_data.__main__ import app
from tracer1_data.convert import Job
from tracer1_data.counts.counting import count
from tracer1_data.lengths import Estimate
from tracer1_data.mixing.assemble import make
from tracer1_data.mixing.mixture import Entry, Mixture
from tracer1_data.prepare import prepare
from tracer1_data.rows import read_rows, write_rows
from tracer1_data.settings import RowSettings
from tracer1_data.validation.examine import Checks
from tracer1_data.validation.problems import Findings, find_problems
from tracer1_data.viewing.command import cards

PATHS = RowSettings(images="paths")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "agentnet", record(step(0), step(1)), record(step(2), step(3), task_id="other"))


@pytest.fixture
def prepared(folder: Path, tmp_path: Path) -> Path:
    prepare(Job(NAME, folder, tmp_path / "rows", PATHS), 1)
    return tmp_path / "rows"


def named(folder: Path, *numbers: int) -> list[list[dict[str, str]]]:
    return [[{"image": str(folder / "ubuntu_images" / f"p{number}.png")}] for number in numbers]


def problems(path: Path, decode: bool = True) -> list[tuple[int | None, str, str]]:
    return [(one.row, one.field, one.reason) for one in find_problems(path, Findings(), Checks(decode=decode))]


def test_only_the_pictures_differ(folder: Path, prepared: Path, tmp_path: Path) -> None:
    prepare(Job(NAME, folder, tmp_path / "inline", RowSettings()), 1)
    made, held = list(read_rows(prepared)), list(read_rows(tmp_path / "inline"))
    assert [row["images"] for row in made] == named(folder, 0, 1, 2, 3)
    assert [row | {"images": None} for row in made] == [row | {"images": None} for row in held]
    for number, (row, other) in enumerate(zip(made, held, strict=True)):
        assert picture_bytes(row["images"][0]) == picture_bytes(other["images"][0]) == png(number)
    (shard,) = prepared.glob("*.parquet")
    assert pq.read_schema(shard).field("images").type == pa.list_(pa.struct({"image": pa.string()}))
    write_rows(made, tmp_path / "again.parquet")
    assert list(read_rows(tmp_path / "again.parquet")) == made


def test_paths_are_absolute(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    prepare(Job(NAME, Path("agentnet"), Path("rows"), PATHS), 1)
    assert [row["images"] for row in read_rows(Path("rows"))] == named(folder, 0, 1, 2, 3)
    (tmp_path / "agentnet").rename(tmp_path / "moved")
    with pytest.raises(ValueError, match="holds a set of other input or settings"):
        prepare(Job(NAME, Path("moved"), Path("rows"), PATHS), 1)


def test_several_pictures_and_none(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(png(len(name)))
    turns = [
        {"role": "user", "content": "Compare them."},
        {"role": "assistant", "content": 'Thought: Done.\nCode:\n```py\nfinal_answer("no")\n```<end_action>'},
    ]
    marks = {"role": "user", "content": "<image_00>\n<image_01>\nCompare them."}
    images = {"<image_00>": "a.png", "<image_01>": "b.png"}
    several = {"id": "two", "image": images, "conversations": [marks, turns[1]]}
    (tmp_path / "x.json").write_text(json.dumps([several, {"id": "none", "conversations": turns}]))
    prepare(Job("mm_traj", tmp_path, tmp_path / "rows", PATHS), 1)
    two, none = read_rows(tmp_path / "rows")
    assert two["images"] == [{"image": str(tmp_path / name)} for name in images.values()] and none["images"] == []
    assert problems(tmp_path / "rows") == problems(tmp_path / "rows", decode=False) == []


def test_easyr1_takes_texts(folder: Path, tmp_path: Path) -> None:
    prepare(Job(NAME, folder, tmp_path / "rows", PATHS, format="easyr1"), 1)
    table = pq.read_table(tmp_path / "rows" / "parquet")
    assert table.schema.field("images").type == pa.list_(pa.string())
    assert table["images"].to_pylist() == [[picture["image"] for picture in row] for row in named(folder, 0, 1, 2, 3)]


def test_a_set_whose_pictures_are_no_files_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"android_control's pictures are no files of their own.*--images inline"):
        prepare(Job("android_control", tmp_path, tmp_path / "rows", PATHS), 1)
    assert not (tmp_path / "rows").exists()
    with pytest.raises(ValueError, match="--images inline"):
        RowSettings(images="paths", max_pixels=1000)
    with pytest.raises(ValueError, match="unknown images 'links': use one of inline, paths"):
        RowSettings(images="links")


def test_a_file_that_is_gone_is_named(folder: Path, prepared: Path) -> None:
    assert problems(prepared) == problems(prepared, decode=False) == []
    gone = folder / "ubuntu_images" / "p1.png"
    gone.unlink()
    assert problems(prepared, decode=False) == []  # no picture is opened
    ((row, field, reason),) = problems(prepared)
    assert (row, field) == (1, "images") and f"{gone}: No such file" in reason
    with pytest.raises(ValueError, match=f"{gone}: No such file"):
        offline.read_rows(prepared)
    shown, _ = cards(prepared)
    assert [bool(card.pictures[0].source) for card in shown] == [True, False, True, True]
    assert str(gone) in shown[1].pictures[0].problem
    (folder / "ubuntu_images" / "p2.png").write_bytes(png(2, (50, 50)))
    assert [row for row, *_ in problems(prepared)] == [1, 2]  # another picture than the row was made from


def test_a_path_that_is_null_is_a_picture_too_few(prepared: Path, tmp_path: Path) -> None:
    made = list(read_rows(prepared))
    made[2]["images"] = [{"image": None}]
    (shard,) = prepared.glob("*.parquet")
    pq.write_table(pa.Table.from_pylist(made, pq.read_schema(shard)), tmp_path / "x.parquet")
    assert problems(tmp_path / "x.parquet", decode=False) == [(2, "prompt", "1 <image> marks for 0 images")]


def test_mixtures(prepared: Path, tmp_path: Path) -> None:
    held = save(tmp_path / "held", inline_rows("a", 2))
    with pytest.raises(ValueError, match=f"{held} holds its pictures, {prepared} names files: .*the same --images"):
        make(Mixture((Entry(str(prepared)), Entry(str(held)))), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    make(Mixture((Entry(str(prepared)),)), tmp_path / "out")
    assert problems(tmp_path / "out") == []

    def pictures(path: Path) -> list[str]:
        return sorted(row["images"][0]["image"] for row in read_rows(path))

    assert pictures(tmp_path / "out") == pictures(prepared)


def test_the_command_line(folder: Path, tmp_path: Path) -> None:
    def call(*words: str | Path) -> str:
        done = CliRunner().invoke(app, list(map(str, words)), env={"COLUMNS": "300"})
        assert done.exit_code == 0, done.output
        return done.output

    out = tmp_path / "out"
    call("prepare", NAME, "--input", folder, "--output", out, "--images", "paths", "--workers", "1")
    call("validate", out, "--decode", "--workers", "1")
    counts = count(out, Estimate())
    assert (counts.image_bytes, counts.number("pictures")) == (0, {1: 4})  # no picture is in a row
    assert "agentnet" in call("stats", out)
    call("view", out, "--output", tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text().count("data:image/webp") >= 4


def test_verl_loads_the_pictures(folder: Path, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    pytest.importorskip("verl")
    pytest.importorskip("qwen_vl_utils")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", True)
    from omegaconf import OmegaConf

    from tracer1.training.dataset import PlanningDataset

    config = {"cache_dir": str(tmp_path / "verl"), "filter_overlong_prompts": False, "keep_screenshot": True}
    config = OmegaConf.create(config)
    opened = PlanningDataset([str(prepared)], tokenizer=None, config=config, processor=object())
    for number in range(4):
        row = opened[number]
        loaded, *_ = asyncio.run(PlanningDataset.process_multi_modal_info(row["raw_prompt"], 16, config))
        (picture,) = loaded
        assert picture.size == (192, 96)  # 192 x 108 in whole squares of 32
        assert picture.getpixel((5, 5)) == (number, 90, 200)
        assert row["extra_info"]["screenshot"] == png(number)
    (folder / "ubuntu_images" / "p0.png").unlink()
    with pytest.raises(ValueError, match=r"p0\.png: No such file"):
        opened[0]


def test_a_warm_start_reads_them(prepared: Path) -> None:
    pytest.importorskip("transformers")
    from tracer1.training.demonstrations import read

    assert [one.pictures for one in read(prepared)] == [(png(number),) for number in range(4)]
