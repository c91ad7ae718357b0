"""Plays OSWorld tasks with OSWorld's own code and our agent, inside the sandbox of ``osworld_run.sh``.

Real: ``DesktopEnv``, its controllers and evaluators, ``lib_run_single``, the server that runs in OSWorld's virtual machine, PyAutoGUI
on an X server, the agent with its planner and executor over HTTP. Put in place of the original: the virtual machine (``Local``),
the models (a script; its planner knows what to do, its UI-TARS points to the middle), GNOME (a terminal), screen recording (left
out), accessibility (``pyatspi``, not used with screenshots), the runner's pauses of 60 and 20 seconds, and Python packages that only
other tasks' evaluators need, where they are missing (``ABSENT``).
"""

from __future__ import annotations

import argparse
import importlib.machinery
import importlib.util
import json
import logging
import os
import shutil
import subprocess
import sys
import time
import types
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from chat_server import chat_server, done, texts

OSWORLD, RESULTS, HOME = Path("/mnt/osworld"), Path("/mnt/results"), Path("/home/user")
PORT = 15000
SIZE = (1920, 1080)
MODEL = "tracer1"
WRITTEN = "if a < b: print('naïve – 漢字')"
_LINE = json.dumps(f'cat > ~/Desktop/written.txt <<"END"\n{WRITTEN}\nEND\n')
PLANS = {
    "os/e0df059f-28a6-4169-924f-b9623e7184cc": (
        "click(): Click into the terminal",
        f"type(text={_LINE}): Write a file, to see that every letter arrives",
        'type(text="mv ~/Desktop/todo_list_Jan_1 ~/Desktop/todo_list_Jan_2\\n"): Rename the directory',
        "finish(): The directory has its new name",
    ),
    "os/b3d4a89c-53f2-4d6b-8b6a-541fb5d205fa": (
        "wait(seconds=1): Wait for the settings to appear",
        'finish(outcome="failure"): There is no Bluetooth on this computer',
    ),
    # Wrong: it cannot be done, and the agent says that it did.
    "os/fe41f596-a71b-4c2f-9b2f-9dcd40b568c3": ("finish(): The battery is shown",),
}
ABSENT = """PyPDF2 acoustid borb boto3 bs4 cv2 docker docx dotenv easyocr fastdtw fitz formulas imagehash librosa mutagen odf
openpyxl pdfplumber playwright pptx pydrive pypdf rapidfuzz scipy skimage tldextract xmltodict yaml""".split()  # noqa: SIM905


class Local:
    """OSWorld's provider and manager of virtual machines, for a desktop that runs already."""

    def get_ip_address(self, path: str) -> str:
        return f"127.0.0.1:{PORT}:9222:8006:8080"

    def get_vm_path(self, **_: Any) -> str:
        return "local"

    def start_emulator(self, *_: Any) -> None:
        """It runs."""

    stop_emulator = save_state = revert_to_snapshot = start_emulator


class Absent:
    """Loads a module that has every name, each an empty class."""

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        module = types.ModuleType(spec.name)
        module.__path__ = []
        module.__getattr__ = lambda name: type(name, (), {})  # type: ignore[method-assign]
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """There is nothing in it."""


class AbsentFinder:
    """Asked last, for packages of :data:`ABSENT` that are not installed."""

    def __init__(self) -> None:
        self.names = [name for name in ABSENT if importlib.util.find_spec(name) is None]

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] not in self.names:
            return None
        return importlib.machinery.ModuleSpec(name, Absent(), is_package=True)  # type: ignore[arg-type]


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    furnish()
    finder = AbsentFinder()
    sys.meta_path.append(finder)  # type: ignore[arg-type]
    print("stand-ins for", ", ".join(finder.names) or "nothing", flush=True)
    with desktop(), chat_server(answer) as server:
        for task in PLANS:
            play(task, server.url)
    shutil.copy(HOME / "Desktop" / "written.txt", RESULTS)
    shutil.copy(OSWORLD / "evaluation_examples" / "test_nogdrive.json", RESULTS)


