"""Step instructions in words, for datasets that record an action and its element but no sentence.

``describe(Action("click"), Named("button", "Search"))`` is "Click the Search button". The noun is the element's role, or its
HTML tag where the dataset gives that; roles that say nothing of what is seen (``div``, ``generic``) get no noun.
"""

from __future__ import annotations

from dataclasses import dataclass

from tracer1.actions import Action

LONGEST = 80
"""A longer name or value is cut: the instruction has to find the element, not to repeat it."""
NOUNS = {
    "a": "link",
    "button": "button",
    "checkbox": "checkbox",
    "columnheader": "column header",
    "combobox": "combo box",
    "gridcell": "cell",
    "h1": "heading",
    "h2": "heading",
    "h3": "heading",
    "heading": "heading",
    "i": "icon",
    "image": "image",
    "img": "image",
    "input": "field",
    "labeltext": "label",
    "label": "label",
    "li": "list item",
    "link": "link",
    "listbox": "list box",
    "listitem": "list item",
    "menuitem": "menu item",
    "menuitemcheckbox": "menu item",
    "menuitemradio": "menu item",
    "option": "option",
    "path": "icon",
    "radio": "radio button",
    "row": "row",
    "searchbox": "search box",
    "select": "list",
    "slider": "slider",
    "spinbutton": "number field",
    "svg": "icon",
    "switch": "switch",
    "tab": "tab",
    "td": "cell",
    "textarea": "text box",
    "textbox": "text box",
    "treeitem": "tree item",
}
_VERBS = {
    "click": "Click",
    "double_click": "Double-click",
    "right_click": "Right-click",
    "middle_click": "Middle-click",
    "hover": "Hover over",
}


@dataclass(frozen=True, slots=True)
class Named:
    """An element as a dataset names it: its role or tag, and its visible name (either may be empty)."""

    role: str = ""
    name: str = ""

    def __str__(self) -> str:
        """``the Search button``, or the name in quotes where the role is none."""
        name, noun = short(self.name), NOUNS.get(self.role.lower(), "")
        if not noun:
            return f'"{name}"' if name else "the element"
        if not name:
            return f"the {noun}"
        return f"the {name}" if name.lower().endswith(noun) else f"the {name} {noun}"


def describe(action: Action, element: Named | None = None, other: Named | None = None) -> str:
    """One line that says what the action does to the element; a drag ends at the ``other`` one.

    Raises ValueError for an action that has no wording here.
    """
    said = action.arguments
    match action.type:
        case kind if kind in _VERBS:
            return f"{_VERBS[kind]} {element or Named()}"
        case "type":
            text = short(said["text"])
            return f'Type "{text}"{_at(" into", element)}' if text else f"Clear {element or Named()}"
        case "select":
            return f'Select "{short(said["value"])}"{_at(" in", element)}'
        case "key":
            return f"Press {short(said['key'])}{_at(' in', element)}"
        case "scroll":
            return f"Scroll {said['direction']}"
        case "drag":
            return f"Drag {element or Named()} to {other or Named()}"
        case "wait":
            return "Wait"
        case "answer":
            return "Tell the user the answer"
        case "finish":
            return "Stop: the task cannot be done" if said.get("outcome") == "failure" else "Done"
    raise ValueError(f"no instruction can be derived from {action.type}")


def short(text: str) -> str:
    """The text on one line with single spaces, cut where it is too long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST].rstrip()}…"


def _at(word: str, element: Named | None) -> str:
    return f"{word} {element}" if element else ""
