"""GAIA on questions made here, in both layouts."""

import json

import gta_records
import pyarrow
import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from tracer1.__main__ import app
from tracer1.actions import Action
from tracer1.evaluation.benchmarks.gaia.benchmark import BENCHMARK, FORMAT, final_answer
from tracer1.evaluation.benchmarks.gaia.data import folder_of
from tracer1.evaluation.harness.base import Prediction
from tracer1.trajectories import Fault

ROWS = [
    ("a-1", "How many rows?", 1, "17", "table.xlsx"),
    ("a-2", "What colour?", "1", "dark red", "shown.png"),
    ("b-1", "Which towns?", 2, "Bonn, Ulm", ""),
    ("c-1", "How much?", 3, "1234.5", ""),
    ("c-2", "Nothing at all?", 3, "None", None),
]


def row(task, question, level, answer, file):
    return {
        "task_id": task,
        "Question": question,
        "Level": level,
        "Final answer": answer,
        "file_name": file,
        "Annotator Metadata": {"Steps": "1. Look", "Number of steps": "1"},
    }


def write(folder, rows=None, split="validation"):
    """The layout of 2023."""
    inside = folder / "2023" / split
    inside.mkdir(parents=True, exist_ok=True)
    (inside / "table.xlsx").write_bytes(b"PK")
    (inside / "shown.png").write_bytes(gta_records.picture(".png", "red"))
    rows = [row(*one) for one in ROWS] if rows is None else rows
    (inside / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return folder


def read(path, split="validation"):
    return list(BENCHMARK.samples(path, split))


def judged(samples, answers):
    return [
        BENCHMARK.judge(sample, Prediction(sample.id, "ok", answer=answers[sample.id]), "gaia") for sample in samples
    ]


ANSWERS = {"a-1": "17 rows", "a-2": "Dark-red.", "b-1": "bonn; ULM", "c-1": "FINAL ANSWER: $1,234.50", "c-2": None}


def test_numbers_by_level_and_over_all(tmp_path):
    marks = judged(read(write(tmp_path)), ANSWERS)
    assert [one.marks["AnsAcc"] for one in marks] == [0, 1, 1, 1, 1]
    metrics = BENCHMARK.summarise(marks, "gaia")
    assert [(one.name, one.part, one.value, one.n) for one in metrics] == [
        ("AnsAcc", "", 0.8, 5),
        ("AnsAcc", "level 1", 0.5, 2),
        ("AnsAcc", "level 2", 1, 1),
        ("AnsAcc", "level 3", 1, 2),
    ]


def test_what_a_question_shows(tmp_path):
    table, shown, towns, *_ = read(write(tmp_path))
    assert table.instruction == f"How many rows?\nAttachment: table.xlsx\n{FORMAT}"
    assert table.observation.pictures == () and table.observation.size is None
    assert (shown.observation.size.width, len(shown.observation.pictures)) == (8, 1)
    assert towns.instruction == f"Which towns?\n{FORMAT}"
    assert (towns.platform, towns.parts, towns.future) == ("tool", ("level 2",), ())
    for words in ("a number OR as few words as possible", "don't use articles", "comma separated list"):
        assert words in FORMAT


@pytest.mark.parametrize("inside", [".", "2023", "2023/validation"])
def test_the_path_may_name_the_dataset_the_year_or_the_split(tmp_path, inside):
    write(tmp_path)
    assert [one.id for one in read(tmp_path / inside)] == [one[0] for one in ROWS]
    assert folder_of(tmp_path / inside, "validation").resolve() == (tmp_path / "2023/validation").resolve()


def test_the_layout_of_2025_reads_the_same(tmp_path):
    old = read(write(tmp_path / "old"))
    inside = write(tmp_path / "new") / "2023" / "validation"
    (inside / "metadata.jsonl").unlink()
    rows = [row(*one) | {"Level": str(one[2]), "file_path": f"2023/validation/{one[4]}"} for one in ROWS]
    for name, chosen in (
        ("metadata", rows),
        *((f"metadata.level{n}", [r for r in rows if r["Level"] == n]) for n in "123"),
    ):
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(chosen), inside / f"{name}.parquet")
    seen = [(one.id, one.instruction, one.parts, one.truth.expected, one.observation.screenshot) for one in old]
    whole = read(tmp_path / "new")
    assert [
        (one.id, one.instruction, one.parts, one.truth.expected, one.observation.screenshot) for one in whole
    ] == seen
    (inside / "metadata.parquet").unlink()
    assert [one.id for one in read(tmp_path / "new")] == [one.id for one in whole]


