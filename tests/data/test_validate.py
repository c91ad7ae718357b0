"""validate: every kind of damage is named with its file, row, field and fix, and its neighbours are not."""

from __future__ import annotations

import copy
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rowsets import Row, picture, rows, save
from typer import Typer
from typer.testing import CliRunner

from tracer1.coordinates import Size
from tracer1.plans import parse, render
from tracer1_data.check import BadRow, check
from tracer1_data.directory import Problem
from tracer1_data.rows import SCHEMA, write_rows
from tracer1_data.validation.command import validate
from tracer1_data.validation.examine import Checks
from tracer1_data.validation.problems import Findings, find_problems
from tracer1_rewards.settings import PRESETS, settings_from
from tracer1_rewards.trajectory import score_plan

app = Typer()
app.command()(validate)


def problems(path: Path, **options: Any) -> list[Problem]:
    return list(find_problems(path, Findings(), **options))


def call(*arguments: str | Path):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


def truth_of(row: Row) -> dict[str, Any]:
    return json.loads(row["reward_model"]["ground_truth"])


def with_truth(row: Row, **changed: Any) -> None:
    row["reward_model"]["ground_truth"] = json.dumps(truth_of(row) | changed)


def test_a_good_set_has_no_problem(tmp_path: Path) -> None:
    made = rows("a", 4)
    path = save(tmp_path / "set", made[:6], made[6:])
    findings = Findings()
    checks = Checks(decode=True, executor=True)
    assert list(find_problems(path, findings, checks, hashed=True)) == []
    # two rows of each episode, each a click on a square that the page names
    assert (findings.shards, findings.rows, findings.pointer_steps, findings.hits) == (2, 8, 8, 8)
    assert problems(save(tmp_path / "tools", rows("b", 3, platform="tool"))) == []


Spoil = Callable[[Row], None]


def _wrong_reference(row: Row) -> None:
    row["extra_info"]["reference"] = "1. click(): Click another"


def _no_version(row: Row) -> None:
    row["reward_model"]["ground_truth"] = "{}"


def _two_marks(row: Row) -> None:
    row["prompt"][0]["content"] = "<image>" + row["prompt"][0]["content"]


def _no_picture(row: Row) -> None:
    row["images"] = []


def _empty(row: Row) -> None:
    row["extra_info"]["episode"] = None


def _no_message(row: Row) -> None:
    row["prompt"], row["images"] = [], []


def _stage2(row: Row) -> None:
    row["extra_info"]["stage2"] = "the target's place is not recorded"


SPOILT: list[tuple[Spoil, str, str]] = [
    (_wrong_reference, "extra_info.reference", "not the ground truth's reference"),
    (_no_version, "reward_model.ground_truth", "lacks the field 'version'"),
    (
        lambda row: with_truth(row, box=[60, 5, 70, 20]),
        "reward_model.ground_truth",
        "not on the screen of 64x48 pixels",
    ),
    (lambda row: with_truth(row, box=[18, 5, 10, 20]), "reward_model.ground_truth", "box edges are swapped"),
    (lambda row: with_truth(row, point=[500, 1001]), "reward_model.ground_truth", "not within 0 to 1000"),
    (lambda row: with_truth(row, box=None), "reward_model.ground_truth", "the row has no target box"),
    (lambda row: with_truth(row, elements=[]), "", ""),
    (lambda row: with_truth(row, horizon=1), "reward_model.ground_truth", "more than the horizon 1"),
    (lambda row: with_truth(row, protocol="x"), "reward_model.ground_truth", "unknown protocol 'x'"),
    (_two_marks, "prompt", "2 <image> marks for 1 images"),
    (_no_picture, "prompt", "1 <image> marks for 0 images"),
    (_no_message, "prompt", "it is empty"),
    (_empty, "extra_info.episode", "it is empty"),
    (_stage2, "extra_info.stage2", "the ground truth says ''"),
]


