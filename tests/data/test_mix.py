"""mix: how many rows of which source, none twice, well shuffled, the same bytes for the same seed, never half a set."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rowsets import Row, rows, save
from typer import Typer
from typer.testing import CliRunner

from tracer1_data.directory import find_strays
from tracer1_data.mixing.assemble import make
from tracer1_data.mixing.choose import scramble
from tracer1_data.mixing.command import mix
from tracer1_data.mixing.mixture import Entry, Mixture, read_mixture, to_mixture
from tracer1_data.mixing.shares import share_out
from tracer1_data.rows import SCHEMA, read_rows
from tracer1_data.validation.problems import Findings, find_problems

app = Typer()
app.command()(mix)


def counts(there: list[int], *sources: dict[str, Any], total: int | None = None) -> list[int]:
    return share_out(Mixture(tuple(Entry("x", **source) for source in sources), rows=total), there)


def of(*paths: Path, seed: int = 1, **more: Any) -> Mixture:
    return Mixture(tuple(Entry(str(path)) for path in paths), seed, **more)


def hashes(manifest: dict[str, Any]) -> list[str]:
    return [shard["sha256"] for shard in manifest["shards"]]


def who(row: Row) -> tuple[str, str, int]:
    return tuple(row["extra_info"][name] for name in ("source", "episode", "position"))


def without_index(row: Row) -> Row:
    return row | {"extra_info": row["extra_info"] | {"index": None}}


def test_shares_worked_out_by_hand() -> None:
    two, one = {"weight": 2}, {"weight": 1}
    assert counts([100, 100], two, one) == [100, 50]
    assert counts([30, 100], two, one) == [30, 15]
    assert counts([100, 20], two, one) == [40, 20]
    assert counts([100, 100], two, one, total=90) == [60, 30]
    assert counts([100, 100], {"weight": 0.1}, {"weight": 0.3}, total=100) == [25, 75]
    assert counts([100, 100, 100], one, one, one, total=100) == [34, 33, 33]  # the odd row goes to the first
    assert counts([100, 100], {"weight": 7}, {"weight": 3}) == [100, 42]  # 42.86 would repeat a row of the first
    assert counts([100, 100], {"weight": 2, "cap": 10}, one) == [10, 5]
    assert counts([100, 7], {}, {}) == [100, 7]
    assert counts([100, 7], {"cap": 50}, {}) == [50, 7]
    assert counts([100, 50], {}, {}, total=30) == [20, 10]  # as large as they are


@pytest.mark.parametrize(
    ("there", "sources", "total", "says"),
    [
        ([100, 0], [{}, {}], None, r"sources\[1\]: no row of x is left"),
        ([100], [{"cap": 101}], None, r"sources\[0\]\.cap: is 101, but only 100 rows of x are there"),
        (
            [100, 20],
            [{"weight": 2}, {"weight": 1}],
            63,
            r"63 rows would take 21 of sources\[1\], which has 20: at most 60",
        ),
        ([100, 100], [{"weight": 2}, {"weight": 1}], 151, r"take 101 of sources\[0\], which has 100: at most 150 keep"),
        ([100, 50], [{}, {}], 151, "at most 150"),
        ([1, 9], [{"weight": 100}, {"weight": 1}], None, r"sources\[1\]\.weight: is so small that not one row"),
        ([9, 9], [{"weight": 100}, {"weight": 1}], 5, r"sources\[1\]\.weight: is so small"),
    ],
)
def test_what_is_not_there_cannot_be_mixed(there: list[int], sources: list[dict], total: int | None, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        counts(there, *sources, total=total)


def test_a_mixture_file(tmp_path: Path) -> None:
    path = tmp_path / "mixture.yaml"
    path.write_text(
        "seed: 7\nrows: 20\nsources:\n"
        "  - {rows: data/a, weight: 2, cap: 5, platforms: [mobile, web], steps: [1, 8], stage2: true}\n"
        "  - {rows: data/b.parquet, weight: 0.5}\n"
    )
    first = Entry("data/a", 2, 5, ("mobile", "web"), (1, 8), True)
    assert read_mixture(path) == Mixture((first, Entry("data/b.parquet", 0.5)), 7, 20)


A = {"rows": "a"}
WRONG = [
    ([], "the file: must be keys with values"),
    (None, "the file: must be keys with values .* got nothing"),
    ({}, "sources: must be a list"),
    ({"sources": []}, "sources: must be a list"),
    ({"sources": [A], "sead": 1}, "the file: unknown key sead: use sources, seed, rows"),
    ({"sources": [A], "seed": -1}, "seed: must be a whole number from 0"),
    ({"sources": [A], "seed": 2**63}, "seed: must be"),
    ({"sources": [A], "rows": 0}, "rows: must be a whole number of at least 1, got 0"),
    ({"sources": [A], "rows": "1e3"}, "rows: must be a whole number of at least 1, got '1e3'"),
    ({"sources": ["a"]}, r"sources\[0\]: must be keys with values"),
    ({"sources": [A, {"weight": 1}]}, r"sources\[1\]\.rows: is missing"),
    ({"sources": [A | {"wait": 1}]}, r"sources\[0\]: unknown key wait: use rows, weight, cap"),
    ({"sources": [{"rows": 3}]}, r"sources\[0\]\.rows: must be the path"),
    ({"sources": [A | {"weight": 1}, A]}, r"sources\[1\]\.weight: is missing, but other sources have one"),
    ({"sources": [A | {"weight": 0}]}, r"sources\[0\]\.weight: must be a number above 0, got 0"),
    ({"sources": [A | {"weight": -2}]}, r"sources\[0\]\.weight: must be a number above 0, got -2"),
    ({"sources": [A | {"weight": float("nan")}]}, r"weight: must be a number above 0"),
    ({"sources": [A | {"weight": float("inf")}]}, r"weight: must be a number above 0"),
    ({"sources": [A | {"weight": True}]}, r"weight: must be a number above 0"),
    ({"sources": [A | {"cap": 0}]}, r"cap: must be a whole number of at least 1"),
    ({"sources": [A | {"platforms": ["phone"]}]}, r"platforms: must be a list of web, desktop, mobile, tool"),
    ({"sources": [A | {"platforms": []}]}, r"platforms: must be a list"),
    ({"sources": [A | {"platforms": [["web"]]}]}, r"platforms: must be a list"),
    ({"sources": [A | {"steps": [3, 2]}]}, r"steps: must be \[least, most\]"),
    ({"sources": [A | {"steps": 3}]}, r"steps: must be \[least, most\]"),
    ({"sources": [A | {"stage2": 1}]}, r"stage2: must be true or false, got 1"),
]


@pytest.mark.parametrize(("data", "says"), WRONG)
def test_a_wrong_key_is_named(data: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        to_mixture(data)


def test_weights_caps_and_provenance(tmp_path: Path) -> None:
    a, b = save(tmp_path / "a", rows("a", 50)), save(tmp_path / "b", rows("b", 50), licence="CC-BY-4.0")
    sources = (Entry(str(a), 2), Entry(str(b), 1))
    manifest = make(Mixture(sources), tmp_path / "out")
    assert manifest["counts"] == {"rows": 150, "left out: beyond its cap or weight": 50}
    assert manifest["rows_by_source"] == {"a": 100, "b": 50} and manifest["licence"] == "CC-BY-4.0; MIT"
    assert [(one["there"], one["taken"]) for one in manifest["sources"]] == [(100, 100), (100, 50)]
    written = list(read_rows(tmp_path / "out"))
    assert [row["extra_info"]["index"] for row in written] == list(range(150))
    assert Counter(row["extra_info"]["source"] for row in written) == {"a": 100, "b": 50}
    # every row is one of the inputs', unchanged but for its index, and none is there twice
    known = {who(row): without_index(row) for row in rows("a", 50) + rows("b", 50)}
    assert len({who(row) for row in written}) == 150
    assert all(without_index(row) == known[who(row)] for row in written)
    assert list(find_problems(tmp_path / "out", Findings(), hashed=True)) == []
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["manifest.json", "train-00000.parquet"]


def test_filters(tmp_path: Path) -> None:
    # 10 episodes of 3 clicks: references of 4, 3 and 2 steps; 5 of 2 tool calls, whose output is not recorded: 3 and 2 steps
    mixed = rows("a", 10, length=3) + rows("t", 5, length=2, platform="tool")
    path = str(save(tmp_path / "a", mixed[:25], mixed[25:]))

    def left(**filters: Any) -> tuple[int, dict[str, int]]:
        manifest = make(Mixture((Entry(path, **filters),)), tmp_path / f"out {filters}")
        return manifest["counts"]["rows"], manifest["sources"][0]["left_out"]

    assert left() == (40, {})
    assert left(platforms=("web",)) == (30, {"platforms": 10})
    assert left(platforms=("tool", "mobile")) == (10, {"platforms": 30})
    assert left(steps=(3, 4)) == (10 * 2 + 5, {"steps": 10 + 5})
    assert left(steps=(2, 2)) == (15, {"steps": 25})
    assert left(stage2=True) == (30, {"stage2": 10})
    assert left(platforms=("web",), steps=(4, 9), cap=7) == (
        7,
        {"platforms": 10, "steps": 20, "beyond its cap or weight": 3},
    )
    assert left(steps=(4, 4), stage2=True) == (10, {"steps": 30})
    with pytest.raises(ValueError, match=r"sources\[0\]: no row of .* is left"):
        left(platforms=("desktop",))
    with pytest.raises(ValueError, match=r"sources\[0\]\.cap: is 31, but only 30"):
        left(platforms=("web",), cap=31)


def test_a_row_that_is_in_two_sources_is_taken_once(tmp_path: Path) -> None:
    both = rows("a", 5, length=3)
    a, b = save(tmp_path / "a", both), save(tmp_path / "b", rows("a", 8, length=3), both[:2])
    manifest = make(of(a, b), tmp_path / "out")
    assert [one["taken"] for one in manifest["sources"]] == [15, 9]
    assert manifest["sources"][1]["left_out"] == {"in the mixture already": 17}
    assert len({who(row) for row in read_rows(tmp_path / "out")}) == 24
    halves = Mixture((Entry(str(a), steps=(2, 3)), Entry(str(a), steps=(3, 4))))
    assert [one["taken"] for one in make(halves, tmp_path / "halves")["sources"]] == [10, 5]


def test_the_order_is_mixed_through(tmp_path: Path) -> None:
    a, b = save(tmp_path / "a", rows("a", 100)), save(tmp_path / "b", rows("b", 100))
    make(of(a, b), tmp_path / "out")
    written = list(read_rows(tmp_path / "out"))
    sources = [row["extra_info"]["source"] for row in written]
    # 399 neighbours of 200 a and 200 b in random order: half of them differ, with a standard deviation of about 10
    assert 160 < sum(one != other for one, other in pairwise(sources)) < 240
    assert 70 < sources[:200].count("a") < 130
    following = sum(
        who(one)[:2] == who(other)[:2] for one, other in pairwise(written)
    )  # steps of one episode side by side: 400 * 1/400 are expected
    assert following < 8


def test_what_is_chosen_says_nothing_of_where_it_stands(tmp_path: Path) -> None:
    """A third of b is taken: it must not gather at one end."""
    a, b = save(tmp_path / "a", rows("a", 150)), save(tmp_path / "b", rows("b", 150))
    make(Mixture((Entry(str(a), 3), Entry(str(b), 1))), tmp_path / "out")
    places = [row["extra_info"]["index"] for row in read_rows(tmp_path / "out") if row["extra_info"]["source"] == "b"]
    assert len(places) == 100 and 170 < np.mean(places) < 230  # 399 / 2, with a standard deviation of 400 / √12 / √100


def test_the_same_seed_gives_the_same_bytes_whatever_the_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = rows("a", 40), rows("b", 40)
    a, b = (save(tmp_path / name, made) for name, made in zip("ab", content, strict=True))
    c, d = (save(tmp_path / name, made[50:], made[:50]) for name, made in zip("cd", content, strict=True))
    weights = [(Entry(str(x), 2), Entry(str(y), 1)) for x, y in ((a, b), (c, d))]
    first = make(Mixture(weights[0], 5), tmp_path / "1")
    assert hashes(make(Mixture(weights[0], 5), tmp_path / "2")) == hashes(first)
    assert hashes(make(Mixture(weights[0], 6), tmp_path / "3")) != hashes(first)
    assert hashes(make(Mixture(weights[1], 5), tmp_path / "4")) == hashes(first)
    monkeypatch.setattr("tracer1_data.mixing.buckets.BUCKET_BYTES", 2000)
    assert hashes(make(Mixture(weights[1], 5), tmp_path / "5")) == hashes(first)
    small = make(Mixture(weights[0], 5), tmp_path / "6", shard_bytes=1)
    assert [shard["rows"] for shard in small["shards"]] == [1] * 120
    assert list(read_rows(tmp_path / "6")) == list(read_rows(tmp_path / "1"))


def test_scrambling_is_one_to_one_and_depends_on_seed_and_purpose() -> None:
    numbers = np.arange(10_000, dtype=np.uint64)
    made = {(seed, purpose): scramble(numbers, seed, purpose) for seed in (0, 1) for purpose in ("choice", "order")}
    assert all(len(np.unique(one)) == 10_000 for one in made.values())
    flat = list(made.values())
    for n, one in enumerate(flat):
        for other in flat[:n]:
            assert abs(np.corrcoef(one.astype(float), other.astype(float))[0, 1]) < 0.05
    assert abs(np.corrcoef(flat[0].astype(float), numbers.astype(float))[0, 1]) < 0.05


class Stop(Exception):
    """The call is interrupted."""


@pytest.mark.parametrize("when", ["read", "written"])
def test_interrupted_and_called_again(tmp_path: Path, when: str) -> None:
    a, b = save(tmp_path / "a", rows("a", 60)), save(tmp_path / "b", rows("b", 60))
    whole = make(of(a, b), tmp_path / "whole", 10_000)

    def stop(what: str, done: int, total: int) -> None:
        if what == when and done >= 100:
            raise Stop

    out = tmp_path / "out"
    with pytest.raises(Stop):
        make(of(a, b), out, 10_000, stop)
    assert [path.name for path in out.iterdir()] == [".work"]
    assert [one.reason for one in find_strays(out)] == ["the set is unfinished"]
    with pytest.raises(ValueError, match="unfinished set of other input or settings"):
        make(of(a), out)
    assert hashes(make(of(a, b), out, 10_000)) == hashes(whole)
    assert sorted(p.name for p in out.iterdir()) == sorted(p.name for p in (tmp_path / "whole").iterdir())


def test_killed_while_the_shards_move_up(tmp_path: Path) -> None:
    a = save(tmp_path / "a", rows("a", 60))
    mixture = tmp_path / "mixture.yaml"
    mixture.write_text(f"sources:\n  - rows: {a}\n")
    script = """if True:
        import os, pathlib, signal, sys
        from tracer1_data.mixing.assemble import make
        from tracer1_data.mixing.mixture import read_mixture
        replace = pathlib.Path.replace
        def stop(path, target):
            if path.name == "train-00003.parquet":
                os.kill(os.getpid(), signal.SIGKILL)
            return replace(path, target)
        pathlib.Path.replace = stop
        make(read_mixture(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[2]), 1 << 10)
    """
    out = tmp_path / "out"
    killed = subprocess.run([sys.executable, "-c", script, str(mixture), str(out)])
    assert killed.returncode == -signal.SIGKILL
    assert len(list(out.glob("*.parquet"))) == 3 and not (out / "manifest.json").exists()
    with pytest.raises(ValueError, match="the set is unfinished"):
        make(of(out), tmp_path / "of half a set")
    again = make(read_mixture(mixture), out, 1 << 10)
    assert hashes(again) == hashes(make(read_mixture(mixture), tmp_path / "whole", 1 << 10))
    assert list(find_problems(out, Findings(), hashed=True)) == []


def test_a_finished_mixture_is_left_as_it_is(tmp_path: Path) -> None:
    a, b = save(tmp_path / "a", rows("a", 3)), save(tmp_path / "b", rows("b", 3))
    out = tmp_path / "out"
    manifest = make(of(a, b), out)
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    assert make(of(a, b), out) == manifest
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == before
    for other in (of(a), of(a, b, seed=2)):
        with pytest.raises(ValueError, match="other input or settings: choose another output"):
            make(other, out)
    (tmp_path / "strange").mkdir()
    (tmp_path / "strange" / "x.parquet").write_bytes(b"")
    with pytest.raises(ValueError, match="Parquet files of another origin"):
        make(of(a), tmp_path / "strange")
    assert (tmp_path / "strange" / "x.parquet").exists()


def test_a_mixture_can_be_mixed_again_and_files_without_a_manifest(tmp_path: Path) -> None:
    a = save(tmp_path / "a", rows("a", 3))
    make(of(a), tmp_path / "once")
    pq.write_table(pa.Table.from_pylist(rows("b", 2), SCHEMA), tmp_path / "b.parquet", store_schema=False)
    manifest = make(of(tmp_path / "once", tmp_path / "b.parquet"), tmp_path / "twice")
    assert manifest["rows_by_source"] == {"a": 6, "b": 4} and manifest["licence"] == "MIT"
    assert set(manifest["plan"]["input"][str(tmp_path / "b.parquet")]) == {"b.parquet"}


def test_inputs_that_do_not_fit(tmp_path: Path) -> None:
    a = save(tmp_path / "a", rows("a", 3))
    for row in (old := rows("b", 1)):
        del row["extra_info"]["stage2"]
    pq.write_table(pa.Table.from_pylist(old), tmp_path / "old.parquet")
    for path, says in (
        (tmp_path / "nowhere", "there is no .*nowhere"),
        (tmp_path / "old.parquet", "extra_info.stage2 is missing"),
    ):
        with pytest.raises(ValueError, match=says):
            make(of(a, path), tmp_path / "out")
    shard = a / "train-00000-000.parquet"
    group = pq.ParquetFile(shard).metadata.row_group(0)
    (images,) = (c for n in range(group.num_columns) if (c := group.column(n)).path_in_schema.startswith("images"))
    data = bytearray(shard.read_bytes())
    size = images.total_compressed_size
    data[images.data_page_offset : images.data_page_offset + size] = b"\xff" * size
    shard.write_bytes(data)
    with pytest.raises(ValueError, match=r"train-00000-000.parquet is damaged .* validate says where"):
        make(of(a), tmp_path / "out")
    with shard.open("ab") as file:
        file.write(b" ")
    with pytest.raises(ValueError, match="the manifest says"):
        make(of(a), tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.parquet"))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_does_not_grow_with_the_input(tmp_path: Path) -> None:
    """160 MiB of pictures may take 40 MiB more than 80 MiB of them."""
    script = """if True:
        import pathlib, re, sys
        from tracer1_data.mixing.assemble import make
        from tracer1_data.mixing.mixture import Entry, Mixture
        make(Mixture((Entry(sys.argv[1]),)), pathlib.Path(sys.argv[2]), 64 << 20)
        print(re.search(r"VmHWM:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1])
    """
    peaks: list[int] = []
    dice = np.random.RandomState(1)
    for size in (80, 160):
        made = rows(f"s{size}", size * 2, length=1)
        for row in made:
            row["images"] = [{"bytes": dice.bytes(1 << 19)}]
        path = save(tmp_path / f"in{size}", made)
        call = [sys.executable, "-c", script, str(path), str(tmp_path / f"out{size}")]
        done = subprocess.run(call, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        peaks.append(int(done.stdout))
        shutil.rmtree(path)
        shutil.rmtree(tmp_path / f"out{size}")
    assert peaks[1] - peaks[0] < 40 << 10, peaks


def test_hugging_face_datasets_and_verl_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", True)
    a, t = save(tmp_path / "a", rows("a", 4)), save(tmp_path / "t", rows("t", 2, platform="tool"))
    make(of(a, t), tmp_path / "out", 1 << 10)
    loaded = datasets.load_dataset("parquet", data_dir=str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert list(loaded) == ["train"] and list(loaded["train"]) == list(read_rows(tmp_path / "out"))

    rl_dataset = pytest.importorskip("verl.utils.dataset.rl_dataset")
    from omegaconf import OmegaConf

    config = OmegaConf.create({"cache_dir": str(tmp_path / "verl"), "filter_overlong_prompts": False})
    files = [str(path) for path in sorted((tmp_path / "out").glob("*.parquet"))]
    opened = rl_dataset.RLHFDataset(files, tokenizer=None, config=config, processor=object())
    assert len(opened) == 12
    for number in range(12):
        sample = opened[number]
        parts = [part for message in sample["raw_prompt"] for part in message["content"] if isinstance(part, dict)]
        pictures = [part["image"].size for part in parts if part["type"] == "image"]
        assert pictures == ([] if sample["extra_info"]["source"] == "t" else [(64, 48)])
        assert sample["index"] == number


def test_the_command_line(tmp_path: Path) -> None:
    a, b = save(tmp_path / "a", rows("a", 4)), save(tmp_path / "b", rows("b", 4))
    mixture = tmp_path / "mixture.yaml"
    mixture.write_text(f"sources:\n  - {{rows: {a}, weight: 1}}\n  - {{rows: {b}, weight: 2}}\n")

    def call(*arguments: str | Path):
        return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "300"})

    good = call(mixture, "--output", tmp_path / "out", "--seed", "3")
    assert good.exit_code == 0 and "12 rows" in good.output and "beyond its cap or weight: 4" in good.output
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["plan"]["mixture"]["seed"] == 3
    other = call(mixture, "--output", tmp_path / "out")
    assert other.exit_code == 1 and "choose another output" in other.output
    (tmp_path / "file").write_text("")
    assert call(mixture, "--output", tmp_path / "file" / "out").exit_code == 4
    for text, says in (("sources: [", "cannot be read as YAML"), ("sources: 3", "sources: must be a list")):
        mixture.write_text(text)
        wrong = call(mixture, "--output", tmp_path / "new")
        assert wrong.exit_code == 1 and says in wrong.output
    assert call(tmp_path / "nowhere.yaml", "--output", tmp_path / "new").exit_code == 1
