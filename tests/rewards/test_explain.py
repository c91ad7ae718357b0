"""``explain``: what it shows adds up to the score, names the first failure, and says in one line what is wrong with the input."""

import io
import json
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from PIL import Image
from typer.testing import CliRunner

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.plans import Step
from tracer1.trajectories import Element, Observation, RecordedStep, Trajectory
from tracer1_data.rows import to_row, write_rows
from tracer1_data.settings import RowSettings
from tracer1_data.windows import window
from tracer1_rewards.__main__ import app

SAVE = Box(10, 100, 50, 120, "pixel")
ELEMENTS = (Element("button", "Save", SAVE), Element("button", "Cancel", Box(60, 100, 100, 120, "pixel")))
STEPS = (Step(Action("click"), "Click Save"), Step(Action("type", {"text": "bob"}), "Enter the name"))
REFERENCE = '1. click(): Click Save\n2. type(text="bob"): Enter the name\n3. finish(): Done'
PAPER = ("--set", "preset=paper", "--set", "discount=0.5")
runner = CliRunner()


@pytest.fixture
def rows(tmp_path):
    """Row 0: click Save, type bob, finish. Row 1: type bob, finish."""
    picture = io.BytesIO()
    Image.new("RGB", (160, 210), "white").save(picture, "PNG")
    seen = Observation(picture.getvalue(), Size(160, 210), ELEMENTS)
    steps = tuple(RecordedStep(seen, step, box) for step, box in zip(STEPS, (SAVE, None), strict=True))
    trajectory = Trajectory("test", "test/0", "Save as bob", "web", steps, task="save")
    instances = window(trajectory, horizon=4, history=1)
    path = tmp_path / "rows.parquet"
    write_rows(
        [to_row(instance, n, RowSettings(horizon=4, style="compact")) for n, instance in enumerate(instances)], path
    )
    return path


def explain(*arguments, text=None):
    given = () if text is None else ("--response", "-")
    result = runner.invoke(app, ["explain", *map(str, arguments), *given, "--json"], input=text)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(*arguments, command="explain"):
    result = runner.invoke(app, [command, *map(str, arguments)])
    assert result.exit_code == 2 and result.stdout == "" and result.stderr.count("\n") == 1, result.output
    return result.stderr


def test_the_reference_scores_the_maximum(rows):
    told = explain("--rows", rows)
    assert told["score"] == pytest.approx(1) and told["maximum"] == 1 and told["failure"] == ""
    assert told["reading"]["status"] == "ok" and told["reading"]["thought_words"] == 0 and told["missing"] == {}


def test_every_number_is_the_formula_s(rows):
    # discounts 1, 1/2, 1/4 sum to 7/4; "bab" for "bob": 1/2 + 1/2 * 2/3 = 5/6; the third step is cut off
    text = 'Let me see.\n1. click(): Click Save\n2. type(text="bab"): Enter the name\n3. fini'
    told = explain("--rows", rows, *PAPER, text=text)
    first, second = told["steps"]
    assert (first["reference"], first["operation"], first["repeated"]) == (1, 1, False)
    assert first["weight"] == pytest.approx(4 / 7) and first["adds"] == pytest.approx(4 / 7)
    assert second["operation"] == pytest.approx(5 / 6) and second["adds"] == pytest.approx(2 / 7 * 5 / 6)
    assert told["score"] == pytest.approx(17 / 21) and told["components"]["alignment"] == pytest.approx(17 / 21)
    assert told["missing"] == {"3": "finish(): Done"} and told["format_share"] == 0
    assert told["failure"] == 'step 2: another argument: text "bab" where "bob" was expected'
    reading = told["reading"]
    assert (reading["status"], reading["thought_words"], reading["after"]) == ("truncated", 3, "3. fini")
    assert told["arithmetic"][:2] == [
        "sum of discounts: 1 + 0.5 + 0.25 = 1.75",
        "alignment: (1×1 + 0.5×0.833333) / 1.75 = 0.809524",
    ]
    assert told["arithmetic"][-1] == "score: (1×0.809524 − 0.5×0 + 0×0) / (1 + 0) = 0.809524"


RESPONSES = [
    (REFERENCE + "\nthat is all", "reading stops after step 3: text follows the plan"),
    (REFERENCE[:-6], "the text ends within step 3"),
    (REFERENCE.replace("2. type", "2. typo"), "reading stops after step 1: unknown action 'typo'"),
    (REFERENCE.replace("click", "hover"), "step 1: another action type: hover where click was expected"),
    (REFERENCE.replace("Save", "it"), "step 1: another instruction: 'Click it' where 'Click Save' was expected"),
    (REFERENCE[: REFERENCE.index("\n3")], "step 3 of the reference is missing: the plan has 2 steps"),
    (REFERENCE.replace("3. finish(): Done", "3. click(): Click Save"), "step 1 is right but is repeated in step 3"),
    (REFERENCE + "\n4. wait(): Wait", "step 4 is one too many: the reference has 3 steps"),
    ("I do not know", "there is no plan: no line is a step"),
    ("<think>" + REFERENCE, "there is no plan: the thought was never closed"),
    ("1. click(", "the text ends within step 1"),
]


@pytest.mark.parametrize(("text", "failure"), RESPONSES)
def test_the_first_failure_is_named_and_the_steps_add_up(rows, text, failure):
    told = explain("--rows", rows, text=text)
    assert told["failure"].startswith(failure)
    assert sum(step["adds"] for step in told["steps"]) + told["format_share"] == pytest.approx(told["score"])
    assert told["score"] < 1


