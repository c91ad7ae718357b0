"""Who is evaluated, as the command line names it: a served planner, or a file of predictions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from tracer1.evaluation.harness.base import Predictor
from tracer1.evaluation.harness.predictors import FilePredictions, PlannerPredictor, identity_of
from tracer1.executors.base import Execution, Executor
from tracer1.planner import Planner, PlannerSettings
from tracer1.plans import Step
from tracer1.trajectories import Observation

WAITING = frozenset(
    "base_urls key_variable concurrency seconds retries backoff open_after probe_after cache_dir endpoints files".split()  # noqa: SIM905
)
"""Options of executors that do not decide what they answer: where they are, and how long to wait."""


@dataclass(slots=True)
class ServedPlanner:
    """A planner behind a server, with an executor. ``address`` (URL, model) may be set late: a server is only needed when
    something is asked. ``plays``: it solves tool tasks, at most ``max_turns`` plans each."""

    settings: PlannerSettings
    weights: str
    executor: Executor | None = None
    executor_id: Mapping[str, Any] = field(default_factory=dict)
    plays: bool = False
    max_turns: int = 10
    connections: int = 64
    address: tuple[str, str] = ("http://127.0.0.1:9/v1", "planner")
    keeps: bool = True

    def identity(self, seed: int) -> Mapping[str, Any]:
        turns = {"max_turns": self.max_turns} if self.plays else {}
        return identity_of(replace(self.settings, seed=seed), self.weights, self.executor_id) | turns

    @asynccontextmanager
    async def predictor(self, seed: int) -> AsyncIterator[Predictor]:
        async with self.planner(seed) as planner:
            yield self._predictor(planner, self.identity(seed))

    def planner(self, seed: int) -> Planner:
        """The planner of a sampling seed, where the server is."""
        url, model = self.address
        return Planner(url, model, replace(self.settings, seed=seed), connections=self.connections)

    def _predictor(self, planner: Planner, identity: Mapping[str, Any]) -> Predictor:
        if not self.plays:
            return PlannerPredictor(planner, self.executor, identity)
        from tracer1.evaluation.harness.tool_predictor import ToolPredictor

        return ToolPredictor(planner, self.executor or NoTools(), identity, self.max_turns)


@dataclass(frozen=True, slots=True)
class Written:
    """A file of predictions; it is read anew every time, so nothing is kept of it."""

    predictions: FilePredictions
    keeps: bool = False

    def identity(self, seed: int) -> Mapping[str, Any]:
        return self.predictions.identity

    @asynccontextmanager
    async def predictor(self, seed: int) -> AsyncIterator[Predictor]:
        yield self.predictions


class NoTools:
    """What a planner has that only predicts calls: any that is to be carried out fails."""

    name = "none"

    async def execute(self, observation: Observation, step: Step) -> Execution:
        return Execution(
            "failed", detail="there are no tools: give --executor toolbox, or the split that only predicts calls"
        )


def executor_id(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """What decides an executor's answers: its name and options, without those that only say where it is."""
    return {"name": name, **{key: value for key, value in options.items() if key not in WAITING}}
