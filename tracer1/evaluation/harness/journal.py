"""Predictions on disk: one JSON line each behind a first line that says what they were made with.

A run that was interrupted goes on where it stopped. A line is written as soon as its prediction is known, so that a killed
process loses none, and synced to the disk in batches. A torn last line is cut off on opening. A prediction counts only for
the very input it was made for (:func:`sample_key`): a picture that was damaged and is whole again is predicted anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tracer1.actions import Action
from tracer1.evaluation.harness.base import Prediction, Sample
from tracer1.plans import Step, render_step

SCHEMA = 1
BATCH, SECONDS = 64, 2.0


def sample_key(sample: Sample) -> str:
    """A hash of all that an agent sees of a sample; of its pictures, length and CRC (a cryptographic hash of every screenshot would
    take most of the time of reading a split)."""
    seen = [(len(picture), zlib.crc32(picture)) for picture in sample.observation.pictures]
    said = [
        sample.id,
        sample.instruction,
        sample.platform,
        [*map(render_step, sample.history)],
        [*sample.outputs],
        seen,
        *map(repr, sample.observation.elements),
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


class Journal:
    """The predictions of one identity. Use it with ``with``.

    Raises ValueError when the file holds another identity's predictions, is damaged, or is being written by another process.
    """

    def __init__(self, path: Path, identity: Mapping[str, Any], fresh: bool = False) -> None:
        self.path = path
        self._places: dict[str, tuple[str, int, int]] = {}
        self._unsynced, self._synced = 0, time.monotonic()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b", buffering=0)
        try:
            self._lock()
            self._end = 0 if fresh else self._read(json.loads(json.dumps(identity)))
            self._file.truncate(self._end)
            if not self._end:
                self._write({"schema": SCHEMA, "identity": identity})
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        os.fsync(self._file.fileno())
        self._file.close()

    def __len__(self) -> int:
        return len(self._places)

    def holds(self, sample: str, key: str) -> bool:
        """Whether there is a prediction of a sample with that :func:`sample_key`."""
        return sample in self._places and self._places[sample][0] == key

    def find(self, sample: str) -> Prediction:
        """The last prediction of a sample. Raises KeyError when there is none."""
        _, start, length = self._places[sample]
        return _prediction(json.loads(os.pread(self._file.fileno(), length, start))["prediction"])

    def add(self, key: str, prediction: Prediction) -> None:
        """Keep a prediction of the sample with that key."""
        start = self._end
        said = asdict(prediction) | {"calls": [dict(call) for call in prediction.calls]}
        self._write({"key": key, "prediction": said})
        self._places[prediction.sample] = (key, start, self._end - start)
        self._unsynced += 1
        if self._unsynced >= BATCH or time.monotonic() - self._synced > SECONDS:
            os.fsync(self._file.fileno())
            self._unsynced, self._synced = 0, time.monotonic()

    def _write(self, line: Mapping[str, Any]) -> None:
        data = json.dumps(line).encode() + b"\n"
        written = 0
        while written < len(data):  # an unbuffered write may be short
            written += self._file.write(data[written:])
        self._end += len(data)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ValueError(
                f"{self.path} is being written by another evaluation: wait, or give another --output"
            ) from error

    def _read(self, identity: Mapping[str, Any]) -> int:
        """Note where every whole line is, and return where they end."""
        end = 0
        self._file.seek(0)
        with open(self._file.fileno(), "rb", closefd=False) as lines:
            for number, line in enumerate(lines, 1):
                if not line.endswith(b"\n"):
                    break
                try:
                    data = json.loads(line)
                    if number == 1:
                        kept = {"schema": data["schema"], **data["identity"]}
                    else:
                        self._places[data["prediction"]["sample"]] = (data["key"], end, len(line))
                except (ValueError, KeyError, TypeError) as error:
                    fix = "delete that line and go on" if number > 1 else "delete the file, or give another --output"
                    raise ValueError(f"{self.path}, line {number} is damaged ({error!r}): {fix}") from error
                if number == 1:
                    _check(self.path, kept, {"schema": SCHEMA, **identity})
                end += len(line)
        return end


def _check(path: Path, kept: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    before, after = _flat(kept), _flat(wanted)
    differs = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if differs:
        told = "; ".join(f"{name} was {before.get(name)!r}, and is {after.get(name)!r}" for name in differs)
        raise ValueError(
            f"{path} holds predictions made otherwise: {told}. Give another --output, or the same settings"
        )


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        found |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return found


def _prediction(said: dict[str, Any]) -> Prediction:
    action = Action(**said["action"]) if said["action"] else None
    plan = tuple(Step(Action(**step["action"]), step["instruction"]) for step in said["plan"])
    return Prediction(**said | {"action": action, "plan": plan, "calls": tuple(said["calls"])})
