"""Writes ``report.json`` and ``report.html`` for one or several run directories, and the page's pictures as files of their own."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from tracer1.episodes import FILE, EpisodeLog, read_episode
from tracer1.files import write_json, write_text
from tracer1.report.curves import draw_curves
from tracer1.report.draw import draw_episode
from tracer1.report.runs import STAGES, Run, order, read_run
from tracer1.report.summary import COMPONENTS, OFFLINE, OTHERS, summarise

EPISODES = 3


def write_report(directories: Sequence[Path], output: Path) -> Path:
    """Write ``report.json``, the learning curves (``stage1.svg``, ``stage2.svg``), episodes (``episode1.png`` …) and the page with
    all of them to ``output``; return the page's path. Raises ValueError for a directory that is no run."""
    runs = [read_run(directory) for directory in directories]
    report = summarise(runs)
    write_json(output / "report.json", report)
    curves = {
        stage: draw_curves(stage, [run.stages[stage] for run in runs if stage in run.stages])
        for stage in STAGES
        if any(stage in run.stages for run in runs)
    }
    episodes = [(_caption(log), draw_episode(log)) for log in choose_episodes(runs)]
    for stage, curve in curves.items():
        (output / f"{stage}.svg").write_bytes(curve)
    for number, (_, picture) in enumerate(episodes, start=1):
        (output / f"episode{number}.png").write_bytes(picture)
    page = output / "report.html"
    write_text(page, render_page(report, curves, episodes))
    return page


def render_page(report: dict[str, Any], curves: dict[str, bytes], episodes: Sequence[tuple[str, bytes]]) -> str:
    """The page's HTML, with the pictures in it; everything from outside is escaped. ``curves``: an SVG a stage; ``episodes``:
    captions and PNGs."""
    environment = Environment(
        loader=PackageLoader("tracer1.report", "."),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": _percent, "number": _number, "signed": _signed, "duration": _duration}
    shown = [*COMPONENTS, *OTHERS, "validation"]
    return environment.get_template("page.html").render(
        report=report,
        curves={stage: _inline(curve, "image/svg+xml") for stage, curve in curves.items()},
        pictures=[(caption, _inline(picture, "image/png")) for caption, picture in episodes],
        shown=shown,
        offline_keys=OFFLINE,
        best=_best(report),
    )


def choose_episodes(runs: Sequence[Run], count: int = EPISODES) -> list[EpisodeLog]:
    """Episodes of the last policy: the longest solved ones, each of another task, and the longest that was not
    solved.
    """
    live = [result for run in runs for result in run.evaluations if result["kind"] == "live"]
    if not live:
        return []
    last = max((result["policy"] for result in live), key=order)
    logs = [log for result in live if result["policy"] == last for log in _logs(result)]
    logs.sort(key=lambda log: (-min(len(log.turns), 6), log.header["task"], log.header["seed"]))
    failed = [log for log in logs if not log.outcome["success"]][:1]
    solved: dict[str, EpisodeLog] = {}
    for log in logs:
        if log.outcome["success"]:
            solved.setdefault(log.header["task"], log)
    chosen = list(solved.values())[: count - len(failed)] + failed
    return chosen + [log for log in logs if log not in chosen][: count - len(chosen)]


def _logs(result: dict[str, Any]) -> list[EpisodeLog]:
    """The episodes lie in a directory beside the result, named as it is."""
    directory: Path = result["file"].with_suffix("")
    return [read_episode(path.parent) for path in sorted(directory.glob(f"*/*/{FILE}"))]


def _caption(log: EpisodeLog) -> str:
    return f"{log.header['task']}, seed {log.header['seed']}: {'solved' if log.outcome['success'] else 'not solved'}"


def _best(report: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Per split: the success of the first and of the last policy, for the page's opening line."""
    splits: dict[str, list[float]] = {}
    for entry in report["success"]:
        splits.setdefault(entry["split"], []).append(entry["rate"])
    return {split: (rates[0], rates[-1]) for split, rates in splits.items()}


def _inline(data: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _number(value: float) -> str:
    return f"{value:.1e}" if 0 < abs(value) < 0.001 else f"{value:.3f}"


def _signed(value: float) -> str:
    return (f"{value:+.1e}" if 0 < abs(value) < 0.001 else f"{value:+.3f}").replace("-", "−")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
