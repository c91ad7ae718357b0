"""A tiny run directory with numbers chosen by hand: what a real run leaves behind, in miniature."""

import io
import json
from pathlib import Path

from PIL import Image

from tracer1.coordinates import Point, Size
from tracer1.episodes import read_episode, write_episode
from tracer1.evaluation.live import summarise
from tracer1.executors.base import Execution
from tracer1.files import write_json
from tracer1.loop import Episode, Turn
from tracer1.planner import Prediction
from tracer1.plans import parse
from tracer1.report.record import record
from tracer1.trajectories import Observation

PLAN = '1. click(): Click the "Name" field & <b>wait</b>\n2. type(text="bob"): Enter bob in it\n3. finish(): Done'


def make_run(directory: Path, seed: int = 1, gain: float = 0.02, solved: int = 3) -> Path:
    """Twenty steps a stage, the score rising by ``gain`` a step from 0.1; ``solved`` of 4 episodes after stage 2."""
    for stage in ("stage1", "stage2"):
        _metrics(directory / stage / "metrics.jsonl", gain)
    for policy, successes in (("warm start", 1), ("stage 1", 2), ("stage 2", solved)):
        _live(directory / "evaluation", policy, successes)
        _offline(directory / "evaluation", policy, successes / 4)
    settings = {"learning_rate": "1e-4", "model": "<script>alert(1)</script>"}
    record(directory, seed, settings, "stage 1", 125.0, 9.5)
    return directory


def _metrics(path: Path, gain: float) -> None:
    path.parent.mkdir(parents=True)
    with path.open("w") as file:
        for step in range(1, 21):
            score = 0.1 + gain * step
            data = {
                f"reward/{key}": score
                for key in ("score", "alignment", "first_step", "instruction", "grounding", "answer")
            }
            data |= {"reward/parse_failed": 1 / step, "reward/plan_length": 4.0, "groups/zero_variance": 0.2}
            data |= {"training/rollout_probs_diff_mean": 1e-4 / step, "training/rollout_probs_diff_max": 1e-2}
            data |= {"actor/entropy": 0.5, "timing_s/step": 9.0, "timing_s/gen": 5.0}
            file.write(json.dumps({"step": step, "data": data}) + "\n")


def _live(folder: Path, policy: str, successes: int) -> None:
    stem = folder / f"live_{policy.replace(' ', '-')}_held-out-seeds"
    for seed in range(4):
        write_episode(stem / "form" / str(seed), _episode(seed, seed < successes), {})
    logs = [read_episode(stem / "form" / str(seed)) for seed in range(4)]
    result = {
        "schema": 1,
        "kind": "live",
        "policy": policy,
        "split": "held-out seeds",
        "seconds": 4.0,
        **summarise(logs),
    }
    write_json(stem.with_suffix(".json"), result)


def _episode(seed: int, success: bool) -> Episode:
    output = io.BytesIO()
    Image.new("RGB", (160, 210), "#dde6ee").save(output, "PNG")
    observation = Observation(output.getvalue(), Size(160, 210))
    text = PLAN if success else "I cannot"
    found = Execution("ok", Point(40, 100, "pixel"), detail="textbox 'Name'") if success else None
    turns = [Turn(observation, Prediction(text, parse(text)), found)] * 2
    ended = "done" if success else "unparsable"
    return Episode("form", seed, "Enter <i>bob</i> & send", turns, ended, 1.0 if success else 0.0, 1.5)


def _offline(folder: Path, policy: str, value: float) -> None:
    keys = ("stage1_score", "stage2_score", "first_step", "executed", "instruction", "plan_length", "parse_failed")
    metrics = {key: {"mean": value, "error": 0.01} for key in keys}
    result = {
        "schema": 1,
        "kind": "offline",
        "policy": policy,
        "split": "held-out seeds",
        "rows": 64,
        "greedy": metrics,
        "sampled": {"samples": 8, "temperature": 1.0, **metrics, "pass_first_step": 0.9, "pass_executed": 0.95},
        "executor": {"n": 64, "right": 63, "accuracy": 63 / 64},
    }
    write_json(folder / f"offline_{policy.replace(' ', '-')}_held-out-seeds.json", result)
