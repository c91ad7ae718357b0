"""Recorded episodes as samples: what every offline benchmark of steps starts from.

One sample for each step that is known and was seen. Its history is everything that was done before it, steps without a usable
screenshot of their own (:class:`~tracer1.trajectories.Gap`) included; its future is the step itself and what was recorded
behind it, up to a step that is unknown or must not be taught. A gap whose step and screen are known is a sample too: the
published scripts score what is not fit for training. Of any other gap the fault is passed on, once. Where its step is unknown,
the later samples stay, because the published counts hold them; their history lacks that step.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from tracer1.evaluation.harness.base import Sample
from tracer1.plans import Step
from tracer1.trajectories import Fault, Gap, Observation, RecordedStep, Trajectory


def samples_of(trajectory: Trajectory, parts: tuple[str, ...] = ()) -> Iterator[Sample | Fault]:
    """The samples of an episode in order, named ``<episode>/<position>``, and the faults of its gaps in their places.

    ``position`` is the index in ``trajectory.steps``; ``parts`` are the sub-splits that the whole episode counts to.
    """
    for position, recorded in enumerate(trajectory.steps):
        if isinstance(recorded, Gap) and (recorded.step is None or recorded.observation is None):
            yield recorded.fault
        else:
            yield _sample(trajectory, position, recorded.observation, parts)


def _sample(trajectory: Trajectory, position: int, seen: Observation, parts: tuple[str, ...]) -> Sample:
    past = [earlier for earlier in trajectory.steps[:position] if earlier.step is not None]
    return Sample(
        id=f"{trajectory.episode}/{position}",
        group=trajectory.episode,
        position=position,
        instruction=trajectory.instruction,
        observation=seen,
        platform=seen.platform or trajectory.platform,
        history=tuple(earlier.step for earlier in past),
        outputs=tuple(earlier.output for earlier in past),
        future=tuple(_future(*trajectory.steps[position:])),
        box=getattr(trajectory.steps[position], "box", None),
        parts=parts,
    )


def _future(first: RecordedStep | Gap, *others: RecordedStep | Gap) -> Iterator[Step]:
    """The first step, and those behind it up to one that is unknown or must not be taught; nothing follows such a one."""
    yield first.step
    if _is_taught(first):
        yield from (recorded.step for recorded in takewhile(_is_taught, others))


def _is_taught(recorded: RecordedStep | Gap) -> bool:
    return recorded.step is not None and getattr(recorded, "taught", True)