@pytest.mark.parametrize("decode", [False, True])
@pytest.mark.parametrize(("spoil", "field", "reason"), SPOILT)
def test_a_spoilt_row_is_named_and_its_neighbours_are_not(
    tmp_path: Path, spoil: Spoil, field: str, reason: str, decode: bool
) -> None:
    made = rows("a", 3)
    spoil(made[2])
    path = save(tmp_path / "set", made[:1], made[1:])
    found = problems(path, checks=Checks(decode=decode))
    if not field:
        return None if found == [] else pytest.fail(str(found))
    # row 2 of the set is row 1 of the second file
    assert [(one.file, one.row, one.field) for one in found] == [(str(path / "train-00001-000.parquet"), 1, field)]
    assert reason in found[0].reason and found[0].fix
    assert str(found[0]).startswith(f"{path / 'train-00001-000.parquet'}, row 1: {field}: ")


PICTURES = [
    (picture(3)[:-20], "cut off"),
    (picture(3)[:60], "damaged or cut off"),
    (b"", "the file is empty"),
    (b"GIF89a nothing", "no PNG, JPEG or WebP picture"),
    (picture(3, Size(48, 64)), "48x64 pixels, ground_truth says 64x48"),
]


@pytest.mark.parametrize(("data", "reason"), PICTURES)
def test_a_bad_picture_is_found_by_decoding_only(tmp_path: Path, data: bytes, reason: str) -> None:
    made = rows("a", 3)
    made[4]["images"] = [{"bytes": data}]
    path = save(tmp_path / "set", made)
    assert problems(path) == []
    (found,) = problems(path, checks=Checks(decode=True))
    assert (found.row, found.field) == (4, "images") and reason in found.reason


def test_the_second_of_several_pictures_is_named(tmp_path: Path) -> None:
    made = rows("a", 1)
    made[0]["images"].append({"bytes": picture(9)[:60]})
    _two_marks(made[0])
    (found,) = problems(save(tmp_path / "set", made), checks=Checks(decode=True))
    assert found.row == 0 and found.reason.startswith("number 1: ")


def test_a_picture_too_many_and_a_mark_too_many_in_one_group_are_both_seen_when_decoding(tmp_path: Path) -> None:
    made = rows("a", 2)
    _two_marks(made[1])
    made[3]["images"].append({"bytes": picture(9)})
    path = save(tmp_path / "set", made)
    assert problems(path) == []  # the footer counts 5 pictures, and there are 5 marks
    found = problems(path, checks=Checks(decode=True))
    assert [(one.row, one.reason) for one in found] == [
        (1, "2 <image> marks for 1 images"),
        (3, "1 <image> marks for 2 images"),
    ]


def test_without_statistics_the_pictures_are_counted(tmp_path: Path) -> None:
    made = rows("a", 2)
    made[3]["images"] = []
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(made, SCHEMA), path, write_statistics=False)
    assert [(one.row, one.field) for one in problems(path)] == [(3, "prompt")]


def test_pictures_are_not_read_without_decoding(tmp_path: Path) -> None:
    """Every byte of the pictures' column is destroyed: the columns beside it can still be read."""
    path = save(tmp_path / "set", rows("a", 2)) / "train-00000-000.parquet"
    group = pq.ParquetFile(path).metadata.row_group(0)
    chunks = [group.column(number) for number in range(group.num_columns)]
    (images,) = (chunk for chunk in chunks if chunk.path_in_schema.startswith("images"))
    data = bytearray(path.read_bytes())
    start, size = images.data_page_offset, images.total_compressed_size
    data[start : start + size] = b"\xff" * size
    path.write_bytes(data)
    assert problems(path) == []
    (found,) = problems(path, checks=Checks(decode=True))
    assert found.row is None and found.field == "file" and "row group 0 is damaged behind row 0" in found.reason


