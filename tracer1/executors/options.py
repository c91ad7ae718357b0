"""How an executor behind a server is reached: ``executor_options`` of a configuration, checked."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import httpx

T = TypeVar("T")

MINE = ("messages", "model", "max_tokens", "temperature", "stream", "n")


@dataclass(frozen=True, slots=True)
class ServedOptions:
    """``base_urls``: equal servers, each ending in /v1, that serve ``model``. ``key_variable``: the environment variable that
    holds the API key, where one is needed. ``prompt``: one of the executor's, empty for its first. ``max_tokens``: of an
    answer; a thinking model needs thousands. ``max_pixels``: pictures are shrunk to that; 0 for the model's own limit, and to
    be set where the server has a lower one. ``extra_body``: more fields of the request.

    ``concurrency``: calls at once from this process; ``seconds``: for one call, from its turn on; ``retries``: attempts after
    the first; ``backoff``: seconds before the first of them. ``open_after`` failures in a row a server is left alone for
    ``probe_after`` seconds. ``cache_dir``: where answers are kept; empty for nowhere. Raises ValueError."""

    base_urls: tuple[str, ...] = ()
    model: str = ""
    key_variable: str = ""
    prompt: str = ""
    max_tokens: int = 512
    max_pixels: int = 0
    extra_body: dict[str, Any] = field(default_factory=dict)
    concurrency: int = 64
    seconds: float = 60.0
    retries: int = 3
    backoff: float = 0.25
    open_after: int = 5
    probe_after: float = 2.0
    cache_dir: str = ""

    def __post_init__(self) -> None:
        if not self.base_urls:
            raise ValueError("base_urls is empty: name at least one server, e.g. http://127.0.0.1:8000/v1")
        for url in self.base_urls:
            if "@" in url.partition("//")[2].partition("/")[0]:
                raise ValueError(
                    "base_urls: an address holds a name or a password: put the key in key_variable's variable"
                )
            if not _is_url(url):
                raise ValueError(f"base_urls: {shown(url)!r} is no address such as http://127.0.0.1:8000/v1")
        if not self.model:
            raise ValueError("model is empty: give the name under which the server serves it (--served-model-name)")
        for name in ("max_tokens", "concurrency", "open_after", "seconds"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        for name in ("max_pixels", "retries", "backoff", "probe_after"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)}")
        if mine := [name for name in MINE if name in self.extra_body]:
            raise ValueError(f"extra_body must not hold {', '.join(mine)}")

    def key(self) -> str:
        """The API key; empty where none is needed. Raises ValueError when its environment variable is not set."""
        if not self.key_variable:
            return ""
        if not (key := os.environ.get(self.key_variable, "").strip()):
            raise ValueError(
                f"key_variable: the environment variable {self.key_variable} is not set: put the API key there"
            )
        if not (key.isascii() and key.isprintable()):
            raise ValueError(f"key_variable: {self.key_variable} holds more than plain letters: it is no API key")
        return key


def options_from(values: Mapping[str, Any]) -> ServedOptions:
    """Options from configuration values. Raises ValueError that names the option for an unknown one or a wrong kind."""
    return read_options(ServedOptions, values)


def read_options(kind: type[T], values: Mapping[str, Any], what: str = "executor option") -> T:
    """A dataclass of texts, numbers, paths, lists and mappings, from configuration values; ``what`` they are called.
    Raises ValueError that names the option for an unknown one or a wrong kind, and what the dataclass itself raises."""
    kinds = {one.name: str(one.type) for one in fields(kind)}
    if unknown := [name for name in values if name not in kinds]:
        raise ValueError(f"unknown {what} {', '.join(unknown)}: use {', '.join(kinds)}")
    return kind(**{name: _READ[kinds[name]](name, value) for name, value in values.items()})


def _urls(name: str, value: Any) -> tuple[str, ...]:
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, Sequence) or not all(isinstance(url, str) for url in given):
        raise ValueError(f"{name} is a list of addresses, got {value!r:.60}")
    return tuple(url.strip().rstrip("/") for url in given)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is a text, got {value!r:.60}")
    return value


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name} is a whole number, got {value!r:.60}")
    return value


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} is a number, got {value!r:.60}")
    return float(value)


def _object(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} holds names and values, got {value!r:.60}")
    return dict(value)


def _path(name: str, value: Any) -> Path:
    return value if isinstance(value, Path) else Path(_text(name, value)).expanduser()


def _list(name: str, value: Any) -> tuple[Any, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError(f"{name} is a list, got {value!r:.60}")
    return tuple(value)


_READ: dict[str, Callable[[str, Any], Any]] = {
    "tuple[str, ...]": _urls,
    "tuple[Any, ...]": _list,
    "str": _text,
    "int": _whole,
    "float": _number,
    "dict[str, Any]": _object,
    "Path | None": _path,
}


def shown(url: str) -> str:
    """An address as it may stand in logs and errors: without its query, which may hold a key."""
    return url.partition("?")[0]


def _is_url(text: str) -> bool:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return False
    return url.scheme in ("http", "https") and bool(url.host)
