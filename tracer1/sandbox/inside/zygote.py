"""The worker: a process inside bubblewrap that has the wanted modules loaded and forks one isolated child per call.

``python -m tracer1.sandbox.inside.zygote [--check] [module ...]``; its standard input is the control socket. A byte and
descriptors come in (the request, where to put the answer, the files), a byte goes out when the answer is written. Foreign
code never runs in this process and has no way to it: it is in another PID namespace and holds none of its descriptors.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import socket
import sys
from typing import Any, NoReturn

from tracer1.sandbox.inside import code, seccomp
from tracer1.sandbox.inside.child import Child
from tracer1.sandbox.inside.watch import LOOK_SECONDS, anonymous, answer_of, holds_more, watch

_SMALL = {"memory": 1 << 28, "cpu_seconds": 10, "wall_seconds": 10, "processes": 8}
_SMALL |= dict.fromkeys(("file_bytes", "tmp_bytes", "input_bytes", "output_bytes"), 1 << 16)


class Zygote:
    """One child lives at a time: that of the call, that of the session, or one that waits for either."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._namespace = os.open("/proc/self/ns/pid", os.O_RDONLY)
        self._filter = seccomp.program()
        code.rehearse()
        self._preloaded = anonymous()
        self._child = Child(self._namespace, self._filter)
        self._in_session = self._overran = False

    def serve(self) -> NoReturn:
        """Answer until the control socket is closed."""
        self._control.send(b"!")
        while True:
            self._watch_session()
            message, descriptors, *_ = socket.recv_fds(self._control, 1, code.MOST_DESCRIPTORS)
            if not message:
                os._exit(0)
            self.perform(*descriptors)

    def perform(self, request: int, answer: int, *inputs: int) -> None:
        """Do one thing; the answer is written before the child is buried and the next one born, which takes longer."""
        order = json.loads(os.pread(request, os.fstat(request).st_size, 0))
        said: dict[str, Any] = {"end": "asked"}
        if "end" not in order:
            said = self._ask(order["limits"], [request, *inputs])
        done = said["end"] != "result" or not order["session"]
        if done:
            self._child.kill()
        os.pwrite(answer, json.dumps(said).encode(), 0)
        self._control.send(b"!")
        for descriptor in (request, answer, *inputs):
            os.close(descriptor)
        if done:
            self._child.reap()
            self._child = Child(self._namespace, self._filter)
        self._in_session, self._overran = not done, False

    def _ask(self, limits: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
        if self._overran:
            return answer_of(self._child, "memory")
        self._child.order(limits, descriptors)
        return watch(self._child, self._control.fileno(), self._preloaded)

    def _watch_session(self) -> None:
        """Wait for the next order. What a step of a session left running may hold no more memory meanwhile than during one."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        while self._in_session and not self._overran and not poll.poll(LOOK_SECONDS * 1000):
            if holds_more(self._child.limits["memory"], self._preloaded):
                self._child.kill()
                self._overran = True


def check() -> None:
    """Run one line of code. Ends this process with the reason when that does not work."""
    request, answer = os.memfd_create("request"), os.memfd_create("answer")
    order = {"code": "1", "variables": {}, "names": [], "limits": _SMALL, "session": False}
    os.pwrite(request, json.dumps(order).encode(), 0)
    Zygote(socket.socketpair()[0]).perform(request, os.dup(answer))
    said = json.loads(os.pread(answer, 1 << 20, 0))
    if said["end"] != "result":
        sys.exit((said["stderr"].strip().splitlines() or [f"the process ended: {said}"])[-1])


def main(arguments: list[str]) -> None:
    """Load the modules, then serve (or check)."""
    sys.path[:] = [path for path in sys.path if path not in ("", "/")]
    control = socket.socket(fileno=os.dup(0)) if "--check" not in arguments else None
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # when the machine runs out of memory, this goes first
    if control is None:
        return check()
    for name in arguments:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    Zygote(control).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
