"""Serve a checkpoint with vLLM on a loopback port, as a child process that never outlives its parent::

    with serve(Path("runs/quickstart/planner/warm")) as server:
        Planner(server.url, server.model)

The server gets its own process group. Leaving the block stops the whole group (first politely, then not); when the
parent is killed the kernel tells the server to stop. Without a GPU (or with ``DEVICE=cpu``) vLLM's CPU settings are
added.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from rich.console import Console

from tracer1.checkpoints import check_checkpoint

MODEL = "planner"
_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 10.0
_CPU_ENVIRONMENT = {
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "OMP_NUM_THREADS": "1",
    # The log-probability kernel would be compiled with a C++ compiler, for half a minute, to save nothing at this size.
    "TORCHDYNAMO_DISABLE": "1",
    "VLLM_TARGET_DEVICE": "cpu",
    "TOKENIZERS_PARALLELISM": "false",
}
_QUIET = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
_ERROR_LINE = re.compile(r"^(?:\S+ )*?((?:[A-Za-z_.]*(?:Error|Exception|Interrupt))\b.*)$")


class ServingError(RuntimeError):
    """The server could not start or died; the message gives its last error and the path of its log."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its OpenAI-compatible ``url`` (ends in /v1), the ``model`` name to ask for, its process id."""

    url: str
    model: str
    pid: int
    log: Path


def on_cpu(environment: Mapping[str, str] | None = None) -> bool:
    """Whether to serve on the CPU: ``DEVICE`` decides where it is set, otherwise whether an NVIDIA GPU is there."""
    device = (os.environ if environment is None else environment).get("DEVICE", "").strip().lower()
    if device:
        return device == "cpu"
    return not (Path("/dev/nvidia0").exists() or shutil.which("nvidia-smi"))


@contextmanager
def serve(
    checkpoint: Path,
    port: int = 0,
    seconds: float = 600.0,
    log: Path | None = None,
    options: Sequence[str] = (),
    console: Console | None = None,
) -> Iterator[Server]:
    """Start the server, wait at most ``seconds`` until it answers, yield it, and stop it for certain.

    ``port`` 0 takes a free one; ``options`` are passed on to vLLM and win over the defaults; ``log`` receives its
    output (default: a file in the temporary directory, kept only when the server fails; the error names it). Call it from
    the main thread. Raises CheckpointError before anything starts, ServingError afterwards.
    """
    check_checkpoint(checkpoint)
    if importlib.util.find_spec("vllm") is None:
        raise ServingError(
            "vLLM is not installed: pip install 'tracer1[cpu]' (or 'tracer1[gpu]' on a machine with GPUs)"
        )
    chosen = _port(port)
    temporary = log is None
    path = log or _temporary_log()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as output:
        process = subprocess.Popen(
            command(checkpoint, chosen, options),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(),
            start_new_session=True,
            preexec_fn=_die_with_parent(os.getpid()),
        )
    server = Server(f"http://127.0.0.1:{chosen}/v1", MODEL, process.pid, path)
    try:
        _wait(process, server, seconds, console or Console(stderr=True))
        try:
            yield server
        finally:
            if process.poll() is not None:
                raise ServingError(f"the planner's server died: {last_error(path)} (log: {path})")
    except ServingError:
        temporary = False  # whoever reads the error needs it
        raise
    finally:
        stop(process)
        if temporary:
            path.unlink(missing_ok=True)


def command(checkpoint: Path, port: int, options: Sequence[str] = ()) -> list[str]:
    """The command line of the server. Sampling defaults are vLLM's neutral ones, as in veRL's rollouts."""
    where = ["--model", str(checkpoint), "--served-model-name", MODEL, "--host", "127.0.0.1", "--port", str(port)]
    shape = ["--limit-mm-per-prompt", '{"image": 1, "video": 0}', "--generation-config", "vllm"]
    if on_cpu():
        shape += ["--dtype", "float32", "--enforce-eager", "--max-num-seqs", "64", "--max-model-len", "2048"]
        # A request with a seed whose prompt is processed in parts ends vLLM's worker on a CPU.
        shape += ["--no-enable-chunked-prefill", "--max-num-batched-tokens", "4096"]
    quiet = ["--disable-uvicorn-access-log"]
    return [sys.executable, "-m", "vllm.entrypoints.openai.api_server", *where, *shape, *quiet, *options]


def _temporary_log() -> Path:
    handle, name = tempfile.mkstemp(prefix="tracer1-vllm-", suffix=".log")
    os.close(handle)
    return Path(name)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server's process group: SIGTERM, and after ten seconds SIGKILL for whatever is left."""
    _signal(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < deadline and _group_lives(process):
        time.sleep(0.05)
    _signal(process.pid, signal.SIGKILL)
    process.wait()


def last_error(log: Path) -> str:
    """The last line of a log that names an exception, otherwise its last line."""
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).strip() for line in log.read_text(errors="replace").splitlines()]
    lines = [line for line in lines if line]
    for line in reversed(lines):
        found = _ERROR_LINE.match(line)
        # vLLM's parent process only reports that its child failed; the child's own error comes before.
        if found and "Engine core initialization failed" not in found[1]:
            return found[1][:300]
    return lines[-1][:300] if lines else "it wrote nothing"


def _port(port: int) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ServingError(
                f"port {port} cannot be used ({error.strerror}): choose another, or 0 for a free one"
            ) from error
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    environment = {**_QUIET, **os.environ}
    return {**_CPU_ENVIRONMENT, **environment} if on_cpu() else environment


def _die_with_parent(parent: int):  # type: ignore[no-untyped-def]
    libc = ctypes.CDLL(None, use_errno=True)

    def tell_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return tell_kernel


def _wait(process: subprocess.Popen[bytes], server: Server, seconds: float, console: Console) -> None:
    deadline = time.monotonic() + seconds
    health = server.url.removesuffix("/v1") + "/health"
    with console.status("Starting the planner's server (vLLM) …"), httpx.Client(trust_env=False, timeout=5.0) as client:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise ServingError(f"the planner's server did not start: {last_error(server.log)} (log: {server.log})")
            try:
                if client.get(health).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.25)
    raise ServingError(f"the planner's server was not ready after {seconds:g} s: raise the limit or read {server.log}")


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def _group_lives(process: subprocess.Popen[bytes]) -> bool:
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True
