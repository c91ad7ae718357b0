"""Our GTA scores against GTA's own evaluator and T3-Agent's script, on random queries and predictions.

    python benchmarks/differential/gta.py --peer <checkout of open-compass/GTA> --mat-agent <checkout of mat-agent/MAT-Agent>

Queries are written as a real dataset on disk and read by us; the peers' code is loaded from their checkouts and run as it is.
open-compass/GTA's evaluator is a class whose module imports OpenCompass and sentence-transformers: of these, stand-ins are put in
``sys.modules`` (base classes, decorators, and an embedding by character counts, which we use as our similarity too). T3-Agent's
eval.py is a script: it runs on a folder of results, and what it prints is its verdicts. Single predictions are compared one by
one, and sums over whole datasets to 1e-9. The exit status is 1 when there is a disagreement that is not explained.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import runpy
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import gta_cases
import gta_peers

from tracer1.evaluation.benchmarks.gta.benchmark import GTA
from tracer1.evaluation.harness.base import Judgement, Sample
from tracer1.trajectories import Fault

OFFICIAL = {
    "steps": {"InstAcc": "inst_align", "ToolAcc": "tool_acc", "ArgAcc": "arg_acc", "SummAcc": "answer_acc"},
    "end_to_end": {
        "AnsAcc": "answer_acc",
        "Ans+I": "answer_acc_w_imggen",
        "P": "p_f1",
        "O": "o_f1",
        "L": "l_f1",
        "C": "c_f1",
    },
}


class Tally:
    """Counts comparisons and shows disagreements."""

    def __init__(self) -> None:
        self.compared, self.classes = Counter(), Counter()

    def compare(self, what: str, ours: float | None, theirs: float, about: Any, reason: str = "unexplained") -> None:
        self.compared[what] += 1
        if ours is None or abs(ours - theirs) > 1e-6:
            self.classes[reason] += 1
            if reason == "unexplained":
                print(f"{what}: ours {ours}, theirs {theirs}: {about}")


def read(benchmark: GTA, folder: Path, split: str) -> list[Sample]:
    found = list(benchmark.samples(folder, split))
    if faults := [one for one in found if isinstance(one, Fault)]:
        raise SystemExit(f"our reader refuses a made query: {faults[0]}")
    return [one for one in found if isinstance(one, Sample)]


def official(evaluator: type, split: str, queries: list[dict], said: list[list[dict]]) -> dict[str, float]:
    """The peer's numbers of one dataset, 0 to 1."""
    every = split == "end_to_end"
    gold = [[one for one in query["dialogs"] if one["role"] == "assistant"] for query in queries]
    scores = evaluator("every" if every else "every_with_gt").score(
        predictions=[[one] for one in said] if every else said,
        references=[json.dumps(query["gt_answer"]) for query in queries],
        gold=[[query["dialogs"][1:]] for query in queries] if every else gold,
    )
    return {ours: scores[theirs] / 100 for ours, theirs in OFFICIAL[split].items()}


def compare_official(split: str, evaluator: type, folder: Path, draw: random.Random, tally: Tally) -> int:
    """One random dataset, scored as a whole and query by query. Returns how many predictions were judged."""
    queries = gta_cases.queries(folder, draw, 40)
    benchmark = GTA(gta_peers.similarity)
    samples = {one.id: one for one in read(benchmark, folder, split)}
    judged: dict[str, list[Judgement]] = {}
    said: list[list[dict]] = []
    for name, query in enumerate(queries):
        made = (gta_cases.steps if split == "steps" else gta_cases.played)(str(name), query, draw)
        said.append([one for pair in made.theirs for one in pair])
        judged[str(name)] = [benchmark.judge(samples[prediction.sample], prediction, "gta") for prediction in made.ours]
    for name, query in enumerate(queries):
        if query["gt_answer"] or split == "end_to_end":  # of one query for a picture the peer's step mode makes 0 / 0
            theirs = official(evaluator, split, [query], [said[name]])
            names = list(theirs) if query["gt_answer"] else ["Ans+I"]
            _compare_all(benchmark, judged[str(name)], theirs, names, "one query", (query, said[name]), tally)
    theirs = official(evaluator, split, queries, said)
    together = [one for many in judged.values() for one in many]
    _compare_all(benchmark, together, theirs, list(theirs), "a dataset", f"{len(queries)} queries", tally)
    return sum(map(len, judged.values()))


