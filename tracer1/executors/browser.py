"""The executor ``browser``: does the predicted step on a live page, in the state in which the step was predicted.

For MiniWoB++ rows. The observation's ``origin`` names the recorded state; Chromium is brought there by doing the recorded steps
again (:mod:`tracer1.executors.replay`), and a page that is not the recorded one is ``failed``, never judged. The place of a step
that points is found on the live page by another executor, the ``grounder``. Then the step is done. The point (or what was
entered) is the result, as with every executor; :func:`effect_of` reads from its detail what the page became.

    executor = load_executor("browser", recording="examples/miniwob")
    done = await executor.execute(Observation(b"", Size(160, 210), origin="miniwob/login-user/7#4"), step)
    effect_of(done)    # Effect(changed=True, done=True, reward=1.0)

It runs Chromium, so it needs ``pip install -e .[browser]`` on every machine that computes rewards; about 0.1 to 1 s a step.
"""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import TimeoutError as NotFound  # a class of its own before Python 3.11
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracer1.executors.background import background_loop
from tracer1.executors.base import POINTER_ACTIONS, Execution, Executor, answer_of
from tracer1.executors.counters import Counters
from tracer1.executors.options import read_options
from tracer1.executors.replay import Diverged, Recording, State, replay
from tracer1.plans import Step
from tracer1.trajectories import Observation

if TYPE_CHECKING:
    from tracer1.environments.miniwob.environment import MiniWob

_EFFECT = re.compile(r"changed=([01]) done=([01]) reward=(-?[\d.]+(?:e-?\d+)?); ")


@dataclass(frozen=True, slots=True)
class Effect:
    """What a step did: whether the page looks different or has other elements, whether the episode is over, and its reward
    (-1 to 1; 0 while it runs)."""

    changed: bool
    done: bool
    reward: float

    def __str__(self) -> str:
        return f"changed={self.changed:d} done={self.done:d} reward={self.reward:g}"


def effect_of(execution: Execution) -> Effect | None:
    """What an execution of this executor did to the page; None when it did nothing."""
    found = _EFFECT.match(execution.detail)
    return Effect(found[1] == "1", found[2] == "1", float(found[3])) if found else None


@dataclass(frozen=True, slots=True)
class BrowserOptions:
    """``recording``: the folder or file with the recorded episodes. ``grounder``: the executor that finds places on the live
    page, with ``grounder_options``. ``pages``: browsers at once from this process (about 400 MB each); ``seconds`` for one
    step with its replay, from its turn on. Raises ValueError."""

    recording: str = ""
    grounder: str = "accessibility"
    grounder_options: dict[str, Any] = field(default_factory=dict)
    pages: int = 2
    seconds: float = 30.0

    def __post_init__(self) -> None:
        if not self.recording:
            raise ValueError("recording is missing: name the folder of the recorded episodes, e.g. examples/miniwob")
        if self.grounder in ("browser", "toolbox"):
            raise ValueError(f"grounder {self.grounder} finds no places: use accessibility, ocr, ui_tars …")
        if self.pages <= 0 or self.seconds <= 0:
            raise ValueError("pages and seconds must be positive")


class BrowserExecutor:
    """Made by :func:`browser_executor`. May be used from any event loop or thread."""

    name = "browser"

    def __init__(self, options: BrowserOptions) -> None:
        from tracer1.executors import load_executor
        from tracer1.executors.pages import Pages

        self.options, self.counters = options, Counters()
        self.grounder: Executor = load_executor(options.grounder, **options.grounder_options)
        self._recording = Recording(Path(options.recording).expanduser())
        self._pages = Pages(options.pages, options.seconds)

    async def execute(self, observation: Observation, step: Step) -> Execution:
        """Do the step where ``observation.origin`` says, and tell what came of it."""
        self.counters.add("calls")
        execution = await self._execute(observation, step)
        self.counters.add(execution.status)
        return execution

    def snapshot(self) -> dict[str, float]:
        """Counts since the start."""
        return self.counters.snapshot()

    async def close(self) -> None:
        """Close the browsers. They also end with this process; the next call starts them again."""
        await self._pages.close()

    async def _execute(self, observation: Observation, step: Step) -> Execution:
        from tracer1.executors.pages import PageLate, PageLost

        try:
            state = self._recording.before(observation.origin)
        except ValueError as error:
            return Execution("failed", detail=f"origin: {error}")
        try:
            return await self._pages.use(partial(self._play, state, observation, step))
        except PageLost as error:
            return Execution("failed", detail=f"browser: {error}")
        except PageLate as error:
            return Execution("timed_out", detail=f"deadline: {error}")

    def _play(self, state: State, observation: Observation, step: Step, page: MiniWob) -> Execution:
        """In the page's thread. Raises Playwright's errors."""
        try:
            before = replay(page, state, observation.elements)
        except (
            Diverged,
            ValueError,
        ) as error:  # the latter: a recorded step, or its task, that this page does not know
            return Execution("failed", detail=f"replay: {error}")
        found = self._ground(before, step)
        if found.status != "ok":
            return found
        try:
            page.perform(step.action, found.point)
        except ValueError as error:  # an action that a page does not know
            return Execution("refused", detail=str(error))
        after, (done, reward) = page.observe(), page.outcome()
        changed = (before.elements, before.screenshot) != (after.elements, after.screenshot)
        return Execution("ok", found.point, found.answer, f"{Effect(changed, done, reward)}; {found.detail}")

    def _ground(self, seen: Observation, step: Step) -> Execution:
        """Where a step points on the live page; for the others, what they enter."""
        if step.action.type not in POINTER_ACTIONS:
            return Execution("ok", answer=answer_of(step), detail=step.action.type)
        asked = asyncio.run_coroutine_threadsafe(self.grounder.execute(seen, step), background_loop())
        try:
            return asked.result(self.options.seconds)
        except NotFound:
            asked.cancel()
            return Execution("timed_out", detail=f"deadline: {self.grounder.name} did not answer")


def browser_executor(**options: Any) -> BrowserExecutor:
    """The executor for configuration values. Raises ValueError for those that it cannot use, and without Playwright."""
    try:
        return BrowserExecutor(read_options(BrowserOptions, options))
    except ModuleNotFoundError as error:
        raise ValueError(f"executor browser: {error}: pip install -e .[browser]") from error
    except ValueError as error:
        raise ValueError(f"executor browser: {error}") from error
