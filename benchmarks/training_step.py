"""Seconds a training step takes on a machine without a GPU, by part: stage 1 of the quickstart, 16 prompts × 8 rollouts.

    bash recipes/quickstart.sh                                    # makes the planner and the rows
    python benchmarks/training_step.py runs/quickstart --out step.json

Trains on from the planner after stage 1, with the settings that the run recorded for that stage, and reads the times that veRL
logs. The first step, in which everything is compiled or loaded, is left out. Let nothing else run beside it; what the host of
a virtual machine took for itself meanwhile is reported as ``stolen``, a share of all processor time.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from omegaconf import OmegaConf
from rich.console import Console
from rich.table import Table

HOME = Path(__file__).parents[1]
PARTS = {
    "step": "whole step",
    "gen": "rollouts and rewards",
    "old_log_prob": "log-probabilities",
    "update_actor": "update",
}
STEPS_ONLY = ("trainer.save_freq=-1", "trainer.test_freq=-1", "trainer.val_before_train=false")


def train(run: Path, steps: int, output: Path) -> list[dict[str, Any]]:
    """Train ``steps`` steps from the planner after stage 1, with the settings of that stage; gives what was logged for each. Raises
    FileNotFoundError for a run that has no stage 1, CalledProcessError."""
    settings = OmegaConf.load(run / "stage1" / "hydra" / ".hydra" / "overrides.yaml")
    places = (f"actor_rollout_ref.model.path={run / 'planner1'}", f"trainer.default_local_dir={output}")
    command = [sys.executable, "-m", "verl.trainer.main_ppo", *settings, *places, *STEPS_ONLY]
    command.append(f"trainer.total_training_steps={steps}")
    subprocess.run(command, cwd=HOME, env=os.environ | {"VERL_PLATFORM": "cpu"}, check=True)
    lines = (output / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["data"] for line in lines]


def summarise(steps: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Median, least and most seconds of each part over all steps but the first."""
    times = {part: [step[f"timing_s/{part}"] for step in steps[1:]] for part in PARTS}
    return {
        part: {"median": round(statistics.median(t), 2), "least": round(min(t), 2), "most": round(max(t), 2)}
        for part, t in times.items()
    }


def processor_seconds() -> tuple[float, float]:
    """All processor time since boot, and what the host took of it, in clock ticks (Linux)."""
    ticks = [float(value) for value in Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0].split()[1:9]]
    return sum(ticks), ticks[7]


def main(
    run: Annotated[Path, typer.Argument(help="A quickstart run that has reached the end of stage 1.")],
    steps: Annotated[int, typer.Option(min=3, help="Steps to train, with the one left out.")] = 21,
    out: Annotated[Path | None, typer.Option(help="Where to write the result as JSON.")] = None,
) -> None:
    """Measure the seconds of a training step."""
    before = processor_seconds()
    with tempfile.TemporaryDirectory() as output:
        seconds = summarise(train(run.resolve(), steps, Path(output)))
    total, stolen = (late - early for late, early in zip(processor_seconds(), before, strict=True))
    table = Table("seconds", "median", "least", "most")
    for part, title in PARTS.items():
        table.add_row(title, *(f"{value:.1f}" for value in seconds[part].values()))
    Console().print(table)
    if out:
        record = {"cores": os.cpu_count(), "steps": steps - 1, "stolen": round(stolen / total, 3), "seconds": seconds}
        out.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
