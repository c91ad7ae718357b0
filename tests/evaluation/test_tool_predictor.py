"""The agent of the tool benchmarks: a real planner server on loopback, the real loop, and small tools that work."""

import asyncio
import json
import shutil

import gta_records
import pytest
from PIL import Image, ImageDraw, ImageFont
from tool_planner_server import serving

from tracer1.evaluation.benchmarks.gta.benchmark import BENCHMARK
from tracer1.evaluation.harness.tool_predictor import ToolPredictor
from tracer1.executors.base import Execution
from tracer1.executors.toolbox import toolbox_executor
from tracer1.planner import Planner, PlannerSettings
from tracer1.sandbox import unavailable

SETTINGS = PlannerSettings(style="compact", platform="tool", retries=0)


class Tools:
    """Two tools: one reads, one adds up what it is given; ``broken`` is a tool whose server is down."""

    name = "tools"

    async def execute(self, observation, step):
        arguments = step.action.arguments.get("arguments", {})
        match step.action.arguments.get("name"):
            case "OCR":
                return Execution("ok", answer="3 apples at 2 dollars")
            case "Calculator" if "expression" in arguments:
                return Execution("ok", answer=str(product(arguments["expression"])))
            case "broken":
                return Execution("failed", detail="its server is down")
        return Execution("refused", detail="there is no such tool, or it was not given what it needs")


def product(expression):
    left, right = expression.split("*")
    return int(left) * int(right)


def call(name, **arguments):
    return f'1. call_tool(name="{name}", arguments={json.dumps(arguments)}): Use {name}\n2. finish(answer="?"): Guess'


def good(task, done):
    """Reads, then calculates from what it read, then answers with what was calculated."""
    if not done:
        return call("OCR", image="image/image_0.jpg")
    said = done[-1].split(" => ")[1]
    if len(done) == 1:
        number, price = (word for word in said.split() if word.isdigit())
        return call("Calculator", expression=f"{number}*{price}")
    return f'1. finish(answer="{said} dollars"): Give the answer'


def predict(model, tmp_path, split="end_to_end", sample="0", max_turns=10):
    samples = {one.id: one for one in BENCHMARK.samples(gta_records.write(tmp_path), split)}

    async def ask(url):
        async with Planner(url, "m", SETTINGS) as planner:
            return await ToolPredictor(planner, Tools(), {"model": "m"}, max_turns).predict(samples[sample])

    with serving(model) as server:
        prediction = asyncio.run(ask(server.url))
    return prediction, samples[sample], server


def test_a_task_is_played_to_its_end_and_scored(tmp_path):
    prediction, sample, server = predict(good, tmp_path)
    assert (prediction.status, prediction.answer, prediction.detail) == ("ok", "6 dollars", "finished")
    assert prediction.calls == (
        {"name": "OCR", "arguments": {"image": "image/image_0.jpg"}, "status": "ok", "output": "3 apples at 2 dollars"},
        {"name": "Calculator", "arguments": {"expression": "3*2"}, "status": "ok", "output": "6"},
    )
    assert server.pictures == [1, 1, 1]
    assert "=> 3 apples at 2 dollars" in prediction.text and prediction.seconds > 0
    marks = BENCHMARK.judge(sample, prediction, "t3_agent").marks
    assert marks == {"AnsAcc": 1, "AnsAccAll": 1, "found": 3, "needed": 3, "worked": 2, "tried": 2}


def test_a_refused_call_is_told_and_the_task_goes_on(tmp_path):
    def model(task, done):
        if len(done) == 1:
            assert done[0].endswith("=> Error: there is no such tool, or it was not given what it needs")
            return '1. finish(answer="6"): Give up'
        return call("Calculator")

    prediction, sample, _ = predict(model, tmp_path)
    assert (prediction.status, prediction.answer) == ("ok", "6")
    assert [one["status"] for one in prediction.calls] == ["refused"]
    assert BENCHMARK.judge(sample, prediction, "gta").marks["worked"] == 0


