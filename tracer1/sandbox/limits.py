"""What one call in the sandbox may use, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

Status = Literal["ok", "error", "timed_out", "out_of_memory", "crashed", "refused", "failed"]
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one call (of a whole session where it says so). Raises ValueError for anything that is not positive.

    ``memory`` counts on top of what the worker has preloaded: it bounds the address space of each process, and the sum
    of what all of them hold, which is looked at twenty times a second. ``tmp_bytes`` and ``input_bytes`` are memory too.
    """

    memory: int = 1024 * MIB
    cpu_seconds: int = 10  # of each process; of a whole session: session_seconds
    wall_seconds: float = 10.0
    processes: int = 32  # and threads
    file_bytes: int = 64 * MIB  # the largest file it may write
    tmp_bytes: int = 64 * MIB  # all that it may write
    input_bytes: int = 256 * MIB  # all files it is given
    output_bytes: int = 64 * 1024  # of stdout, of stderr, and of the value
    session_seconds: int = 600

    def __post_init__(self) -> None:
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                raise ValueError(f"the limit {field.name} must be more than 0, not {getattr(self, field.name)!r}")

    def as_dict(self) -> dict[str, float]:
        """By name; ``dataclasses.asdict`` takes six times as long, and every call needs it."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call; never an exception.

    ``ok``             it ended; ``value`` is the JSON value of its last expression (or of the function), or its ``repr``
    ``error``          it raised: ``error`` is "Type: message", ``trace`` the last lines of its traceback
    ``timed_out``      killed at the wall or processor time limit
    ``out_of_memory``  it raised MemoryError, or was killed for the memory of all its processes
    ``crashed``        its process ended without a result (a signal, ``os._exit``, a result that cannot be read)
    ``refused``        it was not run, for what was asked (a file, a value, a session that has ended): ``error`` says why
    ``failed``         the sandbox did not work (no worker, one that died, a machine without memory): ``error`` says why

    ``stdout`` and ``stderr`` say where they were cut. All but the last two is what the code itself brought about, so a value
    is as trustworthy as the code that returned it. ``failed`` says nothing of the code: the same call may go well.
    """

    status: Status
    value: Any = None
    stdout: str = ""
    stderr: str = ""
    error: str = ""
    trace: str = ""
    seconds: float = 0.0
