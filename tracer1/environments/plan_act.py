"""One round of the plan–act loop, for benchmarks whose own runner holds the loop and asks an agent what to do next.

``PlanAct.decide`` plans T steps, has the place of the first found by the executor, and gives it as the runner's commands
(``render``). A plan that cannot be read, a step that the executor refuses, and one that the runner cannot say are decisions
without commands, and ``exhausted`` tells when there were too many in a row. A server that gives no answer is an exception: it is
no decision of the agent, and the runner must repeat the task instead of scoring it.

Only steps with a place are asked about: those that point, and ``also`` (``drag``, for its two ends, and ``scroll``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tracer1.actions import Action
from tracer1.coordinates import Size
from tracer1.executors.background import background_loop
from tracer1.executors.base import POINTER_ACTIONS, Executor
from tracer1.planner import IMAGE_MARK, Planner, Prediction
from tracer1.plans import Step, render_step
from tracer1.trajectories import Observation

Command = TypeVar("Command")
T = TypeVar("T")
PATIENCE = 3
_ENDS = {"start": "the place where the drag begins", "end": "the place where the drag ends"}


class ExecutorError(RuntimeError):
    """The executor's server gave no answer; the message says what happened."""


@dataclass(frozen=True)
class Decision(Generic[Command]):
    """What the planner wrote, and the ``commands`` that its first step becomes. ``action`` is that step's, with its places
    (``thousand``). Without commands nothing is to be done, and ``problem`` says why."""

    prediction: Prediction
    action: Action | None = None
    commands: tuple[Command, ...] = ()
    problem: str = ""

    @property
    def step(self) -> Step | None:
        """The first step of the plan, as the planner wrote it."""
        return self.prediction.parsed.plan.steps[0] if self.prediction.parsed.plan.steps else None

    @property
    def finished(self) -> bool:
        """The agent says that it is done, one way or the other."""
        return self.action is not None and self.action.type in ("finish", "ask_user")


class PlanAct(Generic[Command]):
    """An agent between two episodes of a runner. ``render(action, screen)`` gives the commands of an action whose places are
    ``thousand`` of a screen of that size, and raises ValueError for one that the runner cannot say."""

    def __init__(
        self,
        planner: Planner,
        executor: Executor,
        render: Callable[[Action, Size], Iterable[Command]],
        also: Iterable[str] = (),
        patience: int = PATIENCE,
    ) -> None:
        self._planner, self._executor, self._render = planner, executor, render
        self._also, self._patience = frozenset(also), patience
        self.reset()

    def reset(self) -> None:
        """Forget the episode."""
        self._history: list[Step] = []
        self._idle = 0

    @property
    def exhausted(self) -> bool:
        """The last ``patience`` decisions had no commands."""
        return self._idle >= self._patience

    def decide(self, instruction: str, observation: Observation, screen: Size) -> Decision[Command]:
        """The next decision. Raises PlannerError or ExecutorError when a server gives no answer."""
        decision = _result_of(self._decide(instruction, observation, screen))
        self._idle = 0 if decision.commands else self._idle + 1
        if decision.commands and decision.step:
            self._history.append(decision.step)
        return decision

    async def _decide(self, instruction: str, observation: Observation, screen: Size) -> Decision[Command]:
        prediction = await self._planner.plan(
            instruction, observation, self._history, platform=observation.platform or None
        )
        parsed = prediction.parsed
        if not parsed.plan.steps:
            return Decision(prediction, problem=f"the plan is {parsed.status}: {parsed.reason}")
        step = parsed.plan.steps[0]
        try:
            action = await self._placed(observation, step)
            commands = tuple(self._render(action, screen))
        except ValueError as error:
            return Decision(prediction, problem=str(error))
        return Decision(prediction, action, commands)

    async def _placed(self, observation: Observation, step: Step) -> Action:
        """The step's action with its places. Raises ValueError when there is none."""
        if IMAGE_MARK in render_step(step):
            raise ValueError(f"the step holds {IMAGE_MARK}, which the next prompt could not tell")
        kind, arguments = step.action.type, dict(step.action.arguments)
        if kind in POINTER_ACTIONS:
            arguments["point"] = await self._place(observation, step)
        elif kind == "scroll" and "scroll" in self._also and "point" not in arguments:
            arguments["point"] = await self._place_of_scroll(observation, step)
        elif kind == "drag" and "drag" in self._also:
            for name, end in _ENDS.items():
                if name not in arguments:
                    asked = Step(Action("hover"), f"{step.instruction} ({end})")
                    arguments[name] = await self._place(observation, asked)
        return Action(kind, arguments)

    async def _place_of_scroll(self, observation: Observation, step: Step) -> list[float]:
        """Where the wheel turns: where the executor would point, otherwise in the middle of the screen."""
        try:
            return await self._place(observation, Step(Action("hover"), step.instruction))
        except ValueError:
            return [500.0, 500.0]

    async def _place(self, observation: Observation, step: Step) -> list[float]:
        """``thousand``, not rounded: a pixel that the executor names is that pixel again."""
        execution = await self._executor.execute(observation, step)
        if execution.status in ("failed", "timed_out"):
            raise ExecutorError(f"the executor {self._executor.name} {execution.status}: {execution.detail}")
        if execution.status != "ok" or execution.point is None or observation.size is None:
            raise ValueError(f"the executor finds no place for {step.instruction!r}: {execution.detail}")
        point, size = execution.point, observation.size
        return [point.x * 1000 / size.width, point.y * 1000 / size.height]


def pixel(value: float, extent: int) -> int:
    """A ``thousand`` coordinate as the nearest pixel of a screen that is ``extent`` wide or high: never beyond its last one."""
    return min(extent - 1, int(value * extent / 1000 + 0.5))


def _result_of(work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work``. It runs in the background loop, because connections must outlive the runner's calls."""
    return asyncio.run_coroutine_threadsafe(work, background_loop()).result()
