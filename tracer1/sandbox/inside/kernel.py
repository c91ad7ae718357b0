"""The few system calls that Python 3.10 has no functions for: namespaces, mounts, capabilities, seccomp (Linux only)."""

from __future__ import annotations

import ctypes
import os

NEW_MOUNTS, NEW_PIDS = 0x00020000, 0x20000000  # CLONE_NEWNS, CLONE_NEWPID
READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC, REMOUNT, BIND = 1, 2, 4, 8, 32, 4096
_SET_SECCOMP, _BOUNDING_DROP, _SET_NO_NEW_PRIVILEGES, _AMBIENT = 22, 24, 38, 47
_AMBIENT_CLEAR, _SECCOMP_FILTER = 4, 2
# What the worker may do in its own namespaces, and its children give up; SETPCAP last, which giving up needs.
CAPABILITIES = {"CAP_SYS_ADMIN": 21, "CAP_SYS_PTRACE": 19, "CAP_SETPCAP": 8}
_CAPABILITY_VERSION = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _call(name: str, *arguments: object) -> None:
    longs = [ctypes.c_ulong(argument) if isinstance(argument, int) else argument for argument in arguments]
    if getattr(_libc, name)(*longs) == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def new_pids(own: int) -> None:
    """Children from now on live in a new PID namespace; ``own`` is a descriptor of this process's namespace."""
    _call("setns", own, NEW_PIDS)  # unshare() works only once in between
    _call("unshare", NEW_PIDS)


def new_mounts() -> None:
    """This process gets its own copy of the mounts."""
    _call("unshare", NEW_MOUNTS)


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """mount(2)."""
    texts = [text.encode() if text is not None else None for text in (source, target, kind, data)]
    _call("mount", *texts[:3], flags, texts[3])


def drop_capabilities() -> None:
    """Give up all capabilities for good: no program that is executed later gets one back."""
    _call("prctl", _SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _call("prctl", _AMBIENT, _AMBIENT_CLEAR, 0, 0, 0)
    for capability in CAPABILITIES.values():
        _call("prctl", _BOUNDING_DROP, capability, 0, 0, 0)
    _call("capset", (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)())


def filter_calls(program: bytes) -> None:
    """Install a seccomp filter, for this process and all that come from it. Each instruction has 8 bytes."""
    code = ctypes.create_string_buffer(program, len(program))
    filter_ = _Program(len(program) // 8, ctypes.cast(code, ctypes.c_void_p))
    _call("prctl", _SET_SECCOMP, _SECCOMP_FILTER, ctypes.byref(filter_), 0, 0)
