"""A stand-in for what the agent uses of ``android_world``, where it is not installed: modules by their names, and a phone."""

from __future__ import annotations

import types
from dataclasses import dataclass, field
from typing import Any

import numpy

FIELDS = ("action_type", "index", "x", "y", "text", "direction", "goal_status", "app_name", "keycode", "clear_text")
TYPES = """answer click double_tap input_text keyboard_enter long_press navigate_back navigate_home open_app scroll status swipe
unknown wait""".split()  # noqa: SIM905


@dataclass
class Result:
    done: bool
    data: dict[str, Any]


class Agent:
    def __init__(self, env: Any, name: str = "", transition_pause: float | None = 1.0) -> None:
        self.env, self.name, self.transition_pause = env, name, transition_pause

    def reset(self, go_home: bool = False) -> None:
        self.env.reset(go_home=go_home)

    def get_post_transition_state(self) -> Any:
        return self.env.get_state(wait_to_stabilize=self.transition_pause is None)


def json_action(**fields: Any) -> dict[str, Any]:
    assert set(fields) <= set(FIELDS) and fields["action_type"] in TYPES
    return fields


def modules() -> dict[str, types.ModuleType]:
    names = ("android_world", "android_world.agents", "android_world.env")
    package, agents, env = (types.ModuleType(name) for name in names)
    agents.base_agent = types.SimpleNamespace(EnvironmentInteractingAgent=Agent, AgentInteractionResult=Result)
    env.json_action = types.SimpleNamespace(JSONAction=json_action)
    return dict(zip(names, (package, agents, env), strict=True))


@dataclass
class Phone:
    """Its pixels are ``pixels`` (portrait); ``actions`` is what it was told."""

    pixels: Any = field(default_factory=lambda: numpy.full((240, 108, 3), 255, numpy.uint8))
    elements: tuple[Any, ...] = ()
    logical_screen_size: tuple[int, int] = (1080, 2400)
    orientation: int = 0
    actions: list[Any] = field(default_factory=list)
    resets: int = 0
    hidden: int = 0  # after how many resets its pointer's coordinates were hidden
    stable: list[bool] = field(default_factory=list)

    def reset(self, go_home: bool) -> None:
        self.resets += 1

    def hide_automation_ui(self) -> None:
        self.hidden = self.resets

    def get_state(self, wait_to_stabilize: bool) -> Any:
        self.stable.append(wait_to_stabilize)
        return types.SimpleNamespace(pixels=self.pixels, ui_elements=list(self.elements))

    def execute_action(self, action: Any) -> None:
        self.actions.append(action)


def element(text: str, box: tuple[int, int, int, int], kind: str = "android.widget.Button", **more: Any) -> Any:
    """As AndroidWorld's ``UIElement``; the box is left, top, right, bottom."""
    place = types.SimpleNamespace(x_min=box[0], y_min=box[1], x_max=box[2], y_max=box[3])
    plain = {
        "content_description": None,
        "hint_text": None,
        "is_visible": True,
        "is_clickable": True,
        "is_focused": False,
    }
    return types.SimpleNamespace(text=text, class_name=kind, bbox_pixels=place, **(plain | more))
