"""Plays episodes with AndroidWorld's own code and our agent: ``python android_phone.py RESULTS [--broken]``.

With ``--broken`` the planner's server fails, to see what becomes of such episodes; without it they are then played again.

Real: ``suite_utils.run``, ``episode_runner.run_episode``, ``AsyncAndroidEnv`` and its actuation down to every adb request, the
checkpointer, the agent with its planner over HTTP. Put in place of the original: the device, which answers adb requests with a
MiniWoB++ page in Chromium (``Phone``); the tasks, which are MiniWoB++'s; the planner (a script of the reference steps); the
executor, which finds elements by their names; and the compiled protocol buffers of tasks that are not played, where missing.

AndroidWorld must be importable: PYTHONPATH=<checkout of google-research/android_world> (README.md).
"""

from __future__ import annotations

import importlib
import io
import re
import sys
import types
from pathlib import Path
from typing import Any

from chat_server import Refuse, chat_server, done, texts

from tracer1.actions import Action
from tracer1.coordinates import Point
from tracer1.environments.miniwob.demonstrators import demonstrate
from tracer1.environments.miniwob.environment import MiniWob
from tracer1.executors import load_executor
from tracer1.planner import Planner, PlannerSettings
from tracer1.plans import render_step

# EnterDate needs the tab key, which AndroidWorld's phone has not: the agent gives it up.
TASKS = {"LoginUser": "login-user", "EnterDate": "enter-date", "ClickCheckboxesTransfer": "click-checkboxes-transfer"}
INSTANCES = 2
SCALE = 5
"""Pixels of the phone for one of the page."""
ANDROID = {
    "textbox": "android.widget.EditText",
    "button": "android.widget.Button",
    "checkbox": "android.widget.CheckBox",
}
SWIPE = re.compile(r"swipe (\d+) (\d+) (\d+) (\d+)")


class Absent(type):
    """A class that has every attribute, each a class like it."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(name, (), {})


def import_android_world() -> None:
    """With stand-ins for what only other tasks need. Raises ModuleNotFoundError when AndroidWorld is not there."""
    protos = "android_world.task_evals.information_retrieval.proto"
    importlib.import_module(protos)
    for name in ("state_pb2", "task_pb2"):
        try:
            importlib.import_module(f"{protos}.{name}")
        except ModuleNotFoundError:
            absent = types.ModuleType(name)
            absent.__getattr__ = lambda thing: getattr(Absent("Absent", (), {}), thing)  # type: ignore[method-assign]
            sys.modules[f"{protos}.{name}"] = absent


class Phone:
    """A device as AndroidWorld's environment knows it: it has a screen, and answers adb requests."""

    def __init__(self, page: MiniWob) -> None:
        self.page = page

    def reset(self) -> Any:
        return self.step({})

    def step(self, action: Any) -> Any:
        """The screen; nothing is done."""
        import numpy
        from PIL import Image

        seen = self.page.observe()
        with Image.open(io.BytesIO(seen.screenshot)) as image:
            large = image.convert("RGB").resize((image.width * SCALE, image.height * SCALE), Image.Resampling.NEAREST)
        elements = [self._element(element) for element in seen.elements]
        return types.SimpleNamespace(
            observation={"pixels": numpy.asarray(large), "forest": None, "ui_elements": elements}
        )

    def _element(self, element: Any) -> Any:
        from android_world.env.representation_utils import BoundingBox, UIElement

        box = element.box
        place = BoundingBox(box.left * SCALE, box.right * SCALE, box.top * SCALE, box.bottom * SCALE)
        kind = ANDROID.get(element.role, f"android.view.{element.role}")
        return UIElement(text=element.name, class_name=kind, bbox_pixels=place, is_visible=True, is_clickable=True)

    def execute_adb_call(self, request: Any) -> Any:
        """What adb would do, done to the page."""
        from android_env.proto import adb_pb2

        output = b""
        kind = request.WhichOneof("command")
        if kind == "tap":
            self.page.perform(Action("click"), Point(request.tap.x / SCALE, request.tap.y / SCALE, "pixel"))
        elif kind == "input_text":
            self.page.perform(Action("type", {"text": unescaped(request.input_text.text)}))
        elif kind == "press_button" and request.press_button.button == adb_pb2.AdbRequest.PressButton.ENTER:
            self.page.perform(Action("key", {"key": "Enter"}))
        elif kind == "generic":
            output = self._shell(" ".join(request.generic.args))
        answer = adb_pb2.AdbResponse(status=adb_pb2.AdbResponse.Status.OK)
        answer.generic.output = output
        return answer

    def _shell(self, command: str) -> bytes:
        if "logicalFrame" in command:
            return f"logicalFrame=[0, 0, {160 * SCALE}, {210 * SCALE}]".encode()
        if "mCurrentRotation" in command:
            return b"mCurrentRotation=ROTATION_0"
        if swipe := SWIPE.search(command):
            across, along = int(swipe[3]) - int(swipe[1]), int(swipe[4]) - int(swipe[2])
            upright = ("down" if along < 0 else "up") if abs(along) >= abs(across) else None
            self.page.perform(Action("scroll", {"direction": upright or ("right" if across < 0 else "left")}))
        return b""

    def close(self) -> None:
        """The page is closed by who opened it."""


def unescaped(text: str) -> str:
    """What ``adb shell input text`` enters."""
    return " " if text == "%s" else re.sub(r"\\(.)", r"\1", text)


class Task:
    """One instance of a MiniWoB++ task, as AndroidWorld's runner wants tasks."""

    start_on_home_screen = True
    complexity = 2.0

    def __init__(self, name: str, instance: int, page: MiniWob, scripts: dict[str, list[str]]) -> None:
        self.name, self.params, self._page = name, {"seed": instance}, page
        shown = demonstrate(page, TASKS[name], instance)
        self.goal = shown.instruction
        scripts[self.goal] = [render_step(record.step) for record in shown.steps if record.step]
        if not scripts[self.goal][-1].startswith("finish"):
            scripts[self.goal].append("finish(): All is done")

    def initialize_task(self, env: Any) -> None:
        self._page.reset(TASKS[self.name], self.params["seed"])

    def is_successful(self, env: Any) -> float:
        return float(self._page.outcome().reward > 0)

    def tear_down(self, env: Any) -> None:
        """The next task starts anew."""


def main(results: Path, broken: bool) -> None:
    """Play what has no result yet, and write checkpoints to ``results``."""
    import_android_world()
    from android_world import checkpointer, suite_utils
    from android_world.env import interface

    from tracer1.environments.android_world.agent import android_world_agent

    scripts: dict[str, list[str]] = {}

    def answer(request: dict[str, Any]) -> str:
        if broken:
            raise Refuse(400)
        goal = texts(request).split("Task: ")[-1].split("\nDone:")[0]
        return "\n".join(f"{number}. {step}" for number, step in enumerate(scripts[goal][done(request) :], 1))

    with MiniWob() as page, chat_server(answer) as server:
        suite = suite_utils.Suite({name: [Task(name, n, page, scripts) for n in range(INSTANCES)] for name in TASKS})
        env = interface.AsyncAndroidEnv(Phone(page))
        planner = Planner(server.url, "planner", PlannerSettings(history=20))
        agent = android_world_agent(env, planner, load_executor("accessibility"), transition_pause=0.0)
        suite_utils.run(suite, agent, checkpointer=checkpointer.IncrementalCheckpointer(str(results)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), broken=sys.argv[2:] == ["--broken"])
