"""Who predicts the steps of an offline benchmark: a planner, with an executor or alone, or a file of predictions.

The planner's prompt is the one of training (:meth:`tracer1.planner.Planner.plan`); the first step counts. An executor is asked for
the place of a step that points; on the web also of ``type`` and ``select``, which name an element there, as if it were clicked.
Alone, a planner counts with the points that it writes itself.

A file of predictions has one line ``{"id": ..., "response": ...}`` a sample; ``response`` is what the model wrote, in the plan
language or in a dialect (:mod:`tracer1.dialects`).
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tracer1.actions import Action
from tracer1.coordinates import Point, Size
from tracer1.dialects import DIALECTS, Screen, load_dialect
from tracer1.evaluation.harness.base import Prediction, Sample
from tracer1.executors.base import POINTER_ACTIONS, Executor
from tracer1.planner import Planner, PlannerError, PlannerSettings, decisive
from tracer1.plans import ParsedPlan, Step, parse
from tracer1.prompts import build
from tracer1.resizing import RULES, smart_resize

PLAN = "plan"
FORMS = (PLAN, *DIALECTS, "qwen3_vl")
ON_THE_WEB = ("type", "select")


class PlannerPredictor:
    """A served planner; ``identity`` is what :func:`identity_of` says of it."""

    def __init__(self, planner: Planner, executor: Executor | None, identity: Mapping[str, Any]) -> None:
        self.planner, self.executor, self.identity = planner, executor, identity

    async def predict(self, sample: Sample) -> Prediction:
        """Plan, and ground the first step. What cannot be asked is ``failed``."""
        started = time.monotonic()
        try:
            planned = await self.planner.plan(
                sample.instruction, sample.observation, sample.history, sample.outputs, sample.platform
            )
        except (PlannerError, ValueError) as error:  # ValueError: a prompt or picture that cannot be sent
            return Prediction(sample.id, "failed", detail=str(error))
        prediction = await ground(sample, planned.text, planned.parsed, self.executor)
        return replace(prediction, seconds=round(time.monotonic() - started, 3))


class FilePredictions:
    """Predictions that something else made. Raises ValueError, with the line and the fix, for a file that cannot be used."""

    def __init__(
        self, path: Path, form: str = PLAN, executor: Executor | None = None, about: Mapping[str, Any] | None = None
    ) -> None:
        if form not in FORMS:
            raise ValueError(f"unknown form {form!r}: use one of {', '.join(FORMS)}")
        if executor and form != PLAN:
            raise ValueError(f"predictions in the form {form} say the place themselves: give no --executor")
        self.path, self.form, self.executor = path, form, executor
        content = _content(path)
        self._responses = _responses(path, content)
        digest = hashlib.sha256(content).hexdigest()[:16]
        self.identity = {"model": path.name, "form": form, "file": digest, "executor": dict(about or {})}

    def check(self, known: Iterable[str], wanted: Iterable[str]) -> None:
        """Raise ValueError when the file predicts samples that are not ``known``, or not all that are ``wanted``."""
        known = set(known)
        if strange := [one for one in self._responses if one not in known]:
            line = list(self._responses).index(strange[0]) + 1
            raise ValueError(
                f"{self.path}: {len(strange)} ids are of no sample of this split, the first is {strange[0]!r} (prediction {line}): "
                f"give the split that they were made for; its ids look like {min(known)!r}"
            )
        if missing := [one for one in wanted if one not in self._responses]:
            raise ValueError(
                f"{self.path} lacks {len(missing)} samples of this split, the first is {missing[0]!r}: predict them too; where the "
                'model wrote nothing, the response is ""'
            )

    async def predict(self, sample: Sample) -> Prediction:
        """Read what the model wrote. Raises ValueError for a sample that the form cannot be about."""
        text = self._responses[sample.id]
        if self.form == PLAN:
            return await ground(sample, text, parse(text), self.executor)
        name = self.form
        if name == "qwen3_vl":
            name = "qwen3_vl_mobile" if sample.platform == "mobile" else "qwen3_vl_computer"
        if sample.observation.size is None:
            raise ValueError(
                f"{sample.id} has no screenshot, which {self.form} is about: give predictions in the form plan"
            )
        screen = _screen(name, sample.observation.size)
        try:
            actions = load_dialect(name).read(text, screen)
        except ValueError as error:
            return Prediction(sample.id, "unreadable", text=text, detail=str(error))
        return Prediction(sample.id, "ok", actions[0], text)


async def ground(sample: Sample, text: str, parsed: ParsedPlan, executor: Executor | None) -> Prediction:
    """The prediction that a plan amounts to: its first step, at the place that the executor finds."""
    plan = parsed.plan.steps
    if not plan:
        return Prediction(sample.id, "unreadable", text=text, detail=f"{parsed.status}: {parsed.reason}")
    step = plan[0]
    found = Prediction(sample.id, "ok", step.action, text, plan)
    on_web = sample.platform == "web" and step.action.type in ON_THE_WEB
    if executor is None or not (on_web or step.action.type in POINTER_ACTIONS):
        return found
    asked = Step(Action("click"), step.instruction) if on_web else step
    execution = await executor.execute(sample.observation, asked)
    if execution.status in ("failed", "timed_out"):
        return replace(found, status=execution.status, detail=f"executor {executor.name}: {execution.detail}")
    if execution.status == "refused" or execution.point is None:  # typing needs no place everywhere
        return replace(found, status="ok" if on_web else "refused", detail=execution.detail)
    try:
        action = Action(step.action.type, step.action.arguments | {"point": _thousand(execution.point, sample)})
    except ValueError as error:
        return replace(found, status="refused", detail=f"{executor.name} points off the screen: {error}")
    return replace(found, action=action, detail=execution.detail)


def identity_of(settings: PlannerSettings, weights: str, executor: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """All that decides a planner's predictions: its ``weights`` (a fingerprint), prompt and sampling, and the ``executor``'s name
    and options. The platform is each sample's; the tools are in the prompt."""
    asked = {name: value for name, value in decisive(settings).items() if name not in ("platform", "tools")}
    return {"model": weights, **asked, "prompt": prompt_hash(settings), "executor": dict(executor or {})}


def prompt_hash(settings: PlannerSettings) -> str:
    """A hash of the prompt as it is built for an example on each platform: it changes with every word."""
    done = [Step(Action("finish"), "An example")]
    told = [
        build("An example", done, settings.horizon, platform, settings.style, ["An output"], 1, settings.tools)
        for platform in ("web", "desktop", "mobile", "tool")
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def _thousand(point: Point, sample: Sample) -> list[float]:
    """A point of the screenshot in ``thousand``, not rounded."""
    size = sample.observation.size
    return [point.x / size.width * 1000, point.y / size.height * 1000]


def _screen(dialect: str, size: Size) -> Screen:
    return Screen(size, smart_resize(size, RULES[dialect]) if dialect in RULES else None)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot read the predictions {path}: {error.strerror}") from error


def _responses(path: Path, content: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            name, response = data["id"], data["response"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f'{path}, line {number}: write {{"id": "...", "response": "..."}} ({error!r})') from error
        if not isinstance(name, str) or not isinstance(response, str):
            raise ValueError(
                f"{path}, line {number}: id and response must be texts, got {name!r:.40} and {response!r:.40}"
            )
        if name in found:
            raise ValueError(f"{path}, line {number}: {name!r} was predicted already: keep one line of each id")
        found[name] = response
    if not found:
        raise ValueError(f'{path} is empty: write a line {{"id": "...", "response": "..."}} for every sample')
    return found
