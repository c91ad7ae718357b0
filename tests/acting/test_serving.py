"""Serving a checkpoint: what can be known before vLLM starts, and that a server never outlives its parent."""

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from contextlib import nullcontext, suppress
from pathlib import Path

import httpx
import pytest

from tracer1.checkpoints import CheckpointError, check_checkpoint, fingerprint
from tracer1.serving import ServingError, command, last_error, on_cpu, serve, stop

CONFIG = {"model_type": "qwen3_vl", "vision_config": {}, "image_token_id": 5}
FILES = ("config.json", "model.safetensors", "tokenizer_config.json", "preprocessor_config.json")


def _checkpoint(folder: Path, **config: object) -> Path:
    folder.mkdir()
    for name in FILES:
        (folder / name).write_text("{}")
    (folder / "config.json").write_text(json.dumps(CONFIG | config))
    return folder


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("config.json", "no config.json"),
        ("model.safetensors", "holds no weights"),
        ("tokenizer_config.json", "no tokenizer_config.json"),
        ("preprocessor_config.json", "no image processor"),
    ],
)
def test_a_checkpoint_that_lacks_something_is_refused(tmp_path, missing, told):
    folder = _checkpoint(tmp_path / "model")
    check_checkpoint(folder)
    (folder / missing).unlink()
    with pytest.raises(CheckpointError, match=told):
        check_checkpoint(folder)


def test_a_model_without_vision_tokens_is_refused_before_anything_starts(tmp_path):
    folder = _checkpoint(tmp_path / "model")
    (folder / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(CheckpointError, match="llama model without vision tokens"), serve(folder):
        pass
    with pytest.raises(CheckpointError, match="no checkpoint at"), serve(tmp_path / "none"):
        pass


def test_the_fingerprint_changes_with_the_weights(tmp_path):
    folder = _checkpoint(tmp_path / "model")
    before = fingerprint(folder)
    assert fingerprint(folder) == before
    (folder / "model.safetensors").write_text("other")
    assert fingerprint(folder) != before


def test_a_port_in_use_is_one_clear_line(tmp_path):
    pytest.importorskip("vllm")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        model, told = _checkpoint(tmp_path / "model"), f"port {port} cannot be used.*choose another"
        with pytest.raises(ServingError, match=told), serve(model, port=port):
            pass


def test_the_device_decides():
    assert on_cpu({"DEVICE": "cpu"}) and not on_cpu({"DEVICE": "gpu"})
    assert "--generation-config" in command(Path("m"), 1)


def test_the_last_error_is_found(tmp_path):
    log = tmp_path / "log"
    log.write_text(
        "INFO starting\n(EngineCore pid=7) ERROR 11-21 ValueError: no such layer\n"
        "\x1b[0;36m(APIServer pid=1)\x1b[0;0m RuntimeError: Engine core initialization failed. See root cause above.\n"
    )
    assert last_error(log) == "ValueError: no such layer"
    log.write_text("one\ntwo\n")
    assert last_error(log) == "two"


_HEALTHY = """
import http.server, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def do_POST(self):
        print("RuntimeError: asked to die", flush=True); import os; os._exit(1)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed")
@pytest.mark.parametrize("how", ["well", "exit", "error", "death"])
def test_the_log_is_kept_only_when_the_server_failed(tmp_path, monkeypatch, how):
    """A real server that answers as vLLM does, and dies when it is posted to."""
    monkeypatch.setattr("tracer1.serving.command", lambda _, port, __: [sys.executable, "-c", _HEALTHY, str(port)])
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = len(os.listdir("/proc/self/fd"))
    ends = {"well": None, "exit": SystemExit, "error": ValueError, "death": ServingError}
    expected = pytest.raises(ends[how]) if ends[how] else nullcontext()
    with expected as raised, serve(_checkpoint(tmp_path / "model"), seconds=60) as server:
        assert server.log.parent == tmp_path
        if how == "death":
            with suppress(httpx.TransportError):
                httpx.post(server.url, trust_env=False)
            assert _gone(server.pid)
        elif ends[how]:
            raise ends[how]
    logs = list(tmp_path.glob("*.log"))
    assert len(logs) == (how == "death") and len(os.listdir("/proc/self/fd")) == before
    assert how != "death" or (str(logs[0]) in str(raised.value) and "asked to die" in str(raised.value))


def test_stopping_ends_the_whole_group_even_what_ignores_a_polite_request(monkeypatch):
    monkeypatch.setattr("tracer1.serving._STOP_SECONDS", 0.5)
    code = """
        import signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        print(child.pid, flush=True)
        time.sleep(60)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, start_new_session=True
    )
    child = int(process.stdout.readline())
    stop(process)
    assert process.returncode == -signal.SIGKILL
    assert _gone(child)


def test_a_server_ends_when_its_parent_is_killed():
    code = """
        import os, subprocess, sys, time
        from tracer1.serving import _die_with_parent
        child = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(60)"],
            start_new_session=True,
            preexec_fn=_die_with_parent(os.getpid()),
        )
        print(child.pid, flush=True)
        time.sleep(60)
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE)
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    assert _gone(child)


@pytest.mark.slow
def test_a_server_that_cannot_load_its_weights_is_one_clear_line(tmp_path):
    pytest.importorskip("vllm")
    log = tmp_path / "log"
    with pytest.raises(ServingError, match=r"did not start: .*log:"), serve(_checkpoint(tmp_path / "model"), log=log):
        pass
    assert log.stat().st_size > 0


def _gone(pid: int) -> bool:
    """Whether a process ends within five seconds (a zombie has ended)."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False
