"""An agent for tool benchmarks: the plan–act loop over a planner and a toolbox, one sample at a time.

A sample with a recorded continuation is one turn of a reference: the planner is asked for it, and nothing is called. Any other is a
task, and is played to its end: every turn plans anew, the first call is carried out, and what it returned is told to the next
plan::

    async with Planner(url, model, PlannerSettings(platform="tool", tools=lines)) as planner:
        executor = toolbox_executor(toolbox="t3_agent", files=folder)
        agent = ToolPredictor(planner, executor, identity_of(planner.settings, "weights", {"toolbox": "t3_agent"}))
        prediction = await agent.predict(sample)

A server or a tool that does not work makes a prediction ``failed``: it is asked again, never scored.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from typing import Any

from tracer1.environments.tools import PLATFORM, ToolEnvironment, ToolTask
from tracer1.evaluation.harness.base import Prediction, PredictionStatus, Sample
from tracer1.evaluation.harness.predictors import ground
from tracer1.executors.base import Executor
from tracer1.executors.toolbox import ToolboxExecutor
from tracer1.loop import Episode, ExecutionFailed, Stage, Turn, run_episode
from tracer1.planner import Planner, PlannerError
from tracer1.sandbox import SandboxUnavailable
from tracer1.toolbox.mcp_connection import McpUnavailable

TURNS = 10
"""As many as GTA's own agent takes (open-compass/GTA, opencompass/configs/eval_gta_bench.py, ``max_turn``)."""
NOT_STARTED = (SandboxUnavailable, McpUnavailable, OSError, ValueError)
"""What starting the tools raises, and a prompt that cannot be sent (ValueError)."""
_STATUS: dict[str, PredictionStatus] = {"unparsable": "unreadable", "refused": "refused"}


class ToolPredictor:
    """A :class:`tracer1.evaluation.harness.base.Predictor`. ``identity`` is what
    :func:`tracer1.evaluation.harness.predictors.identity_of` says of the planner and the toolbox; ``max_turns`` bounds the plans
    of one task."""

    def __init__(
        self, planner: Planner, executor: Executor, identity: Mapping[str, Any], max_turns: int = TURNS
    ) -> None:
        if max_turns < 1:
            raise ValueError(f"max_turns must be at least 1, got {max_turns}")
        self.identity = {**identity, "max_turns": max_turns}
        self._planner, self._executor, self._max_turns = planner, executor, max_turns

    async def predict(self, sample: Sample) -> Prediction:
        """Play the task, or plan the turn."""
        started = time.monotonic()
        try:
            prediction = await (self._plan(sample) if sample.future else self._play(sample))
        except (PlannerError, ExecutionFailed, *NOT_STARTED) as error:
            prediction = Prediction(sample.id, "failed", detail=str(error))
        return replace(prediction, seconds=time.monotonic() - started)

    async def _plan(self, sample: Sample) -> Prediction:
        told = await self._planner.plan(
            sample.instruction, sample.observation, sample.history, sample.outputs, platform=PLATFORM
        )
        return await ground(sample, told.text, told.parsed, None)

    async def _play(self, sample: Sample) -> Prediction:
        task = ToolTask(sample.id, sample.instruction, None, sample.observation.pictures)
        async with Stage(lambda: ToolEnvironment({sample.id: task})) as stage, self._tools(sample) as tools:
            episode = await run_episode(stage, self._planner, tools, sample.id, 0, self._max_turns)
        return _prediction(sample.id, episode)

    def _tools(self, sample: Sample) -> AbstractAsyncContextManager[Executor]:
        """The executor of one task: a toolbox keeps what ``python`` defines from call to call."""
        if isinstance(self._executor, ToolboxExecutor):
            return self._executor.episode(getattr(sample.truth, "files", ()))
        return nullcontext(self._executor)


def _prediction(sample: str, episode: Episode) -> Prediction:
    last = episode.turns[-1]
    finished = last.step if episode.ended == "finished" else None
    return Prediction(
        sample,
        _STATUS.get(episode.ended, "ok"),
        action=last.step.action if last.step else None,
        text="\n\n".join(map(_told, episode.turns)),
        plan=last.prediction.parsed.plan.steps,
        answer=finished.action.arguments.get("answer") if finished else None,
        calls=tuple(_call(turn) for turn in episode.turns if turn.execution and _calls(turn)),
        detail=episode.ended,
    )


def _calls(turn: Turn) -> bool:
    return turn.step is not None and turn.step.action.type == "call_tool"


def _call(turn: Turn) -> dict[str, Any]:
    """A call as predictions have it; one that the environment refused is refused."""
    said = turn.step.action.arguments if turn.step else {}
    status = turn.execution.status if turn.execution and not turn.problem else "refused"
    return {"name": said["name"], "arguments": said.get("arguments", {}), "status": status, "output": turn.output}


def _told(turn: Turn) -> str:
    """What the planner wrote, and what came back."""
    return f"{turn.prediction.text}\n=> {turn.output}" if turn.output else turn.prediction.text
