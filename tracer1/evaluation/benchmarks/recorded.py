"""Recorded episodes as samples: what every offline benchmark of steps starts from.

One sample for each step that was seen. Its history is everything that was done before it, steps without a usable screenshot of
their own (:class:`~tracer1.trajectories.Gap`) included; its future is what was recorded from it on, up to a step that is
unknown or must not be taught. A gap is no sample: its fault is passed on, once. Where a gap's step is unknown, the later
samples stay, because the published counts hold them; their history lacks that step.
"""

from __future__ import annotations

from collections.abc import Iterator

from tracer1.evaluation.benchmarks.base import Sample
from tracer1.plans import Step
from tracer1.trajectories import Fault, Gap, RecordedStep, Trajectory


def samples_of(trajectory: Trajectory, parts: tuple[str, ...] = ()) -> Iterator[Sample | Fault]:
    """The samples of an episode in order, named ``<episode>/<position>``, and the faults of its gaps in their places.

    ``position`` is the index in ``trajectory.steps``; ``parts`` are the sub-splits that the whole episode counts to.
    """
    for position, recorded in enumerate(trajectory.steps):
        if isinstance(recorded, Gap):
            yield recorded.fault
        else:
            yield _sample(trajectory, position, recorded, parts)


def _sample(trajectory: Trajectory, position: int, recorded: RecordedStep, parts: tuple[str, ...]) -> Sample:
    past = [earlier for earlier in trajectory.steps[:position] if earlier.step is not None]
    return Sample(
        id=f"{trajectory.episode}/{position}",
        group=trajectory.episode,
        position=position,
        instruction=trajectory.instruction,
        observation=recorded.observation,
        platform=recorded.observation.platform or trajectory.platform,
        history=tuple(earlier.step for earlier in past),
        outputs=tuple(earlier.output for earlier in past),
        future=tuple(_continuation(trajectory.steps[position:])),
        box=recorded.box,
        parts=parts,
    )


def _continuation(steps: tuple[RecordedStep | Gap, ...]) -> Iterator[Step]:
    """The steps up to the first that is unknown or must not be taught."""
    for recorded in steps:
        if recorded.step is None or not getattr(recorded, "taught", True):
            return
        yield recorded.step
