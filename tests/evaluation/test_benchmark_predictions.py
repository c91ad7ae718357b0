"""Who predicts: a planner on a real loopback server, with and without an executor, and files of predictions."""

import asyncio
import json
from dataclasses import replace

import pytest
from toy_benchmark import BOX, INSIDE, SIZE, answer, make_sample, planner_server

from tracer1.actions import Action
from tracer1.coordinates import Point
from tracer1.evaluation.harness.predictors import FilePredictions, PlannerPredictor, identity_of
from tracer1.executors import load_executor
from tracer1.executors.base import Execution
from tracer1.planner import Planner, PlannerSettings
from tracer1.trajectories import Element, Observation

SETTINGS = PlannerSettings(style="compact", history=2, seconds=5, retries=0)
SAMPLE = make_sample(2, 3, 6)


class Finds:
    """An executor that gives what it is told to, and keeps what it was asked."""

    name = "finds"

    def __init__(self, execution):
        self.execution, self.asked = execution, []

    async def execute(self, observation, step):
        self.asked.append(step)
        return self.execution


def _predict(text, executor=None, sample=SAMPLE, failures=None):
    async def ask(url):
        async with Planner(url, "m", SETTINGS) as planner:
            return await PlannerPredictor(planner, executor, {}).predict(sample)

    model = text if callable(text) else lambda *_: text
    with planner_server(model, failures) as server:
        return asyncio.run(ask(server.url)), server.requests


def test_a_planner_alone_counts_with_its_own_point_and_sees_the_prompt_of_training():
    prediction, requests = _predict(lambda task, done, number: answer(task, ["x"] * 3, number))
    assert (prediction.status, prediction.action) == ("ok", Action("click", {"point": INSIDE}))
    assert [step.action.type for step in prediction.plan] == ["click", "click", "finish"]
    (text,) = [part["text"] for part in requests[0]["messages"][-1]["content"] if part["type"] == "text"]
    done = "- click(): Press the button, time 2\n- click(): Press the button, time 3"
    assert text == f"Task: Episode 2: press 5 times\nDone:\n{done}\nPlan:"


def test_an_executor_finds_the_place_in_thousand_not_rounded():
    finds = Finds(Execution("ok", Point(13, 7, "pixel")))
    prediction, _ = _predict("1. click(point=[1, 1]): Press the button\n2. finish(): Done", finds)
    assert prediction.action == Action("click", {"point": [325.0, 350.0]})
    assert finds.asked[0].instruction == "Press the button"
    element = Element("button", "Press me", BOX)
    seen = replace(SAMPLE, observation=replace(SAMPLE.observation, elements=(element,)))
    prediction, _ = _predict("1. click(): Press the button Press me", load_executor("accessibility"), seen)
    assert prediction.action == Action("click", {"point": [375.0, 375.0]})


@pytest.mark.parametrize("platform, asked", [("web", "click"), ("mobile", None)])
def test_typing_names_an_element_on_the_web_only(platform, asked):
    finds = Finds(Execution("ok", Point(20, 10, "pixel")))
    prediction, _ = _predict('1. type(text="a"): Type a into the field', finds, replace(SAMPLE, platform=platform))
    assert [step.action.type for step in finds.asked] == ([asked] if asked else [])
    assert prediction.action == Action("type", {"text": "a"} | ({"point": [500.0, 500.0]} if asked else {}))


@pytest.mark.parametrize(
    "text, execution, status",
    [
        ("I would rather not", None, "unreadable"),
        ("1. click(): Go", Execution("refused", detail="nothing there"), "refused"),
        ("1. click(): Go", Execution("failed", detail="down"), "failed"),
        ("1. click(): Go", Execution("timed_out"), "timed_out"),
        ("1. click(): Go", Execution("ok", Point(41, 3, "pixel")), "refused"),
        ("1. click(): Go", Execution("ok"), "refused"),
        ('1. select(value="x"): Choose x', Execution("refused"), "ok"),
        ("1. finish(): Done", Execution("failed"), "ok"),
    ],
)
def test_status(text, execution, status):
    prediction, _ = _predict(text, Finds(execution) if execution else None)
    assert prediction.status == status
    assert prediction.text == text


def test_what_a_server_does_is_no_exception():
    prediction, _ = _predict("1. finish(): Done", failures=[500])
    assert (prediction.status, prediction.action) == ("failed", None)
    assert "made to fail with 500" in prediction.detail
    prediction, requests = _predict("1. finish(): Done", sample=replace(SAMPLE, instruction="Find <image>"))
    assert prediction.status == "failed" and "<image>" in prediction.detail and not requests


def test_the_identity_changes_with_everything_that_decides_a_prediction():
    tools = replace(SETTINGS, tools=("ocr(image): read",))
    others = [
        identity_of(settings, "w")
        for settings in (
            SETTINGS,
            replace(SETTINGS, horizon=3),
            replace(SETTINGS, history=1),
            replace(SETTINGS, style="full"),
            replace(SETTINGS, style="full", tools=tools.tools),
            replace(SETTINGS, temperature=1.0),
            replace(SETTINGS, seed=1),
            replace(SETTINGS, max_tokens=9),
            replace(SETTINGS, thinking=True),
        )
    ]
    others += [identity_of(SETTINGS, "other"), identity_of(SETTINGS, "w", {"name": "ui_tars"})]
    assert len({json.dumps(one, sort_keys=True) for one in others}) == len(others)
    assert identity_of(replace(SETTINGS, seconds=1, retries=9, platform="mobile"), "w") == others[0]


