"""What OSWorld's desktop is told to do: PyAutoGUI code in whole pixels of its screen, or ``WAIT``, ``DONE``, ``FAIL``.

The controller puts a command behind ``import pyautogui; import time; pyautogui.FAILSAFE = False; `` and runs it as a program, so
its first line is a simple statement, and only errors on that machine would tell of a wrong one: whatever cannot be done raises
here. ``FAIL`` says that the task is infeasible: it must be the last action, is right on infeasible tasks and wrong on all
others. Nobody answers questions, so ``ask_user`` fails the task too, as in OSWorld's own UI-TARS agents; ``answer`` has nobody
to tell and waits. A drag takes a second, because many programs miss one without motion. The wheel turns 5 clicks where the
action does not say; positive is up and right.

Sources: OSWorld, desktop_env/desktop_env.py, desktop_env/controllers/python.py, mm_agents/uitars15_v1.py; PyAutoGUI's documentation.
"""

from __future__ import annotations

from typing import Any

from tracer1.actions import Action
from tracer1.coordinates import Size
from tracer1.dialects.arguments import TURNS
from tracer1.environments.osworld.keyboard import press_key, type_text
from tracer1.environments.plan_act import pixel

WAIT, DONE, FAIL = "WAIT", "DONE", "FAIL"
LONGEST_WAIT = 60.0
MOST_TURNS = 50
_CLICKS = {
    "click": "click",
    "double_click": "doubleClick",
    "triple_click": "tripleClick",
    "right_click": "rightClick",
    "middle_click": "middleClick",
    "hover": "moveTo",
}


def commands(action: Action, screen: Size) -> list[str]:
    """The commands for one action; its places are ``thousand`` of the ``screen``. Raises ValueError when it cannot be done."""
    said = action.arguments
    if action.type in _CLICKS:
        return [f"pyautogui.{_CLICKS[action.type]}({_at(action, 'point', screen)})"]
    match action.type:
        case "type":
            focus = [f"pyautogui.click({_at(action, 'point', screen)})"] if "point" in said else []
            return [*focus, *type_text(said["text"])]
        case "key":
            return [press_key(said["key"])]
        case "scroll":
            return [_scroll(action, screen)]
        case "drag":
            start, end = _at(action, "start", screen), _at(action, "end", screen)
            return [f"pyautogui.moveTo({start})\npyautogui.dragTo({end}, duration=1.0, button='left')"]
        case "open_app":
            return _open(said["name"])
        case "wait":
            return [f"time.sleep({min(said['seconds'], LONGEST_WAIT)!r})" if said.get("seconds") else WAIT]
        case "answer":
            return [WAIT]
        case "ask_user":
            return [FAIL]
        case "finish":
            return [FAIL if said.get("outcome") == "failure" else DONE]
    raise ValueError(f"OSWorld's desktop cannot do {action.type}")


def _scroll(action: Action, screen: Size) -> str:
    direction, place = action.arguments["direction"], ""
    if "point" in action.arguments:
        place = f", {_at(action, 'point', screen)}"
    turns = max(1, min(MOST_TURNS, round(action.arguments.get("amount", TURNS))))
    function = "scroll" if direction in ("up", "down") else "hscroll"
    return f"pyautogui.{function}({turns if direction in ('up', 'right') else -turns}{place})"


def _open(name: str) -> list[str]:
    """GNOME's way: the super key, the name, enter. A long or odd name is no application's."""
    typed = type_text(name)
    if len(typed) > 1 or "\n" in name:
        raise ValueError(f"{name!r:.40} is no application's name")
    return [f"pyautogui.press('win')\ntime.sleep(1)\n{typed[0]}\ntime.sleep(1)\npyautogui.press('enter')"]


def _at(action: Action, name: str, screen: Size) -> str:
    point: Any = action.arguments.get(name)
    if point is None:
        raise ValueError(f"{action.type} needs its {name}: nobody has found it")
    return f"x={pixel(point[0], screen.width)}, y={pixel(point[1], screen.height)}"
