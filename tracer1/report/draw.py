"""An episode as one picture: a panel a turn, the enlarged screenshot with the executed point, the plan beside it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

import matplotlib
from PIL import Image, ImageDraw, ImageFont

from tracer1.episodes import EpisodeLog

SCREEN_HEIGHT, TEXT_WIDTH, MARGIN, COLUMNS = 420, 330, 14, 2
INK, FAINT, MARK, GOOD, BAD = "#1d2530", "#6b7785", "#e0282e", "#23763b", "#b3261e"
_FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def draw_episode(log: EpisodeLog, most: int = 8) -> bytes:
    """The PNG of an episode's first ``most`` turns."""
    turns = log.turns[:most]
    panels = [_panel(log.directory, turn) for turn in turns]
    columns = min(COLUMNS, len(panels)) or 1
    width = max((panel.width for panel in panels), default=600)
    height = max((panel.height for panel in panels), default=0)
    header = _header(log, len(turns), columns * (width + MARGIN) + MARGIN)
    rows = -(-len(panels) // columns)
    picture = Image.new(
        "RGB", (columns * (width + MARGIN) + MARGIN, header.height + rows * (height + MARGIN) + MARGIN), "white"
    )
    picture.paste(header, (0, 0))
    for number, panel in enumerate(panels):
        row, column = divmod(number, columns)
        picture.paste(panel, (MARGIN + column * (width + MARGIN), header.height + row * (height + MARGIN)))
    output = io.BytesIO()
    picture.save(output, "PNG", optimize=True)
    return output.getvalue()


def _header(log: EpisodeLog, shown: int, width: int) -> Image.Image:
    outcome = log.outcome
    title = f"{log.header['task']}, seed {log.header['seed']}"
    result = (
        f"{'solved' if outcome['success'] else 'not solved'} – ended: {outcome['ended']} after {outcome['turns']} turns"
    )
    if shown < len(log.turns):
        result += f" (the first {shown} are shown)"
    lines = wrap(log.header["instruction"], max(20, width // 9))
    picture = Image.new("RGB", (width, 62 + 20 * len(lines)), "white")
    pen = ImageDraw.Draw(picture)
    pen.text((MARGIN, 10), title, fill=INK, font=_font(17, bold=True))
    pen.text((MARGIN, 33), result, fill=GOOD if outcome["success"] else BAD, font=_font(14))
    for number, line in enumerate(lines):
        pen.text((MARGIN, 55 + 20 * number), line, fill=INK, font=_font(14))
    return picture


def _panel(directory: Path, turn: dict[str, Any]) -> Image.Image:
    screen = _screen(directory / turn["screenshot"], turn) if turn["screenshot"] else Image.new("RGB", (1, 1), "white")
    lines = _lines(turn)
    height = max(screen.height, 30 + 17 * len(lines))
    picture = Image.new("RGB", (screen.width + TEXT_WIDTH, height), "white")
    picture.paste(screen, (0, 0))
    pen = ImageDraw.Draw(picture)
    left = screen.width + 12
    pen.text((left, 0), f"Turn {turn['number'] + 1}: the plan", fill=FAINT, font=_font(13))
    for number, (text, colour, bold) in enumerate(lines):
        pen.text((left, 22 + 17 * number), text, fill=colour, font=_font(13, bold))
    return picture


def _screen(path: Path, turn: dict[str, Any]) -> Image.Image:
    with Image.open(path) as original:
        scale = SCREEN_HEIGHT / original.height
        size = (round(original.width * scale), SCREEN_HEIGHT)
        screen = original.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    pen = ImageDraw.Draw(screen)
    point = (turn["execution"] or {}).get("point")
    if point and turn["plan"]:
        x, y = point[0] * scale, point[1] * scale
        pen.ellipse((x - 11, y - 11, x + 11, y + 11), outline="white", width=5)
        pen.ellipse((x - 10, y - 10, x + 10, y + 10), outline=MARK, width=3)
        pen.line((x - 4, y, x + 4, y), fill=MARK, width=2)
        pen.line((x, y - 4, x, y + 4), fill=MARK, width=2)
    pen.rectangle((0, 0, screen.width - 1, screen.height - 1), outline="#b8c0c8")
    return screen


def _lines(turn: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """The plan's text, wrapped: (line, colour, bold); the step that is due in bold."""
    lines: list[tuple[str, str, bool]] = []
    for number, step in enumerate(turn["plan"]):
        due = number == turn.get("position", 0)
        for part in wrap(f"{number + 1}. {step}", 44, subsequent_indent="   ")[:4]:
            lines.append((part, INK if due else FAINT, due))
    if not turn["plan"]:
        lines += [(part, BAD, False) for part in wrap(f"no step could be read: {turn['text'][:200]!r}", 44)]
    lines.append(("", INK, False))
    return lines + [(part, colour, False) for text, colour in _verdict(turn) for part in wrap(text, 44)[:4]]


def _verdict(turn: dict[str, Any]) -> Sequence[tuple[str, str]]:
    execution = turn["execution"]
    if execution is None:
        return []
    found = execution["detail"] or execution["answer"] or ""
    verdict = [(f"executor: {execution['status']} {found}".rstrip(), GOOD if execution["status"] == "ok" else BAD)]
    if turn["problem"]:
        verdict.append((f"environment: {turn['problem']}", BAD))
    return verdict


def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_FONTS / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")), size)
