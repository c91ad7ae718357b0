"""Answers of frozen models on disk, by content: one small file each, named by the hash of what was asked.

A file is written beside its place and renamed, so any number of processes and machines may share the directory, a network
file system included, and a reader sees a whole answer or none. Nothing is ever stale, because everything that decides an
answer is in the name; so nothing is removed either: there is no bound on the size (a file takes one block, mostly 4 KiB:
a million answers are 4 GiB), and the directory may be deleted at any time. A disk that is full, or not there, costs the
cache and nothing else: it is counted and the run goes on.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from tracer1.executors.counters import Counters, is_worth_telling

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model wrote, and why it stopped (OpenAI's ``finish_reason``)."""

    text: str
    finish: str


class Cache:
    """A directory of answers; ``counters`` learns of ``cache_hits``, ``cache_misses``, ``cache_errors``."""

    def __init__(self, directory: Path, counters: Counters) -> None:
        self._directory, self._counters = directory, counters

    def get(self, key: str) -> Answer | None:
        """The answer under ``key`` (a hexadecimal hash); None where there is none, or no whole one."""
        try:
            data = json.loads(self._path(key).read_bytes())
            answer = Answer(data["text"], data["finish"])
        except FileNotFoundError:
            self._counters.add("cache_misses")
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._complain("read", error)
            return None
        self._counters.add("cache_hits")
        return answer

    def put(self, key: str, answer: Answer) -> None:
        """Keep an answer; a failure is counted, not raised."""
        path, partial = self._path(key), ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".partial")
            with os.fdopen(handle, "wb") as file:
                file.write(json.dumps(asdict(answer)).encode())
            os.replace(partial, path)
        except OSError as error:
            self._complain("write", error)
            if partial:
                with suppress(OSError):
                    os.unlink(partial)

    def _path(self, key: str) -> Path:
        return self._directory / key[:2] / f"{key[2:]}.json"

    def _complain(self, what: str, error: Exception) -> None:
        if is_worth_telling(count := self._counters.add("cache_errors")):
            log.warning("executor cache: cannot %s in %s (%s), %d so far", what, self._directory, error, count)
