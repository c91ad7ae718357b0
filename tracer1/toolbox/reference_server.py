"""A small server of the contract in ``ENDPOINTS.md``, on Python's standard library: start here to put your own model behind it.

    python -m tracer1.toolbox.reference_server --port 8100

A tool is a function of the arguments and the files of a call; it gives ``{"text": …}``, ``{"value": …}`` and ``{"files": …}``, and
raises :class:`CannotDo` for what it refuses. ``serve(tools, host, port)`` serves any such functions, each request in a thread.

The tools here are EXAMPLE STAND-INS that show the protocol: ``objectlocation`` finds blobs of a named colour, ``facedetection``
finds nobody, ``image_generator`` draws the prompt's text, ``image_edit`` turns the picture grey. They are no models. The server
decodes what it is sent without a sandbox: let nobody reach it but your own jobs.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
from collections import deque
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

MOST_BYTES = 64 << 20
COLOURS = {"red": (255, 0, 0), "green": (0, 160, 0), "blue": (0, 0, 255), "yellow": (255, 220, 0), "black": (0, 0, 0)}
CLOSE, GRID, LEAST_CELLS = 110, 96, 3
Files = Mapping[str, bytes]
Tool = Callable[[Mapping[str, Any], Files], Mapping[str, Any]]


class CannotDo(ValueError):
    """The tool cannot do what it was asked; the message says why."""


def objectlocation(arguments: Mapping[str, Any], files: Files) -> Mapping[str, Any]:
    """Example: boxes [left, top, right, bottom] of the connected blobs of a colour that ``object`` names."""
    colour = next((COLOURS[word] for word in str(arguments["object"]).lower().split() if word in COLOURS), None)
    if colour is None:
        raise CannotDo(f"this example finds colours only: name one of {', '.join(COLOURS)}")
    image = _opened(files["image_path"])
    cell = max(1, max(image.size) // GRID)
    near = np.abs(np.asarray(image, dtype=int) - np.array(colour)).sum(axis=2) < CLOSE
    rows, columns = near.shape[0] // cell, near.shape[1] // cell
    filled = near[: rows * cell, : columns * cell].reshape(rows, cell, columns, cell).mean(axis=(1, 3)) > 0.5
    return {"value": [[edge * cell for edge in blob] for blob in _blobs(filled)]}


def facedetection(arguments: Mapping[str, Any], files: Files) -> Mapping[str, Any]:
    """Example: no faces, in any picture."""
    _opened(files["image_path"])
    return {"value": []}


def image_generator(arguments: Mapping[str, Any], files: Files) -> Mapping[str, Any]:
    """Example: a picture of the prompt's own text."""
    image = Image.new("RGB", (512, 128), "white")
    ImageDraw.Draw(image).multiline_text((12, 12), str(arguments["prompt"])[:300], "black", ImageFont.load_default(20))
    return {"files": [_file("generated.png", image)]}


def image_edit(arguments: Mapping[str, Any], files: Files) -> Mapping[str, Any]:
    """Example: the picture in grey, whatever the prompt."""
    return {"files": [_file("edited.png", ImageOps.grayscale(_opened(files["image_path"])))]}


EXAMPLES: dict[str, Tool] = {
    tool.__name__: tool for tool in (objectlocation, facedetection, image_generator, image_edit)
}


def _blobs(filled: np.ndarray) -> list[list[int]]:
    """Connected cells (by their sides) as [left, top, right, bottom], row by row."""
    left, found = {(int(y), int(x)) for y, x in np.argwhere(filled)}, []
    for start in sorted(left):
        if start not in left:
            continue
        blob, edge = [start], deque([start])
        left.discard(start)
        while edge:
            y, x = edge.popleft()
            for cell in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                if cell in left:
                    left.discard(cell)
                    blob.append(cell)
                    edge.append(cell)
        ys, xs = [cell[0] for cell in blob], [cell[1] for cell in blob]
        if len(blob) >= LEAST_CELLS:
            found.append([min(xs), min(ys), max(xs) + 1, max(ys) + 1])
    return found


def _opened(picture: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(picture), formats=("PNG", "JPEG", "WEBP")).convert("RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise CannotDo(f"the file is no whole picture ({error})") from error


def _file(name: str, image: Image.Image) -> dict[str, str]:
    output = io.BytesIO()
    image.save(output, "PNG")
    return {"name": name, "base64": base64.b64encode(output.getvalue()).decode()}


def answer(tools: Mapping[str, Tool], body: bytes) -> tuple[int, Mapping[str, Any]]:
    """Status and JSON for the body of a request."""
    try:
        asked = json.loads(body)
        name, arguments = asked["tool"], asked["arguments"]
        files = {one: base64.b64decode(file["base64"], validate=True) for one, file in asked.get("files", {}).items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return 400, {"error": f"a call is JSON with tool, arguments and files ({error!r})"}
    if name not in tools:
        return 404, {"error": f"no tool {name!r} here, only {', '.join(tools)}"}
    try:
        return 200, tools[name](arguments, files)
    except CannotDo as error:
        return 400, {"error": str(error)}
    except KeyError as error:
        return 400, {"error": f"{name} needs {error}"}


def serve(tools: Mapping[str, Tool], host: str = "127.0.0.1", port: int = 8100) -> ThreadingHTTPServer:
    """A server of these tools, bound and not yet running: call ``serve_forever``. Port 0 is any free one."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > MOST_BYTES:
                self.close_connection = True  # its body is left unread
                self._send(413, {"error": f"a call has a Content-Length of at most {MOST_BYTES}"})
                return
            self._send(*answer(tools, self.rfile.read(int(length))))

        def _send(self, status: int, data: Mapping[str, Any]) -> None:
            body = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    return server


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Serves example stand-ins of tools, to show the protocol.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100)
    chosen = parser.parse_args()
    running = serve(EXAMPLES, chosen.host, chosen.port)
    print(f"http://{chosen.host}:{running.server_port}/ serves {', '.join(EXAMPLES)} (example stand-ins)", flush=True)
    try:
        running.serve_forever()
    except KeyboardInterrupt:
        running.server_close()
