"""An agent for OSWorld's own runner (``lib_run_single.run_single_example`` and its kin)::

    from tracer1.environments.osworld.agent import OSWorldAgent
    from tracer1.executors import load_executor
    from tracer1.planner import Planner, PlannerSettings

    agent = OSWorldAgent(
        Planner("http://planner:8000/v1", "planner", PlannerSettings(max_tokens=4096, thinking=True)),
        load_executor("ui_tars_1_5", base_urls=["http://grounder:8000/v1"], model="ui-tars"),
    )

in the place where the runner makes its agent. ``predict`` plans, has the first step's place found, and returns what the planner
wrote with the commands of that step (:mod:`tracer1.environments.osworld.commands`).

A plan that cannot be read and a step that cannot be done are waited out, ``patience`` times in a row; then the agent says
``DONE``, and the screen is judged as it is. It never says ``FAIL`` for that: on infeasible tasks it would be right by luck. A
server that gives no answer raises, and so does a missing screenshot: the runner writes the error into ``traj.jsonl``, leaves no
``result.txt``, and repeats the task when it is started again.

Sources: OSWorld, lib_run_single.py, run.py, desktop_env/desktop_env.py.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from tracer1.coordinates import Size
from tracer1.environments.osworld.commands import DONE, WAIT, commands
from tracer1.environments.plan_act import PATIENCE, Decision, PlanAct
from tracer1.executors.base import Executor
from tracer1.executors.pictures import measure
from tracer1.planner import Planner
from tracer1.plans import render_step
from tracer1.trajectories import Observation


class OSWorldAgent:
    """``screen``: the size that PyAutoGUI counts in, where it is not that of the screenshot (a desktop that is scaled)."""

    def __init__(
        self, planner: Planner, executor: Executor, screen: Size | None = None, patience: int = PATIENCE
    ) -> None:
        self._decider = PlanAct(planner, executor, commands, also=("drag", "scroll"), patience=patience)
        self._screen = screen
        self._log = logging.getLogger(__name__)

    def reset(self, logger: logging.Logger | None = None, **_: Any) -> None:
        """Start a task. ``logger`` is the runner's, which keeps ``runtime.log``; whatever else it passes is not needed."""
        self._decider.reset()
        self._log = logger or logging.getLogger(__name__)

    def predict(self, instruction: str, obs: Mapping[str, Any]) -> tuple[str, list[str]]:
        """What the planner wrote, and the commands to run now. Raises PlannerError or ExecutorError when a server gives no
        answer, ValueError when ``obs`` has no screenshot."""
        picture = obs.get("screenshot")
        if not isinstance(picture, bytes):
            raise ValueError("the desktop gave no screenshot: look at the log of its controller, and repeat the task")
        size = measure(picture)
        decision = self._decider.decide(
            instruction, Observation(picture, size, platform="desktop"), self._screen or size
        )
        actions = list(decision.commands) or [DONE if self._decider.exhausted else WAIT]
        self._tell(decision, actions)
        return decision.prediction.text, actions

    def _tell(self, decision: Decision[str], actions: list[str]) -> None:
        step = render_step(decision.step) if decision.step else "no step"
        if decision.problem:
            self._log.warning("%s: %s; so %s", step, decision.problem, actions[0])
        else:
            self._log.info("%s -> %s", step, "; ".join(actions))
