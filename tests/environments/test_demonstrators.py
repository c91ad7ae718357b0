"""Scripted demonstrators: every shipped task is solved, and every instruction names what it clicks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tracer1.coordinates import Box
from tracer1.environments.base import Environment
from tracer1.environments.miniwob.accessibility import phrase
from tracer1.environments.miniwob.demonstrators import (
    REGISTRY,
    DemonstrationFailed,
    demonstrate,
    demonstrates,
)
from tracer1.environments.miniwob.tasks import HELD_OUT, TRAIN, resolve
from tracer1.plans import render_step
from tracer1.trajectories import Element

BOX = Box(0, 0, 10, 10, "pixel")


@pytest.fixture(scope="module")
def environment() -> Iterator[Environment]:
    from tracer1.environments.miniwob.environment import MiniWob

    with MiniWob() as opened:
        yield opened


def test_task_sets_are_demonstrated_and_disjoint() -> None:
    assert not set(TRAIN) & set(HELD_OUT)
    assert set(TRAIN) | set(HELD_OUT) <= set(REGISTRY)


def test_resolve_tasks() -> None:
    assert resolve("login-user, enter-date") == ("login-user", "enter-date")
    assert resolve("heldout,login-user") == (*HELD_OUT, "login-user")
    with pytest.raises(ValueError, match=r"'enter-dat' .did you mean enter-date"):
        resolve("login-user,enter-dat")
    with pytest.raises(ValueError, match="no task given"):
        resolve(" , ")


def test_one_demonstrator_a_task() -> None:
    with pytest.raises(ValueError, match="two demonstrators for login-user"):
        demonstrates("login-user")(lambda hands: None)


@pytest.mark.parametrize(
    ("element", "words"),
    [
        (Element("textbox", "Username", BOX), "the username field"),
        (Element("textbox", "2nd", BOX), "the 2nd field"),
        (Element("radio", "3rd", BOX), "the 3rd radio button"),
        (Element("checkbox", "aB3", BOX), 'the checkbox "aB3"'),
        (Element("combobox", "", BOX), "the dropdown"),
        (Element("gridcell", "14", BOX), "day 14"),
        (Element("button", "Submit", BOX), "Submit"),
        (Element("image", "trash", BOX, group="Bob"), "the trash"),
    ],
)
def test_phrases(element: Element, words: str) -> None:
    assert phrase(element, (element,)) == words


def test_a_phrase_names_the_group_when_two_are_alike() -> None:
    bob, eve = Element("image", "trash", BOX, group="Bob"), Element("image", "trash", BOX, group="Eve")
    assert phrase(bob, (bob, eve)) == "the trash of Bob"


@pytest.mark.browser
def test_login_is_recorded_step_by_step(environment: Environment) -> None:
    episode = demonstrate(environment, "login-user", 4)
    _, user, _, password, _ = episode.instruction.split('"')
    assert [render_step(recorded.step) for recorded in episode.steps] == [
        "click(): Click the username field",
        f'type(text="{user}"): Enter the username',
        "click(): Click the password field",
        f'type(text="{password}"): Enter the password',
        "click(): Click Login",
    ]
    assert episode.complete and episode.episode == "miniwob.login-user.4"


@pytest.mark.browser
@pytest.mark.parametrize("task", sorted(REGISTRY))
def test_every_demonstrator_solves_its_task(environment: Environment, task: str) -> None:
    episode = demonstrate(environment, task, 7)
    assert episode.complete
    for recorded in episode.steps:
        assert (recorded.box is not None) == (recorded.step.action.type in ("click", "hover"))
        assert recorded.box is None or recorded.box in {e.box for e in recorded.observation.elements}


@pytest.mark.browser
def test_task_without_demonstrator_is_refused(environment: Environment) -> None:
    with pytest.raises(ValueError, match="no demonstrator for 'tic-tac-toe'"):
        demonstrate(environment, "tic-tac-toe", 0)


@pytest.mark.parametrize("error", [StopIteration(), ValueError("worded differently"), IndexError("list")])
def test_a_page_that_differs_fails_this_episode_only(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def stumble(hands: object) -> None:
        raise error

    monkeypatch.setitem(REGISTRY, "login-user", stumble)
    with pytest.raises(DemonstrationFailed, match=f"login-user seed 3: {type(error).__name__}"):
        demonstrate(environment, "login-user", 3)
