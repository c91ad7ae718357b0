"""The planner against a real HTTP server on loopback."""

import asyncio
import io

import pytest
from PIL import Image
from planner_server import planner_server

from tracer1.actions import Action
from tracer1.coordinates import Size
from tracer1.planner import Planner, PlannerError, PlannerSettings, data_url, with_images
from tracer1.plans import Step
from tracer1.trajectories import Observation

PLAN = '1. click(): Click the username field\n2. type(text="bob"): Enter the name'


def _picture(kind: str = "PNG") -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (8, 6), "red").save(output, kind)
    return output.getvalue()


SCREEN = Observation(_picture(), Size(8, 6))
FAST = PlannerSettings(style="compact", history=2, seconds=5, retries=1)


def _plan(url: str, history: list[Step], settings: PlannerSettings = FAST):
    async def ask():
        async with Planner(url, "m", settings) as planner:
            return await planner.plan("Log in", SCREEN, history)

    return asyncio.run(ask())


def test_a_plan_is_asked_for_with_picture_task_and_the_last_steps_only():
    steps = [Step(Action("click"), f"Click {name}") for name in ("one", "two", "three")]
    with planner_server(lambda task, done, _: f"1. click(): Click {task} after {' and '.join(done)}") as server:
        found = _plan(
            server.url, steps, PlannerSettings(style="compact", history=2, temperature=0.7, seed=5, max_tokens=9)
        )
    assert found.parsed.status == "ok"
    assert found.parsed.plan.steps[0].instruction == "Click Log in after click(): Click two and click(): Click three"
    sent = server.requests[0]
    assert (sent["model"], sent["temperature"], sent["seed"], sent["max_tokens"]) == ("m", 0.7, 5, 9)


def test_what_cannot_be_read_comes_back_with_its_text():
    with planner_server(lambda *_: "I would rather not") as server:
        found = _plan(server.url, [])
    assert (found.text, found.parsed.status, found.parsed.plan.steps) == ("I would rather not", "empty", ())


def test_a_thought_that_the_template_opened_must_end():
    thinking = PlannerSettings(style="compact", thinking=True)
    for answer, status in ((PLAN, "truncated"), (f"so\n</think>\n{PLAN}", "ok")):
        with planner_server(lambda *_, answer=answer: answer) as server:
            assert _plan(server.url, [], thinking).parsed.status == status


def test_a_busy_server_is_asked_again():
    with planner_server(lambda *_: PLAN, failures=[503]) as server:
        assert len(_plan(server.url, []).parsed.plan.steps) == 2
    assert len(server.requests) == 2


@pytest.mark.parametrize(("failures", "asked", "told"), [([400], 1, "400: made to fail"), ([503, 503], 2, "503")])
def test_a_server_that_refuses_is_one_clear_line(failures, asked, told):
    with planner_server(lambda *_: PLAN, failures=failures) as server, pytest.raises(PlannerError) as error:
        _plan(server.url, [])
    assert told in str(error.value) and "'m'" in str(error.value) and "\n" not in str(error.value)
    assert len(server.requests) == asked


def test_a_missing_server_is_one_clear_line():
    with pytest.raises(PlannerError, match=r"cannot be reached.*is it running"):
        _plan("http://127.0.0.1:9/v1", [], PlannerSettings(retries=0))


def test_a_slow_server_is_not_waited_for():
    import time

    with (
        planner_server(lambda *_: time.sleep(1) or PLAN) as server,
        pytest.raises(PlannerError, match=r"within 0\.2 s"),
    ):
        _plan(server.url, [], PlannerSettings(style="compact", seconds=0.2, retries=0))


def test_several_answers_come_in_one_request():
    async def ask(url):
        async with Planner(url, "m", FAST) as planner:
            messages = [{"role": "user", "content": "<image>Task: t\nDone:\n- none\nPlan:"}]
            return await planner.complete(messages, [SCREEN.screenshot], n=3, temperature=1.0)

    with planner_server(lambda _task, _done, number: f"answer {number}") as server:
        assert asyncio.run(ask(server.url)) == ["answer 0", "answer 1", "answer 2"]
    assert len(server.requests) == 1


def test_each_mark_becomes_the_next_picture():
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": "a<image>b<image>"}]
    png, webp = _picture(), _picture("WEBP")
    system, user = with_images(messages, [png, webp])
    assert system == {"role": "system", "content": "s"}
    assert [part["type"] for part in user["content"]] == ["text", "image_url", "text", "image_url"]
    assert user["content"][3]["image_url"]["url"] == data_url(webp)
    assert data_url(png).startswith("data:image/png;base64,iVBOR") and data_url(webp).startswith(
        "data:image/webp;base64,UklGR"
    )
    with pytest.raises(ValueError, match="2 <image> marks and 1 images"):
        with_images(messages, [png])
    with pytest.raises(ValueError, match="PNG, WebP or JPEG"):
        data_url(b"GIF89a")


@pytest.mark.parametrize(
    "wrong", [{"horizon": 0}, {"history": -1}, {"temperature": -1}, {"max_tokens": 0}, {"seconds": 0}]
)
def test_settings_are_checked(wrong):
    with pytest.raises(ValueError, match="must"):
        PlannerSettings(**wrong)
