"""InfiGUI-R1's scripts beside ours: a part of ``android_control.py``."""

from __future__ import annotations

import io
import json
import math
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from android_control_cases import Case, metrics_of, report_numbers
from phone_steps import Comparison, load_peer, stand_in

from tracer1.actions import Action
from tracer1.coordinates import Size
from tracer1.evaluation.benchmarks.step_scripts.infigui_r1 import RULE
from tracer1.resizing import smart_resize

OPPOSITE = {"up": "down", "down": "up", "left": "right", "right": "left"}
BUTTONS = {"press_back": "Back", "press_home": "Home", "press_recent": "Menu", "key": "Enter"}


def compare_infigui_r1(script: Path, cases: Sequence[Case]) -> bool:
    models = {
        "qwen2vl": stand_in("qwen2vl", Qwen2VL=None),
        "qwen_vl_utils": stand_in("qwen_vl_utils", smart_resize=None),
    }
    rules, peer = load_peer(script.with_name("evaluate_android_control.py")), load_peer(script, **models)
    each = Comparison("InfiGUI-R1, each step", _explain_edge)
    jobs = [_infigui_job(case) for case in cases]
    for case, job in zip(cases, jobs, strict=True):
        marks = case.marks("infigui_r1")
        each.add({"both": (marks["type match"], marks["exact match"])}, {"both": _infigui_verdict(rules, job)}, case)
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        judge = SimpleNamespace(thinking=False, model_path="x", output_dir=folder, eval_type="high", debug=False)
        plain = [case for case in cases if not _explain_edge(case)]
        peer.AndroidControl.compute_scores(judge, [_infigui_job(case) for case in plain])
        (scores,) = Path(folder).rglob("scores_*.json")
        said = json.loads(scores.read_text())
    names = {"type match": "type_match_acc", "exact match": "extact_match_acc", "click match": "click_match_acc"}
    theirs = {ours: said[theirs] / 100 for ours, theirs in names.items()}
    metrics = metrics_of(plain, "infigui_r1")
    return each.report() & report_numbers("InfiGUI-R1", {name: metrics[name, ""] for name in names}, theirs)


def _infigui_verdict(rules: ModuleType, job: dict[str, Any]) -> tuple[float, float]:
    try:
        said = json.loads(job["llm_output"].split("<tool_call>")[1].split("</tool_call>")[0])["arguments"]
        sides = job["width"], job["height"], job["resized_width"], job["resized_height"]
        found = rules.evaluate_android_control_action(said, job["check_pams"], *sides)
    except (IndexError, KeyError, NotImplementedError):  # what its own loop counts as errors
        return 0.0, 0.0
    return float(found[0]), float(found[1])


def _explain_edge(case: Case) -> str:
    """A point whose distance is the limit to the last digits, or that lies on the edge of the enlarged box."""
    point, box = case.answer.arguments.get("point") if case.answer else None, case.sample.box
    if point is None:
        return ""
    image, size = smart_resize(case.sample.observation.size, RULE), case.sample.observation.size
    x, y = point[0] / 1000 * image.width, point[1] / 1000 * image.height
    if case.pixel:
        goal = case.pixel[0] / size.width * image.width, case.pixel[1] / size.height * image.height
        if abs(math.dist((x, y), goal) - 0.04 * max(image.width, image.height)) < 1e-6:
            return "exactly 0.04 away: floating point"
    if box:
        wide, high = (box.right - box.left) * 0.1, (box.bottom - box.top) * 0.1
        xs = [(edge + by) / size.width * image.width for edge, by in ((box.left, -wide), (box.right, wide))]
        ys = [(edge + by) / size.height * image.height for edge, by in ((box.top, -high), (box.bottom, high))]
        if min(abs(x - xs[0]), abs(x - xs[1]), abs(y - ys[0]), abs(y - ys[1])) < 1e-6:
            return "on the edge of the enlarged box: floating point"
    return ""


def _infigui_job(case: Case) -> dict[str, Any]:
    size, image = case.sample.observation.size, smart_resize(case.sample.observation.size, RULE)
    box = case.sample.box
    truth = _infigui_action(case.sample.reference, size) | {
        "candidate_bbox": [[box.left, box.top, box.right, box.bottom]] if box else []
    }
    if case.pixel:
        truth["coordinate"] = list(case.pixel)
    if case.sample.reference.type == "scroll":
        truth = {"action": "swipe", "direction": OPPOSITE[case.sample.reference.arguments["direction"]]}
    call = {"name": "mobile_use", "arguments": _infigui_action(case.answer, image) if case.answer else {}}
    sides = {"width": size.width, "height": size.height, "resized_width": image.width, "resized_height": image.height}
    written = f"<tool_call>\n{json.dumps(call)}\n</tool_call>" if case.answer else "I do not know"
    return {"llm_output": written, "check_pams": truth, **sides}


def _infigui_action(action: Action, image: Size) -> dict[str, Any]:
    said = action.arguments
    match action.type:
        case "click" | "long_press":
            place = [said["point"][0] / 1000 * image.width, said["point"][1] / 1000 * image.height] if said else None
            return {"action": action.type} | ({"coordinate": place} if place else {})
        case "type":
            return {"action": "type", "text": said["text"]}
        case "open_app":
            return {"action": "open", "text": said["name"]}
        case "scroll":
            finger = {"up": (0, 300), "down": (0, -300), "left": (300, 0), "right": (-300, 0)}[said["direction"]]
            return {"action": "swipe", "coordinate": [500, 500], "coordinate2": [500 + finger[0], 500 + finger[1]]}
        case "finish":
            return {"action": "terminate", "status": "success"}
        case "wait":
            return {"action": "wait", "time": 2}
    return {"action": "system_button", "button": BUTTONS[action.type]}