def test_rows_that_occur_twice(tmp_path: Path) -> None:
    made = rows("a", 3)
    made[4]["extra_info"]["index"] = 1
    made[5]["extra_info"].update(episode="a-0", position=0)
    path = save(tmp_path / "set", made[:2], made[2:])
    first, second = problems(path)
    shard = path / "train-00000-000.parquet"
    assert (first.row, first.field, first.reason) == (2, "extra_info.index", f"row 1 of {shard} has the same index")
    assert (second.row, second.field) == (3, "extra_info") and f"row 0 of {shard}" in second.reason


def test_sets_that_are_given_together_are_each_a_set_of_its_own(tmp_path: Path) -> None:
    paths = [save(tmp_path / name, rows("a", 2)) for name in ("train", "test")]
    assert call(*paths).exit_code == 0


def test_limits(tmp_path: Path) -> None:
    path = save(tmp_path / "set", rows("a", 1))
    # 64 x 48 grows to ceil(9.24) x ceil(6.93) squares of 32 pixels: 70 tokens
    assert problems(path, checks=Checks(most_image_tokens=70)) == []
    assert [one.field for one in problems(path, checks=Checks(most_image_tokens=69))] == [
        "extra_info.n_image_tokens"
    ] * 2
    # "Task: Do a-0\nDone:\n- none\nPlan:" has 31 bytes: ceil(31 / 3.5) = 9 tokens, 5 around the message, 5 before the answer,
    # 2 around the picture
    most = 9 + 5 + 5 + 2 + 70
    assert [one.row for one in problems(path, checks=Checks(most_prompt_tokens=most))] == [1]  # it has a history
    found = problems(path, checks=Checks(most_prompt_tokens=most - 1))
    assert [(one.row, one.field) for one in found] == [(0, "prompt"), (1, "prompt")]
    assert found[0].reason == f"{most} tokens, the limit is {most - 1}"


def test_how_often_the_executor_hits(tmp_path: Path) -> None:
    made = rows("a", 2)
    elements = truth_of(made[0])["elements"]
    with_truth(made[0], elements=[["button", "nothing of the kind", [30, 5, 40, 20], "", "", False]])
    with_truth(made[1], elements=[[*elements[0][:1], "square 1", [30, 5, 40, 20], "", "", False], *elements[1:]])
    with_truth(made[2], elements=[])  # no page: not counted
    findings = Findings()
    assert list(find_problems(save(tmp_path / "set", made), findings, Checks(executor=True))) == []
    assert (findings.pointer_steps, findings.hits) == (3, 1)


def test_the_manifest_against_the_disk(tmp_path: Path) -> None:
    made = rows("a", 6)
    path = save(tmp_path / "set", made[:4], made[4:8], made[8:])
    a, b, c = sorted(path.glob("*.parquet"))
    b.unlink()
    shutil.copy(a, path / "z.parquet")
    (path / ".train-00007-000.parquet.partial").write_bytes(b"PAR1")
    with c.open("ab") as file:
        file.write(b" ")
    found = problems(path)
    assert [(Path(one.file).name, one.reason) for one in found[:4]] == [
        (".train-00007-000.parquet.partial", "it is half written"),
        (b.name, "the manifest lists it, but it is not there"),
        (c.name, f"{c.stat().st_size} bytes, the manifest says {c.stat().st_size - 1}"),
        ("z.parquet", "the manifest does not list it"),
    ]
    # c ends in a blank instead of PAR1, and the copy repeats four rows
    assert [Path(one.file).name for one in found[4:]] == [c.name] + ["z.parquet"] * 8


