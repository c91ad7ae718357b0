"""Mind2Web's operations: a JSON object with ``op``, ``original_op`` and ``value``, and the element's box; only read.

The box is the candidate's ``bounding_box_rect``, ``"x,y,width,height"`` in pixels of the full-page screenshot, put into the
object by the caller; its centre is the point. ``-1,-1,-1,-1`` means that the element was not rendered: no point. ``op``
decides, so that ``HOVER`` and ``ENTER`` are clicks, as the published metric takes them.

Sources: Hugging Face osunlp/Multimodal-Mind2Web; OSU-NLP-Group/SeeAct, data/examples.
"""

from __future__ import annotations

from typing import Any

from tracer1.actions import Action
from tracer1.dialects.arguments import act
from tracer1.dialects.base import Dialect, Screen
from tracer1.dialects.objects import read_object
from tracer1.dialects.points import read_numbers, read_point

_HIDDEN = [-1, -1, -1, -1]


def _read(text: str, screen: Screen) -> tuple[Action, ...]:
    operation = read_object(text)
    point = _centre(operation.get("bounding_box_rect"), screen)
    match operation.get("op"):
        case "CLICK" | "HOVER" | "ENTER":
            return (act("click", point=point),)
        case "TYPE":
            return (act("type", text=operation.get("value"), point=point),)
        case "SELECT":
            return (act("select", value=operation.get("value"), point=point),)
    raise ValueError("op must be CLICK, TYPE or SELECT")


def _centre(box: Any, screen: Screen) -> list[float] | None:
    if box is None:
        return None
    numbers = read_numbers(box) if isinstance(box, str) else []
    if len(numbers) != 4:
        raise ValueError('bounding_box_rect is "x,y,width,height"')
    if numbers == _HIDDEN:
        return None
    left, top, width, height = numbers
    return read_point([left + width / 2, top + height / 2], (screen.image.width, screen.image.height))


MIND2WEB = Dialect(
    name="mind2web",
    source="Hugging Face osunlp/Multimodal-Mind2Web",
    coordinates="pixels of the full-page screenshot",
    read=_read,
)
