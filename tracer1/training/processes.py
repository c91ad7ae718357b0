"""The processes of a training run: which they are, how to end them, and what an earlier, killed run has left.

A run writes the processes it started to a small file while it lives. The next run of the same user reads such files:
when the driver that wrote one is gone, what is left of its processes is ended. A process counts as the same one only if
its start time agrees as well as its number, so that nobody else's process (another Ray, say) is ever touched.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import psutil

Identity = tuple[int, int]


def folder() -> Path:
    """Where this user's runs leave their files."""
    return Path(tempfile.gettempdir()) / f"tracer1-{os.getuid()}"


def identify(process: psutil.Process) -> Identity:
    """Number and start time (ticks since boot; the wall clock may be set anew), which together name a process.

    Raises psutil.NoSuchProcess.
    """
    try:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError) as error:
        raise psutil.NoSuchProcess(process.pid) from error
    return process.pid, int(fields[19])  # the 22nd field, starttime, in proc(5)


def descendants() -> dict[Identity, str]:
    """All children of this process, theirs included, with the title each shows."""
    found: dict[Identity, str] = {}
    for process in psutil.Process().children(recursive=True):
        try:
            found[identify(process)] = " ".join(process.cmdline()) or process.name()
        except psutil.NoSuchProcess:
            continue
    return found


def find(identity: Identity) -> psutil.Process | None:
    """The living process of that identity. A zombie counts as dead."""
    try:
        process = psutil.Process(identity[0])
        alive = identify(process) == identity and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return process if alive else None


def end(identities: Iterable[Identity], seconds: float = 3.0) -> int:
    """Ask the processes to end, and kill those still there after ``seconds``. Returns how many there were."""
    alive = [process for process in map(find, identities) if process is not None]
    for process in alive:
        _signal(process, hard=False)
    _, stubborn = psutil.wait_procs(alive, timeout=seconds)
    for process in stubborn:
        _signal(process, hard=True)
    psutil.wait_procs(stubborn, timeout=seconds)
    return len(alive)


def _signal(process: psutil.Process, hard: bool) -> None:
    try:
        process.kill() if hard else process.terminate()
    except psutil.NoSuchProcess:
        return


class Session:
    """The file of this run. ``record`` replaces its content at once or not at all; ``close`` removes it."""

    def __init__(self) -> None:
        driver = psutil.Process()
        folder().mkdir(mode=0o700, exist_ok=True)
        self._driver = identify(driver)
        self._path = folder() / f"{driver.pid}.json"
        self._seen: set[Identity] = set()
        self.record({})

    @property
    def seen(self) -> set[Identity]:
        """Every process recorded so far."""
        return set(self._seen)

    def record(self, identities: Iterable[Identity]) -> None:
        new = set(identities) - self._seen
        if not new and self._path.exists():
            return
        self._seen |= new
        draft = self._path.with_suffix(".draft")
        draft.write_text(json.dumps({"driver": self._driver, "processes": sorted(self._seen)}), encoding="ascii")
        draft.replace(self._path)

    def close(self) -> None:
        self._path.unlink(missing_ok=True)


def end_orphans() -> int:
    """End what is left of runs whose driver no longer lives, and forget them. Returns how many processes were ended."""
    ended = 0
    for path in sorted(folder().glob("*.json")):
        try:
            record = json.loads(path.read_text(encoding="ascii"))
            driver, processes = tuple(record["driver"]), [tuple(item) for item in record["processes"]]
        except FileNotFoundError:
            continue
        except (ValueError, KeyError, TypeError):
            driver, processes = (0, 0), []
        if find(driver) is None:
            ended += end(processes)
            path.unlink(missing_ok=True)
    return ended