@pytest.mark.parametrize(
    ("said", "status", "detail", "calls"),
    [
        ("I do not know", "unreadable", "unparsable", 0),
        (call("Nothing"), "refused", "refused", 3),
        (call("OCR"), "ok", "step_limit", 4),
        ("1. click(): Click it", "refused", "refused", 0),
        ("1. finish(): Done", "ok", "finished", 0),
    ],
)
def test_how_a_task_may_end_without_an_answer(tmp_path, said, status, detail, calls):
    prediction, sample, _ = predict(lambda *_: said, tmp_path, max_turns=4)
    assert (prediction.status, prediction.answer, prediction.detail) == (status, None, detail)
    assert len(prediction.calls) == calls
    assert BENCHMARK.judge(sample, prediction, "t3_agent").marks["AnsAcc"] == 0


def test_a_tool_or_a_server_that_does_not_work_is_no_wrong_answer(tmp_path):
    prediction, *_ = predict(lambda *_: call("broken"), tmp_path)
    assert prediction.status == "failed" and "its server is down" in prediction.detail
    prediction, *_ = predict(lambda *_: None, tmp_path)
    assert prediction.status == "failed" and "answered 500" in prediction.detail


def test_a_tool_answer_that_cannot_be_sent_is_no_wrong_answer(tmp_path):
    class Marks(Tools):
        async def execute(self, observation, step):
            return Execution("ok", answer="it shows <image>")

    async def ask(url, sample):
        async with Planner(url, "m", SETTINGS) as planner:
            return await ToolPredictor(planner, Marks(), {}).predict(sample)

    sample = next(BENCHMARK.samples(gta_records.write(tmp_path), "end_to_end"))
    with serving(good) as server:
        prediction = asyncio.run(ask(server.url, sample))
    assert prediction.status in ("failed", "ok")


def test_a_turn_of_the_reference_is_planned_and_not_played(tmp_path):
    seen = []

    def model(task, done):
        seen.append(done)
        return call("broken", expression="3*2")

    prediction, *_ = predict(model, tmp_path, "steps", "0/1")
    assert (prediction.status, prediction.action.arguments["name"], prediction.calls) == ("ok", "broken", ())
    assert [line.split(" => ")[1] for line in seen[0]] == ["OCR says so"]
    prediction, *_ = predict(lambda *_: "nothing", tmp_path, "steps", "0/1")
    assert prediction.status == "unreadable"


@pytest.mark.skipif(bool(unavailable()) or not shutil.which("tesseract"), reason="needs the sandbox and tesseract")
def test_gtas_own_tools_read_the_picture_and_calculate(tmp_path):
    folder = gta_records.write(tmp_path)
    picture = Image.new("RGB", (600, 200), "white")
    ImageDraw.Draw(picture).text((20, 60), "3 apples 2 dollars", fill="black", font=ImageFont.load_default(48))
    picture.save(folder / "image/image_0.jpg")
    sample = next(BENCHMARK.samples(folder, "end_to_end"))
    tools = toolbox_executor(toolbox="gta", files=str(folder), workers=1)

    def model(task, done):
        if not done:
            return call("OCR", image="image/image_0.jpg")
        if len(done) == 1:
            number, price = done[0].rpartition(") ")[2].split()[::2]  # (22, 71, 395, 116) 3 apples 2 dollars
            return call("Calculator", expression=f"{number}*{price}")
        return f'1. finish(answer="{done[1].split(" => ")[1]}"): Give the answer'

    async def ask(url):
        async with Planner(url, "m", SETTINGS) as planner:
            return await ToolPredictor(planner, tools, {}).predict(sample)

    try:
        with serving(model) as server:
            prediction = asyncio.run(ask(server.url))
    finally:
        asyncio.run(tools.close())
    assert [(one["name"], one["status"]) for one in prediction.calls] == [("OCR", "ok"), ("Calculator", "ok")]
    marks = BENCHMARK.judge(sample, prediction, "gta").marks
    assert (marks["AnsAcc"], marks["P_found"], marks["L_found"]) == (1, 1, 1)


def test_identity_and_limits():
    assert ToolPredictor(None, Tools(), {"model": "m"}, 3).identity == {"model": "m", "max_turns": 3}
    with pytest.raises(ValueError, match="max_turns must be at least 1"):
        ToolPredictor(None, Tools(), {}, 0)
