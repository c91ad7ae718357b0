"""A process that runs OSWorld's commands against a ``pyautogui`` and an ``Xlib`` that only record: ``python recording_desktop.py``.

A line in is ``{"commands": [...]}``, a line out ``{"typed": text, "events": [...]}``. What is typed is modelled on the real things:
PyAutoGUI enters ``>`` for ``<`` (but ``<`` for shift and comma), and nothing for letters that are no keys; the X server enters the
symbol that lies on a key code. The commands run as OSWorld's controller runs them, behind its prefix.
"""

from __future__ import annotations

import json
import sys
import types
from typing import Any

PREFIX = "import pyautogui; import time; pyautogui.FAILSAFE = False; {command}"
SPARE = (8, 93, 97, 200)
MEDIA_KEY = 0x1008FF12


class Desktop:
    def __init__(self) -> None:
        self.typed, self.events = "", []
        self.rows = {code: [0, 0] if code in SPARE else [0x61, 0x41] for code in range(8, 256)} | {121: [MEDIA_KEY, 0]}

    def modules(self) -> dict[str, Any]:
        pyautogui = types.ModuleType("pyautogui")
        for name in (
            "click",
            "doubleClick",
            "tripleClick",
            "rightClick",
            "middleClick",
            "moveTo",
            "dragTo",
            "scroll",
            "hscroll",
        ):
            setattr(pyautogui, name, self._recorder(name))
        pyautogui.write, pyautogui.hotkey, pyautogui.press = self._write, self._hotkey, self._recorder("press")
        clock = types.ModuleType("time")
        clock.sleep = self._recorder("sleep")
        x, xtest, display = types.ModuleType("X"), types.ModuleType("xtest"), types.ModuleType("display")
        x.KeyPress, x.KeyRelease = 2, 3
        xtest.fake_input = self._fake_input
        display.Display = lambda: self
        xlib, ext = types.ModuleType("Xlib"), types.ModuleType("Xlib.ext")
        xlib.X, xlib.display, xlib.ext, ext.xtest = x, display, ext, xtest
        named = {"Xlib": xlib, "Xlib.ext": ext, "Xlib.ext.xtest": xtest, "Xlib.display": display, "Xlib.X": x}
        return {"pyautogui": pyautogui, "time": clock, **named}

    def _recorder(self, name: str) -> Any:
        return lambda *values, **named: self.events.append([name, list(values), named])

    def _write(self, text: str, interval: float = 0.0) -> None:
        self.typed += "".join(
            ">" if letter == "<" else letter for letter in text if letter in "\n\t" or " " <= letter <= "~"
        )

    def _hotkey(self, *keys: str) -> None:
        if keys == ("shift", ","):
            self.typed += "<"
        else:
            self.events.append(["hotkey", list(keys), {}])

    # What is used of Xlib.display.Display.

    @property
    def display(self) -> Any:
        return types.SimpleNamespace(info=types.SimpleNamespace(min_keycode=8, max_keycode=255))

    def get_keyboard_mapping(self, first: int, count: int) -> list[list[int]]:
        return [self.rows[code] for code in range(first, first + count)]

    def change_keyboard_mapping(self, code: int, rows: list[list[int]]) -> None:
        assert code in SPARE, "a key that is in use was changed"
        (self.rows[code],) = rows

    def sync(self) -> None:
        """Nothing waits here."""

    def _fake_input(self, display: Any, event: int, code: int) -> None:
        if event == 2:
            symbol = self.rows[code][0]
            self.typed += chr(symbol if symbol < 0x100 else symbol - 0x1000000)


def main() -> None:
    real = dict(sys.modules)
    for line in sys.stdin:
        desktop = Desktop()
        sys.modules.update(desktop.modules())
        for command in json.loads(line)["commands"]:
            exec(compile(PREFIX.format(command=command), "<command>", "exec"), {})  # noqa: S102
        sys.modules["time"] = real["time"]
        print(json.dumps({"typed": desktop.typed, "events": desktop.events}), flush=True)


if __name__ == "__main__":
    import time  # noqa: F401  (so that it can be put back)

    main()
