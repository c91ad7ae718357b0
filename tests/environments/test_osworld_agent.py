"""The agent that OSWorld's runner asks, with real servers on loopback behind its planner and its executor."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from scripted_models import Refuse, agent_with, picture, texts

from tracer1.coordinates import Size
from tracer1.environments.osworld.agent import OSWorldAgent
from tracer1.environments.plan_act import ExecutorError
from tracer1.planner import PlannerError

SCREEN = {"screenshot": picture(), "accessibility_tree": None, "terminal": None, "instruction": "x"}
CLICK = "1. click(): Click the Save button\n2. finish(): Saved"


def asked(server, model):
    return [request for request in server.requests if request["model"] == model]


def test_the_first_step_is_found_and_said():
    with agent_with(OSWorldAgent, [CLICK], "(250,750)") as (agent, server):
        agent.reset(logging.getLogger("runner"), vm_ip="10.0.0.1")
        response, actions = agent.predict("Save it", SCREEN)
    # A quarter of 1920, three quarters of 1080.
    assert (response, actions) == (CLICK, ["pyautogui.click(x=480, y=810)"])
    assert json.dumps(response)  # the runner writes it into traj.jsonl
    (planned,), (grounded,) = asked(server, "planner"), asked(server, "ui-tars")
    assert "operates a desktop interface" in texts(planned) and "Task: Save it" in texts(planned)
    assert "Click the Save button" in texts(grounded)


def test_commands_count_in_the_pixels_of_a_scaled_desktop():
    with agent_with(lambda *parts: OSWorldAgent(*parts, screen=Size(3840, 2160)), [CLICK]) as (agent, _):
        assert agent.predict("Save it", SCREEN)[1] == ["pyautogui.click(x=1920, y=1080)"]


def test_what_was_done_is_told_and_forgotten_with_the_task():
    with agent_with(OSWorldAgent, [CLICK, '1. type(text="a\\n"): Enter a', CLICK]) as (agent, server):
        agent.reset()
        agent.predict("Save it", SCREEN)
        assert agent.predict("Save it", SCREEN)[1] == ["pyautogui.write('a\\n', interval=0.01)"]
        agent.predict("Save it", SCREEN)
        agent.reset()
        agent.predict("Another", SCREEN)
        told = [texts(request).split("Done:\n")[1].split("\nPlan:")[0] for request in asked(server, "planner")]
    first, second = "- click(): Click the Save button", '- type(text="a\\n"): Enter a'
    assert told == ["- none", first, f"{first}\n{second}", "- none"]


@pytest.mark.parametrize(
    ("plan", "word"),
    [
        ("1. finish(): Done", "DONE"),
        ('1. finish(outcome="failure"): There is no such printer', "FAIL"),
        ("1. wait(): Wait", "WAIT"),
    ],
)
def test_words_are_the_runners(plan, word):
    with agent_with(OSWorldAgent, [plan]) as (agent, _):
        assert agent.predict("x", SCREEN)[1] == [word]


@pytest.mark.parametrize(
    ("plan", "place"),
    [
        ("I cannot help with that.", "(1,1)"),
        ("1. fly(): Fly", "(1,1)"),
        ("1. click(): Click the unicorn", "finished()"),
        ("1. press_back(): Go back", "(1,1)"),
        ('1. type(text="<image>"): Enter the tag', "(1,1)"),
    ],
)
def test_a_step_that_cannot_be_done_is_waited_out_and_then_the_screen_is_judged(plan, place):
    with agent_with(OSWorldAgent, [plan], place) as (agent, _):
        assert [agent.predict("x", SCREEN)[1] for _ in range(3)] == [["WAIT"], ["WAIT"], ["DONE"]]


def test_patience_is_counted_anew_after_a_step_that_was_done():
    plans = ["nothing", "nothing", "1. wait(seconds=1): Wait", "nothing", "nothing", "nothing"]
    with agent_with(OSWorldAgent, plans) as (agent, server):
        said = [agent.predict("x", SCREEN)[1][0] for _ in plans]
        history = texts(server.requests[-1])
    assert said == ["WAIT", "WAIT", "time.sleep(1)", "WAIT", "WAIT", "DONE"]
    assert history.count("- wait(seconds=1): Wait") == 1  # what was not done is no history


def test_both_ends_of_a_drag_are_asked_for():
    places = iter(["(100,100)", "(200,300)"])

    def planner_or_grounder(request):
        return "1. drag(): Drag the file into the folder"

    with agent_with(OSWorldAgent, planner_or_grounder) as (agent, server):
        server.answer = lambda request: next(places) if request["model"] == "ui-tars" else planner_or_grounder(request)
        (action,) = agent.predict("x", SCREEN)[1]
        questions = [texts(request) for request in asked(server, "ui-tars")]
    assert action.startswith("pyautogui.moveTo(x=192, y=108)\npyautogui.dragTo(x=384, y=324,")
    assert ["begins" in question for question in questions] == [True, False]
    assert "Drag the file into the folder (the place where the drag ends)" in questions[1]


@pytest.mark.parametrize(
    ("step", "place", "expected"),
    [
        ('scroll(direction="down")', "(250,500)", "pyautogui.scroll(-5, x=480, y=540)"),
        # Nothing to point at: the middle of the screen.
        ('scroll(direction="up", amount=2)', "finished()", "pyautogui.scroll(2, x=960, y=540)"),
        # The planner's own places are taken; nobody is asked.
        ('scroll(direction="down", point=[100, 100])', "status 500", "pyautogui.scroll(-5, x=192, y=108)"),
    ],
)
def test_where_the_wheel_turns(step, place, expected):
    with agent_with(OSWorldAgent, [f"1. {step}: Scroll the list"], place) as (agent, _):
        assert agent.predict("x", SCREEN)[1] == [expected]


def test_servers_that_fail_are_errors_and_not_decisions():
    def broken(request):
        raise Refuse(400)

    with agent_with(OSWorldAgent, broken) as (agent, _), pytest.raises(PlannerError, match="400"):
        agent.predict("x", SCREEN)
    with agent_with(OSWorldAgent, [CLICK], "status 400") as (agent, _):
        for _ in range(4):  # again and again, whatever the patience
            with pytest.raises(ExecutorError, match=r"ui_tars failed: status 400"):
                agent.predict("x", SCREEN)


@pytest.mark.parametrize("screenshot", [None, b"", b"no picture"])
def test_a_missing_screenshot_is_an_error(screenshot):
    with agent_with(OSWorldAgent, [CLICK]) as (agent, server):
        with pytest.raises(ValueError, match=r"screenshot|picture"):
            agent.predict("x", {"screenshot": screenshot})
        assert not server.requests


def test_a_runner_may_have_an_event_loop_of_its_own():
    async def run(agent):
        return agent.predict("x", SCREEN)[1]

    with agent_with(OSWorldAgent, [CLICK]) as (agent, _):
        assert [asyncio.run(run(agent)) for _ in range(2)] == [["pyautogui.click(x=960, y=540)"]] * 2


def test_the_runners_log_says_what_was_done(caplog):
    with agent_with(OSWorldAgent, [CLICK, "nothing"]) as (agent, _), caplog.at_level(logging.INFO, "runner"):
        agent.reset(logging.getLogger("runner"))
        agent.predict("x", SCREEN)
        agent.predict("x", SCREEN)
    assert "click(): Click the Save button -> pyautogui.click(x=960, y=540)" in caplog.text
    assert "no step: the plan is empty" in caplog.text and "so WAIT" in caplog.text
