"""Six plots of what was counted, as one PNG."""

from __future__ import annotations

import io
import warnings
from collections import Counter
from textwrap import fill, shorten
from typing import TYPE_CHECKING

from tracer1_data.counts.budget import Budget
from tracer1_data.counts.counting import Counts, quantile

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BARS, FEWEST = 12, 5
INK, FAINT, FIRST, SECOND, GREY = "#1d2530", "#6b7785", "#1b6ca8", "#c8553d", "#aab4be"


def draw(total: Counts, found: Budget) -> bytes:
    """The PNG: what is in the rows, how long plans, episodes and prompts are, what is done, what stage 2 can use."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15, 8.6), dpi=110, layout="constrained")
    grid = figure.subplots(2, 3)
    group = "source" if len(total.tally("source")) > 1 else "task"
    _bars(grid[0, 0], f"Rows by {group}", total.tally(group))
    _actions(grid[0, 1], total)
    stage2 = Counter({name or "can be executed": rows for name, rows in total.tally("stage2").items()})
    _bars(grid[0, 2], "Stage 2: can the first step be judged?", stage2)
    _histogram(grid[1, 0], "Steps of reference plans", "rows", total.number("plan steps"))
    _histogram(grid[1, 1], "Steps of episodes", "episodes", total.episode_steps)
    _prompts(grid[1, 2], total, found)
    buffer = io.BytesIO()
    figure.get_layout_engine().set(w_pad=0.15, h_pad=0.15)
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "Glyph .* missing"
        )  # a task in a script that the font lacks: the tables have it
        figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _plain(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", fontsize=12, color=INK, fontweight="bold")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK, labelsize=9)
    axes.set_axisbelow(True)


def _bars(axes: Axes, title: str, tally: Counter[str]) -> None:
    ranked = tally.most_common()
    top, rest = (ranked, []) if len(ranked) <= BARS else (ranked[: BARS - 1], ranked[BARS - 1 :])
    if rest:
        top = [*top, (f"{len(rest)} others", sum(number for _, number in rest))]
    whole = max(1, tally.total())
    names = [_label(name or "(none)") for name, _ in top]
    colours = [FIRST] * len(top) if not rest else [FIRST] * (len(top) - 1) + [GREY]
    bars = axes.barh(range(len(top)), [number for _, number in top], color=colours)
    axes.bar_label(
        bars, [f"{number:,} ({number / whole:.0%})" for _, number in top], padding=3, fontsize=9, color=FAINT
    )
    axes.set_yticks(range(len(top)), names)
    axes.set_ylim(max(len(top), FEWEST) - 0.5, -0.6)
    axes.set_xlim(0, 1.3 * max((number for _, number in top), default=1))
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    _plain(axes, title)


def _actions(axes: Axes, total: Counts) -> None:
    """Shares of first steps and of all steps beside each other."""
    first, every = total.tally("first action"), total.tally("all actions")
    names = [name for name, _ in every.most_common(BARS)]
    for tally, offset, colour, label in ((first, -0.2, FIRST, "first steps"), (every, 0.2, SECOND, "all steps")):
        places = [number + offset for number in range(len(names))]
        shares = [100 * tally[name] / max(1, tally.total()) for name in names]
        bars = axes.barh(places, shares, height=0.38, color=colour, label=label)
        axes.bar_label(bars, [f"{share:.1f} %" for share in shares], padding=3, fontsize=8, color=FAINT)
    axes.set_yticks(range(len(names)), [_label(name) for name in names])
    axes.set_ylim(max(len(names), FEWEST) - 0.5, -0.6)
    axes.set_xlim(0, 1.18 * axes.get_xlim()[1])
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    _plain(axes, "Actions (share of steps)")


def _histogram(axes: Axes, title: str, unit: str, numbers: Counter[int]) -> None:
    """A bar a number; of very many numbers, fifty bars."""
    least, most = min(numbers, default=0), max(numbers, default=0)
    edges = min(50, most - least + 1)
    axes.hist(
        list(numbers), bins=edges, range=(least - 0.5, most + 0.5), weights=list(numbers.values()), color=FIRST,
        rwidth=0.9,
    )  # fmt: skip
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.yaxis.get_major_formatter().set_useOffset(False)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(axis="y", color="#e3e7eb")
    axes.set_ylabel(unit, fontsize=9, color=FAINT)
    _plain(axes, title)


def _prompts(axes: Axes, total: Counts, found: Budget) -> None:
    numbers = total.number("prompt tokens")
    _histogram(axes, "Tokens of prompts (text and pictures)", "rows", numbers)
    for name, tokens, style in (("p50", quantile(numbers, 50), ":"), ("p99", quantile(numbers, 99), "--")):
        axes.axvline(tokens, 0, 0.74, color=INK, linestyle=style, linewidth=1.2, label=f"{name}: {tokens:,}")
    limit = found.most.tokens
    axes.axvline(limit, 0, 0.74, color=SECOND, linewidth=1.6, label=f"data.max_prompt_length={limit}")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    low, high = axes.get_ylim()
    axes.set_ylim(low, 1.35 * high)
    axes.legend(framealpha=1, edgecolor="none", fontsize=9, loc="upper left")


def _label(text: str) -> str:
    """Data in a plot: at most two short lines, and no mathematics (a dollar sign would start some)."""
    return fill(shorten(text, 50, placeholder=" …"), 26)[:60].replace("$", r"\$")
