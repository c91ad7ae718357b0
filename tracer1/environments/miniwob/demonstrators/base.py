"""The hands and eyes of a scripted demonstrator, and the registry ``@demonstrates``.

A demonstrator reads the task and the accessibility tree, and touches the page by pointer and keyboard only. What it
does is recorded, each step with the observation before it. Step instructions name targets as the accessibility tree
names them.
"""

from __future__ import annotations

from collections.abc import Callable

from tracer1.actions import Action
from tracer1.environments.base import Environment
from tracer1.environments.miniwob.accessibility import phrase
from tracer1.plans import Step
from tracer1.trajectories import Element, Observation, RecordedStep, Trajectory

SOURCE = "miniwob"
MAX_STEPS = 40


class DemonstrationFailed(RuntimeError):
    """A demonstrator could not do the task; the message says where it stopped."""


class Demonstration:
    """One episode in the making. ``task`` is its name, ``goal`` its instruction."""

    def __init__(self, environment: Environment, task: str, seed: int) -> None:
        self._environment, self.task, self._seed = environment, task, seed
        self.goal = environment.reset(task, seed)
        self._steps: list[RecordedStep] = []
        self._seen: Observation | None = None

    def see(self) -> Observation:
        """The screen now; looked at once between two actions."""
        if self._seen is None:
            self._seen = self._environment.observe()
        return self._seen

    def all(self, role: str = "", name: str = "", group: str = "") -> list[Element]:
        """The visible elements with this role, name and group; an empty string fits any."""
        wanted = (("role", role), ("name", name), ("group", group))
        return [e for e in self.see().elements if all(not value or getattr(e, key) == value for key, value in wanted)]

    def find(self, role: str = "", name: str = "", group: str = "") -> Element | None:
        """The first such element, or None."""
        return next(iter(self.all(role, name, group)), None)

    def get(self, role: str = "", name: str = "", group: str = "") -> Element:
        """The first such element. Raises DemonstrationFailed when it is not visible."""
        element = self.find(role, name, group)
        if element is None:
            wanted = f"{role or 'element'} {name!r} {group!r}"
            raise DemonstrationFailed(f"{self.task} seed {self._seed}: no visible {wanted}")
        return element

    def click(self, role: str = "", name: str = "", group: str = "") -> None:
        """Click the element, scrolling the page to it first if it is out of sight."""
        self.reveal(role, name, group)
        self.click_element(self.get(role, name, group))

    def click_element(self, element: Element) -> None:
        """Click an element of the current observation."""
        self._point("click", "Click", element)

    def hover(self, role: str = "", name: str = "", group: str = "") -> None:
        """Move the pointer over the element."""
        self._point("hover", "Point at", self.get(role, name, group))

    def type(self, text: str, what: str) -> None:
        """Type at the focus. ``what`` says what the text is (``username``), never the text itself."""
        self._do(Step(Action("type", {"text": text}), f"Enter the {what}"))

    def key(self, key: str, instruction: str) -> None:
        """Press a key or a combination."""
        self._do(Step(Action("key", {"key": key}), instruction))

    def fill(self, name: str, text: str, what: str = "") -> None:
        """Click the field called ``name`` and type ``text`` into it."""
        self.click("textbox", name)
        self.type(text, what or name.lower())

    def reveal(self, role: str = "", name: str = "", group: str = "") -> None:
        """Scroll down until the element is visible. Raises DemonstrationFailed when it never is."""
        while not self.find(role, name, group):
            before = self.see().elements
            self.scroll_down(group or name)
            if self.see().elements == before:
                break
        self.get(role, name, group)

    def scroll_down(self, target: str) -> None:
        """Scroll the page a little way down, towards what is called ``target``."""
        self._do(Step(Action("scroll", {"direction": "down"}), f"Scroll down to {target}"))

    def _point(self, kind: str, verb: str, element: Element) -> None:
        step = Step(Action(kind), f"{verb} {phrase(element, self.see().elements)}")
        self._do(step, element)

    def _do(self, step: Step, target: Element | None = None) -> None:
        if len(self._steps) >= MAX_STEPS:
            raise DemonstrationFailed(f"{self.task} seed {self._seed}: not done after {MAX_STEPS} steps")
        self._steps.append(RecordedStep(self.see(), step, target.box if target else None))
        self._seen = None
        self._environment.perform(step.action, target.box.centre if target else None)

    def finish(self) -> Trajectory:
        """The recorded episode; ``complete`` says whether the task was solved."""
        done, reward = self._environment.outcome()
        return Trajectory(
            source=SOURCE,
            episode=f"{SOURCE}.{self.task}.{self._seed}",
            instruction=self.goal,
            platform="web",
            steps=tuple(self._steps),
            task=self.task,
            seed=self._seed,
            complete=done and reward > 0,
        )


Demonstrator = Callable[[Demonstration], None]
REGISTRY: dict[str, Demonstrator] = {}


def demonstrates(*tasks: str) -> Callable[[Demonstrator], Demonstrator]:
    """Register a demonstrator for these tasks. Raises ValueError when a task already has one."""

    def register(function: Demonstrator) -> Demonstrator:
        for task in tasks:
            if task in REGISTRY:
                raise ValueError(f"two demonstrators for {task}")
            REGISTRY[task] = function
        return function

    return register


def demonstrate(environment: Environment, task: str, seed: int) -> Trajectory:
    """Play one episode. Raises ValueError for a task without demonstrator, DemonstrationFailed when it gets stuck."""
    if task not in REGISTRY:
        raise ValueError(f"no demonstrator for {task!r}; there are: {', '.join(sorted(REGISTRY))}")
    demonstration = Demonstration(environment, task, seed)
    try:
        REGISTRY[task](demonstration)
    except (ValueError, LookupError, StopIteration) as error:  # the page differs from what the demonstrator expects
        reason = str(error) or "what it looks for is not on the page"
        raise DemonstrationFailed(f"{task} seed {seed}: {type(error).__name__}: {reason}") from error
    return demonstration.finish()


__all__ = ["REGISTRY", "Demonstration", "DemonstrationFailed", "demonstrate", "demonstrates"]
