"""A step instruction for an action that was recorded without one: one short English sentence.

An element is named as the dataset names it (``Click the Search button``); an action without one, or on one without a name, is
said with its place in words (``Click at the bottom right of the screen``), never in numbers: the executor finds it, and a
planner that learns the sentence learns no coordinates. Whoever uses this marks the trajectory ``instructions="derived"``.
"""

from __future__ import annotations

from tracer1.actions import Action

LONGEST = 60
"""Characters of a name or a text that are repeated; the action itself has all of it."""
_ROLES = {
    "button": "button",
    "cell": "gridcell td",
    "checkbox": "checkbox",
    "column header": "columnheader",
    "combo box": "combobox",
    "field": "input",
    "heading": "heading h1 h2 h3",
    "icon": "i path svg",
    "image": "image img",
    "label": "label labeltext",
    "link": "a link",
    "list": "select",
    "list box": "listbox",
    "list item": "li listitem",
    "menu item": "menuitem menuitemcheckbox menuitemradio",
    "number field": "spinbutton",
    "option": "option",
    "radio button": "radio",
    "row": "row",
    "search box": "searchbox",
    "slider": "slider",
    "switch": "switch",
    "tab": "tab",
    "text box": "textarea textbox",
    "tree item": "treeitem",
}
NOUNS = {role: noun for noun, roles in _ROLES.items() for role in roles.split()}
"""What a role or an HTML tag is called; those that say nothing of what is seen (``div``, ``generic``) have no noun."""
_POINTED = {
    "click": "Click",
    "double_click": "Double-click",
    "triple_click": "Triple-click",
    "right_click": "Right-click",
    "middle_click": "Middle-click",
    "long_press": "Press and hold",
}
_SIMPLE = {
    "press_back": "Go back",
    "press_home": "Go to the home screen",
    "press_recent": "Show the recent apps",
    "wait": "Wait",
}


def instruction_of(action: Action, *elements: tuple[str, str]) -> str:
    """The instruction: one line with single spaces, the same for the same action.

    ``elements`` are what the action is done to, each by its role (or HTML tag) and its visible name, either of which may be
    empty. A drag has two: what is dragged, and where to.
    """
    said = action.arguments
    what, where = _target(said.get("point"), elements)
    match action.type:
        case kind if kind in _POINTED:
            return _join(_POINTED[kind], what, where)
        case "hover":
            return _join("Hover", _with("over", what), where)
        case "drag":
            return _dragged(said.get("start"), said.get("end"), elements)
        case "type":
            return _typed(said["text"], what, where)
        case "select":
            return _join("Select", _quoted(said["value"]), _with("in", what), where)
        case "key":
            return _join("Press", _key(said["key"]), _with("in", what))
        case "scroll":
            return _join("Scroll", said["direction"], _with("in", what))
        case "open_app":
            return _join("Open", _called("app", said["name"]))
        case "answer":
            return _join("Tell the user", _quoted(said["text"]))
        case "ask_user":
            return _join("Ask the user", _quoted(said["question"]) if "question" in said else "")
        case "finish":
            return "Stop: the task cannot be done" if said.get("outcome") == "failure" else "Done"
        case "call_tool":
            return _join("Call", _called("tool", said["name"]))
    return _SIMPLE[action.type]


def _target(point: list[float] | None, elements: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """What an action is done to, and where that is unless its name tells."""
    what = _named(*elements[0]) if elements else ""
    is_told = elements and elements[0][1].strip()
    return what, "" if is_told else _at(point)


def _named(role: str, name: str) -> str:
    return _called(NOUNS.get(role.lower(), ""), name)


def _called(noun: str, name: str) -> str:
    """``the Search button``, or the name in quotes where there is no noun."""
    name = _short(name)
    if not noun:
        return f'"{name}"' if name else "the element"
    return f"the {name}" if f" {name.lower()}".endswith(f" {noun}") else _join("the", name, noun)


def _dragged(start: list[float] | None, end: list[float] | None, elements: tuple[tuple[str, str], ...]) -> str:
    if elements:
        return f"Drag {' to '.join(_named(*element) for element in elements)}"
    if start and end and _place(start) == _place(end):
        return _join("Drag", _way(end[0] - start[0], end[1] - start[1]), _at(start))
    return _join(
        "Drag", _with("from", _place(start)), _with("to", _place(end)), "of the screen" if start or end else ""
    )


def _way(across: float, down: float) -> str:
    """The longer way decides, the vertical one when they are equal."""
    if abs(across) > abs(down):
        return "right" if across > 0 else "left"
    return "" if down == 0 else "down" if down > 0 else "up"


def _typed(text: str, what: str, where: str) -> str:
    if text.strip():
        return _join(
            "Type", _quoted(text), _with("into", what), where, "and press Enter" if text.endswith("\n") else ""
        )
    if text.endswith("\n"):
        return _join("Press Enter", _with("in", what), where)
    return _join("Type spaces", _with("into", what), where) if text else _join("Clear", what or "the field", where)


def _key(key: str) -> str:
    """``Ctrl+C``."""
    return "+".join(name[:1].upper() + name[1:] for name in _short(key).split("+")) or "Space"


def _at(point: list[float] | None) -> str:
    """``at the bottom right of the screen``."""
    if not point:
        return ""
    place = _place(point)
    word = {"the left": "on", "the right": "on", "the middle": "in"}.get(place, "at")
    return f"{word} {place} of the screen"


def _place(point: list[float] | None) -> str:
    """Where on the screen a ``thousand`` point lies, by thirds: ``the top left``, ``the left``, ``the middle``, …"""
    if not point:
        return ""
    column, row = (min(2, int(value * 3 / 1000)) for value in point)
    return f"the {_join(('top', '', 'bottom')[row], ('left', '', 'right')[column]) or 'middle'}"


def _quoted(text: str) -> str:
    return f'"{_short(text)}"'


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST].rstrip()}…"


def _with(word: str, what: str) -> str:
    return f"{word} {what}" if what else ""


def _join(*words: str) -> str:
    return " ".join(filter(None, words))
