"""Runs SeeClick's and SeeAct's own Mind2Web scoring and ours on the same random predictions, and reports where they differ.

    python benchmarks/differential/mind2web.py --peer PATH/SeeClick --peer PATH/SeeAct --predictions 10000 --seed 0

SeeClick: a data set in its format is written to disk, its ``agent_tasks/mind2web_test.py`` is run on it as it is, in a process of its
own, with stand-ins for torch, transformers and peft whose model says the random predictions; and ours reads the same files.
Every step is compared, and every number at the end. One task more has no step that can be scored, to show what that does.

SeeAct: its ``evaluate_dataset_llm`` is run, with a model that chooses the random elements. It calls two functions of Mind2Web that
are not in its repository: ``calculate_f1`` is taken from SeeClick's file ("following mind2web"), so that both checkouts are needed;
how an answer is cut into letter and action is written here.

Leaves with exit code 1 when anything differs that is not explained. Needs no network, no model and no GPU.
"""

from __future__ import annotations

import argparse
import ast
import math
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from mind2web_cases import write_dataset

from tracer1.evaluation.benchmarks.mind2web.benchmark import BENCHMARK, SEECLICK
from tracer1.evaluation.harness.base import Judgement, Prediction, Sample
from tracer1.trajectories import Fault

SCRIPT = "agent_tasks/mind2web_test.py"
TOLERANCE = 1e-12
STANDINS = {
    "torch.py": """
class _Any:
    def __getattr__(self, name): return self
    def __call__(self, *given, **named): return self
    def __enter__(self): return self
    def __exit__(self, *error): return False
_any = _Any()
manual_seed = no_grad = _any
cuda = backends = _any
""",
    "peft.py": "AutoPeftModelForCausalLM = None\n",
    "transformers/generation.py": "from transformers import GenerationConfig\n",
    "transformers/__init__.py": """
import json, os
class _Model:
    def __init__(self): self.says = json.load(open(os.environ["RESPONSES"]))
    def eval(self): return self
    def chat(self, tokenizer, query, history): return self.says[os.path.basename(query)], None
class AutoModelForCausalLM:
    from_pretrained = staticmethod(lambda *given, **named: _Model())
class AutoTokenizer:
    from_pretrained = staticmethod(lambda *given, **named: AutoTokenizer)
    from_list_format = staticmethod(lambda parts: parts[0]["image"])
class GenerationConfig:
    from_pretrained = staticmethod(lambda *given, **named: None)
""",
}
NUMBERS = {
    "Operation F1": "operation_f1",
    "Element Acc": "element_accuracy",
    "Step Success": "step_success",
    "Episode Success": "task_success",
    "Macro Ele Acc": "macro_element_accuracy",
    "Macro Op F1": "macro_operation_f1",
    "Macro Step SR": "macro_step_success",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=Path, action="append", required=True, help="a checkout of SeeClick or of SeeAct")
    parser.add_argument("--predictions", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    peers = [peer.resolve() for peer in given.peer]
    seeclick = next((peer for peer in peers if (peer / SCRIPT).is_file()), None)
    if seeclick is None:
        parser.error(f"none of the peers has {SCRIPT}: give a checkout of njucckevin/SeeClick")
    found = compare_seeclick(seeclick / SCRIPT, given.predictions, random.Random(given.seed))
    for peer in peers:
        if (peer / "src/data_utils/evaluation_utils.py").is_file():
            from seeact import compare_seeact

            found += compare_seeact(peer, calculate_f1(seeclick / SCRIPT), given.predictions, random.Random(given.seed))
    return 1 if found else 0


def calculate_f1(script: Path) -> Any:
    """The function of this name in SeeClick's script, which cannot be imported: it loads a model."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    wanted = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "calculate_f1"]
    names: dict[str, Any] = {}
    exec(compile(ast.Module(wanted, []), str(script), "exec"), names)  # noqa: S102 - the peer's own code
    return names["calculate_f1"]


def compare_seeclick(script: Path, size: int, draw: random.Random) -> int:
    """Print a comparison with SeeClick's script; the number of differences that are not explained."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        predictions = write_dataset(root, size, draw)
        theirs, numbers = run_script(script, root)
        samples = list(BENCHMARK.samples(root, "test_task"))
    ours = {}
    for sample in samples:
        if isinstance(sample, Sample):
            name = Path(sample.observation.paths[0]).name
            action = predictions[name]
            prediction = Prediction(sample.id, "ok" if action else "unreadable", action)
            ours[name] = BENCHMARK.judge(sample, prediction, SEECLICK.name)
    faults = Counter(sample.kind for sample in samples if isinstance(sample, Fault))
    scored = {name: one for name, one in ours.items() if one.marks["step_success"] is not None}
    differences = compare_steps(scored, theirs) + compare_numbers(list(scored.values()), numbers, theirs)
    print(
        f"SeeClick: {len(predictions):,} steps, {len(theirs):,} scored there, {len(scored):,} here; left out here: {dict(faults)}, "
    )
    print(f"  reference that the script cannot read back: {len(ours) - len(scored)}")
    print(f"  differences: {dict(differences) or 'none'}")
    return sum(number for kind, number in differences.items() if not kind.startswith("explained"))


def run_script(script: Path, root: Path) -> tuple[dict[str, dict[str, Any]], dict[str, float]]:
    """Results of the peer's script: each step's by its picture's name, and the numbers that it logs."""
    stand = root / "standins"
    for name, code in STANDINS.items():
        (stand / name).parent.mkdir(parents=True, exist_ok=True)
        (stand / name).write_text(code, encoding="utf-8")
    work = root / "agent_tasks"
    work.mkdir()
    words = ["--model_path", "x", "--qwen_path", "x", "--imgs_dir", str(root / "images"), "--task", "task"]
    env = os.environ | {"PYTHONPATH": str(stand), "RESPONSES": str(root / "responses.json"), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, str(script), *words], cwd=work, env=env, capture_output=True, text=True, encoding="utf-8"
    )
    if done.returncode:
        raise SystemExit(f"the peer's script failed: {done.stderr[-2000:]}")
    steps, numbers = {}, {}
    for line in done.stderr.split("\n"):
        said = line.partition("INFO:root:")[2]  # the progress bar may stand before it
        if said.startswith("{'annot_id'"):
            result = ast.literal_eval(said)
            steps[Path(result["img_path"]).name] = result
        elif said.partition(": ")[0] in NUMBERS:
            name, _, value = said.partition(": ")
            numbers[name] = float(value)
    return steps, numbers


