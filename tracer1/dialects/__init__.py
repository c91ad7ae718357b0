"""Dialects: foreign spellings of actions, read into the action space and written from it.

``load_dialect("ui_tars").read("click(start_box='(500,500)')", screen)`` gives actions whose points are ``thousand``. Reading
raises ValueError for whatever is no action. Writing loses nothing: what a dialect cannot say raises ValueError; only a point
is rounded to the dialect's grid, and what a dialect demands and the action leaves open takes the default that the dialect's
module names. A scroll's direction is always that of the view: each module says what it converts it from.
"""

from __future__ import annotations

from tracer1.dialects.agentnet import AGENTNET
from tracer1.dialects.android_control import ANDROID_CONTROL
from tracer1.dialects.base import Dialect, Screen
from tracer1.dialects.gui_odyssey import GUI_ODYSSEY
from tracer1.dialects.gui_r1 import GUI_R1
from tracer1.dialects.mind2web import MIND2WEB
from tracer1.dialects.os_atlas import OS_ATLAS
from tracer1.dialects.osworld import OSWORLD
from tracer1.dialects.qwen3_vl_computer import QWEN3_VL_COMPUTER
from tracer1.dialects.qwen3_vl_mobile import QWEN3_VL_MOBILE
from tracer1.dialects.ui_tars import UI_TARS, UI_TARS_1_5

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        UI_TARS,
        UI_TARS_1_5,
        QWEN3_VL_COMPUTER,
        QWEN3_VL_MOBILE,
        OS_ATLAS,
        ANDROID_CONTROL,
        GUI_ODYSSEY,
        AGENTNET,
        OSWORLD,
        GUI_R1,
        MIND2WEB,
    )
}

__all__ = ["DIALECTS", "Dialect", "Screen", "load_dialect"]


def load_dialect(name: str) -> Dialect:
    """The dialect of that name. Raises ValueError, naming those that exist."""
    if name not in DIALECTS:
        raise ValueError(f"unknown dialect {name!r}: use one of {', '.join(DIALECTS)}")
    return DIALECTS[name]
