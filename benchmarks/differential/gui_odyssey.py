"""Our GUI-Odyssey scripts beside the published ones, on random answers: every disagreement, sorted by its cause.

    git clone https://github.com/OpenGVLab/GUI-Odyssey; git clone https://github.com/OS-Copilot/OS-Atlas
    python benchmarks/differential/gui_odyssey.py --peer GUI-Odyssey --peer OS-Atlas

Random episodes are written to disk as the dataset has them. The authors' own converter and our reader each read them, so the
references are compared too. Every answer is then judged by the published code and by ours, alone and all at once. Only libraries
for models (torch, transformers) are replaced by empty modules; scoring does not touch them.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import math
import re
import tempfile
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from gui_odyssey_episodes import write_dataset
from phone_steps import GUI_ODYSSEY, Comparison, close, load_peer, some_answer, stand_in

from tracer1.actions import Action
from tracer1.evaluation.benchmarks.gui_odyssey import BENCHMARK
from tracer1.evaluation.harness.base import Prediction, Sample
from tracer1.protocols.texts import spelled, word
from tracer1.trajectories import Fault

SPLITS = {"random": "micro", "task": "macro"}


def converted(root: Path, checkout: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """What the authors' converter makes of the test lists: its rows by the names of their screenshots."""
    converter = load_peer(checkout / "data" / "format_converter.py")
    converter.pic_base, converter.anno_base = str(root / "screenshots"), str(root / "annotations")
    converter.test_anno_base = str(root / "test_anno")
    rows = {}
    for kind in SPLITS:
        converter.build_test(str(root / "splits" / f"{kind}_split.json"))
        read = json.loads((root / "test_anno" / f"high_{kind}_split.json").read_text())
        rows[kind] = {Path(row["image"]).stem: row for row in read}
    return rows


def written(action: Action | None) -> str:
    """An answer as the authors' models write it."""
    if action is None:
        return "I do not know"
    if action.type in ("click", "long_press") and (point := action.arguments.get("point")):
        return f"{word(action)}: ({point[0]}, {point[1]})"
    if action.type == "scroll":
        opposite = {"up": "DOWN", "down": "UP", "left": "RIGHT", "right": "LEFT"}
        return f"SCROLL: {opposite[action.arguments['direction']]}"
    return f"TYPE: {action.arguments['text']}" if action.type == "type" else word(action)


def compare_official(
    checkout: Path,
    kind: str,
    samples: Sequence[Sample],
    answers: Sequence[Action | None],
    rows: dict[str, dict[str, Any]],
) -> bool:
    peer = _official(checkout)
    references = Comparison(f"GUI-Odyssey, {kind}, references")
    said = []
    for sample, answer in zip(samples, answers, strict=True):
        row = rows[sample.id]
        references.add({"reference": written(_whole(sample.reference))}, {"reference": row["answer"]}, sample.id)
        more = {name: row[name] for name in ("category", "step_length", "sam2_bbox")}
        question = f"<img>{row['image']}</img>"
        said.append({"question": question, "pred": written(answer), "gt": row["answer"], "more_info": more})
    with redirect_stdout(io.StringIO()):
        found = peer.action_matching_evaluation(said, SPLITS[kind])
    each = Comparison(f"GUI-Odyssey, {kind}, each step", _explain_tie)
    for sample, answer, theirs in zip(samples, answers, found["pred"], strict=True):
        marks = _judge(sample, answer, "gui_odyssey_official").marks
        right, typed = float(theirs["is_correct"] == "yes"), theirs["info"].startswith("type_")
        kinds = {"AMS": right, "action_type": float(theirs["info"] != "action_fail"), "text": right if typed else None}
        each.add(marks, kinds, sample, answer)
    plain = [number for number, pair in enumerate(zip(samples, answers, strict=True)) if not _explain_tie(*pair)]
    return references.report() & each.report() & _compare_numbers(peer, kind, samples, answers, said, plain)


def _official(checkout: Path) -> Any:
    data = SimpleNamespace(Dataset=object, sampler=SimpleNamespace(Sampler=object))
    return load_peer(
        checkout / "src" / "eval_mm" / "evaluate_GUIOdyssey.py",
        torch=stand_in("torch", utils=SimpleNamespace(data=data)),
        transformers=stand_in(
            "transformers", AutoModelForCausalLM=None, AutoTokenizer=None, PreTrainedTokenizer=object
        ),
        tqdm=stand_in("tqdm", tqdm=iter),
        qwen_generation_utils=stand_in("qwen_generation_utils", make_context=None, decode_tokens=None),
    )


def _compare_numbers(
    peer: Any, kind: str, samples: Sequence[Sample], answers: Sequence[Action | None], said: list[Any], plain: list[int]
) -> bool:
    """The printed numbers, rounded as the authors round them. Episodes with a step that is left out are dropped by both."""
    with redirect_stdout(io.StringIO()):
        theirs = peer.stat_result(
            peer.action_matching_evaluation([said[number] for number in plain], SPLITS[kind])["pred"], SPLITS[kind]
        )
    judged = [_judge(samples[number], answers[number], "gui_odyssey_official") for number in plain]
    metrics = BENCHMARK.summarise(judged, "gui_odyssey_official")
    ours = {(metric.name, metric.part): round(metric.value * 100, 2) for metric in metrics}
    numbers = {}
    for name in ("AMS", "SR"):
        parts = [value for (metric, part), value in ours.items() if metric == name and part]
        numbers[name] = round(sum(parts) / len(parts), 2) if parts else ours[name, ""]
    numbers |= {"action_type": ours["action_type", ""], "text": ours["text", ""]}
    same = True
    for name, value in numbers.items():
        other = float(str(theirs[name]).rpartition(" = ")[2])
        same &= close(value, other, 2)
        print(f"  GUI-Odyssey, {kind}, {name}: ours {value:.2f}, theirs {other:.2f}")
    print(f"GUI-Odyssey, {kind}, numbers: {'the same' if same else 'DIFFERENT'}")
    return same


