"""An OpenAI-compatible server on loopback whose planner is a function: (task, done lines) → response. Pictures may be there or not."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        content = request["messages"][-1]["content"]
        parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
        text = "".join(part["text"] for part in parts if part["type"] == "text")
        task, rest = text.removeprefix("Task: ").split("\nDone:\n")
        done = [line.removeprefix("- ") for line in rest.removesuffix("\nPlan:").split("\n") if line != "- none"]
        self.server.pictures.append(sum(part["type"] == "image_url" for part in parts))
        said = self.server.model(task, done)
        status, data = (
            (200, {"choices": [{"message": {"content": said}}]}) if said is not None else (500, {"error": "down"})
        )
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving(model):
    """Serve until the block ends; gives the server, with its ``url`` and the number of ``pictures`` of each request."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.model, server.pictures = model, []
    server.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
