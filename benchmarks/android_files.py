"""Files in AndroidControl's format for measuring: GZIP TFRecords of any number of screens.

The files are AndroidControl's own format: GZIP TFRecords of episodes with PNG screens of 1080 x 2400 pixels (drawn controls
and photograph-like areas, 0.3 to 1.5 MB) and accessibility trees of 120 nodes. A file repeats twelve screens; each is
compressed once, as blocks of their own within the one stream, so that making the files takes no longer than writing them.
"""

from __future__ import annotations

import io
import json
import math
import random
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from tracer1_data.sources.tf_example import decode, encode
from tracer1_data.sources.tfrecord import load_crc32c, mask
from tracer1_data.sources.wire import write_field

WIDTH, HEIGHT = 1080, 2400
SCREENS, STEPS_IN_FILE, NODES = 12, 500, 120
WORDS = ["account", "address", "button", "cancel", "city", "date", "email", "field", "menu", "name", "order", "search"]


class GzipFile:
    """One GZIP stream. Pieces that come compressed already are put in as they are: blocks that end on a byte and refer to
    nothing before them may follow each other."""

    def __init__(self, path: Path) -> None:
        self._file, self._crc, self._size = path.open("wb"), 0, 0
        self._file.write(b"\x1f\x8b\x08\0\0\0\0\0\0\xff")

    @staticmethod
    def compress(data: bytes) -> bytes:
        """Blocks of their own."""
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        return deflate.compress(data) + deflate.flush(zlib.Z_FULL_FLUSH)

    def write(self, data: bytes, compressed: bytes | None = None) -> None:
        """Add data."""
        self._crc, self._size = zlib.crc32(data, self._crc), self._size + len(data)
        self._file.write(compressed or self.compress(data))

    def close(self) -> None:
        """End the stream."""
        self._file.write(b"\x03\0" + struct.pack("<II", self._crc, self._size & 0xFFFFFFFF))
        self._file.close()


def make_dataset(folder: Path, steps: int, least: int, seed: int = 0) -> int:
    """Write at least ``least`` files with at least so many screens in all; gives the number of screens."""
    folder.mkdir(parents=True)
    files = max(least, math.ceil(steps / STEPS_IN_FILE))
    screens = episodes = 0
    for number in range(files):
        random_ = random.Random(f"{seed} {number}")
        pool = {picture: GzipFile.compress(picture) for picture in (make_screen(random_) for _ in range(SCREENS))}
        file, goal = GzipFile(folder / f"android_control-{number:05d}-of-{files:05d}"), steps * (number + 1) // files
        while screens < goal:
            actions = min(random_.randint(3, 8), max(1, goal - screens - 1))
            pictures = random_.choices(list(pool), k=actions + 1)
            write_record(file, make_episode(random_, episodes, pictures), {one: pool[one] for one in pictures})
            screens, episodes = screens + actions + 1, episodes + 1
        file.close()
    (folder / "splits.json").write_text(json.dumps({"train": list(range(episodes)), "validation": [], "test": []}))
    return screens


def write_record(file: GzipFile, record: bytes, known: dict[bytes, bytes]) -> None:
    """A framed record, its pictures as they are compressed already."""
    crc, length = load_crc32c(), struct.pack("<Q", len(record))
    file.write(length + struct.pack("<I", mask(crc(length))))
    position = 0
    for picture in (bytes(view) for view in decode(record)["screenshots"]):
        start = record.index(picture, position)
        file.write(record[position:start])
        file.write(picture, known[picture])
        position = start + len(picture)
    file.write(record[position:] + struct.pack("<I", mask(crc(record))))


