"""Results of tools on disk, by content: the tool, its arguments, the files that they name, the endpoint, the software.

What a file is called does not matter but what is in it, so nothing is ever stale. Only ``ok`` and ``refused`` are kept, and not
a refusal for the time that a call took: the others say something of the machine, not of the call.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tracer1.executors.cache import Answer, Cache
from tracer1.executors.counters import Counters
from tracer1.sandbox.inputs import Refused
from tracer1.toolbox.base import ToolResult
from tracer1.toolbox.quoted import quoted
from tracer1.toolbox.remote_files import Folders

_FORM = 2  # raise it when a tool of ours answers differently
_LONGEST_NAME = 4096  # PATH_MAX of Linux
_CHUNK = 1 << 20


class KeptResults:
    """A directory of results; ``counters`` learns of hits, misses and errors."""

    def __init__(self, directory: Path, counters: Counters, folders: Folders) -> None:
        self._cache, self._folders = Cache(directory, counters), folders

    def key(self, tool: str, arguments: Mapping[str, Any], how: Any) -> str:
        """The name of a call's result; ``how`` is what else decides it. Raises OSError when a file cannot be read."""
        files = {name: _digest(path) for name, path in sorted(self._named(arguments))}
        asked = json.dumps([_FORM, tool, dict(arguments), files, how], sort_keys=True, default=str)
        return hashlib.sha256(asked.encode()).hexdigest()

    def get(self, key: str) -> ToolResult | None:
        """The result, unless there is none, or a file that it names is gone."""
        if (answer := self._cache.get(key)) is None:
            return None
        try:
            kept = json.loads(answer.text)
            result = ToolResult(answer.finish, kept["text"], kept["detail"], {"files": kept["files"], "kept": True})
            for name in kept["files"]:
                self._folders.find(name)
        except (ValueError, KeyError, TypeError):  # Refused is a ValueError
            return None
        return result

    def put(self, key: str, result: ToolResult) -> None:
        """Keep it, if it is final."""
        if result.status in ("ok", "refused") and result.facts.get("final", True):
            kept = {"text": result.text, "detail": result.detail, "files": list(result.facts.get("files", ()))}
            self._cache.put(key, Answer(json.dumps(kept), result.status))

    def _named(self, arguments: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
        for name in dict.fromkeys(_names(arguments)):
            try:
                yield name, self._folders.find(name)
            except Refused:
                continue


def _names(arguments: Mapping[str, Any]) -> list[str]:
    """Texts that may name files: whole arguments, and what is quoted in code."""
    texts = [value for value in arguments.values() if isinstance(value, str)]
    inner = [name for text in texts for name in quoted(text)]
    return [text for text in (*texts, *inner) if len(text) <= _LONGEST_NAME]


def _digest(path: Path) -> str:
    status = path.stat()
    return _digest_of(path, status.st_ino, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=10_000)
def _digest_of(path: Path, *_: int) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
