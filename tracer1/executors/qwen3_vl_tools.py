"""Qwen3-VL's two tools as function schemas, in the words with which the model knows them.

Their screens differ by one: 999x999 for ``mobile_use``, as in the cookbook, and 1000x1000 for ``computer_use``, as in OSWorld's
agent; both sources divide by 999 (:mod:`tracer1.dialects.qwen3_vl`).

Sources, both Apache-2.0: QwenLM/Qwen3-VL cookbooks/utils/agent_function_call.py (``computer_use``) and
cookbooks/mobile_agent.ipynb (``mobile_use``); OSWorld mm_agents/qwen3vl_agent.py (the size of the screen).
"""

from __future__ import annotations

from typing import Any

_COMPUTER = """Use a mouse and keyboard to interact with a computer, and take screenshots.
* This is an interface to a desktop GUI. You do not have access to a terminal or applications menu. You must click on desktop \
icons to start applications.
* Some applications may take time to start or process actions, so you may need to wait and take successive screenshots to see \
the results of your actions. E.g. if you click on Firefox and a window doesn't open, try wait and taking another screenshot.
* The screen's resolution is 1000x1000.
* Whenever you intend to move the cursor to click on an element like an icon, you should consult a screenshot to determine the \
coordinates of the element before moving the cursor.
* If you tried clicking on a program or link but it failed to load, even after waiting, try adjusting your cursor position so \
that the tip of the cursor visually falls on the element that you want to click.
* Make sure to click any buttons, links, icons, etc with the cursor tip in the center of the element. Don't click boxes on \
their edges."""
_AT = "at a specified (x, y) pixel coordinate on the screen"
_COMPUTER_ACTIONS = {
    "key": "Performs key down presses on the arguments passed in order, then performs key releases in reverse order.",
    "type": "Type a string of text on the keyboard.",
    "mouse_move": "Move the cursor to a specified (x, y) pixel coordinate on the screen.",
    "left_click": f"Click the left mouse button {_AT}.",
    "left_click_drag": "Click and drag the cursor to a specified (x, y) pixel coordinate on the screen.",
    "right_click": f"Click the right mouse button {_AT}.",
    "middle_click": f"Click the middle mouse button {_AT}.",
    "double_click": f"Double-click the left mouse button {_AT}.",
    "triple_click": f"Triple-click the left mouse button {_AT} (simulated as double-click since it's the closest action).",
    "scroll": "Performs a scroll of the mouse scroll wheel.",
    "hscroll": "Performs a horizontal scroll (mapped to regular scroll).",
    "wait": "Wait specified seconds for the change to happen.",
    "terminate": "Terminate the current task and report its completion status.",
    "answer": "Answer a question.",
}
_PLACE = "(x, y): The x (pixels from the left edge) and y (pixels from the top edge) coordinates to move the mouse to."
_ENDED = ("The status of the task. Required only by `action=terminate`.", "string", ["success", "failure"])
_COMPUTER_ARGUMENTS = {
    "keys": ("Required only by `action=key`.", "array"),
    "text": ("Required only by `action=type` and `action=answer`.", "string"),
    "coordinate": (_PLACE, "array"),
    "pixels": (
        "The amount of scrolling to perform. Positive values scroll up, negative values scroll down. Required only by "
        "`action=scroll` and `action=hscroll`.",
        "number",
    ),
    "time": ("The seconds to wait. Required only by `action=wait`.", "number"),
    "status": _ENDED,
}

_MOBILE = """Use a touchscreen to interact with a mobile device, and take screenshots.
* This is an interface to a mobile device with touchscreen. You can perform actions like clicking, typing, swiping, etc.
* Some applications may take time to start or process actions, so you may need to wait and take successive screenshots to see \
the results of your actions.
* The screen's resolution is 999x999.
* Make sure to click any buttons, links, icons, etc with the cursor tip in the center of the element. Don't click boxes on \
their edges unless asked."""
_MOBILE_ACTIONS = {
    "click": "Click the point on the screen with coordinate (x, y).",
    "long_press": "Press the point on the screen with coordinate (x, y) for specified seconds.",
    "swipe": "Swipe from the starting point with coordinate (x, y) to the end point with coordinates2 (x2, y2).",
    "type": "Input the specified text into the activated input box.",
    "answer": "Output the answer.",
    "system_button": "Press the system button.",
    "wait": "Wait specified seconds for the change to happen.",
    "terminate": "Terminate the current task and report its completion status.",
}
_MOBILE_ARGUMENTS = {
    "coordinate": (
        f"{_PLACE} Required only by `action=click`, `action=long_press`, and `action=swipe`.",
        "array",
    ),
    "coordinate2": (f"{_PLACE} Required only by `action=swipe`.", "array"),
    "text": ("Required only by `action=type` and `action=answer`.", "string"),
    "time": ("The seconds to wait. Required only by `action=long_press` and `action=wait`.", "number"),
    "button": (
        "Back means returning to the previous interface, Home means returning to the desktop, Menu means opening the "
        "application background menu, and Enter means pressing the enter. Required only by `action=system_button`",
        "string",
        ["Back", "Home", "Menu", "Enter"],
    ),
    "status": _ENDED,
}


def _tool(name: str, says: str, actions: dict[str, str], arguments: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
    """A tool with one ``action`` and its arguments (description, type, perhaps the legal values), as a function schema."""
    listed = "\n".join(f"* `{action}`: {does}" for action, does in actions.items())
    what = f"The action to perform. The available actions are:\n{listed}"
    properties: dict[str, Any] = {"action": {"description": what, "enum": list(actions), "type": "string"}}
    for argument, (description, kind, *legal) in arguments.items():
        properties[argument] = {"description": description, "type": kind} | ({"enum": legal[0]} if legal else {})
    parameters = {"properties": properties, "required": ["action"], "type": "object"}
    return {"type": "function", "function": {"name": name, "description": says, "parameters": parameters}}


COMPUTER_USE = _tool("computer_use", _COMPUTER, _COMPUTER_ACTIONS, _COMPUTER_ARGUMENTS)
MOBILE_USE = _tool("mobile_use", _MOBILE, _MOBILE_ACTIONS, _MOBILE_ARGUMENTS)
