"""Processes each prompt and each screenshot once: a memory in front of a Hugging Face multimodal processor.

The rollouts of a prompt differ only in their answers, yet veRL processes prompt and screenshot anew for each of them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

SIZE = 32
"""Results kept: rollouts of a prompt arrive together, and a large screenshot takes some 20 MB."""


class Memory:
    """Calls a processing function once for equal pictures, texts and options, also when threads ask at the same time.

    Pictures are told apart by their size, mode and pixels. A call with anything else than pictures is passed on.
    """

    def __init__(self, function: Callable[..., Any], size: int = SIZE) -> None:
        self._function = function
        self._size = size
        self._results: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, images: Any = None, **options: Any) -> Any:
        pictures = images if isinstance(images, list | tuple) else [images]
        if not pictures or not all(hasattr(picture, "tobytes") and hasattr(picture, "mode") for picture in pictures):
            return self._function(images=images, **options)
        key = (*((p.size, p.mode, hash(p.tobytes())) for p in pictures), repr(sorted(options.items(), key=str)))
        with self._lock:
            if key not in self._results:
                self._results[key] = self._function(images=images, **options)
                while len(self._results) > self._size:
                    self._results.popitem(last=False)
            self._results.move_to_end(key)
            kept = self._results[key]
        return type(kept)(data=dict(kept.data))


def remember(processor: Any) -> None:
    """Give a multimodal processor and its image processor a :class:`Memory` each. Does nothing the second time."""
    kind = type(processor)
    if getattr(processor, "image_processor", None) is None or hasattr(kind, "remembers"):
        return
    processor.image_processor.preprocess = Memory(processor.image_processor.preprocess)
    whole = Memory(lambda **options: kind.__call__(processor, **options))
    named = {"__call__": lambda self, **options: whole(**options), "remembers": True}
    processor.__class__ = type(kind.__name__, (kind,), named)
