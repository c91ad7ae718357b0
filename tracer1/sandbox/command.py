"""The command that starts a worker: bubblewrap around Python, with nothing of the machine but programs and libraries.

Inside there are, all read-only: the system's programs and libraries, the Python that runs this, and the packages that
were asked for, each at its own path; no host file under /etc but the linker's cache, no /home, an empty /tmp, five devices,
and no network. User namespaces make this possible without rights; root gives its rights up first (``nobody`` starts the
sandbox), so it binds what only root may reach under /tmp of a private view before.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from tracer1.sandbox.inside.kernel import CAPABILITIES

MACHINES = ("x86_64", "aarch64")
_NOBODY, _INSIDE = 65534, 1000
_TRIAL_SECONDS = 30
_DEVICES = ("null", "zero", "full", "random", "urandom")
_HINT = "see tracer1/sandbox/README.md, Where it does not run"
_ENVIRONMENT = {
    "HOME": "/tmp",
    "TMPDIR": "/tmp",
    "USER": "sandbox",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",  # the same code prints a set in the same order every time
    "PYTHONDONTWRITEBYTECODE": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


class SandboxUnavailable(RuntimeError):
    """No code can be contained: not on this machine, not with these modules, or not now; the message is one line."""


def command(packages: Iterable[str] = ()) -> list[str]:
    """All but the arguments of ``inside.zygote``. Raises ValueError for what is not installed, or where it cannot be."""
    homes = [_home(name) for name in dict.fromkeys(("tracer1", *packages))]
    binds = _outermost([*_python(), *homes])
    environment = _ENVIRONMENT | {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": ":".join(dict.fromkeys(str(home.parent) for home in homes if home in binds)),
    }
    start, sources = _without_root(binds) if os.geteuid() == 0 else ([], binds)
    line = [*start, "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--hostname", "sandbox"]
    line += ["--uid", str(_INSIDE), "--gid", str(_INSIDE)]
    for name in CAPABILITIES:
        line += ["--cap-add", name]
    line += [*_system(), "--proc", "/proc", "--dir", "/tmp", "--dir", "/files", "--dir", "/dev/shm"]
    for device in _DEVICES:
        line += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    for source, place in zip(sources, binds, strict=True):
        line += ["--ro-bind", str(source), str(place)]
    line += ["--remount-ro", "/", "--chdir", "/", "--clearenv"]
    for name, value in environment.items():
        line += ["--setenv", name, value]
    return [*line, sys.executable, "-s", "-m", "tracer1.sandbox.inside.zygote"]


@functools.cache
def unavailable() -> str:
    """Why code cannot be contained on this machine, in one line; "" where it can. Tries it, once (a quarter of a second)."""
    if platform.system() != "Linux" or platform.machine() not in MACHINES:
        return f"the sandbox needs Linux on {' or '.join(MACHINES)}, not {platform.system()} on {platform.machine()}"
    for program in ("bwrap", *(("setpriv",) if os.geteuid() == 0 else ())):
        if shutil.which(program) is None:
            return f"{program} is missing: apt-get install bubblewrap util-linux"
    try:
        trial = [*command(), "--check"]
        done = subprocess.run(trial, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_TRIAL_SECONDS)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return f"the sandbox does not start: {error} ({_HINT})"
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return f"the sandbox does not start: {said[-1]} ({_HINT})"
    return ""


def _home(package: str) -> Path:
    """The folder (or the file) that a top-level package or module is in."""
    spec = importlib.util.find_spec(package)
    if spec is None or "." in package:
        raise ValueError(f"no package {package!r} to show in the sandbox: give the name of an installed one")
    return Path(spec.submodule_search_locations[0] if spec.submodule_search_locations else str(spec.origin)).resolve()


def _python() -> list[Path]:
    """The folders of the running Python and of its environment, as they are named and where they really are."""
    prefixes = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent.parent]
    return [path for prefix in prefixes for path in (prefix, prefix.resolve())]


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """Without those that are within another, or within /usr, which is there anyway."""
    kept = [Path("/usr")]
    for path in sorted(set(paths), key=lambda path: len(path.parts)):
        if path == Path("/"):
            raise ValueError("Python is installed at /: the sandbox would show the whole machine")
        if {Path("/tmp"), Path("/files")} & {path, *path.parents}:
            raise ValueError(f"{path} would be hidden by the sandbox's own /tmp and /files: install it elsewhere")
        if not any(other in (path, *path.parents) for other in kept):
            kept.append(path)
    return kept[1:]


def _system() -> list[str]:
    line = ["--ro-bind", "/usr", "/usr"]
    for name in ("lib", "lib32", "lib64", "bin", "sbin"):
        place = Path("/", name)
        if place.is_symlink():
            line += ["--symlink", os.readlink(place), str(place)]
        elif place.is_dir():
            line += ["--ro-bind", str(place), str(place)]
    for name in ("/etc/ld.so.cache", "/etc/alternatives"):
        line += ["--ro-bind-try", name, name]
    return line


def _without_root(binds: Sequence[Path]) -> tuple[list[str], list[Path]]:
    """The start of the command as root, and where ``nobody`` then finds the folders."""
    places = [Path("/tmp") / str(number) for number in range(len(binds))]
    line = ["bwrap", "--die-with-parent", "--dev-bind", "/", "/", "--tmpfs", "/tmp"]
    for source, place in zip(binds, places, strict=True):
        line += ["--ro-bind", str(source), str(place)]
    return [*line, "setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"], places