def furnish() -> None:
    """What OSWorld's machine has: ``python`` and ``sudo``, and packages for its server."""
    scripts = {"python": f'exec "{sys.executable}" "$@"', "sudo": '[ "$1" = -S ] && shift\nexec "$@"'}
    (HOME / "bin").mkdir()
    for name, line in scripts.items():
        (HOME / "bin" / name).write_text(f"#!/bin/sh\n{line}\n")
        (HOME / "bin" / name).chmod(0o755)
    (HOME / "stubs").mkdir()
    (HOME / "stubs" / "pyatspi.py").write_text("def __getattr__(name):\n    return type(name, (), {})\n")
    (HOME / ".Xauthority").touch()


@contextmanager
def desktop() -> Iterator[None]:
    """An X server, a window manager, a terminal, and OSWorld's server on loopback."""
    server = HOME / "server"
    shutil.copytree(OSWORLD / "desktop_env" / "server", server)
    run_server = f"import main; main.app.run('127.0.0.1', {PORT})"
    with ExitStack() as stack:
        for command, seconds in (
            (["Xvfb", ":15", "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-nolisten", "tcp"], 2),
            (["openbox"], 1),
            (["xterm", "-maximized", "-fa", "DejaVu Sans Mono", "-fs", "12"], 2),
            ([sys.executable, "-c", run_server], 3),
        ):
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            process = subprocess.Popen(command, cwd=server, **quiet)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            time.sleep(seconds)
            if process.poll() is not None:
                raise SystemExit(f"{command[0]} ended with {process.returncode}: start it by hand to see why")
        yield


def answer(request: dict[str, Any]) -> str:
    """The models: UI-TARS points to the middle, the planner says what remains of the task's script."""
    if request["model"] == "ui-tars":
        return "(500,500)"
    said = texts(request)
    (plan,) = (PLANS[task] for task in PLANS if f"Task: {example(task)['instruction']}\n" in said)
    return "\n".join(f"{number}. {step}" for number, step in enumerate(plan[done(request) :], 1))


def example(task: str) -> dict[str, Any]:
    return json.loads((OSWORLD / "evaluation_examples" / "examples" / f"{task}.json").read_text(encoding="utf-8"))


def play(task: str, url: str) -> None:
    """One task, from the runner's side."""
    from tracer1.environments.osworld.agent import OSWorldAgent
    from tracer1.executors import load_executor
    from tracer1.planner import Planner

    sys.path.insert(0, str(OSWORLD))
    import lib_run_single
    from desktop_env import desktop_env

    desktop_env.create_vm_manager_and_provider = lambda *_, **__: (Local(), Local())
    lib_run_single.time = types.SimpleNamespace(sleep=lambda seconds: time.sleep(min(seconds, 1)))
    env = desktop_env.DesktopEnv(
        provider_name="docker",
        action_space="pyautogui",
        screen_size=SIZE,
        cache_dir="/tmp/cache",
        require_a11y_tree=False,
    )
    env.controller.start_recording = lambda: None
    env.controller.end_recording = lambda path: None
    agent = OSWorldAgent(Planner(url, "planner"), load_executor("ui_tars", base_urls=[url], model="ui-tars"))
    directory = RESULTS / "pyautogui" / "screenshot" / MODEL / task
    directory.mkdir(parents=True, exist_ok=True)
    settings = argparse.Namespace(sleep_after_execution=0.5, result_dir=str(RESULTS))
    scores: list[float] = []
    run = next(
        getattr(lib_run_single, name) for name in sorted(dir(lib_run_single)) if name.startswith("run_single_example")
    )
    run(agent, env, example(task), 10, example(task)["instruction"], settings, str(directory), scores)
    print(f"{task}: {scores[0]}", flush=True)


if __name__ == "__main__":
    os.chdir(HOME)
    main()
