"""How tools reach their servers: one client for each endpoint of a process, shared by all tools and samples that name it.

The client is that of the executors (:mod:`tracer1.executors.client`): bounded attempts with scattered pauses, a deadline, a
limit on calls at once, a circuit breaker for each server, any event loop or thread. An endpoint is a mapping from a
configuration; ``ENDPOINTS.md`` lists its keys.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tracer1.executors.client import Reader, ServerClient
from tracer1.executors.counters import Counters
from tracer1.executors.options import ServedOptions, options_from, shown
from tracer1.executors.replies import Outcome
from tracer1.toolbox.base import ToolResult, ToolSpec

# Names of arguments that hold the name of a file, in the toolboxes of T3-Agent and GTA; ``file_arguments`` names others.
FILE_ARGUMENTS = ("image", "image_path", "file", "file_path", "video", "video_path", "audio_path", "path")
REACHING = ("key_variable", "concurrency", "seconds", "retries", "backoff", "open_after", "probe_after")
ASKING = ("base_urls", "model", "max_tokens", "max_pixels", "extra_body", *REACHING)
_lock = threading.Lock()
_endpoints: dict[str, Endpoint] = {}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Equal servers, and what has been asked of them so far."""

    options: ServedOptions
    client: ServerClient
    counters: Counters

    @property
    def address(self) -> str:
        """The servers' addresses, for logs."""
        return ", ".join(map(shown, self.options.base_urls))


def endpoint_for(values: Mapping[str, Any], path: str, read: Reader) -> Endpoint:
    """The endpoint of these options, made when it is first named. Raises ValueError for options that cannot be used."""
    options = options_from(values)
    key = json.dumps([path, asdict(options)], sort_keys=True)
    with _lock:
        if key not in _endpoints:
            counters = Counters()
            _endpoints[key] = Endpoint(options, ServerClient(options, counters, path, read), counters)
        return _endpoints[key]


def check_keys(endpoint: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raises ValueError for a key that this kind of endpoint does not have."""
    known = ("kind", "file_arguments", *known)
    if unknown := [str(name) for name in endpoint if name not in known]:
        raise ValueError(f"unknown key {', '.join(unknown)}: use {', '.join(known)}")


def file_arguments(spec: ToolSpec, endpoint: Mapping[str, Any]) -> tuple[str, ...]:
    """The tool's arguments that name files. Raises ValueError when ``file_arguments`` names one that it does not have."""
    names = [one.name for one in spec.parameters]
    named = endpoint.get("file_arguments", [name for name in names if name in FILE_ARGUMENTS])
    if isinstance(named, str) or not all(name in names for name in named):
        raise ValueError(f"file_arguments is a list of arguments of {spec.signature}, got {named!r:.80}")
    return tuple(named)


def unanswered(outcome: Outcome) -> ToolResult:
    """The result of a call that did not end ``ok``: the detail begins with the kind of trouble."""
    return ToolResult(outcome.status, detail=f"{outcome.reason}: {outcome.detail}")
