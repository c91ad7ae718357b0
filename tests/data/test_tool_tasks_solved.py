"""Tool tasks solved with the real toolbox: examples worked out by hand, and faults."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tracer1.answers import ExpectedAnswer
from tracer1.plans import render_step
from tracer1.sandbox import unavailable
from tracer1.trajectories import Fault, Trajectory
from tracer1_data.tool_tasks.demonstrator import demonstrate
from tracer1_data.tool_tasks.documents import Document
from tracer1_data.tool_tasks.families import FAMILIES
from tracer1_data.tool_tasks.make import open_box
from tracer1_data.tool_tasks.tasks import Task

pytestmark = pytest.mark.skipif(bool(unavailable()), reason="the sandbox does not run here")

PRICES = Document("a_prices.csv", "prices", ("name", "price"), (("Tolin", 34), ("Maren", 128), ("Roven", 8)))
ORDERS = Document("b_orders.pdf", "orders", ("name", "count"), (("Maren", 3), ("Tolin", 5)))
PICTURE = Document("c_prices.png", "prices", ("name", "price"), (("Tolin", 21), ("Maren", 60)))
TIMES = Document("d_times.docx", "times", ("name", "time"), (("Tolin", 7),))
NOTE = Document("e_note.txt", "note", ("name", "value"), (("file", "a_prices.csv"),))
TOWER = Document("f_tower.html", "Fonor tower", ("name", "value"), (("file", "b_orders.pdf"),), page=True)
BRIDGE = Document("g_bridge.html", "Fonor bridge", ("name", "value"), (("guide", "h_guide.html"),), page=True)
GUIDE = Document("h_guide.html", "Tolin guide", ("name", "value"), (("opened", 1912), ("rooms", 40)), page=True)

READ = 'call_tool(name="inspect_file_as_text", arguments={"file_path": "a_prices.csv"}): Read the prices'
OCR = 'call_tool(name="ocr", arguments={"image_path": "c_prices.png"}): Read the picture'
READ_ORDERS = 'call_tool(name="inspect_file_as_text", arguments={"file_path": "b_orders.pdf"}): Read the orders'
SUM = "sum(int(line.split(',')[1]) > 30 for line in list(open('a_prices.csv'))[1:])"
CHOICE = "max((34, 'Tolin'), (8, 'Roven'))[1]"
PAIR = {"file": "a_prices.csv", "row": "Maren"}


def compute(expression: str, says: str) -> str:
    return f'call_tool(name="calculator", arguments={{"expression": "{expression}"}}): {says}'


HAND = {
    "lookup": ((PRICES,), PAIR, "128", [READ]),
    "total": ((PRICES,), {**PAIR, "other": "Roven", "sign": "+"}, "136", [READ, compute("128 + 8", "Add them")]),
    "difference": (
        (PRICES,),
        {**PAIR, "other": "Tolin", "sign": "-"},
        "94",
        [READ, compute("128 - 34", "Subtract them")],
    ),
    "ratio": ((PRICES,), {**PAIR, "other": "Roven", "sign": "/"}, "16.0", [READ, compute("128 / 8", "Divide them")]),
    "two_files": (
        (PRICES, ORDERS),
        {**PAIR, "second": "b_orders.pdf", "other": "Tolin"},
        "133",
        [READ, READ_ORDERS, compute("128 + 5", "Add them")],
    ),
    "picture": (
        (PICTURE,),
        {"file": "c_prices.png", "row": "Tolin", "other": "Maren", "sign": "+"},
        "81",
        [OCR, compute("21 + 60", "Add them")],
    ),
    "receipt": (
        (PICTURE, ORDERS),
        {"file": "c_prices.png", "second": "b_orders.pdf", "row": "Tolin"},
        "105",
        [OCR, READ_ORDERS, compute("21 * 5", "Multiply them")],
    ),
    "order": (
        (PRICES, ORDERS),
        {**PAIR, "second": "b_orders.pdf", "fee": 16},
        "400",
        [READ, READ_ORDERS, compute("128 * 3", "Multiply them"), compute("384 + 16", "Add the fee")],
    ),
    "follow": (
        (NOTE, PRICES),
        {"file": "e_note.txt", "row": "Tolin"},
        "34",
        ['call_tool(name="inspect_file_as_text", arguments={"file_path": "e_note.txt"}): Read the note', READ],
    ),
    "find": (
        (TOWER, ORDERS),
        {"topic": "Fonor tower", "row": "Tolin"},
        "5",
        ['call_tool(name="search", arguments={"query": "Fonor tower", "k": 1}): Search for it', READ_ORDERS],
    ),
    "age": (
        (BRIDGE, GUIDE),
        {"topic": "Fonor bridge", "row": "opened", "year": 2020},
        "108",
        [
            'call_tool(name="search", arguments={"query": "Fonor bridge", "k": 1}): Search for it',
            'call_tool(name="visit_page", arguments={"url": "h_guide.html"}): Open the guide',
            compute("2020 - 1912", "Subtract them"),
        ],
    ),
    "count": (
        (PRICES,),
        {"file": "a_prices.csv", "limit": 30},
        "2",
        [f'call_tool(name="python", arguments={{"code": "{SUM}"}}): Count the rows'],
    ),
    "compare": (
        (PRICES,),
        {"file": "a_prices.csv", "row": "Tolin", "other": "Roven"},
        "Tolin",
        [READ, f'call_tool(name="python", arguments={{"code": "{CHOICE}"}}): Choose the larger'],
    ),
    "convert": (
        (TIMES,),
        {"file": "d_times.docx", "row": "Tolin", "factor": 60},
        "420",
        [
            'call_tool(name="inspect_file_as_text", arguments={"file_path": "d_times.docx"}): Read the times',
            compute("7 * 60", "Convert it"),
        ],
    ),
}


def by_hand(family: str) -> Task:
    documents, asks, wanted, _ = HAND[family]
    rule = "text" if family == "compare" else "gaia"
    return Task(family, "train", family, f"A task of {family}", documents, asks, ExpectedAnswer(rule, wanted))


LOOKUP = by_hand("lookup")
CUT = Document("i_times.docx", "times", ("name", "time"), (("Tolin", 7),))
CUT_PICTURE = replace(PICTURE, name="j_prices.png")
GONE_PICTURE = replace(PICTURE, name="k_prices.png")
FAULTY = {
    "wrong answer": replace(LOOKUP, expected=ExpectedAnswer("gaia", "129")),
    "value not found": replace(LOOKUP, asks={"file": "a_prices.csv", "row": "Bamon"}),
    "no such file": replace(LOOKUP, asks={"file": "nowhere.csv", "row": "Tolin"}),
    "outside": replace(LOOKUP, asks={"file": "../pages/f_tower.html", "row": "Tolin"}),
    "damaged": replace(LOOKUP, documents=(CUT,), asks={"file": CUT.name, "row": "Tolin"}),
    "cut picture": replace(by_hand("picture"), documents=(CUT_PICTURE,)),
    "no picture": replace(by_hand("picture"), documents=(GONE_PICTURE,)),
}


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trajectory | Fault]:
    """What came of every task, by family or fault, in one toolbox."""
    tasks = {family: by_hand(family) for family in FAMILIES} | FAULTY
    folder = tmp_path_factory.mktemp("hand")
    for name in ("files", "pages"):
        (folder / name).mkdir()
    for task in tasks.values():
        for name, document in zip(task.files, task.documents, strict=True):
            (folder / name).write_bytes(document.encode())
    for name in (CUT.name, CUT_PICTURE.name):
        (folder / "files" / name).write_bytes((folder / "files" / name).read_bytes()[:200])
    (folder / "files" / GONE_PICTURE.name).unlink()

    async def run() -> list[Trajectory | Fault]:
        async with open_box(folder) as box:
            return [await demonstrate(task, box, folder, seed=5) for task in tasks.values()]

    return dict(zip(tasks, asyncio.run(run()), strict=True))


@pytest.mark.parametrize("family", FAMILIES)
def test_what_was_done_is_what_one_would_do_by_hand(family: str, solved: dict[str, Trajectory | Fault]) -> None:
    found, (_, _, wanted, steps) = solved[family], HAND[family]
    assert isinstance(found, Trajectory), found
    assert [render_step(step.step) for step in found.steps] == [*steps, f'finish(answer="{wanted}"): Give the answer']
    assert (found.source, found.platform, found.task, found.seed) == ("tool_tasks", "tool", family, 5)
    assert found.complete and 2 <= len(found.steps) <= 5


def test_expected_answers_are_what_the_tools_returned(solved: dict[str, Trajectory | Fault]) -> None:
    read, orders, multiply, add, finish = solved["order"].steps
    assert read.answer == ExpectedAnswer("text", read.output) and "| Maren | 128 |" in read.output
    assert read.answer.matches(read.output.replace("\n", "  ")) and not read.answer.matches(orders.output)
    assert multiply.answer == ExpectedAnswer("gaia", "384") and multiply.answer.matches("384.0")
    assert add.answer.matches("400") and not add.answer.matches("401")
    assert finish.answer is None and finish.output == ""
    choose = solved["compare"].steps[1]
    assert choose.answer == ExpectedAnswer("text", "Tolin") and not choose.answer.matches("Roven")
    assert json.loads(solved["picture"].steps[0].output) == ["prices", "Tolin: 21", "Maren: 60"]


def test_only_pictures_are_seen(solved: dict[str, Trajectory | Fault]) -> None:
    for family in FAMILIES:
        found = solved[family]
        seen = found.steps[0].observation
        assert bool(seen.screenshot) == (family in ("picture", "receipt")), family
        assert [Path(path).name for path in seen.paths] == (["c_prices.png"] if seen.screenshot else [])
    assert solved["picture"].steps[0].observation.screenshot == PICTURE.encode()


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [
        ("wrong answer", "wrong answer", "lead to '128', the documents say '129'"),
        ("value not found", "value not found", "'Bamon' is 0 times"),
        ("no such file", "tool refused", "nowhere.csv"),
        ("outside", "tool refused", "f_tower.html"),
        ("damaged", "tool refused", "damaged"),
        ("cut picture", "unreadable image", "j_prices.png': the picture is cut off"),
        ("no picture", "missing image", "k_prices.png"),
    ],
)
def test_faults_are_named(name: str, kind: str, reason: str, solved: dict[str, Trajectory | Fault]) -> None:
    fault = solved[name]
    assert isinstance(fault, Fault) and fault.kind == kind and reason in str(fault), fault
