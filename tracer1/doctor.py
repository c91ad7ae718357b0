"""What this machine lacks to train, to act or to report. Each check is one line: fine, or what to do."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

GIB = 1 << 30
LEAST_MEMORY, LEAST_SHARED, LEAST_DISK = 14 * GIB, 1 * GIB, 8 * GIB
PACKAGES = {
    "training": ("torch", "transformers", "verl", "ray", "hydra", "transfer_queue", "vllm"),
    "acting": ("playwright", "miniwob", "httpx"),
    "tools": ("markitdown", "bm25s", "sympy", "mcp"),
    "reporting": ("matplotlib", "jinja2", "PIL"),
}
EXTRA = {"training": "cpu' or 'gpu", "acting": "browser", "tools": "tools", "reporting": "report"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: whether it is fine, what was found, and else what to do."""

    name: str
    ok: bool
    found: str
    fix: str = ""


def examine() -> Iterator[Finding]:
    """All checks, each yielded as soon as it is made."""
    for check in CHECKS:
        yield from check()


def _python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", (3, 10) <= sys.version_info[:2] <= (3, 12), version, "use Python 3.11")


def _packages() -> Iterator[Finding]:
    for purpose, names in PACKAGES.items():
        missing = [name for name in names if importlib.util.find_spec(name) is None]
        found = f"lacks {', '.join(missing)}" if missing else ", ".join(names)
        yield Finding(f"packages for {purpose}", not missing, found, f"pip install -e '.[{EXTRA[purpose]}]'")


def _torchvision() -> Iterator[Finding]:
    """In a process of its own: a broken build fails in many ways, and importing it here would cost seconds of every
    command.
    """
    code = "import torchvision; print(torchvision.__version__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    reason = done.stdout.strip() or (done.stderr.strip().splitlines() or ["it wrote nothing"])[-1]
    fix = "python -m tracer1.training.cpu.install (a CUDA build of torchvision beside a CPU build of torch)"
    yield Finding("torchvision", done.returncode == 0, reason, fix)


def _plugin() -> Iterator[Finding]:
    points = [point.value for point in importlib.metadata.entry_points(group="verl.plugins")]
    found = "tracer1.training.plugin" in points
    hidden = os.environ.get("VERL_USE_EXTERNAL_PLUGINS")
    told = f"VERL_USE_EXTERNAL_PLUGINS={hidden}" if hidden else ", ".join(points) or "not registered"
    yield Finding("veRL plugin", found and not hidden, told, "pip install -e . and unset VERL_USE_EXTERNAL_PLUGINS")


def _browser() -> Iterator[Finding]:
    if importlib.util.find_spec("playwright") is None:
        return
    from playwright.sync_api import sync_playwright

    from tracer1.environments.miniwob.browser import MissingBrowser, launch

    try:
        with sync_playwright() as playwright:
            browser = launch(playwright)
            version = browser.version
            browser.close()
        yield Finding("Chromium", True, version)
    except MissingBrowser as error:
        yield Finding("Chromium", False, "does not start", str(error))


def _sandbox() -> Iterator[Finding]:
    from tracer1.sandbox import unavailable

    reason = unavailable()
    fix = "apt-get install bubblewrap, then tracer1/sandbox/README.md, Where it does not run"
    yield Finding("sandbox for tools", not reason, reason or "bubblewrap contains code", fix)
    found = shutil.which("tesseract")
    yield Finding("OCR for tools", bool(found), found or "there is no tesseract", "apt-get install tesseract-ocr")


def _memory() -> Iterator[Finding]:
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    yield _space("memory", total, LEAST_MEMORY, "training on the CPU needs that much in all; close other programs")
    shared = Path("/dev/shm")
    if shared.is_dir():
        free = shutil.disk_usage(shared).free
        yield _space(
            "/dev/shm", free, LEAST_SHARED, "enlarge it (in Docker: --shm-size=4g); weights reach vLLM through it"
        )
    else:
        yield Finding("/dev/shm", False, "missing", "mount a tmpfs there: weights reach vLLM through it")
    for name, place in (("disk here", Path.cwd()), ("temporary directory", Path(tempfile.gettempdir()))):
        yield _space(name, shutil.disk_usage(place).free, LEAST_DISK, f"free some space in {place}")


def _device() -> Iterator[Finding]:
    from tracer1.serving import on_cpu

    yield Finding("device", True, "CPU" if on_cpu() else "GPU")


def _space(name: str, size: int, least: int, fix: str) -> Finding:
    return Finding(name, size >= least, f"{size / GIB:.1f} GiB", f"at least {least // GIB} GiB: {fix}")


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _python,
    _packages,
    _torchvision,
    _plugin,
    _browser,
    _sandbox,
    _memory,
    _device,
)
