"""Rows a second and memory of data preparation, beside what veRL's examples do, on generated AndroidControl files.

    python benchmarks/preparation.py measure --steps 2000 --workers 2 --scale 10 --report preparation.json

Three things run one after the other, each in processes of its own, on the same files with the same number of workers:
``prepare`` of this project; the peer, Hugging Face ``datasets`` in the manner of veRL's
examples/data_preprocess/geo3k.py (rows with their pictures through ``map``, then ``to_parquet``), which reads the TFRecords
with our code; and ``validate`` of what prepare wrote. Memory is that of all processes together, looked at every 50 ms: all
that is resident, and without mapped files. With ``--scale`` prepare also runs on so many times the steps. Linux only. The
files are made by android_files.py.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from android_files import make_dataset
from rich.console import Console
from rich.table import Table

from tracer1_data.sources.tf_example import decode
from tracer1_data.sources.tfrecord import read_records

SOURCE = "tracer1_data.sources.android_control:SOURCE"
HORIZON, HISTORY = 8, 4
app = typer.Typer(help=__doc__, pretty_exceptions_enable=False)
console = Console()


# --- the peer


@app.command(hidden=True)
def peer(input: Path, output: Path, workers: int) -> None:
    """The same rows by Hugging Face datasets."""
    import datasets

    features = datasets.Features(
        {
            **{name: datasets.Value("string") for name in ("goal", "history", "reference", "episode")},
            "images": datasets.Sequence(datasets.Image()),
        }
    )
    files = sorted(str(file) for file in input.glob("android_control-*"))
    cache = str(output / "cache")
    raw = datasets.Dataset.from_generator(
        peer_steps, gen_kwargs={"files": files}, features=features, num_proc=workers, cache_dir=cache
    )
    rows = raw.map(peer_row, with_indices=True, num_proc=workers, remove_columns=raw.column_names)
    rows.to_parquet(str(output / "train.parquet"))
    print(len(rows))


def peer_steps(files: list[str]) -> Iterator[dict[str, Any]]:
    """What a loading script gives: one example per step, with its picture as it is stored."""
    for file in files:
        for record in read_records(Path(file)):
            example = decode(record)
            said = [str(text, "utf-8") for text in example["step_instructions"]]
            done = [str(text, "utf-8") for text in example["actions"]] + ['{"action_type":"finish"}']
            steps = [f"{action}: {says}" for action, says in zip(done, [*said, "The task is done"], strict=True)]
            for number, picture in enumerate(example["screenshots"]):
                yield {
                    "goal": str(example["goal"][0], "utf-8"),
                    "history": "\n".join(steps[max(0, number - HISTORY) : number]),
                    "reference": "\n".join(steps[number : number + HORIZON]),
                    "episode": str(example["episode_id"][0]),
                    "images": [{"bytes": bytes(picture), "path": None}],
                }


def peer_row(example: dict[str, Any], index: int) -> dict[str, Any]:
    """A veRL row, as geo3k.py makes it: the pictures are PIL images here."""
    return {
        "data_source": "android_control",
        "prompt": [{"role": "user", "content": f"<image>{example['goal']}\n{example['history']}"}],
        "images": example.pop("images"),
        "ability": "gui",
        "reward_model": {"style": "rule", "ground_truth": example["reference"]},
        "extra_info": {"split": "train", "index": index, "episode": example["episode"]},
    }


# --- measuring


@dataclass(frozen=True, slots=True)
class Measure:
    """One run: memory in MiB; ``cpu`` in seconds, of all its processes, which other work on the machine hardly changes;
    ``steal`` is the share of the machine's time that its host took."""

    what: str
    rows: int
    seconds: float
    cpu: float
    rows_per_second: float
    resident: float
    without_files: float
    exit_code: int
    load: float
    steal: float


def run(what: str, rows: int, command: list[str], folder: Path) -> Measure:
    """Run a command and watch its processes."""
    environment = {**os.environ, "HF_HOME": str(folder / "hf"), "HF_HUB_OFFLINE": "1", "TMPDIR": str(folder)}
    before, began, most, used = cpu_times(), time.monotonic(), (0, 0), cpu_of_children()
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        while process.poll() is None:
            most = tuple(map(max, most, memory_of(process.pid)))
            time.sleep(0.05)
    seconds = time.monotonic() - began
    steal, total = (now - then for now, then in zip(cpu_times(), before, strict=True))
    if process.returncode:
        console.print(f"[yellow]{what} ended with {process.returncode}:\n{(folder / 'log.txt').read_text()[-2000:]}")
    resident, without_files = (round(kib / 1024, 1) for kib in most)
    return Measure(
        what, rows, round(seconds, 2), round(cpu_of_children() - used, 2), round(rows / seconds, 2), resident,
        without_files, process.returncode, os.getloadavg()[0], round(steal / max(1, total), 3),
    )  # fmt: skip


