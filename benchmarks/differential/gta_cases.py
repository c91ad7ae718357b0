"""Random GTA queries, written to disk as the dataset is, and random predictions in our form and in the peer's."""

from __future__ import annotations

import copy
import io
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from tracer1.actions import Action
from tracer1.evaluation.harness.base import Prediction

TOOLS: dict[str, dict[str, str]] = {
    "OCR": {"image": "image"},
    "ImageDescription": {"image": "image"},
    "RegionAttributeDescription": {"image": "image", "bbox": "text", "attribute": "text"},
    "TextToBbox": {"image": "image", "text": "text", "top1?": "bool"},
    "DrawBox": {"image": "image", "bbox": "text", "annotation?": "text"},
    "AddText": {"image": "image", "text": "text", "position": "text", "color?": "text"},
    "GoogleSearch": {"query": "text", "k?": "int"},
    "Calculator": {"expression": "text"},
    "Solver": {"command": "text"},
    "Plot": {"command": "text"},
    "MathOCR": {"image": "image"},
    "CountGivenObject": {"image": "image", "text": "text", "bbox?": "text"},
    "TextToImage": {"keywords": "text"},
    "ImageStylization": {"image": "image", "instruction": "text"},
}
ALIASES = ["red", "Red", "two", "2", "c++", "$3.50", "no", "New York", "a.b", "50%", "naïve", "一", "(x)", "3 4", "a|b"]
WORDS = [*ALIASES, "redder", "12", "is", "the", "answer", "newyork", "None", "x", "blue", "\n", "50", "axb", ".", "!"]


@dataclass
class Made:
    """Predictions of one query: ours, and for each of them the peer's turns."""

    ours: list[Prediction] = field(default_factory=list)
    theirs: list[list[dict]] = field(default_factory=list)


def queries(folder: Path, draw: random.Random, count: int) -> list[dict]:
    """Make a dataset of so many queries in ``folder``."""
    (folder / "image").mkdir()
    picture = io.BytesIO()
    Image.new("RGB", (4, 3), "white").save(picture, "JPEG")
    for number in range(3):
        (folder / "image" / f"image_{number}.jpg").write_bytes(picture.getvalue())
    made = [_query(draw) for _ in range(count)]
    for number, answered in enumerate((True, False)):  # of either kind at least one: the peer divides by their number
        made[number]["gt_answer"] = {"whitelist": [["red"]], "blacklist": None} if answered else None
    (folder / "dataset.json").write_text(json.dumps({str(n): query for n, query in enumerate(made)}))
    (folder / "toolmeta.json").write_text(json.dumps({name: _meta(name) for name in TOOLS}))
    return made


def _query(draw: random.Random) -> dict:
    names = draw.sample(list(TOOLS), draw.randint(1, 4))
    dialogs: list[dict] = [{"role": "user", "content": "What is to be seen?"}]
    for _ in range(draw.randint(1, 5)):
        name = draw.choice(names)
        dialogs.append(_turn(name, _arguments(draw, name)) | {"thought": "I look."})
        dialogs.append({"role": "tool", "name": name, "content": {"type": "text", "content": "seen"}})
    if draw.random() < 0.9:
        dialogs.append({"role": "assistant", "content": "It is red."})
    tools = [{"name": name} if draw.random() < 0.5 else _meta(name) for name in names]
    files = [{"type": "image", "path": f"image/image_{draw.randrange(3)}.jpg"}]
    return {"tools": tools, "files": files, "dialogs": dialogs, "gt_answer": _truth(draw)}


def _truth(draw: random.Random) -> Any:
    chance = draw.random()
    if chance < 0.15:
        return None
    if chance < 0.3:
        return [_text(draw) for _ in range(3)]
    black = draw.choice([None, None, [], [["blue"]], [["blue", "no"], ["12"]], [[]], [[], ["x"]]])
    return {"whitelist": _groups(draw), "blacklist": black}


def _groups(draw: random.Random) -> list[list[str]]:
    return [draw.sample(ALIASES, draw.randint(1, 3)) for _ in range(draw.randint(1, 3))]


def _meta(name: str) -> dict:
    inputs = [
        {"type": kind, "name": one.rstrip("?"), "description": None, "optional": one.endswith("?"), "default": None}
        for one, kind in TOOLS[name].items()
    ]
    return {"name": name, "description": f"{name} does it.", "inputs": inputs, "outputs": [{"type": "text"}]}


def _arguments(draw: random.Random, name: str) -> dict[str, Any]:
    values: dict[str, Callable[[], Any]] = {
        "image": lambda: f"image/image_{draw.randrange(3)}.jpg",
        "text": lambda: draw.choice(["red", "(1, 2, 3, 4)", "x = 1", ""]),
        "int": lambda: draw.choice([1, 4, "4", 4.0]),
        "bool": lambda: draw.choice([True, False]),
    }
    given = {one: kind for one, kind in TOOLS[name].items() if not one.endswith("?") or draw.random() < 0.5}
    return {one.rstrip("?"): values[kind]() for one, kind in given.items()}


