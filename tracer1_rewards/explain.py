"""Where one response's score comes from: what was read, what each step adds, the arithmetic, the first rule that failed.

``python -m tracer1_rewards explain --rows rows.parquet --row 5 --response answer.txt`` shows it (:mod:`tracer1_rewards.show`);
``--json`` prints an :class:`Explanation` as one JSON object. Steps and characters: steps count from 1, characters from 0.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tracer1.executors.base import POINTER_ACTIONS, Execution, Executor
from tracer1.ground_truth import GroundTruth
from tracer1.plans import ParsedPlan, Step, render_step
from tracer1.trajectories import Observation
from tracer1_rewards.arithmetic import first_step, first_step_adds, format_share, whole_plan, whole_plan_adds
from tracer1_rewards.failure import execution_failure, plan_failure
from tracer1_rewards.inputs import Sample, reward_of
from tracer1_rewards.result import KEYS
from tracer1_rewards.settings import Settings
from tracer1_rewards.steps import StepScore, score_steps

AROUND = 60  # characters shown on either side of where reading stopped
CLOSED = "</think>"
_TAG = re.compile(r"</?think>")


@dataclass(frozen=True, slots=True)
class Reading:
    """How reading went; ``before`` and ``after`` are the text around the place where it stopped."""

    status: str
    reason: str
    thought_words: int
    stopped_at: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class StepLine:
    """One predicted step. ``reference`` is the number of the step it is compared with, ``expected`` that step."""

    number: int
    predicted: str
    reference: int | None
    expected: str
    operation: float
    instruction: float
    similarity: float
    weight: float
    repeated: bool
    adds: float


@dataclass(frozen=True, slots=True)
class Executed:
    """What the executor did with the first step, in pixels of the screenshot. ``in_box`` is None where no place is asked."""

    executor: str
    status: str
    detail: str
    point: tuple[float, float] | None
    answer: str | None
    box: tuple[float, float, float, float] | None
    in_box: bool | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one score: what the ``steps`` add and ``format_share`` make up ``score``. ``missing`` are the
    reference's steps, by number, that nothing was compared with; ``recorded`` is the score in the dump."""

    where: str
    stage: int
    protocol: str
    reading: Reading
    steps: list[StepLine]
    missing: dict[int, str]
    execution: Executed | None
    components: dict[str, float]
    arithmetic: list[str]
    format_share: float
    score: float
    maximum: float
    failure: str
    recorded: float | None


class _Witness:
    """An executor whose last execution can be looked at."""

    def __init__(self, executor: Executor) -> None:
        self.name = executor.name
        self.seen = Execution("timed_out")  # what remains when it is cancelled
        self._executor = executor

    async def execute(self, observation: Observation, step: Step) -> Execution:
        """The executor's own answer."""
        self.seen = await self._executor.execute(observation, step)
        return self.seen


async def explain(sample: Sample, settings: Settings, executor: Executor | None) -> Explanation:
    """Explain stage 1, or, with an executor, stage 2."""
    truth, parsed = sample.truth, sample.parse(settings)
    witness = _Witness(executor) if executor else None
    reward = await reward_of(parsed, truth, settings, witness, sample.screenshot)
    scores = score_steps(parsed.plan.steps, truth, settings)
    seen = witness.seen if witness and parsed.plan.steps else None
    if executor:
        arithmetic, adds = first_step(reward, settings), first_step_adds(reward, settings, len(scores))
        failure = execution_failure(parsed, sample.response, truth, seen, settings)
    else:
        arithmetic = whole_plan(scores, len(truth.reference.steps), reward, settings)
        adds = whole_plan_adds(scores, settings)
        failure = plan_failure(parsed, sample.response, truth, scores, settings)
    compared = {one.reference for one in scores}
    return Explanation(
        where=sample.where,
        stage=2 if executor else 1,
        protocol=settings.protocol or truth.protocol,
        reading=_reading(parsed, sample.response),
        steps=_lines(parsed.plan.steps, truth, scores, adds),
        missing={n + 1: render_step(s) for n, s in enumerate(truth.reference.steps) if n not in compared},
        execution=_executed(executor.name, seen, truth) if executor and seen else None,
        components={key: value for key, value in reward.as_dict().items() if key in KEYS},
        arithmetic=arithmetic,
        format_share=format_share(reward, settings),
        score=reward.score,
        maximum=1.0 if executor else settings.maximum,
        failure=failure,
        recorded=sample.recorded.get("score"),
    )


def _reading(parsed: ParsedPlan, response: str) -> Reading:
    """The thought is what stands before the first step, or before the place where reading stopped without one."""
    at = end = parsed.stopped_at
    if parsed.ends:
        end = max(response.rfind("\n", 0, parsed.ends[0] - 1) + 1, response.rfind(CLOSED) + len(CLOSED))
    return Reading(
        status=parsed.status,
        reason=parsed.reason,
        thought_words=len(re.findall(r"\w+", _TAG.sub(" ", response[:end]))),
        stopped_at=at,
        before=response[max(0, at - AROUND) : at],
        after=response[at : at + AROUND],
    )


def _lines(
    steps: Sequence[Step], truth: GroundTruth, scores: Sequence[StepScore], adds: Sequence[float]
) -> list[StepLine]:
    lines = []
    for number, (step, one, gain) in enumerate(zip(steps, scores, adds, strict=True), 1):
        compared = one.reference is not None
        lines.append(
            StepLine(
                number=number,
                predicted=render_step(step),
                reference=one.reference + 1 if compared else None,
                expected=render_step(truth.reference.steps[one.reference]) if compared else "",
                operation=one.operation,
                instruction=one.instruction,
                similarity=one.similarity,
                weight=one.weight,
                repeated=one.repeated,
                adds=gain,
            )
        )
    return lines


def _executed(executor: str, seen: Execution, truth: GroundTruth) -> Executed:
    point, box = seen.point, truth.box
    asked = box is not None and truth.reference.steps[0].action.type in POINTER_ACTIONS
    return Executed(
        executor=executor,
        status=seen.status,
        detail=seen.detail,
        point=(point.x, point.y) if point else None,
        answer=seen.answer,
        box=(box.left, box.top, box.right, box.bottom) if box else None,
        in_box=box.contains(point) if asked and point else None,
    )