def test_another_content_of_the_same_size_is_found_by_its_hash(tmp_path: Path) -> None:
    path = save(tmp_path / "set", rows("a", 2), rows("b", 1, length=1))
    shard = path / "train-00000-000.parquet"
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["shards"][0]["rows"] = 5
    (path / "manifest.json").write_text(json.dumps(manifest))
    assert [one.reason for one in problems(path) if one.field == "file"] == ["4 rows, the manifest says 5"]
    data = shard.read_bytes()
    shard.write_bytes(data.replace(b"Do a-0", b"Do a-9") if b"Do a-0" in data else data[:8] + b"\0" + data[9:])
    assert "its SHA-256 is not the manifest's" in [one.reason for one in problems(path, hashed=True)]


def test_an_unfinished_set_and_a_damaged_manifest(tmp_path: Path) -> None:
    path = save(tmp_path / "set", rows("a", 1))
    (path / ".work").mkdir()
    (path / "manifest.json").unlink()
    assert [one.reason for one in problems(path)] == ["the set is unfinished"]
    for text in ("{", "[]", '{"shards": [1]}', '{"shards": [{"file": "x"}]}'):
        (path / "manifest.json").write_text(text)
        assert [one.field for one in problems(path)] == ["manifest"]


def test_files_of_another_kind(tmp_path: Path) -> None:
    made = rows("a", 1)
    for row in made:
        row["extra_info"]["more"] = row["extra_info"].pop("stage2")
        row["extra_info"]["seed"] = str(row["extra_info"]["seed"])
    pq.write_table(pa.Table.from_pylist(made), tmp_path / "old.parquet")
    (found,) = problems(tmp_path / "old.parquet")
    assert found.row is None
    for said in (
        "extra_info.stage2 is missing",
        "extra_info.seed is string instead of int64",
        "extra_info.more is unknown",
    ):
        assert said in found.reason
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 cut off")
    assert "not a readable Parquet file" in problems(tmp_path / "cut.parquet")[0].reason
    pq.write_table(pa.table({"prompt": ["x"]}), tmp_path / "other.parquet")
    assert "lacks the column ability" in problems(tmp_path / "other.parquet")[0].reason


def test_other_names_of_list_items_are_the_same_schema(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(rows("a", 1), SCHEMA), tmp_path / "x.parquet", store_schema=False)
    assert problems(tmp_path / "x.parquet") == []


def test_any_ground_truth_is_reported_and_none_is_raised(tmp_path: Path) -> None:
    """Random damage to the JSON of the ground truth."""
    dice = random.Random(5)
    odd = [None, -1, 0, 1e308, "x", "", [], [1], {}, True, [[]], [None, None], [["click", {}, 1]], [[[], {}, "x"]]]
    made = [copy.deepcopy(row) for row in rows("a", 1) for _ in range(200)]
    for row in made:
        truth = truth_of(row)
        if dice.random() < 0.3:
            truth["reference"][0][dice.randrange(3)] = dice.choice(odd)
        truth[dice.choice(list(truth))] = dice.choice(odd)
        row["reward_model"]["ground_truth"] = json.dumps(truth)
    made[0]["reward_model"]["ground_truth"] = "[" * 100_000
    path = tmp_path / "rows.parquet"
    write_rows(made, path)
    findings = Findings()
    found = [one for one in find_problems(path, findings) if one.field == "reward_model.ground_truth"]
    assert findings.rows == 400 and len(found) > 200


def test_null_structs_are_reported(tmp_path: Path) -> None:
    made = rows("a", 3)
    made[0]["extra_info"], made[1]["prompt"], made[2]["reward_model"] = None, None, None
    made[4]["images"], made[5]["images"] = None, [{"bytes": None}]
    path = tmp_path / "rows.parquet"
    write_rows(made, path)
    for decode in (False, True):
        found = problems(path, checks=Checks(decode=decode))
        assert {one.row for one in found} == {0, 1, 2, 4, 5}
        assert {one.field.split(".")[0] for one in found} >= {"extra_info", "prompt", "reward_model"}


