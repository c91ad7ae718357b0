"""Arguments in the dialects: which were said, which can be said, the names of keys, and how far a wheel turns."""

from __future__ import annotations

from typing import Any

from tracer1.actions import Action

_KEYS = {
    " ": "space",
    "\n": "enter",
    "\t": "tab",
    "return": "enter",
    "control": "ctrl",
    "escape": "esc",
    "arrowup": "up",
    "arrowdown": "down",
    "arrowleft": "left",
    "arrowright": "right",
}
TURNS = 5
"""How far a wheel turns when the action does not say: what UI-TARS' own executor does."""


def act(kind: str, **arguments: Any) -> Action:
    """An action with the arguments that were said: None means that one was not. Raises ValueError as Action does."""
    return Action(kind, {name: value for name, value in arguments.items() if value is not None})


def take(action: Action, *names: str) -> list[Any]:
    """The arguments of these names, None where absent. Raises ValueError for any other: writing would lose it."""
    for name in action.arguments:
        if name not in names:
            raise ValueError(f"this dialect cannot say {action.type}.{name}: leave it out")
    return [action.arguments.get(name) for name in names]


def join_keys(keys: Any) -> str:
    """Key names as one ``key`` argument such as ``ctrl+c``, in lower case. Raises ValueError when there are none."""
    if not isinstance(keys, list | tuple) or not keys or not all(isinstance(key, str) and key for key in keys):
        raise ValueError("keys are a list of names")
    names = [key if key in _KEYS else key.strip().lower() for key in keys]
    return "+".join(_KEYS.get(name, name) for name in names)


def split_keys(key: str) -> list[str]:
    """The key names of a ``key`` argument; the last may be ``+`` itself. Raises ValueError for what is no name."""
    names = key.split("+")
    if names[-2:] == ["", ""]:
        names[-2:] = ["+"]
    if any(name.split() != [name] for name in names):
        raise ValueError(f"{key!r:.40} is not a key such as ctrl+c")
    return names


def turn(amount: Any, forwards: str, backwards: str) -> dict[str, Any]:
    """Direction and amount of a wheel: a positive number turns ``forwards``. Raises ValueError for 0 or no number."""
    if isinstance(amount, bool) or not isinstance(amount, int | float) or amount == 0:
        raise ValueError("a scroll needs a number other than 0")
    return {"direction": forwards if amount > 0 else backwards, "amount": abs(amount)}


def turns(direction: str, amount: float | None) -> float:
    """The number for a wheel: positive is up and right. Raises ValueError for 0, which has no direction."""
    if amount == 0:
        raise ValueError("a scroll by 0 has no direction")
    size = TURNS if amount is None else amount
    return size if direction in ("up", "right") else -size
