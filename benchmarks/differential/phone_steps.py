"""Random steps on phones and random answers to them, for the comparisons of our scripts with the published ones.

Answers lie where rules change: points at the edge of a radius or a box, in the corner, or nowhere; texts that share words,
letters, a first word or only their case; other types; and answers without an action.
"""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import ModuleType

from tracer1.actions import Action
from tracer1.evaluation.harness.base import Sample

ANDROID_CONTROL = ("click", "long_press", "type", "scroll", "open_app", "press_back", "press_home", "wait")
GUI_ODYSSEY = (
    "click",
    "long_press",
    "type",
    "scroll",
    "press_back",
    "press_home",
    "press_recent",
    "complete",
    "impossible",
)
EDGES = (
    (140, 0), (0, 140), (84, 112), (-112, 84), (139, 0), (0, -139), (141, 0), (-84, -113), (99, 99), (98, 99),
    (40, 0), (0, -40), (24, 32), (41, 0), (0, 39), (88, 0), (-89, 0), (0, 0), (10, 0), (0, 12),
)  # fmt: skip
WORDS = (
    "New", "new", "York", "york", "Delhi", "a", "b", "10:45", "10:30", "no", "input", "text", "Maps", "Google", "maps",
    "[x]", "it's", "é", "日本", "weather", "ABCD", "abcd", "abxx", "e", "x@y.org",
)  # fmt: skip
ALONE = {
    "complete": Action("finish", {"outcome": "success"}),
    "impossible": Action("finish", {"outcome": "failure"}),
    "enter": Action("key", {"key": "enter"}),
}


def some_text(random: Random) -> str:
    """A few words, sometimes none, sometimes with spaces around."""
    text = " ".join(random.choice(WORDS) for _ in range(random.choice((0, 1, 1, 2, 2, 3, 5))))
    return random.choice((text, text, text, f" {text}", f"{text} "))


def some_action(random: Random, kinds: tuple[str, ...]) -> Action:
    """An action of one of the kinds, in whole thousandths."""
    kind = random.choice(kinds)
    if kind in ("click", "long_press"):
        corner = random.random() < 0.2
        return Action(kind, {"point": [random.randint(0, 160 if corner else 1000) for _ in range(2)]})
    if kind in ("type", "open_app"):
        return Action(kind, {"text" if kind == "type" else "name": some_text(random)})
    if kind == "scroll":
        return Action(kind, {"direction": random.choice(("up", "down", "left", "right"))})
    return ALONE.get(kind) or Action(kind)


def some_answer(random: Random, reference: Action, kinds: tuple[str, ...]) -> Action | None:
    """An answer to a step: often of its type, sometimes without a place, sometimes none at all."""
    chance = random.random()
    if chance < 0.04:
        return None
    if chance < 0.3:
        other = some_action(random, kinds)
        return Action(other.type) if "point" in other.arguments and random.random() < 0.15 else other
    return _alike(random, reference)


def _alike(random: Random, reference: Action) -> Action:
    if reference.type in ("click", "long_press"):
        point = reference.arguments["point"]
        if random.random() < 0.08:
            return Action(reference.type)
        across, down = (
            random.choice(EDGES) if random.random() < 0.7 else (random.randint(-300, 300), random.randint(-300, 300))
        )
        x, y = (min(1000, max(0, int(value) + by)) for value, by in zip(point, (across, down), strict=True))
        return Action(reference.type, {"point": [x, y]})
    for name in ("text", "name"):
        if name in reference.arguments:
            return Action(reference.type, {name: _near_text(random, reference.arguments[name])})
    return reference if random.random() < 0.6 or reference.type != "scroll" else some_action(random, ("scroll",))


def _near_text(random: Random, text: str) -> str:
    words = text.split()
    changed = " ".join([*words[:-1], random.choice(WORDS)])
    return random.choice(
        (text, text.lower(), text.upper(), changed, text[: len(text) // 2], f"{text} x", some_text(random))
    )


@dataclass(slots=True)
class Comparison:
    """What two judges said of the same answers: ``explain`` names a difference that is known, or gives ``""``."""

    name: str
    explain: Callable[..., str] = lambda *_: ""
    compared: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def add(self, ours: Mapping[str, object], theirs: Mapping[str, object], *about: object) -> None:
        """Compare every value that both have a name for."""
        self.compared += 1
        differing = [name for name in theirs if ours[name] != theirs[name]]
        for name in differing:
            known = self.explain(*about)
            self.classes[f"{name}: {known or 'not explained'}"] += 1
            if not known and len(self.examples) < 10:
                shown = " | ".join(_short(one) for one in about)
                self.examples.append(f"{name}: ours {ours[name]}, theirs {theirs[name]}: {shown}")

    def report(self) -> bool:
        """Print it; True when nothing is left unexplained."""
        print(f"{self.name}: {self.compared} compared, {sum(self.classes.values())} differ")
        for known, count in self.classes.most_common():
            print(f"  {count:6d}  {known}")
        for example in self.examples:
            print(f"  e.g. {example}")
        return not self.examples


def _short(what: object) -> str:
    """A sample by its name and reference, anything else as it is."""
    return f"{what.id} {what.reference} {what.truth}" if isinstance(what, Sample) else str(what)


def close(ours: float, theirs: float, digits: int = 6) -> bool:
    """Whether two numbers are the same to so many digits, which is what a script prints."""
    return abs(ours - theirs) <= 10**-digits


def load_peer(file: Path, **stand_ins: ModuleType) -> ModuleType:
    """A published script as a module; ``stand_ins`` take the place of libraries that it imports and that scoring does not use.

    Raises SystemExit, naming the fix, when the file is not there.
    """
    if not file.is_file():
        raise SystemExit(f"there is no {file}: give --peer the path of a checkout of the repository")
    kept = {name: sys.modules.get(name) for name in stand_ins}
    sys.modules.update(stand_ins)
    sys.path.insert(0, str(file.parent))
    try:
        spec = importlib.util.spec_from_file_location(f"peer_{file.stem}", file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(file.parent))
        for name, before in kept.items():
            if before is None:
                del sys.modules[name]
            else:
                sys.modules[name] = before
    return module


def stand_in(name: str, **attributes: object) -> ModuleType:
    """An empty module with these attributes."""
    module = ModuleType(name)
    module.__dict__.update(attributes)
    return module
