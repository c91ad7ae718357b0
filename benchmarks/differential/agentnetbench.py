"""Runs AgentNetBench's own evaluation and ours on the same random predictions, and reports where they differ.

    python benchmarks/differential/agentnetbench.py --peer PATH/OpenCUA --predictions 10000 --seed 0

A benchmark in its format is written to disk. The peer's ``run.py`` reads it, chooses among alternatives, scores and averages, as it
is; only its model is replaced by one that says the random predictions. This is done twice:

- ``operations``: the predictions reach its evaluator as the operations that ours takes them for. Nothing may differ.
- ``code``: the predictions are written as code, and OpenCUA's own agent reads them. It cannot read everything; each difference is
  sorted by what it lost. What has another reason counts as not explained.

Leaves with exit code 1 when anything differs that is not explained. Needs no network, no model and no GPU. The package editdistance
is replaced by rapidfuzz where it is not installed, because the peer would install it.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from agentnetbench_cases import write_benchmark
from rapidfuzz.distance import Levenshtein

from tracer1.actions import Action
from tracer1.coordinates import Size
from tracer1.dialects import Screen, load_dialect
from tracer1.evaluation.benchmarks.agentnetbench.benchmark import ALL, BENCHMARK, CARD
from tracer1.evaluation.benchmarks.agentnetbench.scoring import DIGITS, operations_of
from tracer1.evaluation.harness.base import Judgement, Prediction, Sample

FOLDER = "evaluation/agentnetbench"
NAMES = {
    "doubleclick": "doubleClick",
    "rightclick": "rightClick",
    "tripleclick": "tripleClick",
    "moveto": "moveTo",
    "dragto": "dragTo",
}
TOLERANCE = 1e-9
Actions = list[tuple[str, Any]]
Peer = Callable[[Action], Actions]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=Path, required=True, help="a checkout of xlang-ai/OpenCUA")
    parser.add_argument("--predictions", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    if not (given.peer / FOLDER / "eval.py").is_file():
        parser.error(f"{given.peer} has no {FOLDER}/eval.py: give a checkout of xlang-ai/OpenCUA")
    run = load(given.peer.resolve() / FOLDER)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        predictions = write_benchmark(root, given.predictions, random.Random(given.seed))
        ours = judge(root, predictions)
        for name, peer in (("operations", as_operations), ("code", code_reader(run))):
            theirs, numbers = run_peer(run, root, root / name, predictions, peer)
            found = compare(name, ours, theirs, predictions)
            found += compare_numbers(list(ours.values()), numbers) if name == "operations" else Counter()
            print(
                f"{name}: {len(theirs):,} steps there, {len(ours):,} here; average {numbers['average_score']:.6f} there"
            )
            print(f"  differences: {dict(found.most_common()) or 'none'}")
            wrong += sum(number for kind, number in found.items() if not kind.startswith("explained"))
    print(f"average here: {BENCHMARK.summarise(list(ours.values()), CARD.name)[0].value:.6f}; not explained: {wrong}")
    return 1 if wrong else 0


def load(folder: Path) -> ModuleType:
    """The peer's ``run.py`` as a module."""
    if importlib.util.find_spec("editdistance") is None:
        sys.modules["editdistance"] = ModuleType("editdistance")
        sys.modules["editdistance"].eval = Levenshtein.distance
    sys.path.insert(0, str(folder))
    return importlib.import_module("run")


def as_operations(action: Action) -> Actions:
    """The operations as the peer's evaluator takes them: pairs of type and value, places relative."""

    def value(one: Any) -> Any:
        return (
            tuple(round(number / 1000, DIGITS) for number in one)
            if isinstance(one, list)
            else list(one)
            if isinstance(one, tuple)
            else one
        )

    return [(NAMES.get(one.type, one.type), value(one.value)) for one in operations_of(action)]


def code_reader(run: ModuleType) -> Peer:
    """OpenCUA's own reading of the code that we write."""
    agent = object.__new__(run.OpenCUA)
    agent.coord_type, agent.image_dir = "relative", ""
    write = load_dialect("agentnet").write

    def read(action: Action) -> Actions:
        try:
            code = write(action, Screen(Size(1, 1)))
        except ValueError:  # no code says it
            return []
        return agent.extract_actions(agent.parse_response(code) or "")

    return read