def test_a_missing_step_in_monotone_alignment(rows):
    told = explain("--rows", rows, "--set", "alignment=monotone", text='1. type(text="bob"): Enter the name')
    assert told["steps"][0]["reference"] == 2 and told["missing"].keys() == {"1", "3"}
    assert told["failure"] == "step 1 of the reference is missing: the plan's step 1 is compared with step 2"


def test_stage_2_shows_the_execution(rows):
    told = explain("--rows", rows, "--stage", 2, text="1. click(): Click Cancel\n2. finish(): Done")
    done = told["execution"]
    assert (done["status"], done["point"], done["in_box"]) == ("ok", [80, 110], False)
    assert done["box"] == [10, 100, 50, 120]
    assert told["failure"] == "step 1: the executor's point (80, 110) is outside the target box"
    assert told["score"] == pytest.approx(0.1 / 1.1) == told["format_share"]
    told = explain("--rows", rows, "--row", 1, "--stage", 2, text='1. type(text="bob"): x')
    assert told["execution"]["answer"] == "type: bob" and told["execution"]["in_box"] is None
    assert told["score"] == pytest.approx(1) and told["failure"] == ""
    assert told["steps"][0]["adds"] == pytest.approx(1 / 1.1)
    refusal = explain("--rows", rows, "--stage", 2, text="1. click(): Ponder the moon")
    assert refusal["execution"]["status"] == "refused" and "the executor refuses" in refusal["failure"]
    assert explain("--rows", rows, "--stage", 2, text="none")["execution"] is None


def test_a_dump_line_has_its_own_output_and_score(rows, tmp_path):
    truth = pq.read_table(rows).to_pylist()[0]["reward_model"]["ground_truth"]
    dump = tmp_path / "7.jsonl"
    entry = {"input": "Plan:<think>\n", "output": REFERENCE, "gts": truth, "score": 0.25, "step": 7}
    dump.write_text("\n" + json.dumps(entry) + "\n", encoding="utf-8")
    told = explain("--dump", dump, "--line", 2)
    assert told["recorded"] == 0.25 and told["failure"] == "there is no plan: the thought was never closed"
    assert explain("--dump", dump, "--line", 2, text=f"so</think>\n{REFERENCE}")["score"] == pytest.approx(1)
    dump.write_text(json.dumps(entry | {"gts": None}), encoding="utf-8")
    assert f"{dump}, line 1: lacks the text field gts" in refused("--dump", dump)
    assert "has 1 lines, counted from 1, so there is no line 9" in refused("--dump", dump, "--line", 9)
    dump.write_text(json.dumps(entry | {"gts": '{"version": 9}'}), encoding="utf-8")
    assert f"{dump}, line 1, gts: ground_truth has version 9" in refused("--dump", dump)


def test_the_terminal_shows_it_all(rows, tmp_path):
    answer = tmp_path / "answer.txt"
    answer.write_text("1. click(): Click Save\n2. wa\x1b[31m", encoding="utf-8")
    result = runner.invoke(app, ["explain", "--rows", str(rows), "--response", str(answer), *PAPER])
    assert result.exit_code == 0 and "⟪stopped here⟫2. wa\\x1b[31m" in result.stdout
    for part in ("1. click(): Click Save", "+0.5714", "step 2 of the reference", "score 0.5714 of at most 1.0000"):
        assert part in result.stdout
    assert "first rule that failed: reading stops after step 1" in result.stdout
    assert "inside the target box" in runner.invoke(app, ["explain", "--rows", str(rows), "--stage", "2"]).stdout


def test_bad_input_is_one_line(rows, tmp_path):
    assert "there is no row 2: change --row" in refused("--rows", rows, "--row", 2)
    assert "there is no row -1" in refused("--rows", rows, "--row=-1")
    assert "No such file" in refused("--rows", tmp_path / "none.parquet")
    assert "give either --rows" in refused()
    assert "unknown reward setting discont" in refused("--rows", rows, "--set", "discont=1")
    assert "--set discount=much: a number is needed" in refused("--rows", rows, "--set", "discount=much")
    assert "--set repetition_weight=nan: a number" in refused("--rows", rows, "--set", "repetition_weight=nan")
    assert "--set thinking=maybe: write true or false" in refused("--rows", rows, "--set", "thinking=maybe")
    assert "write NAME=VALUE" in refused("--rows", rows, "--set", "discount")
    assert "discount must be in (0, 1]" in refused("--rows", rows, "--set", "discount=2")
    assert "unknown executor 'me'" in refused("--rows", rows, "--set", "executor=me", "--stage", 2)
    assert "none.txt: cannot be read (No such file" in refused("--rows", rows, "--response", tmp_path / "none.txt")
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 no")
    assert f"{broken}: not a readable Parquet file" in refused("--rows", broken)
    broken.write_bytes(b"\xff")
    assert "the response is not UTF-8" in refused("--rows", rows, "--response", broken)


def test_neither_torch_nor_ray_nor_verl_is_imported(rows):
    program = (
        "import runpy, sys\n"
        f"sys.argv = ['x', 'explain', '--rows', {str(rows)!r}, '--stage', '2', '--json']\n"
        "try:\n    runpy.run_module('tracer1_rewards', run_name='__main__')\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "print([name for name in ('torch', 'ray', 'verl', 'transformers') if name in sys.modules])\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.endswith("}\n[]\n")