def _text(draw: random.Random) -> str:
    return " ".join(draw.choices(WORDS, k=draw.randint(0, 7)))


def answer(draw: random.Random, truth: Any) -> str | None:
    """An answer that often has what the white list asks for."""
    if draw.random() < 0.05:
        return draw.choice(["", None])
    said = _text(draw)
    for group in truth["whitelist"] if isinstance(truth, dict) else []:
        if draw.random() < 0.85:
            said += draw.choice([" ", "", "-"]) + draw.choice([str.upper, str.lower, str])(draw.choice(group))
    return said + draw.choice(["", " ok", "ly", "."])


def answered(name: str, text: str | None, calls: list[dict] | None = None) -> Prediction:
    """A played query in our form."""
    return Prediction(name, "ok", answer=text, calls=tuple(calls or ()))


def _turn(name: str, arguments: Any, error: bool = False) -> dict:
    turn = {
        "role": "assistant",
        "tool_calls": [{"type": "function", "function": {"name": name, "arguments": arguments}}],
    }
    return turn | ({"error": {"type": "API_ERROR", "msg": "no"}} if error else {})


def played(name: str, query: dict, draw: random.Random) -> Made:
    """A query played to its end: calls near those of the reference, some of which failed, and an answer or none."""
    calls, theirs = [], []
    for turn in query["dialogs"]:
        if "tool_calls" not in turn or draw.random() < 0.2:
            continue
        tool = turn["tool_calls"][0]["function"]["name"] if draw.random() < 0.8 else draw.choice([*TOOLS, "Nothing"])
        same = tool in TOOLS and draw.random() < 0.5
        arguments = copy.deepcopy(turn["tool_calls"][0]["function"]["arguments"]) if same else {"text": _text(draw)}
        failed = draw.random() < 0.15
        calls.append({"name": tool, "arguments": arguments, "status": "refused" if failed else "ok", "output": ""})
        theirs += [_turn(tool, arguments, failed), {"role": "tool", "content": "seen"}]
    text = answer(draw, query["gt_answer"]) if draw.random() < 0.9 or not theirs else None
    if text is not None or not theirs:
        theirs.append({"role": "assistant", "content": text or ""})
    return Made([answered(name, text, calls)], [theirs])


def steps(name: str, query: dict, draw: random.Random) -> Made:
    """One prediction for every turn of the reference."""
    made = Made()
    told = {tool["name"] for tool in query["tools"]}
    for position, turn in enumerate(one for one in query["dialogs"] if one["role"] == "assistant"):
        action, theirs = _step(turn, query, told, draw)
        status = "ok" if action else "unreadable"
        made.ours.append(Prediction(f"{name}/{position}", status, action))
        made.theirs.append([theirs])
    return made


def _step(turn: dict, query: dict, told: set[str], draw: random.Random) -> tuple[Action | None, dict]:
    """What is said at a turn, and how lagent would have it: a tool that is not there is ``InvalidAction``, arguments that do not
    fit stay a string, and no action is ``NoAction``, each an error."""
    chance = draw.random()
    if chance < 0.07:
        return None, _turn("NoAction", "", error=True)
    if chance < 0.3 or ("tool_calls" not in turn and chance < 0.85):
        text = answer(draw, query["gt_answer"]) or ""
        return Action("finish", {"answer": text}), {"role": "assistant", "content": text}
    gold = turn["tool_calls"][0]["function"] if "tool_calls" in turn else {"name": draw.choice(sorted(told))}
    tool = gold["name"] if draw.random() < 0.75 else draw.choice([*TOOLS, "Nothing"])
    arguments = copy.deepcopy(gold["arguments"]) if tool == gold["name"] and "arguments" in gold else {}
    if not arguments or draw.random() < 0.3:
        arguments = _arguments(draw, tool) if tool in TOOLS else {"a": 1}
    return _called(tool, arguments, told, draw)


def _called(tool: str, arguments: dict, told: set[str], draw: random.Random) -> tuple[Action, dict]:
    if tool not in told:
        return _action(tool, arguments), _turn("InvalidAction", {"text": "x"}, error=True)
    flaw = draw.random()
    if flaw < 0.1:
        arguments["unknown"] = 1
    elif flaw < 0.2:
        required = [one for one in TOOLS[tool] if not one.endswith("?")]
        arguments.pop(draw.choice(required))
    if flaw < 0.2:
        return _action(tool, arguments), _turn(tool, json.dumps(arguments), error=True)
    if flaw < 0.3 and "image" in arguments:
        arguments["image"] = draw.choice(["image/none.jpg", 3, None, "a\0b"])
        return _action(tool, arguments), _turn(tool, arguments, error=True)
    if flaw < 0.4 and "k" in arguments:
        arguments["k"] = "four"
        return _action(tool, arguments), _turn(tool, arguments, error=True)
    return _action(tool, arguments), _turn(tool, arguments)


def _action(tool: str, arguments: dict) -> Action:
    return Action("call_tool", {"name": tool, "arguments": copy.deepcopy(arguments)})
