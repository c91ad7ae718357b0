"""Toolboxes that stay open for all tests of this folder, and the small files that they are tried on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_files import fill

from tracer1.sandbox import unavailable
from tracer1.toolbox.base import ToolResult
from tracer1.toolbox.toolbox import Toolbox, load_toolbox


class Opened:
    """A toolbox, the folders that it works with, and an event loop to call it on."""

    def __init__(self, name: str, files: Path, output: Path, **options: Any) -> None:
        self.files, self.output = files, output
        self.loop = asyncio.new_event_loop()
        self.toolbox: Toolbox = load_toolbox(name, files=files, output=output, workers=1, **options)
        self.loop.run_until_complete(self.toolbox.__aenter__())

    def call(self, name: str, **arguments: Any) -> ToolResult:
        return self.loop.run_until_complete(self.toolbox.call(name, arguments))

    def text(self, name: str, **arguments: Any) -> str:
        """The text of a call that must be ``ok``."""
        result = self.call(name, **arguments)
        assert result.status == "ok", result
        return result.text

    def refusal(self, name: str, **arguments: Any) -> str:
        """Why a call is refused, which it must be."""
        result = self.call(name, **arguments)
        assert result.status == "refused", result
        return result.detail

    def close(self) -> None:
        self.loop.run_until_complete(self.toolbox.__aexit__(None, None, None))
        self.loop.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tools")
    (made / "files").mkdir()
    fill(made / "files", made)
    return made


def _opened(name: str, folder: Path, **options: Any) -> Iterator[Opened]:
    if reason := unavailable():
        pytest.skip(reason)
    opened = Opened(name, folder / "files", folder / "output", corpus=folder / "pages.jsonl", **options)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def local(folder: Path) -> Iterator[Opened]:
    yield from _opened("local", folder)


@pytest.fixture(scope="session")
def gta(folder: Path) -> Iterator[Opened]:
    yield from _opened("gta", folder)
