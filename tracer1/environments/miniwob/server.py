"""Serves the MiniWoB++ pages of the ``miniwob`` wheel on a free loopback port."""

from __future__ import annotations

import functools
import http.server
import importlib.util
import threading
from pathlib import Path


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Static files, kept alive, without a log; cacheable, so that a page visited again loads without requests."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "max-age=86400, immutable")
        super().end_headers()


def pages_root() -> Path:
    """The wheel's ``html`` folder, found without importing the package (it pulls in Selenium).

    Raises ModuleNotFoundError when the wheel is missing.
    """
    spec = importlib.util.find_spec("miniwob")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the MiniWoB++ pages are missing: pip install 'miniwob>=1.0'")
    return Path(spec.origin).parent / "html"


def page_names() -> list[str]:
    """Every task that has a page, sorted."""
    return sorted(path.stem for path in (pages_root() / "miniwob").glob("*.html"))


class PageServer:
    """A running server; ``url(task)`` is the address of a task's page."""

    def __init__(self) -> None:
        handler = functools.partial(_QuietHandler, directory=str(pages_root()))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def url(self, task: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/miniwob/{task}.html"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
