"""What a toolbox is made of, checked before anything is started."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracer1.toolbox.base import ToolSpec
from tracer1.toolbox.local import LOCAL
from tracer1.toolbox.quota import MOST_KEPT
from tracer1.toolbox.specs import specs_of

INSPECT = "inspect_file_as_text"


@dataclass(frozen=True)
class Settings:
    """The arguments of :func:`tracer1.toolbox.toolbox.load_toolbox`. Raises ValueError for what cannot be used."""

    name: str
    files: Path
    output: Path | None = None
    endpoints: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    corpus: Path | None = None
    mcp: Sequence[Any] = ()
    only: Sequence[str] = ()
    workers: int = 2
    seconds: float = 30.0
    cache_dir: Path | None = None
    output_bytes: int = MOST_KEPT

    def __post_init__(self) -> None:
        names = [spec.name for spec in specs_of(self.name)]
        if unknown := [name for name in self.only if name not in names]:
            raise ValueError(
                f"only: {', '.join(unknown)} is not in the toolbox {self.name}, which has {', '.join(names)}"
            )
        chosen = [spec.name for spec in self.specs]
        if unknown := [name for name in self.endpoints if name not in chosen]:
            raise ValueError(f"endpoints: {', '.join(unknown)} is no tool of these: {', '.join(chosen)}")
        if not self.files.is_dir():
            raise ValueError(f"files: there is no folder {self.files}: give the one with the files of the tasks")
        if self.corpus is not None and not self.corpus.exists():
            raise ValueError(f"corpus: there is no {self.corpus}: give a folder of pages or a .jsonl file")
        if self.workers < 1 or not 0 < self.seconds < math.inf:
            raise ValueError(f"workers and seconds must be more than 0, got {self.workers} and {self.seconds}")
        if self.output_bytes < 1:
            raise ValueError(f"output_bytes must be more than 0, got {self.output_bytes}")
        for spec in self.specs:
            if spec.name in self.endpoints:
                self._check_endpoint(spec)
        for server in self.mcp:
            _check_server(server)

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """The tools that are offered."""
        return tuple(spec for spec in specs_of(self.name) if not self.only or spec.name in self.only)

    def endpoint(self, name: str) -> dict[str, Any]:
        """Where a tool is served. What it does not say of the time of a call is said here."""
        return {"seconds": self.seconds} | dict(self.endpoints[name])

    def is_local(self, name: str) -> bool:
        """Whether it runs here. Documents are read here even where a model answers the questions about them."""
        return name in LOCAL and (name not in self.endpoints or name == INSPECT)

    def lacks(self, name: str) -> str:
        """Why a tool cannot be called, and the fix; empty when it can."""
        if self.is_local(name):
            return LOCAL[name].lacks(self.corpus is not None)
        if name in self.endpoints:
            return ""
        return f"needs an endpoint: endpoints.{name} says where it is served (tracer1/toolbox/ENDPOINTS.md)"

    def _check_endpoint(self, spec: ToolSpec) -> None:
        from tracer1.toolbox.remote import remote_tool

        if not isinstance(self.endpoints[spec.name], Mapping):
            raise ValueError(f"endpoints: {spec.name} holds names and values, got {self.endpoints[spec.name]!r:.60}")
        remote_tool(spec, self.endpoint(spec.name), self.files, self.output)


def _check_server(server: Any) -> None:
    from tracer1.toolbox.mcp_source import server_from

    if not isinstance(server, Mapping):
        raise ValueError(f"mcp: a server has names and values such as command or url, got {server!r:.60}")
    try:
        server_from(server)
    except ValueError as error:
        raise ValueError(f"mcp: {error}") from error
