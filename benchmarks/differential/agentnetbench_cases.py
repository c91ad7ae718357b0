"""Random tasks in AgentNetBench's format, and an action for each step that is often near to what is right."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from PIL import Image

from tracer1.actions import Action

CLICKS = ("click", "doubleClick", "rightClick", "tripleClick")
WORDS = ("report", "Report", "stat6011", "天气", "don't", 'a "b"', "", " ", "x", "long text of several words")
KEYS = ("ctrl", "Ctrl", "cmd", "c", "C", "enter", "Return", "f5", "shift", "+")


def write_benchmark(root: Path, size: int, draw: random.Random) -> dict[str, Action | None]:
    """Tasks of ten steps, and the prediction of each step by task and position."""
    (root / "images").mkdir()
    Image.new("RGB", (64, 36), "grey").save(root / "images" / "screen.png")
    predictions: dict[str, Action | None] = {}
    for number in range(-(-size // 10)):
        steps = []
        for position in range(10):
            way = make_way(draw)
            step = {
                "step_num": position,
                "image": "screen.png",
                "action": "",
                "milestone": False,
                "ground_truth_actions": way,
            }
            if draw.random() < 0.8:
                step["alternative_options"] = [make_way(draw) for _ in range(draw.choice((0, 0, 1, 2)))]
            steps.append(step)
            near = draw.choice([way, *step.get("alternative_options", []), make_way(draw)])
            predictions[f"task{number}/{position}"] = make_prediction(near, draw)
        task = {"task_id": f"task{number}", "high_level_task_description": "do it", "steps": steps}
        (root / f"task{number}.json").write_text(json.dumps(task), encoding="utf-8")
    return predictions


def make_way(draw: random.Random) -> list[dict[str, Any]]:
    click, write, press = operation(draw.choice(CLICKS), draw), operation("write", draw), operation("press", draw)
    enter = operation("press", draw, keys=[draw.choice(("enter", "Return"))])
    move, drag, scroll = (operation(kind, draw) for kind in ("moveTo", "dragTo", "scroll"))
    alone = [[operation(kind, draw)] for kind in ("hotkey", "terminate", "middleClick", "moveTo", "hscroll", "scroll")]
    several = [
        [move, scroll],
        [move, drag],
        [write, enter],
        [click, write],
        [click, operation("click", draw)],
        [move, operation("hscroll", draw)],
    ]
    return draw.choice([[click], [click], [write], [press], *alone, *several])


def operation(kind: str, draw: random.Random, **params: Any) -> dict[str, Any]:
    place = {"x": round(draw.random(), 4), "y": round(draw.random(), 4)}
    match kind:
        case "write":
            params = {draw.choice(("text", "content")): " ".join(draw.choices(WORDS, k=draw.randint(0, 3)))}
        case "press" | "hotkey":
            params = params or {"keys": draw.sample(KEYS, 1 if kind == "press" else draw.randint(2, 3))}
        case "terminate":
            params = {"status": draw.choice(("success", "failure"))}
        case "scroll" | "hscroll":
            params = {"position": place, "amount": draw.choice((-3, 5))}
        case _:
            params = {"position": place}
    boxes = [make_box(place, draw) for _ in range(draw.randint(0, 2))] if "position" in params else []
    return {"type": kind, "params": params, "metadata": {"bboxes": boxes}}


def make_box(place: dict[str, float], draw: random.Random) -> dict[str, Any]:
    width, height = round(draw.uniform(0, 0.2), 4), round(draw.uniform(0, 0.2), 4)
    return {"rel_bbox": [round(place["x"] - width / 2, 4), round(place["y"] - height / 3, 4), width, height]}


def make_prediction(way: list[dict[str, Any]], draw: random.Random) -> Action | None:
    """One action that is near to the way, or not; None is a response without an action."""
    last, first = way[-1], way[0]
    params = last["params"]
    point, other = make_point(last, draw), make_point(first, draw)
    if draw.random() < 0.1:
        last = draw.choice(make_way(draw))
        params = last["params"]
    written = draw.choice(
        (params.get("text", ""), params.get("text", "").upper() + "\n", params.get("text", "")[:-2], draw.choice(WORDS))
    )
    said = {"point": point} if point else {}
    match last["type"]:
        case "write":
            return Action("type", {"text": written})
        case "press" | "hotkey":
            if first["type"] == "write" and draw.random() < 0.8:
                return Action("type", {"text": first["params"].get("text", "x") + draw.choice(("", "\n"))})
            keys = params["keys"] if draw.random() < 0.7 else draw.sample(KEYS, draw.randint(1, 2))
            return Action("key", {"key": "+".join(draw.sample(keys, len(keys)))})
        case "terminate":
            return Action("finish", draw.choice(({"outcome": params["status"]}, {"outcome": "success"}, {})))
        case "scroll" | "hscroll":
            ways = ("up", "down") if last["type"] == "scroll" else ("left", "right")
            return Action(
                "scroll",
                {
                    "direction": draw.choice((*ways, "down")),
                    **({"point": other} if draw.random() < 0.8 and other else {}),
                },
            )
        case "dragTo":
            ends = {"start": other, "end": point}
            return Action("drag", {name: place for name, place in ends.items() if place})
    kinds = {
        "click": "click",
        "doubleClick": "double_click",
        "rightClick": "right_click",
        "tripleClick": "triple_click",
        "moveTo": "hover",
    }
    right = kinds.get(last["type"], "middle_click")
    kind = draw.choice((right, right, right, "click", "wait", "none"))
    return None if kind == "none" else Action(kind, {} if kind == "wait" else said)


def make_point(one: dict[str, Any], draw: random.Random) -> list[float] | None:
    """In tenths of a thousandth, as code has it: at the place, near it, on an edge of its box, anywhere, or none."""
    place = one["params"].get("position")
    way = draw.choice(("at", "near", "near", "edge", "anywhere", "none"))
    boxes = one["metadata"]["bboxes"]
    if way == "none":
        return None
    if not place or way == "anywhere":
        return [round(draw.uniform(0, 1000), 1) for _ in range(2)]
    x, y = place["x"], place["y"]
    if way == "near":
        x, y = x + draw.uniform(-0.05, 0.05), y + draw.uniform(-0.05, 0.05)
    if way == "edge" and boxes:
        left, top, width, height = boxes[0]["rel_bbox"]
        x, y = left + draw.choice((0, width)), top + draw.choice((0, height))
    return [min(1000.0, max(0.0, round(value * 1000, 1))) for value in (x, y)]
