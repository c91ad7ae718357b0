"""``failures.html``: the counts of :mod:`tracer1.evaluation.harness.failures` and pictures of the worst episodes.

A picture is the screenshot, shrunk, with the target box (green) and the predicted point (red). Their number and size are bounded,
so the page stays below a few megabytes whatever the split.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from PIL import Image, ImageDraw, UnidentifiedImageError

from tracer1.evaluation.harness.base import Benchmark, Prediction, Sample
from tracer1.evaluation.harness.failures import Look, short, worst_groups
from tracer1.evaluation.harness.journal import Journal
from tracer1.files import write_text
from tracer1.plans import render_step
from tracer1.report.draw import GOOD, MARK

EPISODES, STEPS, SIDE, LONGEST = 6, 4, 480, 600


def write_page(
    path: Path, title: str, counts: Mapping[str, Any], looks: Sequence[Look], panels: Mapping[str, Mapping[str, Any]]
) -> None:
    """Write the page. ``panels`` holds, by sample, what :func:`panels_of` gives."""
    environment = Environment(
        loader=PackageLoader("tracer1.evaluation.harness", "."),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    groups = worst_groups(looks, EPISODES, STEPS)
    episodes = [(found[0].group, [panels[one.sample] for one in found if one.sample in panels]) for found in groups]
    page = environment.get_template("failure_page.html").render(title=title, counts=counts, episodes=episodes)
    write_text(path, page)


def panels_of(
    benchmark: Benchmark, path: Path, split: str, looks: Sequence[Look], journal: Journal
) -> dict[str, dict[str, Any]]:
    """What is shown of each failed sample of the worst episodes; the split is read until all of them were seen."""
    wanted = {look.sample: look for found in worst_groups(looks, EPISODES, STEPS) for look in found}
    panels: dict[str, dict[str, Any]] = {}
    if wanted:
        for sample in benchmark.samples(path, split):
            if isinstance(sample, Sample) and sample.id in wanted:
                panels[sample.id] = _panel(sample, journal.find(sample.id), wanted[sample.id])
            if len(panels) == len(wanted):
                break
    return panels


def picture(sample: Sample, prediction: Prediction) -> str:
    """The marked screenshot as a data URL; empty where there is none, or it cannot be opened."""
    if not sample.observation.screenshot:
        return ""
    try:
        with Image.open(io.BytesIO(sample.observation.screenshot)) as original:
            size = original.size
            shown = original.convert("RGB")
    except (UnidentifiedImageError, OSError):
        return ""
    shown.thumbnail((SIDE, SIDE))
    across, down = shown.width / size[0], shown.height / size[1]
    pen = ImageDraw.Draw(shown)
    if sample.box:
        box = sample.box
        pen.rectangle((box.left * across, box.top * down, box.right * across, box.bottom * down), outline=GOOD, width=3)
    for name in ("point", "start", "end"):
        point = prediction.action.arguments.get(name) if prediction.action else None
        if point:
            x, y = point[0] / 1000 * shown.width, point[1] / 1000 * shown.height
            pen.ellipse((x - 7, y - 7, x + 7, y + 7), outline="white", width=5)
            pen.ellipse((x - 6, y - 6, x + 6, y + 6), outline=MARK, width=3)
    output = io.BytesIO()
    shown.save(output, "JPEG", quality=70)
    return f"data:image/jpeg;base64,{base64.b64encode(output.getvalue()).decode('ascii')}"


def _panel(sample: Sample, prediction: Prediction, look: Look) -> dict[str, Any]:
    agreed = [*look.agreed, *([None] * len(prediction.plan))]
    said = [(_short(render_step(step)), agreed[number]) for number, step in enumerate(prediction.plan)]
    action = prediction.action
    acted = f"{action.type} {action.arguments}" if action and not prediction.plan else ""
    return {
        "sample": sample.id,
        "instruction": _short(sample.instruction),
        "picture": picture(sample, prediction),
        "plan": said,
        "said": _short(acted or ("" if said else prediction.text or "nothing")),
        "status": f"{prediction.status}: {_short(prediction.detail)}" if prediction.status != "ok" else "",
        "answer": _short(prediction.answer or ""),
        "recorded": [_short(render_step(step)) for step in sample.future[: max(1, len(prediction.plan))]],
        "first_wrong": look.first_wrong if prediction.plan and sample.future else "",
    }


def _short(text: str) -> str:
    return short(text, LONGEST)
