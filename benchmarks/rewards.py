"""Time of the stage-1 reward of a whole plan, beside GUI-R1's published reward of a single step, in one run.

    git clone https://github.com/ritzz-ai/GUI-R1
    python benchmarks/rewards.py --gui-r1 GUI-R1/verl/utils/reward_score/r1gui.py

Both get the same thoughts and actions, each written in its own format: a plan of eight steps here, its first step there.
A quarter of the responses is right, the others have errors of action, argument, instruction or form. GUI-R1's code is
loaded from where you put it; it evaluates responses as Python, so give it none but these.
"""

from __future__ import annotations

import importlib.util
import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.ground_truth import GroundTruth, dump, load
from tracer1.plans import Plan, Step, parse, render
from tracer1_rewards import Settings, score_plan

WORDS = "account address button cancel checkbox city date email field first last list menu name next order save"
STEPS, ROUNDS = 8, 5


def make_step(random_: random.Random) -> Step:
    """A click with a point, a text or a scroll, with an instruction of five to nine words."""
    says = " ".join(random_.choices(WORDS.split(), k=random_.randint(5, 9))).capitalize()
    kind = random_.choice(("click", "click", "type", "scroll"))
    arguments = {
        "click": {"point": [random_.randint(0, 1000), random_.randint(0, 1000)]},
        "type": {"text": " ".join(random_.choices(WORDS.split(), k=3))},
        "scroll": {"direction": random_.choice(("up", "down"))},
    }
    return Step(Action(kind, arguments[kind]), says)


def make_pair(random_: random.Random) -> tuple[str, str, str, str]:
    """A response and its ground truth for us, and the same for GUI-R1."""
    steps = [make_step(random_) for _ in range(STEPS)]
    truth = GroundTruth(Plan(tuple(steps)), Size(1000, 1000), STEPS, box=Box(0, 0, 9, 9, "pixel"))
    written = [step if random_.random() < 0.85 else make_step(random_) for step in steps]
    thought = " ".join(random_.choices(WORDS.split(), k=60))
    text = render(Plan(tuple(written)))
    ours = f"<think>{thought}</think>\n{text if random_.random() < 0.9 else text[: random_.randint(0, len(text))]}"
    theirs = f"<think>{thought}</think><answer>[{gui_r1_action(written[0].action)!r}]</answer>"
    reference = gui_r1_action(steps[0].action)
    goal = {"action": reference["action"], "gt_bbox": reference["point"], "input_text": reference["input_text"]}
    return ours, dump(truth), theirs, json.dumps(goal)


def gui_r1_action(action: Action) -> dict[str, object]:
    """An action as GUI-R1 writes it."""
    words = action.arguments.get("text") or action.arguments.get("direction") or "no input text"
    return {"action": action.type, "point": action.arguments.get("point", [-100, -100]), "input_text": words}


def microseconds(score: Callable[[str, str], object], samples: list[tuple[str, str]]) -> float:
    """Processor time of one call, the least of several rounds over all samples."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for response, truth in samples:
            score(response, truth)
        rounds.append((time.process_time() - began) / len(samples) * 1e6)
    return min(rounds)


def load_gui_r1(path: Path) -> Callable[[str, str], object]:
    """GUI-R1's ``r1gui_compute_score`` from its own file."""
    spec = importlib.util.spec_from_file_location("r1gui", path)
    if spec is None or spec.loader is None:
        raise typer.BadParameter(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.r1gui_compute_score


def main(
    gui_r1: Annotated[Path | None, typer.Option(exists=True, help="GUI-R1's verl/utils/reward_score/r1gui.py.")] = None,
    responses: Annotated[int, typer.Option(help="How many.")] = 2000,
    seed: Annotated[int, typer.Option(help="Of the responses.")] = 0,
) -> None:
    """Print microseconds a response, responses a second, and the ratio."""
    random_ = random.Random(seed)
    pairs = [make_pair(random_) for _ in range(responses)]
    truths = {text: load(text) for _, text, _, _ in pairs}
    table = Table("reward", "µs a response", "responses/s and core", "× GUI-R1")
    settings = {
        "position": Settings(),
        "monotone": Settings(alignment="monotone"),
        "paper": Settings(instruction_weight=0),
    }
    peer = microseconds(load_gui_r1(gui_r1), [pair[2:] for pair in pairs]) if gui_r1 else None
    for name, chosen in settings.items():
        cost = microseconds(
            lambda response, truth, chosen=chosen: score_plan(parse(response), truths[truth], chosen).as_dict(),
            [pair[:2] for pair in pairs],
        )
        table.add_row(f"whole plan, {name}", f"{cost:.0f}", f"{1e6 / cost:,.0f}", f"{cost / peer:.1f}" if peer else "–")
    if peer:
        table.add_row("GUI-R1, one step", f"{peer:.0f}", f"{1e6 / peer:,.0f}", "1.0")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