def run_peer(
    run: ModuleType, root: Path, output: Path, predictions: dict[str, Action | None], peer: Peer
) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """The peer's results by step, and its metrics."""

    class Replay:
        def __init__(self, model: str, client: Any) -> None:
            pass

        async def test_traj_async(self, trajectory: dict[str, Any], image_dir: str) -> list[dict[str, Any]]:
            return [self._result(trajectory["task_id"], position) for position in range(len(trajectory["steps"]))]

        def _result(self, task: str, position: int) -> dict[str, Any]:
            action = predictions[f"{task}/{position}"]
            actions = peer(action) if action else []
            return {"step_idx": position, "raw_response": "", "actions": actions, "parsing_error": not actions}

    run.Aguvis = Replay
    options = {"data": root, "image_dir": root / "images", "output": output, "model": "aguvis", "num_cores": 1}
    given = argparse.Namespace(**options, base_url="http://localhost:9", api_key="none")
    with contextlib.redirect_stdout(io.StringIO()):
        evaluator = run.TrajectoryEvaluator(given)
        evaluator.run_evaluation()
    steps = {
        f"{result['task_id']}/{result['step_num']}": result
        for file in evaluator.output_dir.glob("task*.json")
        for result in json.loads(file.read_text(encoding="utf-8"))
    }
    return steps, json.loads((evaluator.output_dir / "metric.json").read_text(encoding="utf-8"))


def judge(root: Path, predictions: dict[str, Action | None]) -> dict[str, Judgement]:
    found = {}
    for sample in BENCHMARK.samples(root, "test"):
        if not isinstance(sample, Sample):
            raise SystemExit(f"ours cannot read the benchmark: {sample}")
        action = predictions[sample.id]
        prediction = Prediction(sample.id, "ok" if action else "unreadable", action)
        found[sample.id] = BENCHMARK.judge(sample, prediction, CARD.name)
    return found


def compare(
    name: str, ours: dict[str, Judgement], theirs: dict[str, dict[str, Any]], predictions: dict[str, Action | None]
) -> Counter[str]:
    found: Counter[str] = Counter()
    if missing := ours.keys() ^ theirs.keys():
        found["scored on one side only"] = len(missing)
    for step in ours.keys() & theirs.keys():
        for what in _differences(ours[step], theirs[step]):
            why = reason(predictions[step]) if name == "code" else ""
            found[f"explained: {why}" if why else what] += 1
            break
    return found


def _differences(ours: Judgement, theirs: dict[str, Any]) -> Iterator[str]:
    if abs(ours.marks["average_score"] - theirs["evaluation"]["total"]) > TOLERANCE:
        yield f"score of {ours.kind}"
    by_type = {mark.removeprefix("score_"): value for mark, value in ours.marks.items() if mark not in ALL}
    said = {kind.lower(): value for kind, value in theirs["evaluation"]["actions"].items()}
    if by_type.keys() != said.keys() or any(abs(said[kind] - value) > TOLERANCE for kind, value in by_type.items()):
        yield f"score by type of {ours.kind}"
    if bool(ours.marks["alternative_matches"]) != theirs["alternative_matched"]:
        yield "alternative"


def reason(action: Action | None) -> str:
    """What OpenCUA's agent loses of the code of this action."""
    if action is None:
        return ""
    if action.type == "triple_click":
        return "the agent does not know computer.tripleClick"
    if action.type == "type" and not action.arguments["text"].strip("\n"):
        return "the agent does not read an empty text"
    if action.type == "type" and {"'", '"', "\\"} & set(repr(action.arguments["text"].removesuffix("\n"))[1:-1]):
        return "the agent reads a text up to its first quotation mark, and escapes as they are written"
    return ""


def compare_numbers(ours: list[Judgement], theirs: dict[str, Any]) -> Counter[str]:
    metrics = {metric.name: metric.value for metric in BENCHMARK.summarise(ours, CARD.name)}
    said = {
        "average_score": theirs["average_score"],
        "alternative_matches": theirs["alternative_match_percentage"] / 100,
    }
    said |= {f"score_{kind.lower()}": value for kind, value in theirs["action_type_scores"].items()}
    print(f"  numbers there: { {name: round(value, 4) for name, value in said.items()} }")
    names = said.keys() | (metrics.keys() - {"fully_right"})
    return +Counter(name for name in names if abs(metrics.get(name, -1) - said.get(name, -1)) > TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
