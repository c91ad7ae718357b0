"""What AndroidWorld's phone shows, as an observation: the screen upright, and its elements.

Pixels come as the phone is built, in portrait; taps and elements' boxes are in logical pixels of the screen as it is held. So
a picture of a turned screen is turned back first, and then ``thousand`` of the picture is ``thousand`` of the logical screen.

Sources: google-research/android_world, android_world/env/interface.py (``State``, ``AsyncEnv``), agents/m3a_utils.py
(``_logical_to_physical``), env/representation_utils.py (``UIElement``).
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

from PIL import Image

from tracer1.coordinates import Box, Size
from tracer1.trajectories import Element, Observation

_TURNS = {1: Image.Transpose.ROTATE_90, 2: Image.Transpose.ROTATE_180, 3: Image.Transpose.ROTATE_270}
_ROLES = {"EditText": "textbox", "ImageView": "img", "ImageButton": "button", "Switch": "checkbox", "TextView": "text"}


def observe(state: Any, logical: Size, orientation: int) -> Observation:
    """The observation of a ``State`` of a screen of that logical size, held that way (0 to 3, counter-clockwise)."""
    image = Image.fromarray(state.pixels).convert("RGB")
    turned = orientation == 2 or (image.width < image.height) != (logical.width < logical.height)
    if turned and orientation in _TURNS:
        image = image.transpose(_TURNS[orientation])
    output = io.BytesIO()
    image.save(output, "PNG")
    size = Size(*image.size)
    elements = tuple(_elements(state.ui_elements or (), logical, size))
    return Observation(output.getvalue(), size, elements, platform="mobile")


def _elements(found: Iterable[Any], logical: Size, size: Size) -> Iterator[Element]:
    """Those that are visible, have a place, and say something or can be clicked; boxes in pixels of the picture."""
    across, along = size.width / logical.width, size.height / logical.height
    for one in found:
        box, name = one.bbox_pixels, one.text or one.content_description or one.hint_text or ""
        if box is None or one.is_visible is False or not (name or one.is_clickable):
            continue
        if box.x_min <= box.x_max and box.y_min <= box.y_max:
            place = Box(box.x_min * across, box.y_min * along, box.x_max * across, box.y_max * along, "pixel")
            kind = (one.class_name or "").rpartition(".")[2]
            yield Element(_ROLES.get(kind, kind.lower()), name, place, focused=bool(one.is_focused))
