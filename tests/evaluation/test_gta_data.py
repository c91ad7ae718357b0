"""GTA's records: what is read of them, and what is told of damaged ones."""

import gta_records
import pytest

from tracer1.evaluation.benchmarks.gta.benchmark import BENCHMARK
from tracer1.evaluation.benchmarks.gta.data import read_queries
from tracer1.evaluation.benchmarks.gta.tools import CATEGORIES, DOES, IMAGE_TOOLS
from tracer1.plans import render_step
from tracer1.toolbox.specs import TOOLBOXES
from tracer1.trajectories import Fault


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return gta_records.write(tmp_path_factory.mktemp("gta"))


def test_what_a_turn_shows(folder):
    samples = {one.id: one for one in BENCHMARK.samples(folder, "steps")}
    first, last = samples["0/0"], samples["0/2"]
    lines = first.instruction.split("\n")
    assert lines[:3] == ["What do the apples cost?", "Attachment: image/image_0.jpg", "Tools:"]
    assert sorted(lines[3:]) == ["- Calculator(expression): Does Calculator.", "- OCR(image): Does OCR."]
    assert last.instruction.startswith(first.instruction) and "call no tool" in last.instruction
    assert last.outputs == ("OCR says so", "Calculator says so")
    assert [render_step(one) for one in last.history] == [
        'call_tool(name="OCR", arguments={"image": "image/image_0.jpg"}): I need OCR.',
        'call_tool(name="Calculator", arguments={"expression": "3*2"}): I need Calculator.',
    ]
    assert [one.action.type for one in first.future] == ["call_tool", "call_tool", "finish"]
    assert (first.platform, first.parts, len(first.observation.pictures)) == ("tool", ("objective",), 1)
    assert (first.observation.size.width, first.observation.size.height) == (8, 6)
    assert samples["3/0"].instruction.count("GoogleSearch(query, [k])") == 1


def test_what_a_task_shows(folder):
    assert "Tools:" not in next(BENCHMARK.samples(folder, "end_to_end")).instruction
    assert "- OCR(image)" in next(BENCHMARK.samples(folder, "end_to_end_own_tools")).instruction


def test_the_tools_are_those_of_the_toolbox():
    fourteen = {spec.name for spec in TOOLBOXES["gta"]}
    assert {name for tools in CATEGORIES.values() for name in tools} == fourteen and len(fourteen) == 14
    assert fourteen >= IMAGE_TOOLS
    others = {spec.name for name, specs in TOOLBOXES.items() if name != "gta" for spec in specs}
    assert set(DOES) <= others and set().union(*DOES.values()) == fourteen


def drop(*path):
    def damage(query):
        *inner, last = path
        for key in inner:
            query = query[key]
        del query[last]

    return damage


def put(value, *path):
    def damage(query):
        *inner, last = path
        for key in inner:
            query = query[key]
        query[last] = value

    return damage


@pytest.mark.parametrize(
    ("damage", "field", "says"),
    [
        (drop("dialogs"), "dialogs", "no list of turns"),
        (put([{"role": "user", "content": "?"}], "dialogs"), "dialogs", "says nothing"),
        (put("see <image>", "dialogs", 0, "content"), "dialogs[0]", "stands for a picture"),
        (put("  ", "dialogs", 0, "content"), "dialogs[0]", "no question"),
        (put("system", "dialogs", 1, "role"), "dialogs[1]", "'system'"),
        (put({"role": "user", "content": "And?"}, "dialogs", 3), "dialogs[3]", "'user'"),
        (put([], "dialogs", 1, "tool_calls"), "dialogs[1].tool_calls", "function.name"),
        (drop("dialogs", 1, "tool_calls", 0, "function", "arguments"), "dialogs[1].tool_calls", "function.arguments"),
        (put("x", "dialogs", 1, "tool_calls", 0, "function", "arguments"), "dialogs[1]", "must be a JSON object"),
        (put({"a": 1}, "dialogs", 2, "content", "content"), "dialogs[2].content", "not dict"),
        (put([{"type": "image"}], "files"), "files", "path"),
        (put([{"path": "image/none.jpg"}], "files"), "files", "No such file"),
        (put([{"path": "../x.jpg"}], "files"), "files", "within the dataset"),
        (put([{"path": "dataset.json"}], "files"), "files", "no PNG, JPEG or WebP"),
        (put([{"name": "Juggle"}], "tools"), "tools", "list of inputs"),
        (put("OCR", "tools"), "tools", "no list"),
        (put("red", "gt_answer"), "gt_answer", "needs"),
        (put({"whitelist": [[]]}, "gt_answer"), "gt_answer", "has no alias"),
        (put({"whitelist": []}, "gt_answer"), "gt_answer", "at least one group"),
        (put({"whitelist": [["red"]], "blacklist": ["x"]}, "gt_answer"), "gt_answer", "blacklist is a list"),
        (put([1], "gt_answer"), "gt_answer", "list of texts"),
    ],
)
def test_damage_is_told_and_the_rest_is_read(tmp_path, damage, field, says):
    records = gta_records.records()
    damage(records["1"])
    found = list(read_queries(gta_records.write(tmp_path, records)))
    faults = [one for one in found if isinstance(one, Fault)]
    assert len(found) == 4 and len(faults) == 1
    assert (faults[0].where, faults[0].field) == ("dataset.json, query 1", field)
    assert says in faults[0].reason and not faults[0].expected


def test_a_path_without_the_dataset_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"there is no .*dataset\.json: name the folder"):
        list(BENCHMARK.samples(tmp_path, "steps"))
    (tmp_path / "dataset.json").write_text("[]")
    with pytest.raises(ValueError, match="objects by query and by tool"):
        list(BENCHMARK.samples(tmp_path, "steps"))


def test_the_folder_around_the_dataset_will_do(tmp_path):
    gta_records.write(tmp_path / "gta_dataset")
    assert [one.id for one in BENCHMARK.samples(tmp_path, "end_to_end")] == ["0", "1", "2", "3"]