def memory_of(pid: int) -> tuple[int, int]:
    """Resident KiB of a process and all that it started, with and without mapped files."""
    try:
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        children += [
            child
            for task in Path(f"/proc/{pid}/task").iterdir()
            if task.name != str(pid)
            for child in (task / "children").read_text().split()
        ]
    except (FileNotFoundError, ProcessLookupError):
        return 0, 0
    own = [int(status.get(name, "0 kB").split()[0]) for name in ("VmRSS", "RssFile")]
    parts = [(own[0], own[0] - own[1]), *(memory_of(int(child)) for child in children)]
    return sum(part[0] for part in parts), sum(part[1] for part in parts)


def cpu_of_children() -> float:
    """Seconds that ended children, and theirs, have used."""
    times = os.times()
    return times.children_user + times.children_system


def cpu_times() -> tuple[int, int]:
    """Ticks that the host took from this machine, and all ticks."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return ticks[7], sum(ticks)


def prepare_command(source: Path, output: Path, workers: int) -> list[str]:
    """Our command line."""
    given = ["--input", str(source), "--output", str(output), "--workers", str(workers)]
    return [sys.executable, "-m", "tracer1_data", "prepare", SOURCE, *given]


@app.command()
def measure(
    steps: Annotated[int, typer.Option(help="Screens in the set, and so rows.")] = 2000,
    workers: Annotated[int, typer.Option(help="Processes, for all.")] = os.cpu_count() or 1,
    scale: Annotated[
        int, typer.Option(help="Prepare also so many times the steps, to see memory and time grow (1: no).")
    ] = 1,
    without_peer: Annotated[bool, typer.Option(help="Leave Hugging Face datasets out.")] = False,
    folder: Annotated[Path | None, typer.Option(help="Where the files go, and are removed again.")] = None,
    report: Annotated[Path | None, typer.Option(help="JSON file for the numbers.")] = None,
) -> None:
    """Make the files, run all, print a table."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="preparation-") as name:
        place = Path(name)
        rows = make_dataset(place / "in", steps, workers)
        size = sum(file.stat().st_size for file in (place / "in").iterdir())
        console.print(f"{rows:,} screens, {size / 2**20:,.0f} MiB", highlight=False)
        made = [run("prepare", rows, prepare_command(place / "in", place / "out", workers), place)]
        made.append(
            run("validate", rows, [sys.executable, "-m", "tracer1_data", "validate", str(place / "out")], place)
        )
        if not without_peer:
            (place / "peer").mkdir()
            command = [sys.executable, __file__, "peer", str(place / "in"), str(place / "peer"), str(workers)]
            made.append(run("datasets, map, to_parquet", rows, command, place))
        for used in ("in", "out", "peer"):
            shutil.rmtree(place / used, ignore_errors=True)
        if scale > 1:
            rows = make_dataset(place / "in", steps * scale, workers)
            made.append(run(f"prepare, {scale} x", rows, prepare_command(place / "in", place / "out", workers), place))
    show(made, workers)
    if report:
        numbers = {"machine": machine(), "workers": workers, "bytes": size, "runs": [asdict(one) for one in made]}
        report.write_text(json.dumps(numbers, indent=1) + "\n")


def show(made: list[Measure], workers: int) -> None:
    """The table; ratios are to ``prepare``."""
    columns = ("run", "rows", "s", "CPU s", "rows/s", "MiB", "MiB without files", "load", "steal")
    table = Table(*columns, title=f"{workers} workers")
    for one in made:
        mark = "" if one.exit_code == 0 else f" (exit code {one.exit_code})"
        table.add_row(
            one.what + mark, f"{one.rows:,}", f"{one.seconds:.1f}", f"{one.cpu:.1f}", f"{one.rows_per_second:.1f}",
            f"{one.resident:,.0f}", f"{one.without_files:,.0f}", f"{one.load:.1f}", f"{one.steal:.1%}",
        )  # fmt: skip
    console.print(table)
    ours = made[0]
    for one in made[1:]:
        if one.what.startswith("datasets"):
            speed = ours.rows_per_second / one.rows_per_second
            all_, private = ours.resident / one.resident, ours.without_files / one.without_files
            console.print(
                f"{speed:.1f} times its rows/s ({one.cpu / ours.cpu:.1f} by CPU time) with {all_:.2f} of its memory, "
                f"{private:.2f} without mapped files"
            )


def machine() -> dict[str, Any]:
    """What it ran on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")
    packages = ("pyarrow", "pillow", "datasets", "google-crc32c", "protobuf", "numpy")
    versions = {name: importlib.metadata.version(name) for name in packages}
    return {
        "python": platform.python_version(),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        "cpu": cpu,
        "cores": os.cpu_count(),
        **versions,
    }


if __name__ == "__main__":
    app()