def _file(tmp_path, *lines):
    path = tmp_path / "answers.jsonl"
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


@pytest.mark.parametrize(
    "form, response, action",
    [
        ("plan", "1. click(point=[375, 375]): Go", Action("click", {"point": [375, 375]})),
        ("ui_tars", "Thought: t\nAction: click(start_box='(375,375)')", Action("click", {"point": [375, 375]})),
        ("os_atlas", "actions:\nCLICK <point>[[375,375]]</point>", Action("click", {"point": [375, 375]})),
        ("ui_tars", "nothing of the kind", None),
        ("plan", "", None),
    ],
)
def test_a_file_in_any_form(tmp_path, form, response, action):
    predictions = FilePredictions(_file(tmp_path, {"id": SAMPLE.id, "response": response}, ""), form)
    found = asyncio.run(predictions.predict(SAMPLE))
    assert (found.status, found.action) == ("ok" if action else "unreadable", action)
    assert found.text == response


def test_a_form_may_depend_on_the_platform_and_on_the_size(tmp_path):
    call = '<tool_call>{"name": "%s", "arguments": {"action": "%s", "coordinate": [500, 250]}}</tool_call>'
    for platform, name, action in (("mobile", "mobile_use", "click"), ("desktop", "computer_use", "left_click")):
        path = _file(tmp_path, {"id": SAMPLE.id, "response": call % (name, action)})
        found = asyncio.run(FilePredictions(path, "qwen3_vl").predict(replace(SAMPLE, platform=platform)))
        assert found.status == "ok", found.detail
        assert found.action.type == "click"
    path = _file(tmp_path, {"id": SAMPLE.id, "response": "Action: click(start_box='(0,0)')"})
    found = asyncio.run(FilePredictions(path, "ui_tars_1_5").predict(SAMPLE))
    assert found.action == Action("click", {"point": [0, 0]})
    assert SIZE.width == 40


def test_a_form_that_cannot_be_scored_is_an_error_and_no_zero(tmp_path):
    """A tool task without a picture in a language of screens; and an executor that would be told on the card and never asked."""
    path = _file(tmp_path, {"id": SAMPLE.id, "response": "Action: finished()"})
    blind = replace(SAMPLE, observation=Observation(b"", None, platform="tool"))
    with pytest.raises(ValueError, match=r"e2/3 has no screenshot, which ui_tars is about: .*form plan"):
        asyncio.run(FilePredictions(path, "ui_tars").predict(blind))
    with pytest.raises(ValueError, match="form ui_tars say the place themselves: give no --executor"):
        FilePredictions(path, "ui_tars", Finds(None))


@pytest.mark.parametrize(
    "lines, problem",
    [
        ([], r"answers\.jsonl is empty: write a line"),
        (['{"id": "e0/0", "response": "x"}', "{"], r"line 2: write \{\"id\""),
        ([{"id": "e0/0"}], r"line 1: write .*KeyError\('response'\)"),
        (["[1]"], "line 1: write"),
        (['{"id": "e0/0", "response": NaN}'], "line 1: id and response must be texts, got 'e0/0' and nan"),
        ([{"id": 3, "response": "x"}], "line 1: id and response must be texts, got 3"),
        ([{"id": "a", "response": "x"}, "", {"id": "a", "response": "y"}], "line 3: 'a' was predicted already"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_line(tmp_path, lines, problem):
    with pytest.raises(ValueError, match=problem):
        FilePredictions(_file(tmp_path, *lines))


def test_a_file_that_is_not_in_utf_8_is_named_with_the_line(tmp_path):
    path = _file(tmp_path, {"id": "e0/0", "response": "x"})
    path.write_bytes(path.read_bytes() + '{"id": "e0/1", "response": "é"}'.encode("latin-1"))
    with pytest.raises(ValueError, match=r"answers\.jsonl, line 2: write .*UnicodeDecodeError"):
        FilePredictions(path)


def test_ids_must_be_those_of_the_split(tmp_path):
    found = FilePredictions(_file(tmp_path, *({"id": f"e{n}/0", "response": ""} for n in range(3))))
    found.check(["e0/0", "e1/0", "e2/0", "e3/0"], ["e0/0", "e2/0"])
    with pytest.raises(ValueError, match=r"lacks 2 samples of this split, the first is 'e3/0'.*the response is \"\""):
        found.check(["e0/0", "e1/0", "e2/0", "e3/0", "e4/0"], ["e0/0", "e3/0", "e4/0"])
    with pytest.raises(ValueError, match=r"2 ids are of no sample.*'e1/0' \(prediction 2\).*look like 'e0/0'"):
        found.check(["e0/0"], ["e0/0"])
    with pytest.raises(ValueError, match="unknown form 'tars': use one of plan, ui_tars"):
        FilePredictions(found.path, "tars")
    with pytest.raises(ValueError, match=r"cannot read the predictions .*none\.jsonl"):
        FilePredictions(tmp_path / "none.jsonl")
