"""Names and arguments of the published tools, as their repositories have them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tracer1.toolbox.local import LOCAL
from tracer1.toolbox.specs import PYTHON, TOOLBOXES, specs_of
from tracer1_data.sources.mm_traj_code import TOOLS

# open-compass/GTA: agentlego/benchmark_toollist.txt, and the signatures of the tools' `apply`.
GTA = """Calculator(expression) GoogleSearch(query, [k]) Plot(command) Solver(command) OCR(image) ImageDescription(image)
TextToBbox(image, text, [top1]) CountGivenObject(image, text, [bbox]) MathOCR(image) DrawBox(image, bbox, [annotation])
AddText(image, text, position, [color]) TextToImage(keywords) ImageStylization(image, instruction)
RegionAttributeDescription(image, bbox, attribute)"""
OURS = {"inspect_file_as_text": ("start",), "visit_page": ("start",)}


def test_gta_has_its_fourteen_tools():
    assert " ".join(spec.signature for spec in specs_of("gta")) == " ".join(GTA.split())


def test_t3_agent_has_the_arguments_of_its_trajectories():
    """The reader of MM-Traj has the parameters in the order of T3-Agent's code."""
    specs = {spec.name: spec for name in ("t3_agent", "t3_agent_web") for spec in TOOLBOXES[name] if spec != PYTHON}
    assert {
        name: tuple(one.name for one in spec.parameters if one.name not in OURS.get(name, ()))
        for name, spec in specs.items()
    } == TOOLS


def test_gaia_agent_has_three_tools_and_code():
    assert {spec.name for spec in specs_of("t3_agent_gaia")} == {
        "visualizer",
        "inspect_file_as_text",
        "ask_search_agent",
        "python",
    }


def test_all_local_tools_run_here():
    assert {spec.name for spec in specs_of("local")} <= LOCAL.keys()
    assert LOCAL.keys() <= {spec.name for specs in TOOLBOXES.values() for spec in specs}


@pytest.mark.parametrize("name", list(TOOLBOXES))
def test_a_name_means_one_tool_and_says_what_it_is_for(name):
    specs = specs_of(name)
    assert len({spec.name for spec in specs}) == len(specs)
    assert all(spec.says and spec.returns and all(one.says for one in spec.parameters) for spec in specs)


def test_an_unknown_toolbox_names_those_that_exist():
    with pytest.raises(ValueError, match=r"'gat'.*t3_agent, t3_agent_gaia, t3_agent_web, gta, local"):
        specs_of("gat")


def test_specs_load_nothing_heavy():
    code = (
        "import sys, tracer1.toolbox.specs; print({'numpy', 'PIL', 'httpx', 'markitdown', 'bm25s'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