def compare_steps(ours: dict[str, Judgement], theirs: dict[str, dict[str, Any]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for name in ours.keys() | theirs.keys():
        if name not in theirs or name not in ours:
            found[f"scored {'here' if name in ours else 'there'} only"] += 1
            continue
        marks, result = ours[name].marks, theirs[name]
        found["element"] += marks["element_accuracy"] != result["Ele_match"]
        found["operation F1"] += abs(marks["operation_f1"] - result["Op_F1"][0]) > TOLERANCE
        found["step"] += marks["step_success"] != (result["Op_F1"][0] == 1.0 and result["Ele_match"])
    return +found


def compare_numbers(ours: list[Judgement], numbers: dict[str, float], steps: dict[str, dict[str, Any]]) -> Counter[str]:
    """The logged numbers. The task without a scored step makes macro means NaN there, and counts as solved."""
    found: Counter[str] = Counter()
    metrics = {metric.name: metric.value for metric in BENCHMARK.summarise(ours, SEECLICK.name) if not metric.part}
    tasks = len({one.group for one in ours})
    for name, value in numbers.items():
        mine = metrics[NUMBERS[name]]
        if name == "Episode Success":
            mine, value = mine * tasks, value * (tasks + 1) - 1
        if math.isnan(value):
            found[f"explained: {name} is NaN there, a task has no scored step"] += 1
            value = macro_without_empty(steps, NUMBERS[name])
        print(f"  {name}: {value:.6f} there, {mine:.6f} here")
        found[name] += abs(mine - value) > 1e-9
    return +found


def macro_without_empty(steps: dict[str, dict[str, Any]], name: str) -> float:
    """The macro mean of the peer's marks over the tasks that have any."""
    tasks: dict[str, list[float]] = {}
    for result in steps.values():
        f1, element = result["Op_F1"][0], float(result["Ele_match"])
        mark = {"macro_element_accuracy": element, "macro_operation_f1": f1}.get(name, float(f1 == 1.0 and element))
        tasks.setdefault(result["annot_id"], []).append(mark)
    return sum(sum(marks) / len(marks) for marks in tasks.values()) / len(tasks)


if __name__ == "__main__":
    sys.exit(main())
