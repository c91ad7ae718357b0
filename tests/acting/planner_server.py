"""A real OpenAI-compatible server on loopback whose model is a function: (task, done steps, sample number) → answer."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Model = Callable[[str, list[str], int], str]


class Recorder(ThreadingHTTPServer):
    """Keeps the requests it got; ``failures`` is a list of status codes to answer with first."""

    daemon_threads = True

    def __init__(self, model: Model, failures: list[int]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model, self.failures = model, failures
        self.requests: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Recorder

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(request)
        if self.server.failures:
            status = self.server.failures.pop(0)
            self._answer(status, {"error": {"message": f"made to fail with {status}"}})
            return
        task, done = _read(request["messages"][-1]["content"])
        texts = [self.server.model(task, done, number) for number in range(request["n"])]
        self._answer(200, {"choices": [{"message": {"role": "assistant", "content": text}} for text in texts]})

    def _answer(self, status: int, data: dict[str, Any]) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _read(parts: str | list[dict[str, Any]]) -> tuple[str, list[str]]:
    """Task and done steps of a compact prompt; asserts that a picture, where there is one, comes first and is one."""
    if isinstance(parts, str):
        text = parts
    else:
        assert parts[0]["type"] == "image_url"
        assert base64.b64decode(parts[0]["image_url"]["url"].split("base64,")[1])[:4] in (b"\x89PNG", b"RIFF")
        text = parts[1]["text"]
    task, rest = text.removeprefix("Task: ").split("\nDone:\n")
    lines = rest.removesuffix("\nPlan:").split("\n")
    return task, [line.removeprefix("- ") for line in lines if line != "- none"]


@contextmanager
def planner_server(model: Model, failures: list[int] | None = None) -> Iterator[Recorder]:
    """Serve until the block ends."""
    server = Recorder(model, failures or [])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
