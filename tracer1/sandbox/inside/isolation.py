"""What a freshly forked process does before it runs foreign code: its own files, its own limits, no rights.

It is already process 1 of its own PID namespace (see ``zygote``), so it sees no process but its own, and the kernel kills
whatever it leaves behind when it ends.
"""

from __future__ import annotations

import os
import resource
from typing import Any

from tracer1.sandbox.inside import kernel

FILES, TEMPORARY = "/files", "/tmp"
_INODES = 20_000  # empty files cost memory as well
_OPEN_FILES = 256
_PLAIN = kernel.NO_SUID | kernel.NO_DEVICES


def prepare() -> None:
    """What needs no knowledge of the call: its own mounts, and a /proc of nothing but itself."""
    kernel.new_mounts()
    kernel.mount("proc", "/proc", "proc", _PLAIN | kernel.NO_EXEC | kernel.READ_ONLY)


def enter(limits: dict[str, Any], names: list[str], inputs: list[int], baseline: int, seccomp: bytes) -> None:
    """After :func:`prepare`, isolate this process. ``baseline``: other processes in the worker.

    Raises OSError when the kernel does not do it.
    """
    kernel.mount("tmpfs", TEMPORARY, "tmpfs", _PLAIN, f"size={limits['tmp_bytes']},nr_inodes={_INODES},mode=700")
    kernel.mount(TEMPORARY, "/dev/shm", None, kernel.BIND)
    if names:
        _give_files(names, inputs, limits["input_bytes"])
    os.chdir(TEMPORARY)
    _limit(limits, baseline)
    kernel.drop_capabilities()
    kernel.filter_calls(seccomp)


def _give_files(names: list[str], inputs: list[int], size: int) -> None:
    """Copy the inputs into memory: a mount would show where they come from, and the worker cannot see them."""
    kernel.mount("tmpfs", FILES, "tmpfs", _PLAIN, f"size={size + os.sysconf('SC_PAGE_SIZE') * len(names)},mode=755")
    for name, source in zip(names, inputs, strict=True):
        path = os.path.join(FILES, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
        offset = 0
        while sent := os.sendfile(target, source, offset, 1 << 30):
            offset += sent
        os.close(target)
        os.close(source)
    kernel.mount("tmpfs", FILES, None, _PLAIN | kernel.REMOUNT | kernel.READ_ONLY)


def _limit(limits: dict[str, Any], baseline: int) -> None:
    with open("/proc/self/statm") as statm:
        preloaded = int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    bounds = {
        resource.RLIMIT_AS: preloaded + limits["memory"],
        resource.RLIMIT_CPU: limits["cpu_seconds"],
        resource.RLIMIT_FSIZE: limits["file_bytes"],
        resource.RLIMIT_NOFILE: _OPEN_FILES,
        resource.RLIMIT_NPROC: baseline + limits["processes"],
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: 1024,
        resource.RLIMIT_CORE: 1,  # 0 would still feed a crash handler of the host; 1 means neither (Linux' coredump.c)
    }
    for name, bound in bounds.items():
        resource.setrlimit(name, (bound, bound))
