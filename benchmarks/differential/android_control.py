"""Our AndroidControl scripts beside the published ones, on random answers: every disagreement, sorted by its cause.

    git clone https://github.com/OS-Copilot/OS-Atlas; git clone https://github.com/Reallm-Labs/InfiGUI-R1
    git clone https://github.com/ritzz-ai/GUI-R1
    python benchmarks/differential/android_control.py --peer OS-Atlas --peer InfiGUI-R1 --peer GUI-R1

The published code is run from where you put it: every step alone, and all of them at once for the numbers that it prints (without
those that a cause is known for). Only libraries for models (vLLM, qwen-vl-utils) are replaced by empty modules; scoring does not
touch them.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import math
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from types import ModuleType, SimpleNamespace
from typing import Any

from android_control_cases import SIZES, Case, metrics_of, report_numbers, some_case
from android_control_infigui import compare_infigui_r1
from phone_steps import ANDROID_CONTROL, Comparison, load_peer

from tracer1.actions import Action
from tracer1.evaluation.harness.base import Sample
from tracer1.plans import Step
from tracer1.protocols.texts import spelled
from tracer1.trajectories import Observation

SUBSPLITS = ("IDD", "app_unseen", "task_unseen", "category_unseen")


def os_atlas_files(cases: Sequence[Case], folder: Path) -> None:
    """The predictions and the rows, as OS-Atlas' script reads them."""
    with (folder / "said.jsonl").open("w") as said, (folder / "rows.jsonl").open("w") as rows:
        for case in cases:
            cut = case.pixel and [int(value / edge * 1000) for value, edge in zip(case.pixel, case.sides, strict=True)]
            written = "I do not know" if case.answer is None else f"actions:\n{_written(case.answer)}"
            turns = [{"value": "?"}, {"value": f"thoughts:\nDo it\nactions:\n{_written(case.sample.reference, cut)}"}]
            said.write(json.dumps({"pred": written}) + "\n")
            rows.write(json.dumps({"image": f"x/{case.sample.id}.png", "conversations": turns}) + "\n")


def _written(action: Action, cut: list[int] | None = None) -> str:
    point = cut or action.arguments.get("point")
    return f"{spelled(action)} <point>[[{point[0]},{point[1]}]]</point>" if point else spelled(action)


def compare_os_atlas(script: Path, cases: Sequence[Case], subsplits: dict[str, list[int]]) -> bool:
    peer = load_peer(script)
    each = Comparison("OS-Atlas, each step")
    pads = [_pad(number, name) for number, name in enumerate(SUBSPLITS)]
    with _at_work(peer) as (folder, printed):
        (folder / "android_control_test_subsplits.json").write_text(
            json.dumps({name: [1_000_000 + number] for number, name in enumerate(SUBSPLITS)})
        )
        for case in cases:
            numbers = _ask_os_atlas(peer, [replace(case, sample=_moved(case.sample)), *pads], folder, printed)
            clicks = case.sample.reference.type == "click" and case.marks("os_atlas")["type accuracy"] == 1
            theirs = {
                "step success": round(numbers["Acc"] * 5 - 4),
                "type accuracy": round(numbers["type_match acc"] * 5 - 4),
                "grounding accuracy": round(numbers["grounding acc"] * 5 - 4) if clicks else None,
            }
            each.add(case.marks("os_atlas"), theirs, case)
        (folder / "android_control_test_subsplits.json").write_text(json.dumps(subsplits))
        theirs = _ask_os_atlas(peer, cases, folder, printed)
    names = {"Acc": "step success", "type_match acc": "type accuracy", "grounding acc": "grounding accuracy"}
    metrics = metrics_of(cases, "os_atlas")
    ours = {theirs: metrics[ours, ""] for theirs, ours in names.items()}
    ours |= {"iid" if part == "IDD" else part: metrics["step success", part] for part in SUBSPLITS}
    return each.report() & report_numbers("OS-Atlas", ours, theirs)


def _moved(sample: Sample) -> Sample:
    """Into an episode of a padded sub-split; the step stays what it is."""
    return replace(sample, id="episode_1000000_screenshot_9")


def _pad(number: int, part: str) -> Case:
    """A click that is right, so that nothing is divided by zero."""
    click = Action("click", {"point": [500.0, 500.0]})
    sample = Sample(
        f"episode_{1_000_000 + number}_screenshot_0", part, 0, "Do it", Observation(b"", SIZES[1]), "mobile",
        future=(Step(click, "Do it"),), parts=(part,),
    )  # fmt: skip
    return Case(sample, (500, 500), Action("click", {"point": [500, 500]}))


def _ask_os_atlas(peer: ModuleType, cases: Sequence[Case], folder: Path, printed: list[str]) -> dict[str, float]:
    os_atlas_files(cases, folder)
    printed.clear()
    files = {"prediction_file_path": folder / "said.jsonl", "ground_truth_file_path": folder / "rows.jsonl"}
    peer.evaluate(argparse.Namespace(**files, split="high"))
    return {line.rpartition(": ")[0]: float(line.rpartition(": ")[2]) for line in printed if ": " in line}


