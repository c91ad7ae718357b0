"""The embedding server that GTA's subjective answers are scored by: a real one on loopback, which counts letters."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tracer1.evaluation.benchmarks.gta.similarity import Embeddings, SimilarityFailed, nearest


class _Embedder(BaseHTTPRequestHandler):
    """Speaks OpenAI's /embeddings: how often a, b and c occur; ``broken`` has no embedding."""

    def log_message(self, *_):
        pass

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, request["model"], request["input"]))
        (text,) = request["input"]
        data = [] if text == "broken" else [{"embedding": [text.count(letter) for letter in "abc"]}]
        body = json.dumps({"data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def embedder():
    server = HTTPServer(("127.0.0.1", 0), _Embedder)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_embedding_server_is_asked_once_a_text(embedder):
    similarity = Embeddings(f"http://127.0.0.1:{embedder.server_port}/v1")
    assert similarity("ab", "ba") == pytest.approx(1)
    assert similarity("ab", "a") == pytest.approx(2**-0.5)
    assert similarity("ab", "") == 0
    assert nearest("a", ["c", "ab", "b"], similarity) == pytest.approx(2**-0.5)
    texts = [asked[2][0] for asked in embedder.asked]
    assert sorted(texts) == sorted(set(texts))
    assert embedder.asked[0][:2] == ("/v1/embeddings", "sentence-transformers/all-mpnet-base-v2")


def test_an_embedding_server_that_does_not_work_scores_nothing(embedder):
    url = f"http://127.0.0.1:{embedder.server_port}/v1"
    with pytest.raises(SimilarityFailed, match="gave no embedding"):
        Embeddings(url)("broken", "a")
    with pytest.raises(SimilarityFailed, match="is m served there"):
        Embeddings("http://127.0.0.1:9/v1", "m")("a", "b")


def test_similarity_is_clipped():
    assert nearest("x", ["a", "b"], lambda *_: -0.3) == 0
    assert nearest("x", ["a"], lambda *_: 1.0000001) == 1
    assert nearest("x", [], lambda *_: 1.0) == 0
