"""The agent that AndroidWorld's runner asks, and what its phone is told. Expected values are worked out by hand."""

from __future__ import annotations

import io
import sys

import numpy
import pytest
from android_world_stand_in import Phone, element, modules
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scripted_models import Refuse, agent_with, texts

from tracer1.actions import Action
from tracer1.coordinates import Point, Size
from tracer1.environments.android_world import agent as agents
from tracer1.environments.android_world.agent import android_world_agent
from tracer1.environments.android_world.commands import commands
from tracer1.environments.android_world.screens import observe
from tracer1.environments.plan_act import ExecutorError
from tracer1.executors.accessibility import AccessibilityExecutor
from tracer1.planner import PlannerError

SCREEN = Size(1080, 2400)


@pytest.mark.parametrize(
    ("kind", "arguments", "expected"),
    [
        ("click", {"point": [500, 500]}, [{"action_type": "click", "x": 540, "y": 1200}]),
        ("click", {"point": [1000, 1000]}, [{"action_type": "click", "x": 1079, "y": 2399}]),
        ("double_click", {"point": [0, 250]}, [{"action_type": "double_tap", "x": 0, "y": 600}]),
        ("long_press", {"point": [0, 250], "seconds": 3}, [{"action_type": "long_press", "x": 0, "y": 600}]),
        # Enter is always pressed afterwards, so the line break at the end is not typed as another.
        ("type", {"text": "bob\n"}, [{"action_type": "input_text", "text": "bob"}]),
        ("type", {"text": "bob"}, [{"action_type": "input_text", "text": "bob"}]),
        ("type", {"text": "a\r\nb\n\n"}, [{"action_type": "input_text", "text": "a\nb\n"}]),
        ("type", {"text": "\n"}, [{"action_type": "keyboard_enter"}]),
        ("type", {"text": "b", "point": [100, 100]}, [{"action_type": "input_text", "text": "b", "x": 108, "y": 240}]),
        ("scroll", {"direction": "down"}, [{"action_type": "scroll", "direction": "down"}]),
        (
            "scroll",
            {"direction": "left", "point": [1, 1], "amount": 3},
            [{"action_type": "scroll", "direction": "left"}],
        ),
        ("open_app", {"name": "Simple Calendar Pro"}, [{"action_type": "open_app", "app_name": "Simple Calendar Pro"}]),
        ("press_back", {}, [{"action_type": "navigate_back"}]),
        ("press_home", {}, [{"action_type": "navigate_home"}]),
        ("key", {"key": "Enter"}, [{"action_type": "keyboard_enter"}]),
        ("key", {"key": "back"}, [{"action_type": "navigate_back"}]),
        ("wait", {}, [{"action_type": "wait"}]),
        ("wait", {"seconds": 3}, [{"action_type": "wait"}] * 3),
        ("wait", {"seconds": 900_000}, [{"action_type": "wait"}] * 30),
        ("answer", {"text": "42"}, [{"action_type": "answer", "text": "42"}]),
        ("finish", {}, [{"action_type": "status", "goal_status": "complete"}]),
        ("finish", {"outcome": "failure"}, [{"action_type": "status", "goal_status": "infeasible"}]),
        ("ask_user", {}, [{"action_type": "status", "goal_status": "infeasible"}]),
        # The answer comes before the end.
        (
            "finish",
            {"answer": "42", "outcome": "success"},
            [{"action_type": "answer", "text": "42"}, {"action_type": "status", "goal_status": "complete"}],
        ),
    ],
)
def test_actions_as_androidworld_means_them(kind, arguments, expected):
    assert commands(Action(kind, arguments), SCREEN) == expected


@pytest.mark.parametrize(
    ("kind", "arguments", "why"),
    [
        ("click", {}, "needs a point"),
        ("type", {"text": ""}, "no text"),
        # The real phone raises, the runner keeps an exception, and plays the episode anew for ever.
        ("open_app", {"name": " "}, "needs the application's name"),
        ("type", {"text": "a\0b"}, "NUL"),  # nor one that holds what no process can be given
        ("finish", {"answer": "\0"}, "NUL"),
        ("key", {"key": "Tab"}, "cannot do key Tab"),
        ("drag", {"start": [1, 1], "end": [2, 2]}, "cannot do drag"),
        ("press_recent", {}, "cannot do press_recent"),
        ("right_click", {"point": [1, 1]}, "cannot do right_click"),
    ],
)
def test_what_the_phone_cannot_do_is_refused(kind, arguments, why):
    with pytest.raises(ValueError, match=why):
        commands(Action(kind, arguments), SCREEN)


@given(st.lists(st.floats(0, 1000), min_size=2, max_size=2), st.integers(1, 5000), st.integers(1, 5000))
def test_no_place_is_off_the_screen(point, width, height):
    (said,) = commands(Action("click", {"point": point}), Size(width, height))
    assert 0 <= said["x"] < width and 0 <= said["y"] < height


def corner_of(orientation, logical):
    """Where the red pixel of the phone's top left corner (portrait) is in what the agent sees."""
    pixels = numpy.zeros((4, 2, 3), numpy.uint8)
    pixels[0, 0] = (255, 0, 0)
    seen = observe(Phone(pixels).get_state(False), Size(*logical), orientation)
    with Image.open(io.BytesIO(seen.screenshot)) as image:
        (place,) = ((x, y) for x in range(image.width) for y in range(image.height) if image.getpixel((x, y))[0])
    return place, (seen.size.width, seen.size.height)


