"""The plan–act loop: observe, plan T steps, execute the first through the executor, perform it, plan again.

``run_episode`` plays one episode of any :class:`Environment`; ``tracer1.episodes`` keeps its log. An environment
belongs to the thread that made it, so :class:`Stage` gives it a thread of its own and lets the loop await it::

    async with Stage(MiniWobEnvironment) as stage:
        episode = await run_episode(stage, planner, executor, "login-user", seed=7)
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Literal, ParamSpec, TypeVar

from tracer1.environments.base import Environment
from tracer1.executors.base import POINTER_ACTIONS, Execution, Executor
from tracer1.planner import Planner, Prediction
from tracer1.plans import Step
from tracer1.trajectories import Observation

P = ParamSpec("P")
R = TypeVar("R")

Ending = Literal["done", "finished", "step_limit", "unparsable", "refused"]
"""Why an episode ended: the environment said so; the plan said ``finish``; the step limit; no step could be read; the
executor or the environment refused ``PATIENCE`` steps in a row."""

PATIENCE = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """One round of the loop. ``execution`` is None when the plan had no step or finished; ``problem`` says why the
    environment could not perform the step."""

    observation: Observation
    prediction: Prediction
    execution: Execution | None = None
    problem: str = ""

    @property
    def step(self) -> Step | None:
        """The first step of the plan, the one that counts."""
        return self.prediction.parsed.plan.steps[0] if self.prediction.parsed.plan.steps else None

    @property
    def performed(self) -> bool:
        return self.execution is not None and self.execution.status == "ok" and not self.problem


@dataclass(slots=True)
class Episode:
    """A played episode. ``reward`` is the environment's at the end; ``success`` means that it is positive."""

    task: str
    seed: int
    instruction: str
    turns: list[Turn] = field(default_factory=list)
    ended: Ending = "step_limit"
    reward: float = 0.0
    seconds: float = 0.0

    @property
    def success(self) -> bool:
        return self.reward > 0


class Stage:
    """An environment on a thread of its own, made and closed there. Use it with ``async with``."""

    def __init__(self, factory: Callable[[], Environment]) -> None:
        self._factory = factory
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="environment")
        self._environment: Environment | None = None

    async def __aenter__(self) -> Stage:
        with ExitStack() as undo:
            undo.callback(self._thread.shutdown, wait=False)
            self._environment = await self._call(self._factory)
            undo.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        environment, self._environment = self._environment, None
        try:
            if environment is not None:
                await asyncio.shield(self._call(environment.close))
        finally:
            self._thread.shutdown(wait=False)

    @property
    def environment(self) -> Environment:
        if self._environment is None:
            raise RuntimeError("the stage is not open: use 'async with Stage(...)'")
        return self._environment

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a method of :attr:`environment` on its thread."""
        return await self._call(function, *args, **kwargs)

    async def _call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: function(*args, **kwargs))


async def run_episode(
    stage: Stage,
    planner: Planner,
    executor: Executor,
    task: str,
    seed: int,
    max_steps: int = 20,
    on_turn: Callable[[Turn], None] | None = None,
) -> Episode:
    """Play one episode. Raises PlannerError when the planner's server fails, ValueError for an unknown task."""
    started, environment = time.monotonic(), stage.environment
    episode = Episode(task, seed, await stage.call(environment.reset, task, seed))
    history: list[Step] = []
    refused = 0
    for _ in range(max_steps):
        turn = await _turn(stage, planner, executor, episode.instruction, history)
        episode.turns.append(turn)
        if on_turn:
            on_turn(turn)
        refused = 0 if turn.performed else refused + 1
        outcome = await stage.call(environment.outcome)
        ending = _ending(turn, outcome.done, refused)
        if ending:
            episode.ended = ending
            break
        if turn.performed and turn.step:
            history.append(turn.step)
    episode.reward = (await stage.call(environment.outcome)).reward
    episode.seconds = time.monotonic() - started
    return episode


async def _turn(stage: Stage, planner: Planner, executor: Executor, instruction: str, history: list[Step]) -> Turn:
    environment = stage.environment
    observation = await stage.call(environment.observe)
    prediction = await planner.plan(instruction, observation, history)
    turn = Turn(observation, prediction)
    if turn.step is None or turn.step.action.type == "finish":
        return turn
    execution = await executor.execute(observation, turn.step)
    if execution.status != "ok":
        return Turn(observation, prediction, execution)
    point = execution.point if turn.step.action.type in POINTER_ACTIONS else None
    try:
        await stage.call(environment.perform, turn.step.action, point)
    except ValueError as error:
        return Turn(observation, prediction, execution, problem=str(error))
    return Turn(observation, prediction, execution)


def _ending(turn: Turn, done: bool, refused: int) -> Ending | None:
    if done:
        return "done"
    if turn.step is None:
        return "unparsable"
    if turn.step.action.type == "finish":
        return "finished"
    return "refused" if refused >= PATIENCE else None
