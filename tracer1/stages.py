"""Run one stage of a longer job: skip it when it is done with the same inputs, clean up after a crash, note time and memory.

``python -m tracer1.stages RUN NAME [--input PATH]... [--output PATH] -- command arguments`` runs the command and, when it
succeeds, notes in ``RUN/run.json`` what went in and what it cost (:mod:`tracer1.machine`). The next call with the same
command and the same content of its inputs returns at once. An interrupted stage continues in its output; one whose inputs
have changed since starts anew without it. Processes that an interrupted run left behind are ended first.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tracer1.files import read_json, write_json
from tracer1.machine import Watch
from tracer1.report.record import FILE

MARK = "TRACER1_RUN"


def fingerprint(command: list[str], inputs: list[Path]) -> str:
    """Hash of a command and of the content of its inputs (files, or all files of a directory). Raises FileNotFoundError."""
    digest = hashlib.sha256(json.dumps(command).encode())
    for path in inputs:
        if not path.exists():
            raise FileNotFoundError(f"{path}: the stage needs it, and it is not there. Run the stage before this one")
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(str(file.relative_to(path)).encode())
                with file.open("rb") as stream:
                    digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:16]


def end_leftovers(run: Path) -> int:
    """End every process that carries this run's mark, except this one and its parents. Returns how many there were."""
    mark = f"{MARK}={run.resolve()}".encode()
    spared, found = _ancestors(), []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if int(entry.name) not in spared and mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except (PermissionError, FileNotFoundError, ProcessLookupError):
            continue
    for kind in (signal.SIGTERM, signal.SIGKILL):
        for pid in found:
            _send(pid, kind)
        deadline = time.monotonic() + 3
        while any(map(_alive, found)) and time.monotonic() < deadline:
            time.sleep(0.05)
    return len(found)


def _ancestors() -> set[int]:
    pid, chain = os.getpid(), set()
    while pid > 1:
        chain.add(pid)
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return chain


def _send(pid: int, kind: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, kind)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def read_phases(run: Path) -> dict[str, Any]:
    """What ``run.json`` says of each finished stage."""
    path = run / FILE
    return (read_json(path) if path.exists() else {}).get("phases", {})


def note_phase(run: Path, name: str, measured: dict[str, Any]) -> None:
    """Add a finished stage to ``run.json``, whole or not at all."""
    path = run / FILE
    record = read_json(path) if path.exists() else {}
    record.setdefault("phases", {})[name] = measured
    write_json(path, record)


def is_done(run: Path, name: str, wanted: str, output: Path | None) -> bool:
    """Whether the stage has succeeded with these inputs, and what it made is still there."""
    phase = read_phases(run).get(name, {})
    return phase.get("inputs") == wanted and "seconds" in phase and (output is None or output.exists())


def begin(run: Path, name: str, wanted: str, output: Path | None) -> None:
    """Note that the stage begins, after removing an output that was made from other inputs."""
    if output and output.exists() and read_phases(run).get(name, {}).get("inputs") != wanted:
        print(f"{name}: removing {output}, made from other inputs", flush=True)
        shutil.rmtree(output) if output.is_dir() else output.unlink()
    note_phase(run, name, {"inputs": wanted})


def run_stage(run: Path, name: str, inputs: list[Path], output: Path | None, command: list[str]) -> int:
    """Run one stage and return its exit status; 0 at once when it is done already."""
    if ended := end_leftovers(run):
        print(f"ended {ended} processes that an interrupted run had left behind", flush=True)
    wanted = fingerprint(command, inputs)
    if is_done(run, name, wanted, output):
        print(f"{name}: done already, nothing it depends on has changed", flush=True)
        return 0
    begin(run, name, wanted, output)
    print(f"{name}: {' '.join(command)}", flush=True)
    watch = Watch()
    watch.start()
    status = _call(command, {**os.environ, MARK: str(run.resolve())})
    measured = watch.stop()
    end_leftovers(run)
    if status == 0:
        note_phase(run, name, {"inputs": wanted, **measured})
        print(f"{name}: {measured['seconds']} s, {measured['peak_memory_gib']} GiB", flush=True)
    else:
        after = f"exit status {status} after {measured['seconds']} s"
        print(f"{name} failed with {after}; call again to continue there", file=sys.stderr)
    return status


def _call(command: list[str], environment: dict[str, str]) -> int:
    with subprocess.Popen(command, env=environment) as child:
        for kind in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(kind, lambda number, frame: child.send_signal(number))
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                child.send_signal(signal.SIGINT)


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    cut = words.index("--") if "--" in words else len(words)
    return words[:cut], words[cut + 1 :]


def main() -> None:
    """Command line; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m tracer1.stages", description=__doc__)
    parser.add_argument("run", type=Path, help="directory of the run")
    parser.add_argument("name", help="name of the stage in run.json")
    parser.add_argument("--input", type=Path, action="append", default=[], help="file or directory the stage reads")
    parser.add_argument("--output", type=Path, help="file or directory the stage makes")
    own, command = _split(sys.argv[1:])
    arguments = parser.parse_args(own)
    if not command:
        parser.error("give the command after --")
    try:
        sys.exit(run_stage(arguments.run, arguments.name, arguments.input, arguments.output, command))
    except FileNotFoundError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