def _compare_all(
    benchmark: GTA,
    judged: list[Judgement],
    theirs: dict[str, float],
    names: list[str],
    of: str,
    about: Any,
    tally: Tally,
) -> None:
    ours = {metric.name: metric.value for metric in benchmark.summarise(judged, "gta")}
    for name in names:
        tally.compare(f"{name}, {of}", ours.get(name), theirs[name], about)


def compare_t3(script: Path, folder: Path, draw: random.Random, count: int, tally: Tally) -> None:
    """T3-Agent's script on a folder of results, verdict by verdict, and its totals."""
    queries = gta_cases.queries(folder, draw, 60)
    benchmark = GTA()
    samples = {one.id: one for one in read(benchmark, folder, "end_to_end")}
    results = folder / "results"
    kept = {}
    judged = [str(number) for number, query in enumerate(queries) if isinstance(query["gt_answer"], dict)]
    for number in range(count + count // 10):
        name = draw.choice(judged) if number < count else str(draw.randrange(len(queries)))
        gt = queries[int(name)]["gt_answer"]
        prediction = gta_cases.answered(name, gta_cases.answer(draw, gt))
        kept[f"{number:06d}"] = (benchmark.judge(samples[name], prediction, "t3_agent"), prediction)
        (results / f"{number:06d}").mkdir(parents=True)
        truth = gt["whitelist"] if isinstance(gt, dict) else gt
        memory = {"conversations": [], "final_answer": str(prediction.answer), "ground_truth": truth}
        (results / f"{number:06d}" / "agent_memory.json").write_text(json.dumps(memory))
    printed: list[tuple[Any, ...]] = []
    before, sys.argv = sys.argv, [str(script), "--folder", str(results)]
    try:
        runpy.run_path(str(script), init_globals={"print": lambda *said: printed.append(said)})
    finally:
        sys.argv = before
    verdicts = [said[0] for said in printed if str(said[0]).startswith(("Correct:", "Incorrect"))]
    order = [name for name in os.listdir(results) if kept[name][0].marks["AnsAcc"] is not None]
    assert len(order) == len(verdicts), "the script judged another number of results"
    for name, verdict in zip(order, verdicts, strict=True):
        judgement, prediction = kept[name]
        reason = "unexplained" if prediction.answer else "no answer: 'None' there, wrong here"
        tally.compare("T3-Agent's verdict", judgement.marks["AnsAcc"], verdict == "Correct:", prediction.answer, reason)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=Path, required=True, help="a checkout of open-compass/GTA")
    parser.add_argument(
        "--mat-agent", type=Path, help="a checkout of mat-agent/MAT-Agent; without, its script is left out"
    )
    parser.add_argument("--cases", type=int, default=10_000, help="predictions for each mode of each peer")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    evaluator, draw, tally = gta_peers.load_evaluator(arguments.peer), random.Random(arguments.seed), Tally()
    for split in OFFICIAL:
        done = datasets = 0
        while done < arguments.cases:
            with tempfile.TemporaryDirectory() as folder:
                done += compare_official(split, evaluator, Path(folder), draw, tally)
                datasets += 1
        print(f"{split}: {done} predictions in {datasets} datasets")
    if arguments.mat_agent:
        script = gta_peers.script(arguments.mat_agent)
        with tempfile.TemporaryDirectory() as folder:
            compare_t3(script, Path(folder), draw, arguments.cases, tally)
    for what, count in tally.compared.items():
        print(f"{count:7}  compared: {what}")
    print(f"{sum(tally.classes.values())} disagreements")
    for reason, count in tally.classes.most_common():
        print(f"{count:7}  {reason}")
    return int(tally.classes["unexplained"] > 0)


if __name__ == "__main__":
    sys.exit(main())