def test_the_test_split_is_not_scored_and_makes_a_submission(tmp_path):
    rows = [row(*one) | {"Final answer": "?"} for one in ROWS]
    samples = read(write(tmp_path, rows, "test"), "test")
    marks = judged(samples, ANSWERS)
    assert {one.marks["AnsAcc"] for one in marks} == {None}
    assert {one.n for one in BENCHMARK.summarise(marks, "gaia")} == {0}
    predictions = [
        Prediction("a-1", "ok", answer="FINAL ANSWER: 17", text="1. finish(answer=…): é"),
        Prediction("a-2", "ok", Action("finish", {"answer": "red"})),
        Prediction("b-1", "unreadable", text="?"),
    ]
    BENCHMARK.write_submission(tmp_path / "out.jsonl", predictions)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines == [
        {"task_id": "a-1", "model_answer": "17", "reasoning_trace": "1. finish(answer=…): é"},
        {"task_id": "a-2", "model_answer": "red", "reasoning_trace": ""},
        {"task_id": "b-1", "model_answer": "None", "reasoning_trace": "?"},
    ]


def test_the_command_leaves_the_submission(tmp_path):
    data = write(tmp_path / "data", [row(*one) | {"Final answer": "?"} for one in ROWS], "test")
    responses = [{"id": task, "response": f'1. finish(answer="{task}!"): Answer'} for task, *_ in ROWS]
    (tmp_path / "said.jsonl").write_text("\n".join(map(json.dumps, responses)))
    words = (
        "gaia",
        "--data",
        data,
        "--split",
        "test",
        "--predictions",
        tmp_path / "said.jsonl",
        "--output",
        tmp_path / "out",
    )
    result = CliRunner().invoke(app, ["evaluate", *map(str, words)])
    assert result.exit_code == 0, result.output
    lines = (tmp_path / "out" / "submission.jsonl").read_text(encoding="utf-8").splitlines()
    assert [(json.loads(line)["task_id"], json.loads(line)["model_answer"]) for line in lines] == [
        (task, f"{task}!") for task, *_ in ROWS
    ]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (None, "None"),
        ("", ""),
        ("17", "17"),
        ("So, FINAL ANSWER: 17 ", "17"),
        ("FINAL ANSWER: a FINAL ANSWER: b", "b"),
        ("final answer: 17", "final answer: 17"),
    ],
)
def test_the_answer_within_what_was_said(said, answer):
    assert final_answer(said) == answer


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"task_id": ""}, "task_id", "there is none"),
        ({"Question": None}, "Question", "no text"),
        ({"Question": "What is <image>?"}, "Question", "stands for a picture"),
        ({"Level": 4}, "Level", "'4' is none of 1, 2, 3"),
        ({"Final answer": "?"}, "Final answer", "hidden"),
        ({"Final answer": None}, "Final answer", "no answer"),
        ({"file_name": "gone.pdf"}, "file_name", "there is no gone.pdf"),
        ({"file_name": "../shown.png"}, "file_name", "no name of a file"),
        ({"file_name": "broken.png"}, "file_name", "no PNG, JPEG or WebP"),
    ],
)
def test_damage_is_told_and_the_rest_is_read(tmp_path, change, field, says):
    rows = [row(*one) for one in ROWS]
    rows[1] |= change
    write(tmp_path, rows)
    (tmp_path / "2023/validation/broken.png").write_bytes(b"no picture")
    found = read(tmp_path)
    fault = found[1]
    assert isinstance(fault, Fault) and not fault.expected
    assert (fault.where, fault.field) == ("metadata.jsonl, line 2", field) and says in fault.reason
    assert [one.id for one in found if not isinstance(one, Fault)] == ["a-1", "b-1", "c-1", "c-2"]


@pytest.mark.parametrize("line", [b"{oops", b'{"task_id": "\xff"}', b"[" * 100_000])
def test_a_line_that_is_no_json_is_told(tmp_path, line):
    file = write(tmp_path) / "2023/validation/metadata.jsonl"
    file.write_bytes(line + b"\n" + file.read_bytes())
    first, *rest = read(tmp_path)
    assert (first.where, first.reason, len(rest)) == ("metadata.jsonl, line 1", "no JSON object", 5)


def test_a_number_may_be_stored_as_one(tmp_path):
    (sample,) = read(write(tmp_path, [row("x", "How many?", 1, 17, "")]))
    assert sample.truth.expected.value == "17"


def test_a_path_without_the_split_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"no metadata\.jsonl or metadata\.parquet of GAIA's test split"):
        read(tmp_path, "test")
    with pytest.raises(ValueError, match="GAIA's test split"):
        read(write(tmp_path / "other") / "2023" / "validation", "test")
    (tmp_path / "metadata.parquet").write_bytes(b"no parquet")
    with pytest.raises(ValueError, match=r"metadata\.parquet is damaged"):
        read(tmp_path)
