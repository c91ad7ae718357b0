"""An agent that plays a sample to its end in an environment: the plan-act loop, its log kept, its result as a prediction.

``<output>/episodes-<sampling seed>/<task>/<seed>/`` holds each episode as :mod:`tracer1.episodes` writes it, a picture a turn. A
prediction's ``played`` says ``reward``, how many ``plans`` were asked for and how many ``actions`` were carried out. A server, an
executor or a browser that does not work makes a prediction ``failed``: it is played again, never scored.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracer1.commitment import Commitment
from tracer1.environments.base import Environment
from tracer1.episodes import write_episode
from tracer1.evaluation.harness.agents import ServedPlanner
from tracer1.evaluation.harness.base import Prediction, PredictionStatus, Predictor, Sample
from tracer1.loop import Episode, ExecutionFailed, Stage, run_episode
from tracer1.planner import Planner, PlannerError

WORKERS = 3
"""Browsers at a time, unless said otherwise."""
_STATUS: dict[str, PredictionStatus] = {"unparsable": "unreadable", "refused": "refused"}


@dataclass(frozen=True, slots=True)
class PlaySettings:
    """``commitment``: steps of a plan before the next one; ``max_steps`` of an episode; ``workers``: episodes at a time, each in an
    environment of its own; ``logs``: where they are kept."""

    logs: Path
    commitment: Commitment = 1
    max_steps: int = 20
    workers: int = WORKERS

    @property
    def identity(self) -> dict[str, Any]:
        """What decides an episode and its duration."""
        return {"commitment": self.commitment, "max_steps": self.max_steps, "workers": self.workers}


@dataclass(slots=True, kw_only=True)
class LivePlanner(ServedPlanner):
    """A served planner that plays in environments which ``environment`` makes; ``broken`` is what one raises that fails."""

    environment: Callable[[], Environment]
    broken: type[Exception]
    live: PlaySettings

    @classmethod
    def in_chromium(cls, about: tuple[Any, ...], live: PlaySettings) -> LivePlanner:
        """One that plays MiniWoB++; ``about``: what a :class:`ServedPlanner` is made of."""
        from playwright.sync_api import Error

        from tracer1.environments.miniwob.environment import MiniWob

        return cls(*about, connections=live.workers, environment=MiniWob, broken=Error, live=live)

    def identity(self, seed: int) -> Mapping[str, Any]:
        return {**ServedPlanner.identity(self, seed), **self.live.identity}

    @asynccontextmanager
    async def predictor(self, seed: int) -> AsyncIterator[Predictor]:
        async with self.planner(seed) as planner, AsyncExitStack() as stages:
            yield LivePredictor(self, planner, self.identity(seed), self.live.logs / f"episodes-{seed}", stages)


@dataclass(slots=True)
class LivePredictor:
    """A :class:`tracer1.evaluation.harness.base.Predictor`. It opens as many environments as it is asked samples at a time;
    ``stages`` closes them."""

    agent: LivePlanner
    planner: Planner
    identity: Mapping[str, Any]
    logs: Path
    stages: AsyncExitStack
    _idle: list[Stage] = field(default_factory=list)

    async def predict(self, sample: Sample) -> Prediction:
        """Play ``sample.truth``, a task and its seed. Raises what making an environment raises."""
        task, seed = sample.truth
        stage = self._idle.pop() if self._idle else await self._open()
        try:
            live, executor = self.agent.live, self.agent.executor
            episode = await run_episode(
                stage, self.planner, executor, task, seed, live.max_steps, commitment=live.commitment
            )
        except self.agent.broken as error:  # that environment is not used again
            return Prediction(sample.id, "failed", detail=f"{type(error).__name__}: {error}")
        except (PlannerError, ExecutionFailed, ValueError) as error:  # ValueError: a prompt that cannot be sent
            self._idle.append(stage)
            return Prediction(sample.id, "failed", detail=str(error))
        self._idle.append(stage)
        write_episode(self.logs / task / str(seed), episode, dict(self.identity))
        return prediction_of(sample.id, episode)

    async def _open(self) -> Stage:
        return await self.stages.enter_async_context(Stage(self.agent.environment))


def prediction_of(sample: str, episode: Episode) -> Prediction:
    """An episode as a prediction; ``text`` is all plans, ``plan`` the last."""
    plans = [turn.prediction for turn in episode.turns if turn.position == 0]
    last = episode.turns[-1]
    actions = sum(turn.performed for turn in episode.turns)
    return Prediction(
        sample,
        _STATUS.get(episode.ended, "ok"),
        action=last.step.action if last.step else None,
        text="\n\n".join(plan.text for plan in plans),
        plan=last.prediction.parsed.plan.steps,
        detail=episode.ended,
        seconds=round(episode.seconds, 3),
        played={"reward": episode.reward, "plans": len(plans), "actions": actions},
    )
