"""AndroidControl's files in their exact format, for tests: screens, accessibility trees, records, splits."""

from __future__ import annotations

import functools
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from tracer1.coordinates import Size
from tracer1.trajectories import Fault, Gap, RecordedStep, Trajectory
from tracer1_data.sources.android_control import parts, read
from tracer1_data.sources.tf_example import encode
from tracer1_data.sources.tfrecord import write_records
from tracer1_data.sources.wire import write_field

NAME = "tracer1_data.sources.android_control:SOURCE"
SCREEN = Size(1080, 2400)
CLICK = {"action_type": "click", "x": 540, "y": 812}
OPEN = {"action_type": "open_app", "app_name": "Settings"}
SCROLL = {"action_type": "scroll", "direction": "down"}


@functools.cache
def picture(seed: int = 0, size: Size = SCREEN) -> bytes:
    """A grey screen with a bar of its own length."""
    image = Image.new("L", (size.width, size.height), 200)
    ImageDraw.Draw(image).rectangle((20, 100, 100 + seed % 500, 150), fill=9)
    return png(image)


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def node(box: tuple[int, int, int, int], **said: Any) -> bytes:
    """A node as the dataset has it: every field is written, also those that are zero, empty or -1."""
    flags = {name: int(said.pop(name, name in ("enabled", "visible"))) for name in _FLAGS}
    texts = {name: said.pop(name, "").encode() for name in ("cls", "description", "hint", "package", "text")}
    children = said.pop("children", ())
    assert not said
    edges = b"".join(write_field(number, edge) for number, edge in enumerate(box, 1))
    parts = [write_field(1, 0), write_field(2, edges)]
    parts += [write_field(number, text) for number, text in enumerate(texts.values(), 3)]
    parts += [write_field(8, -1), write_field(9, -1), write_field(10, b""), write_field(11, 5)]
    parts += [write_field(number, flag) for number, flag in enumerate(flags.values(), 12)]
    parts += [write_field(24, write_field(1, 4) + write_field(2, b"")), *(write_field(25, child) for child in children)]
    return b"".join([*parts, write_field(27, 1), write_field(30, 1), write_field(31, b"")])


_FLAGS = (
    "checkable",
    "checked",
    "clickable",
    "editable",
    "enabled",
    "focusable",
    "focused",
    "long_clickable",
    "password",
    "scrollable",
    "selected",
    "visible",
)


def forest(*windows: tuple[int, Iterable[bytes]]) -> bytes:
    """Windows, each a layer and its nodes."""
    return b"".join(
        write_field(1, write_field(4, layer) + write_field(11, b"".join(write_field(1, one) for one in nodes)))
        for layer, nodes in windows
    )


ROW = (0, 700, 1080, 900)
NETWORK = node((60, 760, 400, 820), text="Network", cls="android.widget.TextView")
TREE = forest(
    (0, [node((0, 0, 1080, 2400), children=(1, 2)), node(ROW, clickable=True), NETWORK]),
    (1, [node((0, 0, 1080, 136)), node((145, 1, 229, 136), text="8:37")]),
)


def episode(number: int, actions: list[Any] = (OPEN, CLICK, SCROLL), **changed: Any) -> bytes:
    """A record; ``changed`` replaces features, None leaves one out."""
    count = len(actions)
    features = {
        "episode_id": [number],
        "goal": [f"Turn on airplane mode {number}".encode()],
        "screenshots": changed.get("screenshots") or [picture(10 * number + step) for step in range(count + 1)],
        "accessibility_trees": [TREE] * (count + 1),
        "screenshot_widths": [SCREEN.width] * (count + 1),
        "screenshot_heights": [SCREEN.height] * (count + 1),
        "actions": [
            one if isinstance(one, bytes) else json.dumps(one, separators=(",", ":")).encode() for one in actions
        ],
        "step_instructions": [f"Step  {step} of\n{number}".encode() for step in range(count)],
        **changed,
    }
    return encode({name: values for name, values in features.items() if values is not None})


def dataset(folder: Path, *files: list[bytes], train: Iterable[int] = range(100), **splits: list[int]) -> Path:
    folder.mkdir()
    for number, records in enumerate(files):
        write_records(folder / f"android_control-{number:05d}-of-{len(files):05d}", records, level=1)
    listed = {"train": list(train), "validation": [], "test": [], **splits}
    (folder / "splits.json").write_text(json.dumps(listed))
    return folder


def read_all(folder: Path, split: str = "train") -> list[Trajectory | Fault]:
    return [record for part in parts(folder, split) for record in read(part, split)]


def only(folder: Path, *records: bytes) -> Trajectory | Fault:
    (record,) = read_all(dataset(folder, list(records)))
    return record


def shown(steps: Iterable[RecordedStep | Gap]) -> list[str]:
    """Each step in short: its type, or the kind of its fault."""
    return [step.fault.kind if isinstance(step, Gap) else step.step.action.type for step in steps]
