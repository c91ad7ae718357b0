"""SeeAct's ``evaluate_dataset_llm`` against ours, for :mod:`mind2web` beside this file, which runs it."""

from __future__ import annotations

import contextlib
import copy
import importlib
import io
import logging
import random
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tracer1.actions import Action
from tracer1.coordinates import Box, Size
from tracer1.evaluation.benchmarks.mind2web.benchmark import BENCHMARK, ORIGINAL
from tracer1.evaluation.harness.base import Prediction, Sample
from tracer1.plans import Step
from tracer1.trajectories import Observation

BATCH = 200
WORDS = ("New", "York", "new", "2", "(", "12:30", "天气")
BOX = Box(100, 100, 200, 150, "pixel")
NUMBERS = {
    "element_acc": "element_accuracy",
    "action_f1": "operation_f1",
    "step_acc": "step_success",
    "marco_element_acc": "macro_element_accuracy",
    "marco_action_f1": "macro_operation_f1",
    "marco_step_acc": "macro_step_success",
}


class Scorer:
    """What the peer's function takes as ``self``: Mind2Web's two functions, which SeeAct's repository lacks."""

    def __init__(self, calculate_f1: Callable[[str, str], float]) -> None:
        self.calculate_f1 = calculate_f1

    def postprocess_action(self, text: str) -> tuple[str, str]:
        action, value = re.search("Action: (CLICK|SELECT|TYPE)", text), re.search("Value: (.*)", text)
        return text[0], f"{action[1] if action else ''} {value[1] if value else ''}"

    postprocess_action_llm = postprocess_action


class Model:
    """Chooses the wanted element of each sample in turn, by its label in the last prompt."""

    def __init__(self, answers: list[tuple[str, str]]) -> None:
        self._answers = iter(answers)

    def generate(self, prompt: list[dict[str, str]], max_new_tokens: int) -> list[str]:
        label, action = next(self._answers)
        choice = re.search(rf"^([B-Z])\. .*\b{label}\b", prompt[-1]["content"], re.MULTILINE) if label else None
        return [f"{choice[1] if choice else 'A'}.\n{action}"]


def compare_seeact(peer: Path, calculate_f1: Callable[[str, str], float], size: int, draw: random.Random) -> int:
    """Print a comparison of batches of steps; how many numbers differ."""
    sys.path.insert(0, str(peer))
    evaluate = importlib.import_module("src.data_utils.evaluation_utils").evaluate_dataset_llm
    logging.disable(logging.INFO)
    found: Counter[str] = Counter()
    batches = max(1, size // BATCH)
    for _ in range(batches):
        steps = [make_step(f"t{draw.randrange(40)}", number, draw) for number in range(BATCH)]
        model = Model([answer for _, answer, _, _ in steps])
        dataset = SimpleNamespace(data=[copy.deepcopy(record) for record, *_ in steps])
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            theirs = evaluate(Scorer(calculate_f1), dataset, model, [{"role": "user", "content": ""}])
        judged = [BENCHMARK.judge(sample, prediction, ORIGINAL.name) for _, _, sample, prediction in steps]
        ours = {metric.name: metric.value for metric in BENCHMARK.summarise(judged, ORIGINAL.name) if not metric.part}
        found.update(name for name, mine in NUMBERS.items() if abs(theirs[name] - ours[mine]) > 1e-9)
    print(
        f"SeeAct: {batches * BATCH:,} steps in {batches} batches, {len(NUMBERS)} numbers each: {dict(found) or 'no difference'}"
    )
    return sum(found.values())


def make_step(
    task: str, number: int, draw: random.Random
) -> tuple[dict[str, Any], tuple[str, str], Sample, Prediction]:
    """A step as SeeAct reads it, what the model answers, and both as ours."""
    others = [str(10 + n) for n in range(draw.randint(1, 4))]
    nodes = ["1", *others]
    draw.shuffle(nodes)
    body = "".join(f'<button backend_node_id="{node}" aria_label="label{node}"/>' for node in nodes)
    reference = make_action(draw)
    kind, value = spelled(reference)
    record = {
        "annotation_id": task,
        "action_uid": str(number),
        "website": "site",
        "confirmed_task": "do it",
        "previous_actions": [],
        "cleaned_html": f'<html backend_node_id="0"><body backend_node_id="2">{body}</body></html>',
        "operation": {"op": kind, "value": value},
        "pos_candidates": [{"backend_node_id": "1", "rank": 0}],
        "neg_candidates": [{"backend_node_id": node, "rank": 1} for node in others],
    }
    chosen = draw.choice(("1", "1", others[0], ""))
    action = draw.choice((reference, make_action(draw)))
    answer = (f"label{chosen}" if chosen else "", "Action: {}\nValue: {}".format(*spelled(action)))
    point = [150.0, 125.0] if chosen == "1" else [500.0, 500.0]
    seen = Observation(b"", Size(1000, 1000))
    sample = Sample(
        str(number), task, number, "do it", seen, "web", future=(Step(reference, "x"),), box=BOX, parts=("test_task",)
    )
    ours = Action(action.type, action.arguments | {"point": point}) if chosen else None
    return record, answer, sample, Prediction(sample.id, "ok" if chosen else "refused", ours)


def make_action(draw: random.Random) -> Action:
    words = " ".join(draw.choices(WORDS, k=draw.randint(1, 4)))
    return draw.choice((Action("click"), Action("type", {"text": words}), Action("select", {"value": words})))


def spelled(action: Action) -> tuple[str, str]:
    """The operation and its value as Mind2Web writes them."""
    return action.type.upper(), action.arguments.get("text") or action.arguments.get("value") or ""
