"""Cards beside one another and beside published numbers, with a warning wherever two numbers are not of the same kind.

A group holds the numbers of one metric (benchmark, metric, sub-split): of headlines, of what somebody has published, and of
what episodes took (seconds, calls). The first card is what the others are compared with: with its number under their protocol, where
there is one. ``differs`` says what is not the same: protocol, split, samples, history, prompt, commitment, or that a score is
partial. ``unknown`` is what one of the two does not say.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tracer1.evaluation.harness.card import read_card
from tracer1.evaluation.harness.published import Published, published

SETTINGS = (
    "horizon", "style", "prompt", "temperature", "max_tokens", "thinking", "max_turns", "commitment", "max_steps",
    "workers",
)  # fmt: skip
HASHES = ("prompt", "executor")
MINE, THEIRS = "#1b6ca8", "#b8c0c8"


@dataclass(frozen=True, slots=True)
class Number:
    """One method's number. ``settings`` are what a card knows besides."""

    method: str
    ours: bool
    value: float
    protocol: str = ""
    split: str = ""
    n: int | None = None
    history: str = ""
    low: float | None = None
    high: float | None = None
    sd: float | None = None
    source: str = ""
    note: str = ""
    partial: str = ""
    digest: str = ""
    unit: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    differs: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """The numbers of one metric; the first is a card's."""

    benchmark: str
    metric: str
    part: str
    numbers: tuple[Number, ...]

    @property
    def title(self) -> str:
        return f"{self.benchmark}{' ' + self.part if self.part else ''}: {self.metric}"


def compare(directories: Sequence[Path]) -> list[Group]:
    """Groups for the cards' headlines, for what episodes took, and for all metrics that somebody has published. Raises ValueError
    for a directory without a card."""
    mine: dict[tuple[str, str, str], list[Number]] = {}
    cards = [read_card(directory) for directory in directories]
    for label, card in zip(_labels(directories), cards, strict=True):
        for metric, number in _numbers(label, card):
            key = (card["benchmark"], metric["name"], metric["part"])
            mine.setdefault(key, []).append(number)
    headlines = {(card["benchmark"], card["headline"], "") for card in cards}
    groups = []
    for key, numbers in mine.items():
        theirs = [one for one in published() if (one.benchmark, one.metric, one.part) == key]
        if theirs or key in headlines or numbers[0].unit:
            first, *others = numbers
            beside = [*others, *map(_foreign, theirs)]
            groups.append(Group(*key, (first, *(_against(_peer(numbers, one), one) for one in beside))))
    return groups


def as_json(groups: Sequence[Group]) -> list[dict[str, Any]]:
    """The content of ``compare.json``."""
    return [asdict(group) for group in groups]


def draw(groups: Sequence[Group]) -> bytes:
    """A bar chart of the groups as SVG: cards in blue with their intervals, published numbers in grey; what is not comparable
    with the first card is hatched."""
    from matplotlib.figure import Figure

    rows = [max(1, len(group.numbers)) for group in groups]
    figure = Figure(figsize=(9, 0.9 * len(groups) + 0.34 * sum(rows)), layout="constrained")
    for axes, group in zip(
        figure.subplots(len(groups), 1, squeeze=False, height_ratios=rows)[:, 0], groups, strict=True
    ):
        unit = group.numbers[0].unit
        scale, longest = (1, max(max(one.value, one.high or 0) for one in group.numbers)) if unit else (100, 100)
        for place, one in enumerate(reversed(group.numbers)):
            colour, hatch = (MINE if one.ours else THEIRS), ("///" if one.differs else None)
            axes.barh(place, scale * one.value, color=colour, hatch=hatch, edgecolor="white", height=0.72)
            if one.low is not None and one.high is not None:
                axes.plot([scale * one.low, scale * one.high], [place, place], color="#1d2530", linewidth=1.4)
            end = scale * max(one.value, one.high or 0) + 0.006 * longest
            axes.text(end, place, number(one.value, unit), va="center", fontsize=7.5)
        axes.set_yticks(range(len(group.numbers)), [one.method for one in reversed(group.numbers)], fontsize=8)
        axes.set_title(f"{group.title} ({unit or '%'})", fontsize=10, loc="left")
        axes.set_xlim(0, 1.05 * longest or 1)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(axis="x", labelsize=8)
    output = io.BytesIO()
    figure.savefig(output, format="svg", metadata={"Date": None})
    return output.getvalue()


def number(value: float, unit: str) -> str:
    """A share in percent, without the sign; anything else as it is."""
    return f"{value:.2f}" if unit else f"{100 * value:.1f}"


def _labels(directories: Sequence[Path]) -> list[str]:
    """What the cards are called: their directories' names, with as many of those above as it takes to tell them apart."""
    homes = [path.resolve() if path.is_dir() else path.resolve().parent for path in directories]
    for depth in range(1, max(len(home.parts) for home in homes)):
        labels = ["/".join(home.parts[-depth:]) for home in homes]
        if len(set(labels)) == len(set(homes)):
            break
    return labels


def _numbers(label: str, card: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Number]]:
    """All metrics of a card, under the chosen protocol first."""
    made, samples = card["made_with"], card["samples"]
    about = {name: made[name] for name in SETTINGS if name in made} | {"executor": made.get("executor")}
    for protocol, metrics in {card["protocol"]["name"]: card["metrics"], **card["other_protocols"]}.items():
        for metric in metrics:
            if metric["value"] is None:
                continue
            known = {name: metric.get(name) for name in ("value", "n", "low", "high", "sd")}
            yield metric, Number(
                method=label, ours=True, protocol=protocol, split=card["split"],
                history=str(made.get("history", "")), source=str(made.get("model", "")), partial=samples["partial"],
                digest=samples.get("digest", ""), unit=metric.get("unit", ""), settings=about, **known,
            )  # fmt: skip


def _foreign(one: Published) -> Number:
    return Number(
        one.method, False, one.value, one.protocol, one.split, one.n, one.history, source=one.source, note=one.note
    )


def _peer(numbers: Sequence[Number], other: Number) -> Number:
    """What to compare with: the first card's number under the other's protocol, or else its first."""
    mine = (one for one in numbers if one.method == numbers[0].method and one is not other)
    return next((one for one in mine if one.protocol == other.protocol), numbers[0])


def _against(mine: Number, other: Number) -> Number:
    asked = ("protocol", "split", "n", "history")
    unknown = tuple(name for name in asked if {getattr(mine, name), getattr(other, name)} & {"", None})
    differs = [
        f"{name}: {getattr(mine, name)} here, {getattr(other, name)} there"
        for name in asked
        if name not in unknown and getattr(mine, name) != getattr(other, name)
    ]
    if other.ours:
        if mine.n == other.n and mine.digest != other.digest:
            differs.append("samples: as many, but not the same")
        for name in dict.fromkeys([*mine.settings, *other.settings]):
            here, there = mine.settings.get(name), other.settings.get(name)
            if here != there:
                differs.append(f"{name} differs" if name in HASHES else f"{name}: {here} here, {there} there")
    differs += [f"{whose} is {one.partial}" for whose, one in (("this", mine), ("that", other)) if one.partial]
    return replace(other, differs=tuple(differs), unknown=unknown)
