"""Executors that are models behind OpenAI-compatible servers: they look at the screenshot and say where to point.

Only steps that point are asked about. All others enter what they say, as with every executor. ``refused`` is an answer of the
model that points nowhere (it acts otherwise, is unreadable, off the screen, or was cut off); it is as final as a point.
``failed`` and ``timed_out`` say that there was no answer; the detail begins with the kind of trouble.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

from tracer1.executors.base import POINTER_ACTIONS, Execution, answer_of
from tracer1.executors.cache import Answer, Cache
from tracer1.executors.client import ChatClient
from tracer1.executors.counters import Counters, is_worth_telling
from tracer1.executors.forms import Form, Question, question
from tracer1.executors.options import ServedOptions, options_from
from tracer1.plans import Step
from tracer1.trajectories import Observation

log = logging.getLogger(__name__)
NO_SCREENSHOT = (
    "no screenshot: this executor looks at one (training: +tracer1/executor=... keeps it; explain: give --rows, for a dump has "
    "none; EasyR1 passes none)"
)


class ServedExecutor:
    """One model. Raises ValueError for a prompt that it does not have, or an API key that is not there."""

    def __init__(self, form: Form, options: ServedOptions) -> None:
        form.prompt(options.prompt)
        self.name, self.options = form.name, options
        self.counters = Counters()
        self._form = form
        self._client = ChatClient(options, self.counters)
        self._cache = Cache(Path(options.cache_dir).expanduser(), self.counters) if options.cache_dir else None

    async def execute(self, observation: Observation, step: Step) -> Execution:
        """Ask for the place of a step that points, in screenshot pixels; for all others say what would be entered."""
        if step.action.type not in POINTER_ACTIONS:
            return Execution("ok", answer=answer_of(step))
        self.counters.add("calls")
        execution = await self._find(observation, step)
        self._note(execution)
        return execution

    def snapshot(self) -> dict[str, float]:
        """Counts since the start, and quantiles of the latency of the last calls to a server, in seconds."""
        return self.counters.snapshot()

    async def _find(self, observation: Observation, step: Step) -> Execution:
        if not observation.screenshot or observation.size is None:
            return Execution("failed", detail=NO_SCREENSHOT)
        try:
            asked = question(self._form, self.options, observation, step)
            answer = await self._answer(asked)
        except ValueError as error:
            return Execution("failed", detail=f"bad screenshot: {error}")
        if isinstance(answer, Execution):
            return answer
        if answer.finish == "length":
            return Execution("refused", detail="the answer was cut off: raise max_tokens")
        try:
            return Execution("ok", point=asked.place(answer.text, observation.size), detail=_short(answer.text))
        except ValueError as error:
            return Execution("refused", detail=f"{error}: {_short(answer.text)!r}")

    async def _answer(self, asked: Question) -> Answer | Execution:
        """The model's answer, or why there is none. Raises ValueError when the picture is damaged."""
        key = asked.key() if self._cache else ""
        if self._cache and (kept := self._cache.get(key)):
            return kept
        outcome = await self._client.ask(asked.body)
        if outcome.status != "ok":
            return Execution(outcome.status, detail=f"{outcome.reason}: {outcome.detail}")
        answer = Answer(outcome.text, outcome.finish)
        if self._cache:
            await asyncio.to_thread(self._cache.put, key, answer)
        return answer

    def _note(self, execution: Execution) -> None:
        """Count the outcome, failures by kind, and tell of them now and then: rewards do not carry the detail."""
        self.counters.add(execution.status)
        if execution.status in ("failed", "timed_out"):
            kind = execution.detail.partition(":")[0]
            if is_worth_telling(count := self.counters.add(f"{execution.status}: {kind}")):
                log.warning("%s: %d calls %s (%s)", self.name, count, execution.status, execution.detail)


def served(form: Form, values: dict[str, Any]) -> ServedExecutor:
    """The executor for configuration values. Raises ValueError for those that it cannot use."""
    try:
        return ServedExecutor(form, options_from(values))
    except ValueError as error:
        raise ValueError(f"executor {form.name}: {error}") from error


def _short(text: str) -> str:
    said = " ".join(text.split())
    return said if len(said) <= 120 else f"{said[:120]}…"