def make_episode(random_: random.Random, number: int, pictures: list[bytes]) -> bytes:
    """A record."""
    trees = [make_tree(random_) for _ in pictures]
    actions, says = zip(*(make_action(random_, centres) for _, centres in trees[:-1]), strict=True)
    return encode(
        {
            "episode_id": [number],
            "goal": [" ".join(random_.choices(WORDS, k=12)).encode()],
            "screenshots": pictures,
            "accessibility_trees": [tree for tree, _ in trees],
            "screenshot_widths": [WIDTH] * len(pictures),
            "screenshot_heights": [HEIGHT] * len(pictures),
            "actions": [json.dumps(action, separators=(",", ":")).encode() for action in actions],
            "step_instructions": [text.encode() for text in says],
        }
    )


def make_action(random_: random.Random, centres: list[tuple[int, int, str]]) -> tuple[dict[str, Any], str]:
    """An action and its instruction: six of ten are clicks, as in the dataset."""
    x, y, name = random_.choice(centres)
    click = {"action_type": "click", "x": x, "y": y}, f"Click on {name}"
    others = (
        ({"action_type": "scroll", "direction": "down"}, "Scroll down"),
        ({"action_type": "input_text", "text": name}, f"Type {name}"),
        ({"action_type": "open_app", "app_name": name}, f"Open the {name} app"),
        ({"action_type": "navigate_back"}, "Go back"),
    )
    return click if random_.random() < 0.6 else random_.choice(others)


def make_tree(random_: random.Random) -> tuple[bytes, list[tuple[int, int, str]]]:
    """A tree, and the centre and name of each of its buttons. Half of the nodes are scrolled away."""
    nodes, centres = [make_node((0, 0, WIDTH, HEIGHT), "", False, True)], []
    for number in range(NODES):
        left, top, name = number % 3 * 360, number // 3 * 120, " ".join(random_.choices(WORDS, k=3))
        seen = top + 100 <= HEIGHT
        nodes.append(make_node((left, top, left + 340, top + 100), name, number % 2 == 0, seen))
        if seen and number % 2 == 0:
            centres.append((left + 170, top + 50, name))
    return write_field(1, write_field(4, 0) + write_field(11, b"".join(write_field(1, one) for one in nodes))), centres


def make_node(box: tuple[int, int, int, int], text: str, clickable: bool, visible: bool) -> bytes:
    """A node with all fields that the dataset writes, also those that are zero."""
    edges = b"".join(write_field(number, edge) for number, edge in enumerate(box, 1))
    texts = (b"android.widget.TextView", b"", b"", b"com.example.application", text.encode())
    flags = (0, 0, clickable, 0, 1, clickable, 0, 0, 0, 0, 0, visible)
    return b"".join(
        [
            write_field(1, 7) + write_field(2, edges),
            *(write_field(number, value) for number, value in enumerate(texts, 3)),
            write_field(8, -1) + write_field(9, -1) + write_field(10, b"com.example.application:id/element"),
            write_field(11, 5),
            *(write_field(number, int(flag)) for number, flag in enumerate(flags, 12)),
            *(write_field(24, write_field(1, 1 << n) + write_field(2, b"")) for n in range(6)),
            write_field(27, 9) + write_field(30, 1) + write_field(31, b""),
        ]
    )


def make_screen(random_: random.Random) -> bytes:
    """A PNG of controls, lines of text and one photograph."""
    image = Image.new("RGB", (WIDTH, HEIGHT), (245, 245, 245))
    draw = ImageDraw.Draw(image)
    for top in range(150, HEIGHT - 120, 120):
        draw.rectangle((40, top, WIDTH - 40, top + 100), fill=random_.choice(("white", "#e0e8ff", "#fff3e0")))
        draw.text((80, top + 30), " ".join(random_.choices(WORDS, k=6)), fill="black", font_size=36)
    height = random_.randint(150, 700)
    noise = np.random.default_rng(random_.getrandbits(32)).normal(0, 6, (height, WIDTH, 3))
    photo = np.linspace(40, 200, WIDTH)[None, :, None] + np.linspace(-30, 30, height)[:, None, None] + noise
    image.paste(Image.fromarray(photo.clip(0, 255).astype(np.uint8)), (0, random_.randint(0, HEIGHT - height)))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