@pytest.mark.parametrize(
    ("orientation", "logical", "corner", "size"),
    [
        (0, (20, 40), (0, 0), (2, 4)),
        # From m3a_utils: physical (0, 0) of a screen px by py is logical x = 0, y = px in orientation 1: bottom left.
        (1, (40, 20), (0, 1), (4, 2)),
        (2, (20, 40), (1, 3), (2, 4)),
        # And x = py, y = 0 in orientation 3: top right.
        (3, (40, 20), (3, 0), (4, 2)),
    ],
)
def test_a_turned_screen_is_seen_upright(orientation, logical, corner, size):
    assert corner_of(orientation, logical) == (corner, size)


def test_elements_are_in_pixels_of_the_picture():
    found = (
        element("Save", (100, 200, 300, 400)),
        element("", (0, 0, 10, 10), "android.widget.EditText", hint_text="Name", is_focused=True),
        element("hidden", (0, 0, 10, 10), is_visible=False),
        element("", (0, 0, 10, 10), is_clickable=False),
        element("turned inside out", (10, 0, 0, 10)),
    )
    seen = observe(Phone(elements=found).get_state(False), SCREEN, 0)  # a picture of a tenth of the size
    assert [(one.role, one.name, one.focused) for one in seen.elements] == [
        ("button", "Save", False),
        ("textbox", "Name", True),
    ]
    assert seen.elements[0].box.centre == Point(20, 30, "pixel") and seen.platform == "mobile"


@pytest.fixture
def android_world(monkeypatch):
    for name, module in modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    agents._agent_class.cache_clear()
    yield
    agents._agent_class.cache_clear()


def playing(phone, plans, place="(500,500)"):
    return agent_with(lambda *parts: android_world_agent(phone, *parts), plans, place)


@pytest.mark.usefixtures("android_world")
def test_steps_are_done_until_the_plan_says_finish():
    phone = Phone()
    plans = [
        "1. click(): Click the Save button\n2. finish(): Saved",
        '1. answer(text="two"): Say how many',
        "1. finish(): Saved",
    ]
    with playing(phone, plans, "(250,750)") as (agent, server):
        agent.reset(go_home=True)
        results = [agent.step("Save it") for _ in plans]
        told = texts(server.requests[-1])
    assert phone.actions == [
        {"action_type": "click", "x": 270, "y": 1800},
        {"action_type": "answer", "text": "two"},
        {"action_type": "status", "goal_status": "complete"},
    ]
    assert [result.done for result in results] == [False, False, True]
    assert len({tuple(result.data) for result in results}) == 1 and "step_number" not in results[0].data
    assert results[0].data["step"] == "click(): Click the Save button"
    assert "operates a mobile interface" in told and '- answer(text="two"): Say how many' in told
    assert phone.resets == 1 and all(phone.stable) and agent.name == "tracer1"
    assert phone.hidden == 1  # AndroidEnv draws the pointer's coordinates over the screen that is seen


@pytest.mark.usefixtures("android_world")
def test_a_screen_that_turns_while_it_settles_is_measured_afterwards():
    class Turning(Phone):
        def get_state(self, wait_to_stabilize):
            self.orientation, self.logical_screen_size = 1, (2400, 1080)
            return super().get_state(wait_to_stabilize)

    phone = Turning()
    with playing(phone, ["1. click(): Click the shutter"], "(250,750)") as (agent, _):
        agent.reset()
        agent.step("Take a picture")
    # A quarter of 2400, three quarters of 1080.
    assert phone.actions == [{"action_type": "click", "x": 600, "y": 810}]


@pytest.mark.usefixtures("android_world")
def test_an_agent_that_gives_up_never_says_that_it_is_done():
    phone = Phone()
    with playing(phone, ["nothing"]) as (agent, server):
        agent.reset()
        results = [agent.step("x") for _ in range(6)]
        asked = len(server.requests)
        agent.reset()  # the next episode starts anew
        agent.step("x")
        assert len(server.requests) == asked + 1
    assert asked == 3 and not phone.actions and not any(result.done for result in results)
    assert "the plan is empty" in results[0].data["problem"] and "given up" in results[-1].data["problem"]


@pytest.mark.usefixtures("android_world")
def test_servers_that_fail_are_errors():
    def broken(request):
        raise Refuse(400)

    with playing(Phone(), broken) as (agent, _), pytest.raises(PlannerError, match="400"):
        agent.step("x")
    with playing(Phone(), ["1. click(): Click it"], "status 400") as (agent, _), pytest.raises(ExecutorError):
        agent.step("x")


@pytest.mark.usefixtures("android_world")
def test_an_executor_may_read_the_elements():
    phone = Phone(elements=(element("Cancel", (0, 0, 100, 100)), element("Save", (500, 600, 700, 800))))

    def make(planner, _):
        return android_world_agent(phone, planner, AccessibilityExecutor())

    with agent_with(make, ["1. click(): Click the Save button"]) as (agent, _):
        agent.step("Save it")
    assert phone.actions == [{"action_type": "click", "x": 600, "y": 700}]


def test_without_androidworld_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "android_world", None)
    agents._agent_class.cache_clear()
    with pytest.raises(ModuleNotFoundError, match="install google-research/android_world"):
        android_world_agent(Phone(), None, None)
