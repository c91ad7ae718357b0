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
from contextlib import AbstractAsyncContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from typing import Literal, ParamSpec, TypeVar

from tracer1.commitment import Commitment, goes_on
from tracer1.environments.base import Environment
from tracer1.executors.base import POINTER_ACTIONS, EpisodicExecutor, Execution, Executor
from tracer1.planner import IMAGE_MARK, Planner, Prediction
from tracer1.plans import Step, render_step
from tracer1.trajectories import Observation

P = ParamSpec("P")
R = TypeVar("R")

Ending = Literal["done", "finished", "step_limit", "unparsable", "refused"]
"""Why an episode ended: the environment said so; the plan said ``finish``; the step limit; no step could be read; the
executor or the environment refused ``PATIENCE`` steps in a row."""

PATIENCE = 3


class ExecutionFailed(RuntimeError):
    """The executor could not be asked, several times in a row: the episode cannot be judged. The message says why."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One round of the loop: a step of a plan, ``position`` 0 where the plan is new. ``execution`` is None when the plan had
    no step or finished; ``problem`` says why the environment could not perform the step."""

    observation: Observation
    prediction: Prediction
    execution: Execution | None = None
    problem: str = ""
    position: int = 0

    @property
    def step(self) -> Step | None:
        """The step of the plan that this turn is about."""
        steps = self.prediction.parsed.plan.steps
        return steps[self.position] if self.position < len(steps) else None

    @property
    def performed(self) -> bool:
        return self.execution is not None and self.execution.status == "ok" and not self.problem

    @property
    def output(self) -> str:
        """What the planner is told of a tool call: its answer, or what was wrong with it, and what it said nevertheless."""
        if self.execution is None or self.step is None or self.step.action.type != "call_tool":
            return ""
        said = self.execution.answer or ""
        return said if self.execution.status == "ok" else f"Error: {self.execution.detail}\n{said}".rstrip()


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
    commitment: Commitment = 1,
) -> Episode:
    """Play one episode. Raises PlannerError when the planner's server fails, ExecutionFailed when the executor does, ValueError
    for an unknown task."""
    started, environment = time.monotonic(), stage.environment
    episode = Episode(task, seed, await stage.call(environment.reset, task, seed))
    async with _for_one_episode(executor) as agent:
        play = _Play(stage, planner, agent, episode, commitment)
        refused = 0
        for _ in range(max_steps):
            turn = await play.turn()
            episode.turns.append(turn)
            if on_turn:
                on_turn(turn)
            refused = 0 if turn.performed else refused + 1
            outcome = await stage.call(environment.outcome)
            if ending := _ending(turn, outcome.done, refused):
                episode.ended = ending
                break
    if episode.ended == "finished":
        await stage.call(environment.conclude, episode.turns[-1].step.action)
    episode.reward = (await stage.call(environment.outcome)).reward
    episode.seconds = time.monotonic() - started
    return episode


def _for_one_episode(executor: Executor) -> AbstractAsyncContextManager[Executor]:
    """The executor, or, of one whose steps build on each other (the toolbox: code that defines names), one for this episode."""
    return executor.episode() if isinstance(executor, EpisodicExecutor) else nullcontext(executor)


@dataclass(slots=True)
class _Play:
    """An episode under way: whose turn it is, and what the planner will be told."""

    stage: Stage
    planner: Planner
    executor: Executor
    episode: Episode
    commitment: Commitment
    history: list[Step] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)

    async def turn(self) -> Turn:
        """Observe, plan or go on with the plan, execute, perform."""
        observation = await self.stage.call(self.stage.environment.observe)
        last = self.episode.turns[-1] if self.episode.turns else None
        if last and last.performed:
            plan, position = last.prediction.parsed.plan, last.position + 1
            if goes_on(self.commitment, plan, position, last.observation, observation):
                turn = await self._carry_out(Turn(observation, last.prediction, position=position))
                if turn.performed or turn.execution is None:
                    return self._told(turn)
        prediction = await self.planner.plan(self.episode.instruction, observation, self.history, self.outputs)
        return self._told(await self._carry_out(Turn(observation, prediction)))

    async def _carry_out(self, turn: Turn) -> Turn:
        if turn.step is None or turn.step.action.type == "finish":
            return turn
        turn = replace(turn, execution=await self._execute(turn.observation, turn.step))
        if turn.execution.status != "ok":
            return turn
        point = turn.execution.point if turn.step.action.type in POINTER_ACTIONS else None
        try:
            await self.stage.call(self.stage.environment.perform, turn.step.action, point)
        except ValueError as error:
            return replace(turn, problem=str(error))
        return turn

    async def _execute(self, observation: Observation, step: Step) -> Execution:
        if IMAGE_MARK in render_step(step):
            return Execution("refused", detail=f"the step holds {IMAGE_MARK}, which the next prompt could not tell")
        for _ in range(PATIENCE):
            execution = await self.executor.execute(observation, step)
            if execution.status in ("ok", "refused"):
                return execution
        raise ExecutionFailed(f"{self.executor.name} {execution.status}: {execution.detail}")

    def _told(self, turn: Turn) -> Turn:
        """What was done, and a call that was refused, the planner is told in its next prompt."""
        if turn.step and (turn.performed or turn.output) and IMAGE_MARK not in render_step(turn.step):
            self.history.append(turn.step)
            self.outputs.append(turn.output)
        return turn


def _ending(turn: Turn, done: bool, refused: int) -> Ending | None:
    if done:
        return "done"
    if turn.step is None:
        return "unparsable"
    if turn.step.action.type == "finish":
        return "finished"
    return "refused" if refused >= PATIENCE else None
