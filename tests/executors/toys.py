"""What the executor tests share: servers in processes of their own, screenshots, and executors that ask the servers."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from tracer1.actions import Action
from tracer1.coordinates import Size
from tracer1.executors import load_executor
from tracer1.executors.served import ServedExecutor
from tracer1.plans import Step
from tracer1.trajectories import Observation


class Server:
    """A toy server's process; ``start`` after ``kill`` takes the same port."""

    def __init__(self) -> None:
        self.port = 0
        self.start()

    def start(self) -> None:
        command = [sys.executable, Path(__file__).with_name("toy_server.py"), str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def stats(self) -> dict[str, Any]:
        return httpx.get(f"http://127.0.0.1:{self.port}/stats", trust_env=False).json()

    def kill(self) -> None:
        """SIGKILL: nothing is said to anybody."""
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


@contextmanager
def running() -> Iterator[Server]:
    server = Server()
    try:
        yield server
    finally:
        server.kill()


@lru_cache(maxsize=32)
def picture(width: int = 200, height: int = 100, shade: int = 90) -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (width, height), (shade, shade, 90)).save(output, "PNG")
    return output.getvalue()


def seen(width: int = 200, height: int = 100, shade: int = 90, platform: str = "web") -> Observation:
    return Observation(picture(width, height, shade), Size(width, height), platform=platform)


def click(answer: str, kind: str = "click") -> Step:
    """A step that makes the toy server give this answer."""
    return Step(Action(kind), f"Click what is at «{answer}»")


def executor(*urls: str, model: str = "fine", name: str = "ui_tars", **options: Any) -> ServedExecutor:
    """An executor that gives up quickly, unless told otherwise."""
    hasty = {"backoff": 0.01, "probe_after": 0.2, "seconds": 30.0}
    return load_executor(name, base_urls=list(urls), model=model, **{**hasty, **options})
