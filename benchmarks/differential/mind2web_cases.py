"""Random tasks in the format of SeeClick's Mind2Web, a prediction of each step, and the response that SeeClick's model would write."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

from PIL import Image

from tracer1.actions import Action
from tracer1.protocols.mind2web import CLICK, SELECT, TYPE

NAMES = ("new", "York", "york", "Boston,", "é", "天气", "İ", "a b", "", "  ")
TRICKY = ("2", "3", "4", "3+", "\\n", "C:\\dir", '"q"', "it's")
WORDS = (*NAMES, *TRICKY)
SIZES = ((1280, 720), (1280, 3011), (997, 613), (333, 2000))


def write_dataset(root: Path, size: int, draw: random.Random) -> dict[str, Action | None]:
    """Tasks of one to twelve steps, and the prediction of each by its picture's name. Some steps have no box, some no picture."""
    images = root / "images"
    images.mkdir(parents=True)
    for number, pixels in enumerate(SIZES):
        Image.new("RGB", pixels, "grey").save(root / f"size{number}.jpg")
    tasks, predictions, responses = [], {}, {}
    while len(predictions) < size:
        name = f"task{len(tasks)}"
        actions = []
        for step in range(draw.randint(1, 12)):
            action, number = make_step(f"uid{step}", draw, plain=step == 0)
            picture = f"{name}-uid{step}.jpg"
            if step == 0 or draw.random() > 0.03:
                os.link(root / f"size{number}.jpg", images / picture)
            predictions[picture] = make_prediction(action, SIZES[number], draw)
            responses[picture] = as_response(predictions[picture])
            actions.append(action)
        tasks.append({"annotation_id": name, "confirmed_task": f"do {name}", "actions": actions})
    empty = {"uid": "x", "action_uid": "x", "operation": {"original_op": "CLICK", "op": "CLICK", "value": ""}}
    tasks.append({"annotation_id": "empty", "confirmed_task": "nothing", "actions": [empty]})
    (root / "data").mkdir()
    for file, content in (("data/mind2web_data_test_task.json", tasks), ("responses.json", responses)):
        (root / file).write_text(json.dumps(content), encoding="utf-8")
    return predictions


def make_step(uid: str, draw: random.Random, plain: bool) -> tuple[dict[str, Any], int]:
    """An action of the data set, and which of the sizes its picture has."""
    number = draw.randrange(len(SIZES))
    width, height = (draw.choice((draw.uniform(0, 40), draw.randint(1, 300), 0)) for _ in range(2))
    left, top = draw.uniform(0, SIZES[number][0] - width), draw.uniform(-20, SIZES[number][1] + 20 - height)
    kind = "CLICK" if plain else draw.choice(("CLICK", "CLICK", "HOVER", "ENTER", "TYPE", "TYPE", "SELECT"))
    value = text(draw) if kind in ("TYPE", "SELECT") else ""
    operation = {"original_op": kind, "op": kind if kind in ("TYPE", "SELECT") else "CLICK", "value": value}
    action = {"action_uid": uid, "operation": operation}
    if plain or draw.random() > 0.03:
        action["bbox"] = {"x": left, "y": top, "width": width, "height": height}
    return action, number


def text(draw: random.Random) -> str:
    return " ".join(draw.choices(WORDS, k=draw.randint(0, 4)))


def make_prediction(step: dict[str, Any], size: tuple[int, int], draw: random.Random) -> Action | None:
    """Often near to what is right; None is a response without an action."""
    point = make_point(step.get("bbox"), size, draw)
    said = {} if point is None else {"point": point}
    value = step["operation"]["value"]
    words = value.split()
    draw.shuffle(words)
    near = draw.choice((value, value, value.upper(), " ".join(words), f"{value} 3", text(draw), value + "\n"))
    right = {"TYPE": "type", "SELECT": "select"}.get(step["operation"]["original_op"], "click")
    match draw.choice((right, right, right, "click", "type", "select", "hover", "key", "double_click", "none")):
        case "none":
            return None
        case "type":
            return Action("type", {"text": near, **said})
        case "select":
            return Action("select", {"value": near, **said})
        case "key":
            return Action("key", {"key": "enter"})
        case kind:
            return Action(kind, said)


def make_point(box: dict[str, float] | None, size: tuple[int, int], draw: random.Random) -> list[float] | None:
    """Inside the box, on an edge as it is rounded, a hair beside it, anywhere, or none; in thousandths."""
    way = draw.choice(("inside", "inside", "edge", "beside", "anywhere", "none"))
    if way == "none":
        return None
    found = []
    for axis, (start, length) in enumerate((("x", "width"), ("y", "height"))):
        if box is None or way == "anywhere":
            found.append(draw.choice((draw.uniform(0, 1000), float(draw.randint(0, 1000)))))
            continue
        low, high = box[start] / size[axis] * 1000, (box[start] + box[length]) / size[axis] * 1000
        edge = float(round(draw.choice((low, high))))
        value = {
            "inside": draw.uniform(low, high),
            "edge": edge,
            "beside": edge + draw.choice((-0.4, 0.4, 1e-9, -1e-9)),
        }
        found.append(min(1000.0, max(0.0, value[way])))
    return found


def as_response(action: Action | None) -> str:
    """What SeeClick's model would have written."""
    if action is None:
        return "I cannot say."
    codes = {"click": CLICK, "hover": CLICK, "key": CLICK, "type": TYPE, "select": SELECT}
    said: dict[str, Any] = {"action_type": int(codes.get(action.type, 7))}
    if point := action.arguments.get("point"):
        said["click_point"] = (point[0] / 1000, point[1] / 1000)
    for name in ("text", "value"):
        if name in action.arguments:
            said["value"] = action.arguments[name]
    return repr(said)