def test_workers_find_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = rows("a", 40)
    _wrong_reference(made[3])
    _no_version(made[70])
    path = save(tmp_path / "set", made[:30], made[30:60], made[60:])
    monkeypatch.setattr("tracer1_data.validation.problems._WORTH_A_WORKER", 1)
    here, there = problems(path, workers=1), problems(path, workers=2, hashed=True)
    assert here == there and [one.row for one in here] == [3, 10]


def test_the_default_settings_speak_for_all_presets() -> None:
    """check() scores once; whatever passes it scores the maximum by every preset and weight."""
    choices = [settings_from({"preset": name}) for name in PRESETS]
    choices += [settings_from({"instruction_weight": 1.0, "repetition_weight": 3.0, "discount": 1.0})]
    choices += [settings_from({"alignment": "monotone", "alignment_weight": 2.0})]
    for row in rows("a", 3) + rows("b", 2, platform="tool"):
        truth = check(row)
        for settings in choices:
            assert score_plan(parse(render(truth.reference)), truth, settings).score == pytest.approx(settings.maximum)


@pytest.mark.parametrize("protocol", ["gui_r1", "seeclick_mind2web"])
def test_a_reference_that_its_own_protocol_calls_wrong_is_refused(protocol: str) -> None:
    """Its point (900, 900 of 1000) is far from its box, which is at about (219, 260)."""
    (row, *_) = rows("a", 1)
    says = truth_of(row)["reference"][0][2]
    for point, right in (([219, 260], True), ([900, 900], False), ([219, 260], True)):
        with_truth(row, protocol=protocol, reference=[["click", {"point": point}, says]])
        row["extra_info"]["reference"] = f"1. click(point={json.dumps(point)}): {says}"
        if right:
            check(row)
        else:
            with pytest.raises(BadRow, match=r"the reference scores 0\.\d+ instead of 1\.0000"):
                check(row)


def test_the_command_line(tmp_path: Path) -> None:
    made = rows("a", 3)
    path = save(tmp_path / "good", made)
    good = call(path, "--executor", "--workers", "1")
    assert good.exit_code == 0 and "6 rows in 1 shards" in good.output and "no problem" in good.output
    assert "finds the target of 6 of 6 first steps (100.0%)" in good.output
    for row in made:
        _wrong_reference(row)
    bad = save(tmp_path / "bad", made)
    lines = tmp_path / "problems.jsonl"
    said = call(bad, "--most-shown", "2", "--json", lines, "--workers", "1")
    assert said.exit_code == 3 and "6 problems" in said.output and "and 4 more" in said.output
    found = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [one["row"] for one in found] == [0, 1, 2, 3, 4, 5]
    assert set(found[0]) == {"file", "row", "field", "reason", "fix"}
    assert call(tmp_path / "nowhere").exit_code == 1
    assert call(path, "--tokenizer", tmp_path).exit_code == 1
    (tmp_path / "file").write_text("")
    assert call(path, "--json", tmp_path / "file" / "x.json", "--workers", "1").exit_code == 4


def test_prepared_sets_are_valid(tmp_path: Path) -> None:
    """What prepare writes passes validate, shard by shard."""
    reader = f"{Path(__file__).with_name('readers.py')}:SOURCE"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "episodes.txt").write_text("one\ntwo no-image\nthree unknown-action\nfour\n")
    given = [
        "--input",
        str(tmp_path / "in"),
        "--output",
        str(tmp_path / "out"),
        "--workers",
        "1",
        "--max-rejected",
        "1",
    ]
    subprocess.run(
        [sys.executable, "-m", "tracer1_data", "prepare", reader, *given], check=True, stdout=subprocess.DEVNULL
    )
    assert problems(tmp_path / "out", checks=Checks(decode=True), hashed=True) == []


def test_a_directory_without_rows_is_an_input_that_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no Parquet file"):
        problems(tmp_path)
    (tmp_path / "parquet").mkdir()
    with pytest.raises(ValueError, match="holds rows for EasyR1"):
        problems(tmp_path)
