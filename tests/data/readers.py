"""A dataset of coloured squares for the tests of preparation: ``N`` episodes of three clicks in parts of two, some faulty.

The input is a directory with one line per episode in ``episodes.txt``: a name, and what is wrong with it.
"""

from __future__ import annotations

import io
import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.plans import Step
from tracer1.trajectories import Fault, Gap, Observation, RecordedStep, Trajectory
from tracer1_data.sources import Part, Source

IN_A_PART = 2
SIZE = Size(64, 48)


def parts(path: Path, split: str) -> Sequence[Part]:
    file = path / "episodes.txt"
    count = len(file.read_text().splitlines())
    return [
        Part(f"part{start:04d}", (file,), path, start, min(start + IN_A_PART, count))
        for start in range(0, count, IN_A_PART)
    ]


def read(part: Part, split: str) -> Iterator[Trajectory | Fault]:
    for line in part.files[0].read_text().splitlines()[part.start : part.stop]:
        time.sleep(float(os.environ.get("SLOW_READER", "0")))
        name, _, wrong = line.partition(" ")
        if wrong == "broken":
            yield Fault("broken record", f"episodes.txt, {name}", "record", "it is broken", "mend it")
        elif wrong == "cut":
            yield Fault("unreadable file", "episodes.txt", "file", "it is cut off", "download it again")
        elif wrong == "deadly":
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            yield episode(name, wrong)


def episode(name: str, wrong: str = "") -> Trajectory:
    steps: list[RecordedStep | Gap] = [_recorded(name, number) for number in range(3)]
    fault = Fault("missing image", f"{name}, step 1", "image", "there is no 1.png", "put it back")
    if wrong == "no-image":
        steps[1] = Gap(steps[1].step, fault)
    if wrong == "unknown-action":
        steps[1] = Gap(None, Fault("unknown action", f"{name}, step 1", "action", "FLY", "mend it"))
    return Trajectory("squares", name, f"Click the squares of {name}", "web", tuple(steps), task="squares")


def _recorded(name: str, number: int) -> RecordedStep:
    buffer = io.BytesIO()
    Image.new("RGB", (SIZE.width, SIZE.height), (number * 80, len(name) * 9 % 256, 30)).save(buffer, "PNG")
    box = Box(10 * number, 5, 10 * number + 8, 20, "pixel")
    point = [round((10 * number + 4) / SIZE.width * 1000, 1), 260]
    step = Step(Action("click", {"point": point}), f"Click square {number}")
    return RecordedStep(Observation(buffer.getvalue(), SIZE), step, box)


def parts_of_one_name(path: Path, split: str) -> Sequence[Part]:
    return [replace(part, name="part") for part in parts(path, split)]


SOURCE = Source("squares", "squares", "https://example.org", "MIT", ("train",), ("test",), parts, read)
OF_ONE_NAME = replace(SOURCE, parts=parts_of_one_name)
