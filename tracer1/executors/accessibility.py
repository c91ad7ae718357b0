"""The accessibility executor: finds the element that a step instruction names on the page's accessibility tree.

It compares the words of the instruction with each element's name, role and group, and takes the best; it sees neither the
ground truth nor the pixels. It stands in for a grounding model where a page tree is available, and costs microseconds.
"""

from __future__ import annotations

import re
from collections import Counter

from tracer1.executors.base import POINTER_ACTIONS, Execution, answer_of
from tracer1.plans import Step
from tracer1.trajectories import Element, Observation

_WORD = re.compile(r'"[^"]*"|\w+|[^\w\s]')
_VERBS = frozenset(["click", "press", "choose", "select", "tick", "open", "hover", "double-click", "right-click"])
_FILLERS = frozenset(("the", "a", "an"))  # in lower case only: a button may be called A
_ROLE_WORDS = {
    "textbox": "textbox text field box input area",
    "searchbox": "search field box input",
    "combobox": "combobox dropdown list field",
    "listbox": "listbox list dropdown",
    "radio": "radio button",
    "checkbox": "checkbox box",
    "img": "image icon",
    "gridcell": "cell day",
}
LEAST_OVERLAP = 0.25


class AccessibilityExecutor:
    """Resolves a step on ``observation.elements``; the point is the centre of the element found, in screenshot pixels."""

    name = "accessibility"

    async def execute(self, observation: Observation, step: Step) -> Execution:
        """Find the element for a pointer action; for all others say what would be entered."""
        return resolve(observation, step)


def resolve(observation: Observation, step: Step) -> Execution:
    """:meth:`AccessibilityExecutor.execute` without the event loop."""
    if step.action.type not in POINTER_ACTIONS:
        return Execution("ok", answer=answer_of(step))
    wanted = _wanted(step.instruction)
    best, best_score = None, 0.0
    for element in observation.elements:
        score = overlap(wanted, element)
        if score > best_score + 1e-9:
            best, best_score = element, score
    if best is None or best_score < LEAST_OVERLAP:
        return Execution("refused", detail=f"no element matches {step.instruction!r}")
    return Execution("ok", point=best.box.centre, detail=f"{best.role} {best.name!r}")


def overlap(wanted: Counter[str], element: Element) -> float:
    """How well an element fits the words: F1 of the wanted words with name, role and group; a name outweighs the rest."""
    name, context = _words(element.name), _words(f"{_ROLE_WORDS.get(element.role, element.role)} {element.group}")
    in_name = (wanted & name).total()
    in_context = ((wanted - name) & context).total()
    recall = (in_name + 0.5 * in_context) / max(1, wanted.total())
    precision = in_name / max(1, name.total()) if name else 0.0
    return 0.6 * recall + 0.4 * precision


def _wanted(instruction: str) -> Counter[str]:
    verb, _, rest = instruction.partition(" ")
    return _words(rest if verb.lower() in _VERBS else instruction)


def _words(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for token in _WORD.findall(text.replace("_", " ").replace("-", " ")):
        for word in token.strip('"').split():
            if word not in _FILLERS and re.search(r"\w|[^\s\"'.,:;()]", word):
                found[word.lower()] += 1
    return found
