"""What a published script for steps is: how it marks one step, and which numbers it makes of the marks.

The comparisons themselves are in :mod:`tracer1.protocols`; here is what a script does around them: what it makes of an answer
without an action or without a place, what it counts, and by what it divides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tracer1.actions import Action
from tracer1.evaluation.harness.base import Judgement, Metric, Prediction, ProtocolCard, Sample

Marks = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class StepScript:
    """A script: its card, its marks of one step (the action is None where none could be read), and its numbers over some steps.

    ``marks`` raises ValueError for a reference that cannot be judged (a click without a place).
    """

    card: ProtocolCard
    marks: Callable[[Sample, Action | None], Marks]
    numbers: Callable[[Sequence[Judgement]], list[Metric]]

    def judge(self, sample: Sample, prediction: Prediction) -> Judgement:
        """The marks of a final prediction. Raises ValueError for one that a server left without an answer."""
        if prediction.status not in ("ok", "unreadable", "refused"):
            raise ValueError(f"{sample.id}: a prediction that {prediction.status} is asked again, not judged")
        return Judgement(
            sample=sample.id,
            group=sample.group,
            position=sample.position,
            kind=sample.reference.type,
            marks=self.marks(sample, prediction.action),
            parts=sample.parts,
        )


def of_each_part(
    judgements: Sequence[Judgement], numbers: Callable[[Sequence[Judgement]], list[Metric]]
) -> list[Metric]:
    """The numbers over each sub-split alone, in the order in which they appear."""
    parts = dict.fromkeys(part for one in judgements for part in one.parts)
    return [
        replace(metric, part=part)
        for part in parts
        for metric in numbers([one for one in judgements if part in one.parts])
    ]
