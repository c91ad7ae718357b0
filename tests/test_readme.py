"""What README says is so: its numbers are those of the committed record, its commands exist."""

import re
import subprocess
from pathlib import Path

import pytest

from tracer1.evaluation.harness import compare_table
from tracer1.evaluation.harness.compare import compare
from tracer1.files import read_json
from tracer1.report.table import markdown

HOME = Path(__file__).parents[1]
README = (HOME / "README.md").read_text(encoding="utf-8")
CARDS = ("warm_start", "stage1", "stage2", "stage2_commit2", "stage2_commit4", "stage2_adaptive")
SCRIPTS = sorted(set(re.findall(r"\b(?:recipes|tests)/\w+\.sh", README)))


@pytest.mark.parametrize("name", ["quickstart", "quickstart_tool"])
def test_the_results_are_those_of_the_record(name: str) -> None:
    assert markdown(read_json(HOME / "examples" / name / "report.json")) in README


def test_the_benchmark_is_that_of_its_cards() -> None:
    cards = [HOME / "examples" / "quickstart" / "miniwob" / name for name in CARDS]
    assert compare_table.markdown(compare(cards)) in README


def test_the_step_is_as_quick_as_measured() -> None:
    step = read_json(HOME / "examples" / "quickstart" / "step.json")["seconds"]["step"]
    assert f"{step['median']:.1f} seconds ({step['least']:.1f} to {step['most']:.1f})" in README


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_exist_and_parse(script: str) -> None:
    subprocess.run(["bash", "-n", HOME / script], check=True)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`((?!runs/)(?:\w+/)+[\w.]*)`", README))))
def test_named_places_exist(name: str) -> None:
    assert (HOME / name).exists()
