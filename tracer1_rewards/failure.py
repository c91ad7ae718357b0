"""The first rule that a response fails, in one sentence, found in reading order; empty when it fails none.

Stage 1 goes through the steps, then looks where the text stops, then what is missing. Stage 2 looks at the first step and
its execution, then at the text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tracer1.actions import Action
from tracer1.executors.base import POINTER_ACTIONS, Execution, answer_of
from tracer1.ground_truth import GroundTruth
from tracer1.matching import NOT_JUDGED
from tracer1.plans import ParsedPlan, Step, render_step
from tracer1_rewards.settings import Settings
from tracer1_rewards.steps import StepScore


def plan_failure(
    parsed: ParsedPlan, response: str, truth: GroundTruth, scores: Sequence[StepScore], settings: Settings
) -> str:
    """Stage 1."""
    steps = parsed.plan.steps
    for number, one in enumerate(scores):
        if found := _step_failure(number, steps, one, truth, settings):
            return found
    if found := _reading_failure(parsed, response):
        return found
    missing = set(range(len(truth.reference.steps))) - {one.reference for one in scores}
    return f"step {min(missing) + 1} of the reference is missing: the plan has {len(steps)} steps" if missing else ""


def execution_failure(
    parsed: ParsedPlan, response: str, truth: GroundTruth, execution: Execution | None, settings: Settings
) -> str:
    """Stage 2."""
    if execution is None:
        return _reading_failure(parsed, response)
    found = _execution_failure(parsed.plan.steps[0], truth, execution, settings) or _reading_failure(parsed, response)
    if not found and len(parsed.plan.steps) > truth.horizon:
        found = f"the plan has {len(parsed.plan.steps)} steps, more than the horizon of {truth.horizon}"
    return found


def _step_failure(number: int, steps: Sequence[Step], one: StepScore, truth: GroundTruth, settings: Settings) -> str:
    """What is wrong with a step, given that all before it are right."""
    name, step, reference = f"step {number + 1}", steps[number], truth.reference.steps
    if number >= truth.horizon:
        return f"{name} is beyond the horizon of {truth.horizon} steps"
    if one.repeated:
        first = next(n for n, earlier in enumerate(steps) if _is_same(earlier, step))
        return f"step {first + 1} is right but is repeated in {name}"
    if one.reference is None:
        if settings.alignment == "position":
            return f"{name} is one too many: the reference has {len(reference)} steps"
        return f"{name} has no counterpart in the reference: {render_step(step)}"
    if one.reference != number:
        return f"{name} of the reference is missing: the plan's {name} is compared with step {one.reference + 1}"
    wanted = reference[number]
    if one.operation < 1:
        return f"{name}: {_operation_failure(step.action, wanted.action, settings.protocol or truth.protocol)}"
    if settings.instruction_weight and one.instruction < 1:
        return f"{name}: another instruction: {step.instruction!r} where {wanted.instruction!r} was expected"
    return ""


def _operation_failure(predicted: Action, wanted: Action, protocol: str) -> str:
    if predicted.type != wanted.type:
        return f"another action type: {predicted.type} where {wanted.type} was expected"
    given, asked = predicted.arguments, wanted.arguments
    names = [name for name in sorted(given.keys() | asked.keys()) if given.get(name) != asked.get(name)]
    judged = [name for name in names if name not in NOT_JUDGED] or names
    if not judged:
        return f"the protocol {protocol} does not accept it: {predicted.type} needs a place"
    told = (f"{name} {_shown(given, name)} where {_shown(asked, name)} was expected" for name in judged)
    return "another argument: " + ", ".join(told)


def _shown(arguments: dict[str, Any], name: str) -> str:
    return json.dumps(arguments[name], ensure_ascii=False) if name in arguments else "none"


def _is_same(earlier: Step, later: Step) -> bool:
    return earlier.action == later.action and earlier.instruction.lower() == later.instruction.lower()


def _reading_failure(parsed: ParsedPlan, response: str) -> str:
    count = len(parsed.plan.steps)
    if parsed.status == "ok":
        return ""
    if parsed.status == "truncated" and parsed.stopped_at < len(response):
        return f"the text ends within step {count + 1}"
    return f"reading stops after step {count}: {parsed.reason}" if count else f"there is no plan: {parsed.reason}"


def _execution_failure(step: Step, truth: GroundTruth, execution: Execution, settings: Settings) -> str:
    wanted = truth.reference.steps[0]
    if step.action.type != wanted.action.type:
        return f"step 1: another action type: {step.action.type} where {wanted.action.type} was expected"
    if execution.status == "timed_out":
        said = execution.detail or f"it took more than {settings.executor_seconds:g} seconds"
        return f"step 1 could not be judged: the executor was not done in time: {said}"
    if execution.status == "failed":
        return f"step 1 could not be judged: the executor failed: {execution.detail}"
    if execution.status == "refused":
        return f"step 1: the executor refuses: {execution.detail}"
    if truth.answer is not None:
        right = truth.answer.matches(execution.answer or "")
        return "" if right else f"step 1: the tool's answer {execution.answer!r:.80} is not {truth.answer.value!r:.80}"
    if wanted.action.type in POINTER_ACTIONS:
        return _place_failure(truth, execution)
    if execution.answer != answer_of(wanted):
        return f"step 1: the executor's answer is {execution.answer!r} where {answer_of(wanted)!r} was expected"
    return ""


def _place_failure(truth: GroundTruth, execution: Execution) -> str:
    if truth.box is None:
        return "step 1 could not be judged: the row has no target box"
    if execution.point is None:
        return "step 1: the executor gives no point"
    if not truth.box.contains(execution.point):
        return f"step 1: the executor's point ({execution.point.x:g}, {execution.point.y:g}) is outside the target box"
    return ""
