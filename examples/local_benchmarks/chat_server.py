"""A chat-completions server on loopback whose models are functions: a script instead of a planner and a grounding model."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[dict[str, Any]], str]
"""From the request to the text of the answer. It may raise :class:`Refuse`."""


class Refuse(Exception):
    """The server answers with this HTTP status instead."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class ChatServer(ThreadingHTTPServer):
    """``requests`` keeps what was asked, in order."""

    daemon_threads = True

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.requests: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(request)
        try:
            message = {"role": "assistant", "content": self.server.answer(request)}
            self._send(200, {"choices": [{"message": message, "finish_reason": "stop"}]})
        except Refuse as refuse:
            self._send(refuse.status, {"error": {"message": f"made to fail with {refuse.status}"}})

    def _send(self, status: int, data: dict[str, Any]) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def texts(request: dict[str, Any]) -> str:
    """All that a request says in words."""
    parts = [message["content"] for message in request["messages"]]
    return "\n".join(
        part if isinstance(part, str) else "\n".join(one.get("text", "") for one in part) for part in parts
    )


def done(request: dict[str, Any]) -> int:
    """How many steps a planner's prompt says were done."""
    past = texts(request).split("\nDone:\n")[-1].removesuffix("\nPlan:").splitlines()
    return sum(line != "- none" for line in past)


@contextmanager
def chat_server(answer: Answer) -> Iterator[ChatServer]:
    """Serve until the block ends."""
    server = ChatServer(answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
