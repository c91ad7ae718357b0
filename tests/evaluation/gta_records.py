"""A GTA dataset of four queries, made here in the format of gta_dataset.zip."""

import io
import json
from pathlib import Path

from PIL import Image

INPUTS = {
    "OCR": ["image"],
    "ImageDescription": ["image"],
    "TextToBbox": ["image", "text", "top1?bool"],
    "DrawBox": ["image", "bbox", "annotation?"],
    "GoogleSearch": ["query", "k?int"],
    "Calculator": ["expression"],
    "CountGivenObject": ["image", "text", "bbox?"],
}
QUESTIONS = ("What do the apples cost?", "What is to be seen?", "Mark the dog.", "How many such cars are there?")
FILES = ("image/image_0.jpg", "image/image_1.png", "image/image_2.jpg", "image/image_0.jpg")


def meta(name):
    """A tool as toolmeta.json describes it."""
    inputs = []
    for one in INPUTS[name]:
        argument, optional, kind = one.partition("?")
        kind = kind or ("image" if argument == "image" else "text")
        inputs.append(
            {"type": kind, "name": argument, "description": None, "optional": bool(optional), "default": None}
        )
    return {"name": name, "description": f"Does {name}.", "inputs": inputs, "outputs": [{"type": "text"}]}


def call(name, **arguments):
    """A turn that calls a tool, and what it returned."""
    function = {"name": name, "arguments": arguments}
    said = {
        "role": "assistant",
        "thought": f"I need\n{name}.",
        "tool_calls": [{"type": "function", "function": function}],
    }
    return [said, {"role": "tool", "name": name, "content": {"type": "text", "content": f"{name} says so"}}]


def answer(text):
    return [{"role": "assistant", "content": text}]


DIALOGS = (
    [*call("OCR", image=FILES[0]), *call("Calculator", expression="3*2"), *answer("They cost 6 dollars.")],
    [*call("ImageDescription", image=FILES[1]), *answer("A cat on a mat.")],
    [
        *call("TextToBbox", image=FILES[2], text="dog"),
        *call("DrawBox", image=FILES[2], bbox="(1, 2, 3, 4)"),
        *answer("Here it is."),
    ],
    [*call("GoogleSearch", query="cars", k=4), *call("CountGivenObject", image=FILES[3], text="car"), *answer("2 red")],
)
ANSWERS = (
    {"whitelist": [["6", "six"]], "blacklist": [["7"]]},
    ["a cat", "a cat on a mat", "cat"],
    None,
    {"whitelist": [["two", "2"], ["red"]], "blacklist": None},
)


def records():
    """dataset.json as an object that a test may damage."""
    made = {}
    for number, dialog in enumerate(DIALOGS):
        names = sorted({turn["name"] for turn in dialog if turn["role"] == "tool"})
        made[str(number)] = {
            "tools": [meta(name) for name in names] if number else [{"name": name} for name in names],
            "files": [{"type": "image", "path": FILES[number], "url": "https://example.org"}],
            "dialogs": [{"role": "user", "content": QUESTIONS[number]}, *json.loads(json.dumps(dialog))],
            "gt_answer": ANSWERS[number],
        }
    return made


def picture(suffix, colour="white"):
    """A small encoded picture."""
    data = io.BytesIO()
    Image.new("RGB", (8, 6), colour).save(data, "PNG" if suffix == ".png" else "JPEG")
    return data.getvalue()


def write(folder: Path, made=None):
    """Write the dataset; ``made`` instead of :func:`records`. Returns the folder."""
    (folder / "image").mkdir(parents=True, exist_ok=True)
    for file in set(FILES):
        (folder / file).write_bytes(picture(Path(file).suffix))
    (folder / "dataset.json").write_text(json.dumps(records() if made is None else made), encoding="utf-8")
    (folder / "toolmeta.json").write_text(json.dumps({name: meta(name) for name in INPUTS}), encoding="utf-8")
    return folder