def _whole(action: Action) -> Action:
    """Our numbers are floats, the records' are whole."""
    point = action.arguments.get("point")
    if action.type not in ("click", "long_press"):
        return action
    return Action(action.type, {"point": [int(value) for value in point]})


def _judge(sample: Sample, answer: Action | None, protocol: str) -> Any:
    return BENCHMARK.judge(sample, Prediction(sample.id, "ok" if answer else "unreadable", answer), protocol)


def _explain_tie(sample: Sample, answer: Action | None) -> str:
    point, goal = (action.arguments.get("point") if action else None for action in (answer, sample.reference))
    tie = point and goal and abs(math.dist(point, goal) - 140) < 1e-6
    return "exactly 0.14 away: floating point" if tie else ""


def compare_step(script: Path, samples: Sequence[Sample], answers: Sequence[Action | None]) -> bool:
    """Every step stands beside a click and a scroll that are right, so that nothing is divided by zero."""
    peer = load_peer(script)
    each = Comparison("OS-Atlas on GUI-Odyssey, each step")
    printed: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: printed.append(record.getMessage())
    peer.logger.propagate = False
    peer.logger.addHandler(handler)
    pads = [(pad, pad) for pad in (Action("click", {"point": [500, 500]}), Action("scroll", {"direction": "up"}))]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.jsonl"
        for sample, answer in zip(samples, answers, strict=True):
            numbers = _ask_step(peer, [(sample.reference, answer), *pads], file, printed)
            marks = _judge(sample, answer, "gui_odyssey_step").marks
            asked = marks["Grounding Acc"] is not None
            theirs = {
                "Step Acc": round(numbers["Step Acc"] * 3 - 2),
                "Type Acc": round(numbers["Type Acc"] * 3 - 2),
                "Grounding Acc": round(numbers["Grounding Acc"] * 2 - 1) if asked else None,
            }
            each.add(marks, theirs, sample, answer)
        theirs = _ask_step(
            peer, [(one.reference, answer) for one, answer in zip(samples, answers, strict=True)], file, printed
        )
    judged = [_judge(sample, answer, "gui_odyssey_step") for sample, answer in zip(samples, answers, strict=True)]
    same = True
    for metric in BENCHMARK.summarise(judged, "gui_odyssey_step"):
        if not metric.part:
            same &= close(metric.value, theirs[metric.name], 9)
            print(
                f"  OS-Atlas on GUI-Odyssey, {metric.name}: ours {metric.value:.6f}, theirs {theirs[metric.name]:.6f}"
            )
    print(f"OS-Atlas on GUI-Odyssey, numbers: {'the same' if same else 'DIFFERENT'}")
    return each.report() & same


def _ask_step(
    peer: Any, pairs: Sequence[tuple[Action, Action | None]], file: Path, printed: list[str]
) -> dict[str, float]:
    """The script reads its references from the file of the predictions."""
    with file.open("w") as lines:
        for reference, answer in pairs:
            said = "I do not know" if answer is None else f"actions:\n{_atlas(answer)}"
            turns = [{"value": "?"}, {"value": f"actions:\n{_atlas(_whole(reference))}"}]
            lines.write(json.dumps({"pred": said, "conversations": turns}) + "\n")
    printed.clear()
    with redirect_stdout(io.StringIO()):
        peer.evaluate(argparse.Namespace(prediction_file_path=file, split="random"))
    found = (re.fullmatch(r"([A-Z]\w+ Acc): (\S+)", line) for line in printed)
    return {match[1]: float(match[2]) for match in found if match}


def _atlas(action: Action) -> str:
    point = action.arguments.get("point") if action.type in ("click", "long_press") else None
    return f"{spelled(action)} <point>[[{point[0]},{point[1]}]]</point>" if point else spelled(action)


def read_samples(root: Path, kind: str) -> list[Sample]:
    """Raises SystemExit for a fault: the random episodes have none."""
    found = list(BENCHMARK.samples(root, kind))
    if faults := [one for one in found if isinstance(one, Fault)]:
        raise SystemExit(f"{len(faults)} faults, the first: {faults[0]}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--peer", type=Path, action="append", required=True, help="a checkout; may be given several times"
    )
    parser.add_argument("--count", type=int, default=10_000, help="random steps")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    random, agreed = Random(given.seed), True
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "data"
        write_dataset(root, random, given.count, tuple(SPLITS))
        samples = {kind: read_samples(root, kind) for kind in SPLITS}
        answers = [some_answer(random, one.reference, (*GUI_ODYSSEY, "open_app", "wait")) for one in samples["random"]]
        for checkout in map(Path.resolve, given.peer):
            runs: list[Callable[[], bool]] = []
            if (checkout / "src/eval_mm").is_dir():
                rows = converted(root, checkout)
                for kind in SPLITS:
                    runs.append(lambda c=checkout, k=kind, r=rows: compare_official(c, k, samples[k], answers, r[k]))
            script = checkout / "eval/eval_scripts/odyssey/evaluation_unify.py"
            if script.is_file():
                runs.append(lambda s=script: compare_step(s, samples["random"], answers))
            if not runs:
                parser.error(f"{checkout} is no checkout of GUI-Odyssey or OS-Atlas")
            for run in runs:
                agreed &= run()
    return 0 if agreed else 1


if __name__ == "__main__":
    raise SystemExit(main())
