"""MiniWoB++ in a real Chromium, behind :class:`tracer1.environments.base.Environment`.

The window is exactly 160x210 pixels, the benchmark's size. An episode is a function of (task, seed): the page is loaded
afresh, its random numbers are seeded, animations are off, the reward display is hidden and time never runs out.
"""

from __future__ import annotations

import base64
import difflib
from contextlib import ExitStack
from importlib.resources import files
from typing import Any

from playwright.sync_api import Error, sync_playwright

from tracer1.actions import Action
from tracer1.coordinates import Point, Size
from tracer1.environments.base import Outcome
from tracer1.environments.miniwob import accessibility
from tracer1.environments.miniwob.browser import launch
from tracer1.environments.miniwob.server import PageServer, page_names
from tracer1.trajectories import Observation

SIZE = Size(160, 210)
TIMEOUT_MS = 15_000
_WHEEL = 80
_PREPARE, _START = (
    files(__package__).joinpath(name).read_text(encoding="utf-8") for name in ("prepare.js", "start.js")
)
# Elements whose boxes are the same in two frames on end.
_READ = f"""async () => {{
  const read = {accessibility.SCRIPT};
  await __settle();
  let seen = read();
  for (let i = 0; i < 20; i++) {{
    await new Promise(done => requestAnimationFrame(done));
    const next = read(), stable = JSON.stringify(next) == JSON.stringify(seen);
    seen = next;
    if (stable) break;
  }}
  return seen;
}}"""
_STYLE = """#reward-display, #click-canvas { display: none !important }
  * { transition: none !important; animation: none !important; caret-color: transparent !important }"""


class MiniWob:
    """One Chromium with one page. Raises MissingBrowser or, without the pages, ModuleNotFoundError, with the fix."""

    def __init__(self) -> None:
        self._server = PageServer()
        self._playwright = sync_playwright().start()
        self._browser: Any = None
        with ExitStack() as undo:
            undo.callback(self.close)
            self._browser = launch(self._playwright)
            self._page = self._new_page()
            self._devtools = self._page.context.new_cdp_session(self._page)
            undo.pop_all()

    def _new_page(self) -> Any:
        window = {"width": SIZE.width, "height": SIZE.height}
        context = self._browser.new_context(viewport=window, timezone_id="UTC", locale="en-US")
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.set_default_timeout(TIMEOUT_MS)
        context.add_init_script(_PREPARE)
        return context.new_page()

    def __enter__(self) -> MiniWob:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def reset(self, task: str, seed: int) -> str:
        """Start the episode (task, seed) and return its instruction. Raises ValueError for an unknown task."""
        check_task(task)
        self._page.mouse.move(0, 0)
        self._page.goto(self._server.url(task), wait_until="load")
        self._page.add_style_tag(content=_STYLE)
        instruction: str = self._page.evaluate(_START, seed)
        return " ".join(instruction.split())

    def observe(self) -> Observation:
        """Screenshot (PNG) and accessibility elements of the settled page."""
        nodes = self._page.evaluate(_READ)
        shot = self._devtools.send("Page.captureScreenshot", {"format": "png", "optimizeForSpeed": True})
        return Observation(base64.b64decode(shot["data"]), SIZE, accessibility.to_elements(nodes))

    def perform(self, action: Action, point: Point | None = None) -> None:
        """Carry out one action. Raises ValueError when a pointer action has no point, or the page cannot do it."""
        arguments = action.arguments
        match action.type:
            case "click" | "double_click" | "right_click" | "hover":
                self._point_at(_pixel(action, point), action.type)
            case "type":
                self._page.keyboard.type(arguments["text"])
            case "key":
                self._press(arguments["key"])
            case "scroll":
                self._scroll(arguments["direction"], point or Point(SIZE.width / 2, SIZE.height / 2, "pixel"))
            case "wait":
                pass
            case _:
                raise ValueError(f"MiniWoB++ pages cannot do {action.type!r}: use click, hover, type, key or scroll")

    def conclude(self, action: Action) -> None:
        """The page decides alone whether the task is done."""

    def _point_at(self, point: Point, kind: str) -> None:
        mouse = self._page.mouse
        mouse.move(point.x, point.y)
        if kind == "hover":
            return
        # What a hover changes must be drawn before the button goes down, or the click lands beside its target.
        self._page.evaluate("__frames()")
        mouse.click(
            point.x,
            point.y,
            button="right" if kind == "right_click" else "left",
            click_count=2 if kind == "double_click" else 1,
        )

    def _press(self, key: str) -> None:
        try:
            self._page.keyboard.press(key)
        except Error as error:
            raise ValueError(f"no key is called {key!r}: use names such as Enter, Tab or Control+a") from error

    def _scroll(self, direction: str, point: Point) -> None:
        sign = 1 if direction in ("down", "right") else -1
        vertical = direction in ("up", "down")
        self._page.mouse.move(point.x, point.y)
        self._page.mouse.wheel(0 if vertical else sign * _WHEEL, sign * _WHEEL if vertical else 0)
        self._page.wait_for_timeout(150)  # the wheel is handled after the call returns

    def outcome(self) -> Outcome:
        """Whether the episode is over, and its raw reward (without the time discount)."""
        self._page.evaluate("__settle()")
        done, reward = self._page.evaluate("[WOB_DONE_GLOBAL, WOB_RAW_REWARD_GLOBAL]")
        return Outcome(bool(done), float(reward))

    def version(self) -> str:
        """The browser's version."""
        return str(self._browser.version)

    def close(self) -> None:
        """Close the browser and the server. Safe to call twice."""
        if self._browser is not None:
            self._browser.close()
            self._browser = None
        if self._playwright is not None:
            self._playwright.stop()
            self._playwright = None
            self._server.close()


def check_task(task: str) -> None:
    """Raise ValueError, with the nearest names, when MiniWoB++ has no page for ``task``."""
    known = page_names()
    if task not in known:
        near = difflib.get_close_matches(task, known, 3, 0.5)
        hint = f" (did you mean {' or '.join(near)}?)" if near else ""
        raise ValueError(f"unknown MiniWoB++ task {task!r}{hint}; there are: {', '.join(known)}")


def _pixel(action: Action, point: Point | None) -> Point:
    if point is None:
        raise ValueError(f"{action.type} needs a point: ask an executor where the target is")
    if point.space != "pixel":
        raise ValueError(f"MiniWoB++ takes pixel points, got {point.space}: convert it with Point.to")
    return point
