"""Runs foreign code, or one of our tool functions, in an isolated process and writes down what came of it.

From the first line of foreign code on nothing here can be trusted: the code may write any result into the pipe itself.
Whoever reads the pipe (``tracer1.sandbox.answers``) takes it as the code's own words.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import itertools
import json
import linecache
import os
import socket
import struct
import sys
import traceback
import types
from typing import Any, NoReturn

MOST_DESCRIPTORS = 253  # of one message: SCM_MAX_FD of Linux
_OUT_OF_MEMORY = b'{"status": "out_of_memory", "error": "MemoryError"}'
_TRACE_LINES, _MESSAGE_CHARACTERS = 20, 2000


def receive(orders: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """The next request, and descriptors of the files that come with it. Ends the process when there is none."""
    message, descriptors, *_ = socket.recv_fds(orders, 1, MOST_DESCRIPTORS)
    if not message:
        os._exit(0)
    request, *inputs = descriptors
    order = json.loads(os.pread(request, os.fstat(request).st_size, 0))
    os.close(request)
    return order, inputs


def rehearse() -> None:
    """Run a line of our own, so that what it loads and caches is there in every child."""
    for line in ("1", "1 / 0"):
        _perform({"code": line, "variables": {}, "limits": {"output_bytes": 1000}}, {}, "<rehearsal>")


def serve(first: dict[str, Any], orders: socket.socket, results: int) -> NoReturn:
    """Do what is asked, one after the other in one namespace, until ``orders`` is closed."""
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    me = os.getpid()
    for count in itertools.count(1):
        request = receive(orders)[0] if count > 1 else first
        result = _perform(request, module.__dict__, f"<code {count}>")
        if os.getpid() != me:
            os._exit(0)  # a process that the code forked came back as well
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
        _write(results, struct.pack(">I", len(result)) + result)


def _perform(request: dict[str, Any], namespace: dict[str, Any], name: str) -> bytes:
    limit = request["limits"]["output_bytes"]
    try:
        if "function" in request:
            value = getattr(importlib.import_module(request["module"]), request["function"])(**request["arguments"])
        else:
            namespace.update(request["variables"])
            value = _run(request["code"], namespace, name)
        return b'{"status": "ok", "value": %s}' % _encode(value, limit)
    except MemoryError:
        pass
    except SystemExit as error:
        if error.code in (None, 0):
            return b'{"status": "ok", "value": null}'
        return _describe(error, name)
    except BaseException as error:  # noqa: BLE001 (foreign code raises what it likes)
        return _describe(error, name)
    namespace.clear()
    return _OUT_OF_MEMORY


def _run(code: str, namespace: dict[str, Any], name: str) -> Any:
    """Execute ``code``; the value is that of its last statement if that is an expression, as in a notebook."""
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    tree = ast.parse(code, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    if tree.body:
        exec(compile(tree, name, "exec"), namespace)  # noqa: S102 (the purpose of this process)
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), name, "eval"), namespace)  # noqa: S307


def _encode(value: Any, limit: int) -> bytes:
    """The value as JSON; where that cannot be, or is longer than ``limit``, its ``repr``, cut."""
    try:
        encoded = json.dumps(value, allow_nan=False, ensure_ascii=False, default=_plain).encode()
        if len(encoded) <= limit:
            return encoded
    except (TypeError, ValueError, RecursionError):
        pass
    return _text(repr(value), limit // 6)  # a character may be six bytes in JSON


def _plain(value: Any) -> Any:
    """NumPy's numbers and arrays have JSON values."""
    if type(value).__module__.split(".")[0] == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError


def _text(text: str, limit: int) -> bytes:
    clean = text[: limit + 1].encode("utf-8", "backslashreplace").decode()
    return json.dumps(clean if len(clean) <= limit else clean[:limit] + " [cut]").encode()


def _describe(error: BaseException, name: str) -> bytes:
    """The error without the frames of this file."""
    try:
        message = str(error)
    except BaseException:  # noqa: BLE001 (a foreign __str__ raises what it likes, too)
        message = "(its message cannot be shown)"
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    try:
        lines = traceback.format_exception(type(error), error, trace)
    except BaseException:  # noqa: BLE001 (a foreign __str__ again, or that of its __cause__)
        lines = []
    said = f"{type(error).__name__}: {message}" if message else type(error).__name__
    tail = "".join("".join(lines).splitlines(keepends=True)[-_TRACE_LINES:])
    return b'{"status": "error", "error": %s, "trace": %s}' % (
        _text(" ".join(said.split()), _MESSAGE_CHARACTERS),
        _text(tail.rstrip(), 4 * _MESSAGE_CHARACTERS),
    )


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
