"""Learning curves of one stage as one SVG: a thin line a run, the mean over runs on top. What was not logged has no panel."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tracer1.report.runs import Metrics

Series = Callable[[Metrics], list[tuple[int, float]]]
COLOURS = ("#1b6ca8", "#c8553d", "#3a7d44", "#8e5aa8", "#b8860b", "#5a6570")
COLUMNS = 3


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot: a title, the lines in it by label, the axis, and the stage it is for (both, unless named)."""

    title: str
    lines: dict[str, Series]
    logarithmic: bool = False
    limits: tuple[float, float] | None = None
    stage: str | None = None


def _reward(key: str) -> Series:
    return lambda metrics: metrics.reward(key)


def _metric(*names: str) -> Series:
    return lambda metrics: metrics.first(*names)


PANELS = (
    Panel("Score", {"rollouts": _reward("score"), "validation": Metrics.validation}),
    Panel(
        "Components",
        {key.replace("_", " "): _reward(key) for key in ("alignment", "first_step", "type_match", "instruction")},
        limits=(0, 1),
    ),
    Panel("Executed first step", {key: _reward(key) for key in ("grounding", "answer")}, limits=(0, 1), stage="stage2"),
    Panel(
        "What goes wrong",
        {key.replace("_", " "): _reward(key) for key in ("parse_failed", "repetition", "unscored")}
        | {"rows lost": _metric("groups/rows_lost")},
    ),
    Panel(
        "Groups of rollouts",
        {"zero variance": _metric("groups/zero_variance"), "some first step right": _metric("groups/first_step_best")},
        limits=(0, 1),
    ),
    Panel("Plan length (steps)", {"plan length": _reward("plan_length")}),
    Panel(
        "Rollout/actor probability difference",
        {
            "mean": _metric("training/rollout_probs_diff_mean"),
            "largest": _metric("training/rollout_probs_diff_max"),
        },
        logarithmic=True,
    ),
    Panel("Entropy (nats)", {"entropy": _metric("actor/entropy")}),
    Panel("Seconds a step", {"step": _metric("timing_s/step"), "rollout": _metric("timing_s/gen")}),
)


def draw_curves(stage: str, runs: Sequence[Metrics]) -> bytes:
    """The SVG of the panels of one stage (``stage1`` or ``stage2``) for some runs."""
    panels = [panel for panel in PANELS if panel.stage in (None, stage) and _is_logged(panel, runs)]
    rows = -(-len(panels) // COLUMNS)
    figure = Figure(figsize=(12.5, 3.1 * rows), layout="constrained")
    for place, panel in enumerate(panels, 1):
        _draw(figure.add_subplot(rows, COLUMNS, place), panel, runs)
    output = io.BytesIO()
    figure.savefig(output, format="svg", metadata={"Date": None})
    return output.getvalue()


def _is_logged(panel: Panel, runs: Sequence[Metrics]) -> bool:
    return any(series(metrics) for series in panel.lines.values() for metrics in runs)


def _draw(axes: Axes, panel: Panel, runs: Sequence[Metrics]) -> None:
    axes.set_title(panel.title, fontsize=10, loc="left")
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    for (label, series), colour in zip(panel.lines.items(), COLOURS, strict=False):
        found = [points for metrics in runs if (points := series(metrics))]
        if not found:
            continue
        if len(found) > 1:
            for points in found:
                axes.plot(*zip(*points, strict=True), color=colour, alpha=0.3, linewidth=0.8)
        mean = _mean(found)
        axes.plot(
            *zip(*mean, strict=True), color=colour, linewidth=1.6, label=label, marker="." if len(mean) < 15 else ""
        )
    if panel.logarithmic:
        axes.set_yscale("log")
    if panel.limits:
        low, high = panel.limits
        axes.set_ylim(low - 0.03, high + 0.03)
    axes.legend(fontsize=7.5, frameon=False)
    axes.set_xlabel("training step", fontsize=8)


def _mean(runs: Sequence[Sequence[tuple[int, float]]]) -> list[tuple[int, float]]:
    values: dict[int, list[float]] = defaultdict(list)
    for points in runs:
        for step, value in points:
            values[step].append(value)
    return [(step, sum(found) / len(found)) for step, found in sorted(values.items()) if len(found) == len(runs)]