def compare_gui_r1(script: Path, cases: Sequence[Case]) -> bool:
    """Each step stands beside one right step of every type, because types without a right one drop out."""
    peer = load_peer(script)
    each = Comparison("GUI-R1, each step", _explain_tie)
    pads = [_gui_r1_row(kind, "x") | {"pred_action": kind} for kind in ANDROID_CONTROL]
    with _at_work(peer) as (folder, printed):
        for case in cases:
            marks, placed = case.marks("gui_r1"), case.pixel is not None
            numbers = _ask_gui_r1(peer, [_gui_r1_case(case), *pads], folder, printed)
            has = marks["Step"] is not None
            theirs = {
                "Type": round(numbers["Type"] * 9 - 8),
                "Step": round(numbers["Step"] * 6 - 5) if has else None,
                "GR": round(numbers["GR"] * 3 - 2) if placed else None,
            }
            each.add(marks, theirs, case)
        plain = [case for case in cases if not _explain_tie(case)]
        theirs = _ask_gui_r1(peer, [_gui_r1_case(case) for case in plain], folder, printed)
        hopeless = [replace(case, answer=None) for case in cases if case.sample.reference.type == "wait"] + list(
            cases[:50]
        )
        few = _ask_gui_r1(peer, [_gui_r1_case(case) for case in hopeless], folder, printed)
    metrics, fewer = metrics_of(plain, "gui_r1"), metrics_of(hopeless, "gui_r1")
    named = {name: metrics[name, ""] for name in theirs}
    dropped = {name: fewer[name, ""] for name in few}
    same = report_numbers("GUI-R1", named, theirs)
    return each.report() & same & report_numbers("GUI-R1, types without a right answer", dropped, few)


def _explain_tie(case: Case) -> str:
    point = case.answer.arguments.get("point") if case.answer else None
    if point is None or case.pixel is None:
        return ""
    away = math.dist(point, case.sample.reference.arguments["point"])
    return "exactly 0.14 away: floating point" if abs(away - 140) < 1e-6 else ""


def _gui_r1_case(case: Case) -> dict[str, Any]:
    (width, height), answer = case.sides, case.answer
    point = answer.arguments.get("point") if answer else None
    row = _gui_r1_row(case.sample.reference.type, _gui_r1_text(case.sample.reference), (width, height), case.pixel)
    return row | {
        "pred_action": answer and ("complete" if answer.type == "finish" else answer.type),
        "pred_coord": [point[0] * width / 1000, point[1] * height / 1000] if point else [0, 0],
        "pred_input_text": _gui_r1_text(answer),
    }


def _gui_r1_row(kind: str, text: str, size: tuple[int, int] = (1000, 1000), pixel: Any = (500, 500)) -> dict[str, Any]:
    row = {"group": "g", "gt_action": kind, "gt_bbox": list(pixel or ()), "image_size": size, "gt_input_text": text}
    return row | {"pred_action": kind, "pred_coord": [500, 500], "pred_input_text": text}


def _gui_r1_text(action: Action | None) -> str:
    said = action.arguments if action else {}
    return next((said[name] for name in ("text", "name", "direction") if name in said), "no input text")


def _ask_gui_r1(peer: ModuleType, rows: Sequence[dict[str, Any]], folder: Path, printed: list[str]) -> dict[str, float]:
    file = folder / "said.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    printed.clear()
    with redirect_stdout(io.StringIO()):
        peer.evaluate(SimpleNamespace(prediction_file_path=file))
    return {found[1]: float(found[2]) for line in printed if (found := re.fullmatch(r"ALL (\w+) : (\S+)", line))}


@contextmanager
def _at_work(peer: ModuleType) -> Iterator[tuple[Path, list[str]]]:
    """An empty working directory, and what the script logs there."""
    printed: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: printed.append(record.getMessage())
    peer.logger.propagate = False
    peer.logger.addHandler(handler)
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield Path(folder), printed
        finally:
            os.chdir(before)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--peer", type=Path, action="append", required=True, help="a checkout; may be given several times"
    )
    parser.add_argument("--count", type=int, default=10_000, help="random answers for each")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    random = Random(given.seed)
    episodes = range(given.count // 5 + 1)
    subsplits = {name: [number for number in episodes if random.random() < 0.5] for name in SUBSPLITS}
    covered = {number for numbers in subsplits.values() for number in numbers}
    subsplits["IDD"] += [number for number in episodes if number not in covered]
    cases = [some_case(random, number, subsplits) for number in range(given.count)]
    known: dict[str, Callable[[Path], bool]] = {
        "eval/eval_scripts/android_control/evaluation_unify.py": partial(
            compare_os_atlas, cases=cases, subsplits=subsplits
        ),
        "eval/android_control/android_control.py": partial(compare_infigui_r1, cases=cases),
        "guir1/eval/eval_omni.py": partial(compare_gui_r1, cases=cases),
    }
    agreed = True
    for checkout in given.peer:
        scripts = [
            (checkout.resolve() / file, compare) for file, compare in known.items() if (checkout / file).is_file()
        ]
        if not scripts:
            parser.error(
                f"{checkout} holds none of {', '.join(known)}: is it a checkout of OS-Atlas, InfiGUI-R1 or GUI-R1?"
            )
        for script, compare in scripts:
            agreed &= compare(script)
    return 0 if agreed else 1


if __name__ == "__main__":
    raise SystemExit(main())
