"""The MiniWoB++ environment on its real pages. Run: pytest tests/environments -m browser"""

from __future__ import annotations

import io
from collections.abc import Iterator
from urllib.request import urlopen

import pytest
from PIL import Image

from tracer1.actions import Action
from tracer1.coordinates import Point, Size
from tracer1.environments.base import Environment, Outcome
from tracer1.environments.miniwob.browser import MissingBrowser, find_chromium
from tracer1.environments.miniwob.server import PageServer, page_names
from tracer1.trajectories import Element, Observation


@pytest.fixture(scope="module")
def environment() -> Iterator[Environment]:
    from tracer1.environments.miniwob.environment import MiniWob

    with MiniWob() as opened:
        yield opened


def element(seen: Observation, role: str, name: str) -> Element:
    return next(e for e in seen.elements if (e.role, e.name) == (role, name))


def click(environment: Environment, role: str, name: str) -> None:
    environment.perform(Action("click"), element(environment.observe(), role, name).box.centre)


def pixels(seen: Observation) -> bytes:
    with Image.open(io.BytesIO(seen.screenshot)) as image:
        return image.convert("RGB").tobytes()


def test_server_serves_the_wheel_on_loopback() -> None:
    server = PageServer()
    try:
        assert server.url("login-user").startswith("http://127.0.0.1:")
        assert b"Login User Task" in urlopen(server.url("login-user")).read()
    finally:
        server.close()
    assert {"login-user", "search-engine"} <= set(page_names())


def test_missing_browser_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER1_CHROMIUM", "/nowhere/chromium")
    with pytest.raises(MissingBrowser, match=r"/nowhere/chromium is not an executable.*apt-get install chromium"):
        find_chromium()


@pytest.mark.browser
def test_login_page_as_its_html_has_it(environment: Environment) -> None:
    goal = environment.reset("login-user", 3)
    seen = environment.observe()
    assert goal.startswith('Enter the username "') and goal.endswith("into the text fields and press login.")
    assert [(e.role, e.name, e.value) for e in seen.elements] == [
        ("textbox", "Username", ""),
        ("textbox", "Password", ""),
        ("button", "Login", ""),
    ]
    with Image.open(io.BytesIO(seen.screenshot)) as image:
        assert image.size == (160, 210)
    assert seen.size == Size(160, 210)


@pytest.mark.browser
def test_right_and_wrong_login(environment: Environment) -> None:
    for suffix, reward in (("", 1.0), ("x", -1.0)):
        _, user, _, password, _ = environment.reset("login-user", 5).split('"')
        for name, text in (("Username", user), ("Password", password + suffix)):
            click(environment, "textbox", name)
            environment.perform(Action("type", {"text": text}))
        seen = environment.observe()
        assert element(seen, "textbox", "Username").value == user
        assert element(seen, "textbox", "Password").focused
        assert password not in {e.value for e in seen.elements}
        assert environment.outcome() == Outcome(False, 0.0)
        click(environment, "button", "Login")
        assert environment.outcome() == Outcome(True, reward)


@pytest.mark.browser
def test_an_episode_depends_on_task_and_seed_only(environment: Environment) -> None:
    def look(seed: int) -> tuple[str, bytes, tuple[Element, ...]]:
        goal = environment.reset("email-inbox-reply", seed)
        seen = environment.observe()
        return goal, pixels(seen), seen.elements

    first = look(11)
    environment.reset("multi-layouts", 2)
    other = look(12)
    assert look(11) == first
    assert other[0] != first[0] and other[1] != first[1]


@pytest.mark.browser
def test_icons_are_named_by_class_and_grouped_by_sender(environment: Environment) -> None:
    sender = environment.reset("email-inbox-star-reply", 1).split("email by ")[1].split(" and ")[0]
    of_sender = {e.name: e.role for e in environment.observe().elements if e.group == sender}
    assert of_sender["trash"] == of_sender["star"] == "image"
    assert of_sender["email thread"] == "row"


@pytest.mark.browser
def test_unlabelled_fields_are_counted(environment: Environment) -> None:
    environment.reset("form-sequence-2", 0)
    named = [(e.role, e.name) for e in environment.observe().elements]
    counted = [(role, name) for role in ("radio", "textbox") for name in ("1st", "2nd", "3rd")]
    assert named == [*counted, ("button", "Submit")]


@pytest.mark.browser
def test_scroll_down_shows_what_is_below(environment: Environment) -> None:
    environment.reset("social-media", 0)
    before = environment.observe()
    environment.perform(Action("scroll", {"direction": "down"}))
    after = environment.observe()
    shared = {(e.name, e.group): e.box.top for e in before.elements if e.role == "image"}
    moved = [e.box.top - shared[e.name, e.group] for e in after.elements if (e.name, e.group) in shared]
    assert moved and all(distance < 0 for distance in moved)
    environment.perform(Action("scroll", {"direction": "up"}))
    assert environment.observe().elements == before.elements


@pytest.mark.browser
@pytest.mark.parametrize(
    ("action", "point", "says"),
    [
        (Action("click"), None, "click needs a point"),
        (Action("click"), Point(0.5, 0.5, "unit"), "takes pixel points, got unit"),
        (Action("key", {"key": "Entr"}), None, "no key is called 'Entr'"),
        (Action("drag"), None, "cannot do 'drag'"),
    ],
)
def test_impossible_actions_are_refused(
    environment: Environment, action: Action, point: Point | None, says: str
) -> None:
    environment.reset("login-user", 0)
    with pytest.raises(ValueError, match=says):
        environment.perform(action, point)


@pytest.mark.browser
def test_unknown_task_names_the_nearest(environment: Environment) -> None:
    with pytest.raises(ValueError, match=r"unknown MiniWoB.. task 'login-usr' .did you mean login-user"):
        environment.reset("login-usr", 0)
