"""Text and keys as PyAutoGUI code that types exactly them on OSWorld's desktop (X11, US layout).

Three traps of the real thing are gone round. PyAutoGUI types ``<`` as ``>``, so it is pressed as shift and comma; OSWorld
patches the same in code that says ``typewrite('…')`` or ``press('<')``, but damages other text there (unicode, escapes), so
neither is ever written, not even where the text itself holds them. PyAutoGUI leaves out without a word what the keyboard lacks
(everything beyond ASCII), so such letters are put on unused keys first, as xdotool does. It does the same with key names that
it does not know, so those are refused.

A desktop is given at most 90 s for a command, so a long text becomes several.

Sources: OSWorld, desktop_env/desktop_env.py (``_fix_pyautogui_less_than_bug``) and desktop_env/controllers/python.py; PyAutoGUI
0.9.54, _pyautogui_x11.py; asweigart/pyautogui issue 198; X11 protocol, "KEYSYM Encoding" (a letter's keysym is its code point in
Latin-1, beyond that 0x1000000 more; here the second place of a key always has the latter, by which it is found again as spare).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracer1.dialects.arguments import split_keys

LONGEST = 500
"""Letters in one command: 60 s when none of them is on the keyboard."""
_INTERVAL = 0.01
_RUN = re.compile(r"<|[\t\n -;=-~]+|[^\x00-\x7f]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LESS_THAN = "pyautogui.hotkey('shift', ',')"
_BEYOND_ASCII = """\
from Xlib import X, display
from Xlib.ext import xtest
desktop = display.Display()
first, last = desktop.display.info.min_keycode, desktop.display.info.max_keycode
rows = desktop.get_keyboard_mapping(first, last - first + 1)
unicode = range(0x1000000, 0x1110000)
spare = [first + n for n, row in enumerate(rows) if not any(row) or any(symbol in unicode for symbol in row)]
def enter(text):
    for letter in text:
        spare.append(spare.pop(0))
        symbol = unicode[ord(letter)]
        desktop.change_keyboard_mapping(spare[-1], [[ord(letter) if ord(letter) < 256 else symbol, symbol]])
        desktop.sync()
        time.sleep(0.08)
        xtest.fake_input(desktop, X.KeyPress, spare[-1])
        xtest.fake_input(desktop, X.KeyRelease, spare[-1])
        desktop.sync()
        time.sleep(0.02)"""
_WORDS = """shift ctrl alt win enter tab space backspace delete insert esc home end pageup pagedown up down left right capslock
numlock scrolllock printscreen pause apps help select multiply add subtract decimal divide"""
_NAMES = frozenset([*_WORDS.split(), *(f"f{n}" for n in range(1, 25)), *(f"num{n}" for n in range(10))])
_SAME = {
    **dict.fromkeys(("control", "ctrl_l", "ctrl_r", "ctrlleft", "ctrlright"), "ctrl"),
    **dict.fromkeys(("option", "opt", "alt_l", "alt_r", "altleft", "altright"), "alt"),
    **dict.fromkeys(("shift_l", "shift_r", "shiftleft", "shiftright"), "shift"),
    **dict.fromkeys(("super", "super_l", "meta", "cmd", "command", "windows", "winleft"), "win"),
    **dict.fromkeys(("return", "kp_enter"), "enter"),
    **dict.fromkeys(("escape",), "esc"),
    **dict.fromkeys(("del",), "delete"),
    **dict.fromkeys(("ins",), "insert"),
    **dict.fromkeys(("back", "bksp", "back_space"), "backspace"),
    **dict.fromkeys(("page_up", "pgup", "prior"), "pageup"),
    **dict.fromkeys(("page_down", "pgdn", "next"), "pagedown"),
    **dict.fromkeys(("print", "prtsc", "prtscr", "print_screen"), "printscreen"),
    **{f"arrow{way}": way for way in ("up", "down", "left", "right")},
    **{"caps_lock": "capslock", "spacebar": "space", "menu": "apps", "plus": "+", "minus": "-"},
}


def type_text(text: str) -> list[str]:
    """The commands that type the text; ``\\n`` is enter, ``\\t`` is tab. Raises ValueError for no text, and for control letters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text:
        raise ValueError("there is no text to type")
    if control := _CONTROL.search(text):
        raise ValueError(f"no key types {control[0]!r}")
    return ["\n".join(_lines(text[start : start + LONGEST])) for start in range(0, len(text), LONGEST)]


def press_key(key: str) -> str:
    """The command for a key or a combination such as ``ctrl+shift+t``. Raises ValueError for a key that there is none of."""
    names = split_keys(key)
    pressed = [name for one in names for name in _names(one, combined=len(names) > 1)]
    if len(pressed) == 1 and not pressed[0].isascii():
        return type_text(pressed[0])[0]
    if not all(name.isascii() for name in pressed):
        raise ValueError(f"{key!r:.40} is no combination of keys that a keyboard has")
    function = "press" if len(pressed) == 1 else "hotkey"
    return f"pyautogui.{function}({', '.join(map(repr, pressed))})"


def _lines(text: str) -> Iterator[str]:
    """One call for each run of letters that are typed the same way."""
    if not text.isascii():
        yield _BEYOND_ASCII
    for run in _RUN.findall(text):
        if run == "<":
            yield _LESS_THAN
        elif run.isascii():
            yield f"pyautogui.write({_literal(run)}, interval={_INTERVAL})"
        else:
            yield f"enter({run!a})"


def _literal(text: str) -> str:
    """A Python string in which OSWorld's patch finds no code of its own."""
    return repr(text).replace("pyautogui.", "pyautogui\\x2e")


def _names(name: str, combined: bool) -> list[str]:
    """PyAutoGUI's name. A letter of a combination is a small one: ``Ctrl+A`` means no shift."""
    small = name.lower()
    if name == "<":
        return ["shift", ","]
    if len(name) == 1 and name.isprintable():
        return [small if combined else name]
    if (known := _SAME.get(small, small)) in _NAMES or len(known) == 1:
        return [known]
    raise ValueError(f"pyautogui knows no key {name!r:.40}")
