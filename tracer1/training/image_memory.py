"""Processes each screenshot once: a memory in front of a Hugging Face image processor."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any


class ImageMemory:
    """Wraps an image processor's ``preprocess``: the same pictures with the same options are processed once.

    Keeps the last ``size`` results. Pictures are told apart by their size, mode and pixels.
    """

    def __init__(self, preprocess: Any, size: int = 256) -> None:
        self._preprocess = preprocess
        self._size = size
        self._results: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    def __call__(self, images: Any, *arguments: Any, **options: Any) -> Any:
        pictures = images if isinstance(images, list | tuple) else [images]
        if arguments or not all(hasattr(picture, "tobytes") and hasattr(picture, "mode") for picture in pictures):
            return self._preprocess(images, *arguments, **options)
        key = (*((p.size, p.mode, hash(p.tobytes())) for p in pictures), repr(sorted(options.items(), key=str)))
        if key not in self._results:
            self._results[key] = self._preprocess(images, **options)
            while len(self._results) > self._size:
                self._results.popitem(last=False)
        self._results.move_to_end(key)
        kept = self._results[key]
        return type(kept)(data=dict(kept.data))


def remember_images(processor: Any) -> None:
    """Give a multimodal processor an :class:`ImageMemory`. Does nothing the second time."""
    image_processor = getattr(processor, "image_processor", None)
    if image_processor is not None and not isinstance(image_processor.preprocess, ImageMemory):
        image_processor.preprocess = ImageMemory(image_processor.preprocess)
