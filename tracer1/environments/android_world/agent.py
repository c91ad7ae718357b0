"""An agent for AndroidWorld's own runner (``run.py``, ``suite_utils.run``)::

    from tracer1.environments.android_world.agent import android_world_agent

    agent = android_world_agent(
        env,
        Planner("http://planner:8000/v1", "planner", PlannerSettings(max_tokens=4096, thinking=True)),
        load_executor("ui_tars_1_5", base_urls=["http://grounder:8000/v1"], model="ui-tars"),
    )

in ``_get_agent`` of ``run.py``. Each ``step`` plans, has the first step's place found, and performs that step
(:mod:`tracer1.environments.android_world.commands`).

A plan that cannot be read and a step that cannot be done perform nothing. After ``patience`` of them in a row the agent is
silent until the runner's budget of steps is spent: an episode that the agent never calls done is not successful, whatever the
screen shows. A server or a device that gives no answer raises; the runner keeps the exception in the checkpoint, leaves the
episode out of its tally, and plays it again with the same ``--checkpoint_dir``.

The package ``android_world`` is imported only when an agent is made. Sources: google-research/android_world,
android_world/agents/base_agent.py, agents/m3a.py, episode_runner.py, suite_utils.py; google-deepmind/android_env,
components/config_classes.py.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from tracer1.coordinates import Size
from tracer1.environments.android_world.commands import JsonAction, commands
from tracer1.environments.android_world.screens import observe
from tracer1.environments.plan_act import PATIENCE, Decision, PlanAct
from tracer1.executors.base import Executor
from tracer1.planner import Planner
from tracer1.plans import render_step

NAME = "tracer1"


def android_world_agent(
    env: Any,
    planner: Planner,
    executor: Executor,
    name: str = NAME,
    transition_pause: float | None = None,
    patience: int = PATIENCE,
) -> Any:
    """An ``EnvironmentInteractingAgent``. ``transition_pause``: seconds before a screen is taken; None waits until it is still.
    Raises ModuleNotFoundError, with the fix, when AndroidWorld is not installed."""
    return _agent_class()(env, PlanAct(planner, executor, commands, patience=patience), name, transition_pause)


@cache
def _agent_class() -> type:
    try:
        from android_world.agents import base_agent
        from android_world.env import json_action
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{error.name} is missing: install google-research/android_world as its README says", name=error.name
        ) from error

    class TraceR1(base_agent.EnvironmentInteractingAgent):  # type: ignore[misc,unused-ignore]
        """Plans, and performs the first step."""

        def __init__(self, env: Any, decider: PlanAct[JsonAction], name: str, transition_pause: float | None) -> None:
            super().__init__(env, name, transition_pause)
            self._decider = decider

        def reset(self, go_home: bool = False) -> None:
            """Start an episode. AndroidEnv shows the pointer's coordinates on the screen: they are hidden, as AndroidWorld's own
            agents do."""
            super().reset(go_home)
            self.env.hide_automation_ui()
            self._decider.reset()

        def step(self, goal: str) -> Any:
            """One step. Raises PlannerError or ExecutorError when a server gives no answer, and what the device raises."""
            if self._decider.exhausted:
                return base_agent.AgentInteractionResult(False, _record(None))
            state = self.get_post_transition_state()  # first: the screen may turn until it is still
            screen = Size(*self.env.logical_screen_size)
            observation = observe(state, screen, self.env.orientation)
            decision = self._decider.decide(goal, observation, screen)
            for command in decision.commands:
                self.env.execute_action(json_action.JSONAction(**command))
            return base_agent.AgentInteractionResult(decision.finished, _record(decision))

    return TraceR1


def _record(decision: Decision[JsonAction] | None) -> dict[str, Any]:
    """What the checkpoint keeps of a step, in plain values and under the same keys every time."""
    if decision is None:
        return {"response": "", "step": "", "actions": [], "problem": "given up: too many steps that could not be done"}
    return {
        "response": decision.prediction.text,
        "step": render_step(decision.step) if decision.step else "",
        "actions": [dict(command) for command in decision.commands],
        "problem": decision.problem,
    }
