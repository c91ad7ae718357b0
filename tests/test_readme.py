"""What README says is so: its numbers are those of the committed record, its commands exist."""

import re
import subprocess
from pathlib import Path

import pytest

from tracer1.files import read_json
from tracer1.report.table import markdown

HOME = Path(__file__).parents[1]
README = (HOME / "README.md").read_text(encoding="utf-8")
SCRIPTS = sorted(set(re.findall(r"\b(?:recipes|tests)/\w+\.sh", README)))


def test_the_results_are_those_of_the_record() -> None:
    assert markdown(read_json(HOME / "examples" / "quickstart" / "report.json")) in README


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_exist_and_parse(script: str) -> None:
    subprocess.run(["bash", "-n", HOME / script], check=True)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`((?!runs/)(?:\w+/)+[\w.]*)`", README))))
def test_named_places_exist(name: str) -> None:
    assert (HOME / name).exists()
