"""Scores before and after a change of settings: means of every component, and what happens within the groups of rollouts.

GRPO sees a score only in comparison with those of the same prompt, so what counts is whether the order within a group
changes, and whether a group still has any spread (without it, it teaches nothing).
"""

from __future__ import annotations

import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from tracer1_rewards.result import KEYS

DIGITS = 6  # dumps hold what was a 32-bit number: scores that agree so far are the same
SHOWN = tuple(key for key in KEYS if key != "overall")


@dataclass(slots=True)
class Component:
    """One component: its sums before and after over the ``known`` lines whose dump has it, and after over all lines."""

    known: int = 0
    before: float = 0.0
    after: float = 0.0
    after_all: float = 0.0

    def means(self, scored: int) -> tuple[float | None, float]:
        """Before and after, over the same lines; where no dump has the component, None and after over all lines."""
        if self.known:
            return self.before / self.known, self.after / self.known
        return None, self.after_all / max(1, scored)


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of at least two rollouts. ``rank_correlation``: Spearman's, the mean over the ``ranked`` groups whose scores
    vary before and after. ``best_changed``: groups in which no rollout is best both before and after."""

    count: int
    ranked: int
    rank_correlation: float | None
    best_changed: int
    no_variance_before: int
    no_variance_after: int


@dataclass(slots=True)
class Comparison:
    """Scores are added one by one; what is kept are sums, and the pairs of scores of each group."""

    scored: int = 0
    changed: int = 0
    components: dict[str, Component] = field(default_factory=lambda: {key: Component() for key in SHOWN})
    _groups: dict[int, list[tuple[float, float]]] = field(default_factory=dict)

    def add(self, group: Hashable, before: Mapping[str, float], after: Mapping[str, float]) -> None:
        """One rollout; both hold at least ``score``."""
        pair = round(before["score"], DIGITS), round(after["score"], DIGITS)
        self.scored += 1
        self.changed += abs(before["score"] - after["score"]) > 10**-DIGITS
        self._groups.setdefault(hash(group), []).append(pair)
        for key, component in self.components.items():
            component.after_all += after[key]
            if key in before:
                component.known += 1
                component.before += before[key]
                component.after += after[key]

    def groups(self) -> Groups:
        """What changed within the groups."""
        pairs = [tuple(zip(*group, strict=True)) for group in self._groups.values() if len(group) > 1]
        ranks = [spearman(before, after) for before, after in pairs if _varies(before) and _varies(after)]
        return Groups(
            count=len(pairs),
            ranked=len(ranks),
            rank_correlation=statistics.fmean(ranks) if ranks else None,
            best_changed=sum(not _best(before) & _best(after) for before, after in pairs),
            no_variance_before=sum(not _varies(before) for before, _ in pairs),
            no_variance_after=sum(not _varies(after) for _, after in pairs),
        )


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """Rank correlation in [-1, 1]; equal values share their mean rank. Both must vary."""
    return statistics.correlation(_ranks(first), _ranks(second))


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(values)
    return [(bisect_left(order, value) + bisect_right(order, value) + 1) / 2 for value in values]


def _best(values: Sequence[float]) -> set[int]:
    most = max(values)
    return {n for n, value in enumerate(values) if value == most}


def _varies(values: Sequence[float]) -> bool:
    return min(values) < max(values)
