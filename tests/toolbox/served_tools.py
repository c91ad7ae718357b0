"""What the tests of remote tools share: servers in processes of their own that can be killed, pictures, and tools that ask them."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from tracer1.toolbox.base import Parameter, Tool, ToolResult, ToolSpec
from tracer1.toolbox.remote import remote_tool

TOY_TOOLS = Path(__file__).with_name("toy_tools.py")
TOY_MODEL = Path(__file__).parents[1] / "executors" / "toy_server.py"
HASTY = {"backoff": 0.01, "probe_after": 0.2, "seconds": 20.0}


class Server:
    """A server's process; ``start`` after ``kill`` takes the same port."""

    def __init__(self, script: Path) -> None:
        self.port, self._script = 0, script
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen([sys.executable, self._script, str(self.port)], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def stats(self) -> dict[str, Any]:
        return httpx.get(f"{self.url}stats", trust_env=False).json()

    def kill(self) -> None:
        """SIGKILL: nothing is said to anybody."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


@contextmanager
def running(script: Path) -> Iterator[Server]:
    server = Server(script)
    try:
        yield server
    finally:
        server.kill()


def spec(name: str, *required: str, optional: tuple[str, ...] = ()) -> ToolSpec:
    return ToolSpec(name, "A tool.", (*map(Parameter, required), *(Parameter(one, required=False) for one in optional)))


def http_tool(url: str, files: Path, output: Path | None = None, **options: Any) -> Tool:
    """A tool of the toy server, impatient unless told otherwise."""
    made = spec("echo", "how", optional=("image_path",))
    return remote_tool(made, {"kind": "http", "url": url, **HASTY, **options}, files, output)


def call(tool: Tool, **arguments: Any) -> ToolResult:
    return asyncio.run(tool.call(arguments))


def picture(width: int = 60, height: int = 40, colour: str = "white", kind: str = "PNG") -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(output, kind)
    return output.getvalue()


def sample_files(place: Path) -> Path:
    """A folder with a picture and a text, and beside it a picture that nobody may name."""
    folder = place / "files"
    folder.mkdir()
    (folder / "a.png").write_bytes(picture())
    (folder / "notes.txt").write_text("The box holds 12 apples. «twelve»")
    (place / "secret.png").write_bytes(picture())
    return folder
